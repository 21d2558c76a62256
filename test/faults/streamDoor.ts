// The terminals of a host without the host: one runs for ever, and says nothing.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../../src/base/clock.ts';
import { silent } from '../../src/base/log.ts';
import type { DoorEndpoint } from '../../src/machine/door/endpoint.ts';
import { streamEndpoint } from '../../src/machine/stream/endpoint.ts';
import { NewStreams } from '../../src/machine/stream/newStream.ts';
import { Streams } from '../../src/machine/stream/streams.ts';
import type { ExitStatus, Terminal } from '../../src/router/ports.ts';

export interface StreamDoor extends AsyncDisposable {
  readonly endpoint: DoorEndpoint;
  /** Where its stream is. */
  readonly path: `/terminal/${string}`;
}

/** @param id of the one that runs: whoever is let in hears it first of all */
export const openStreamDoor = async (id: string, clock: Clock): Promise<StreamDoor> => {
  const folder = await mkdtemp(join(tmpdir(), 'wheelhouse-streams-'));
  const streams = await Streams.open({
    folder,
    environment: { terminal: () => Promise.resolve(quiet()) },
    clock: { ...clock, id: () => id },
    log: silent,
  });
  const nowhere = { command: '', args: [], cwd: '/', columns: 80, rows: 24 };
  await streams.start({ ...nowhere, name: 'one', goesOn: false });
  const place = (): Promise<never> => Promise.reject(new Error('nothing more runs here'));
  const making = new NewStreams({ roots: [], place, shell: 'posix' });
  return {
    endpoint: streamEndpoint({ streams, making, open: true, folder, clock }),
    path: `/terminal/sessions/${id}/stream`,
    async [Symbol.asyncDispose]() {
      await streams[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    },
  };
};

const quiet = (): Terminal => {
  const { promise: exited, resolve } = Promise.withResolvers<ExitStatus>();
  return {
    pid: undefined,
    kind: 'pty',
    onData: () => ({ dispose: () => undefined }),
    write: () => undefined,
    resize: () => undefined,
    kill: () => undefined,
    exited,
    [Symbol.asyncDispose]: () => Promise.resolve(resolve({ code: 0, signal: null })),
  };
};
