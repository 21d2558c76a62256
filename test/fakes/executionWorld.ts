import { type Log, silent } from '../../src/base/log.ts';
import { systemClock } from '../../src/machine/clock.ts';
import { ExecutionHost, type HostParts } from '../../src/machine/remote/executionHost.ts';
import { executionSocket } from '../../src/machine/remote/executionSocket.ts';
import { executionTerminal } from '../../src/machine/remote/executionTerminal.ts';
import { endpointWire, tunnelWire } from '../../src/protocol/environment/wire.ts';
import type { FakeExecutionOptions } from './execution/options.ts';
import { FakeExecution } from './execution/server.ts';

export const never = new AbortController().signal;

export interface ExecutionWorld extends AsyncDisposable {
  readonly fake: FakeExecution;
  readonly host: ExecutionHost;
  /** What the environment's log has. */
  readonly logged: readonly string[];
}

export interface WorldOptions extends Partial<FakeExecutionOptions> {
  /** In place of the fake's own. */
  readonly port?: number;
}

export const clientOf = (url: string, parts: Partial<HostParts> = {}): ExecutionHost =>
  new ExecutionHost({
    connect: executionSocket({ url, token: async () => 'secret' }, systemClock),
    wire: endpointWire,
    clock: systemClock,
    log: silent,
    name: 'Box',
    label: 'a test',
    ...parts,
  });

/** Our client and the fake host, over a socket of this machine. */
export const executionWorld = async ({ port, ...options }: WorldOptions = {}): Promise<ExecutionWorld> => {
  const fake = await FakeExecution.listen(options);
  const { logged, log } = keeping();
  const url = `ws://127.0.0.1:${port ?? fake.port}/environment`;
  const host = clientOf(url, {
    log,
    ...(options.tunnel === true ? { wire: tunnelWire('fake', () => systemClock.id()) } : {}),
    ...(options.ours === true ? {} : { envID: fake.options.env }),
  });
  return {
    fake,
    host,
    logged,
    async [Symbol.asyncDispose]() {
      await host[Symbol.asyncDispose]();
      await fake[Symbol.asyncDispose]();
    },
  };
};

const keeping = (): { readonly logged: string[]; readonly log: Log } => {
  const logged: string[] = [];
  const keep = (message: string): void => void logged.push(message);
  return { logged, log: { ...silent, info: keep, warn: keep, error: keep } };
};

/** A terminal there, with what it shows. */
export const shownTerminal = async (host: ExecutionHost, line?: string, workdir?: string) => {
  const options = { description: 'a test', ...(line === undefined ? {} : { line }) };
  const terminal = await executionTerminal(host, { ...options, ...(workdir === undefined ? {} : { workdir }) }, never);
  let text = '';
  terminal.onData((more) => (text += more));
  return {
    terminal,
    get text() {
      return text;
    },
  };
};
