// One request to a child process and its answer, as our connection sends it: child, lines, peer.
import { silent } from '../../src/base/log.ts';
import { Failure } from '../../src/base/failure.ts';
import { RpcPeer } from '../../src/base/rpc.ts';
import { systemClock } from '../../src/machine/clock.ts';
import { localEnvironment } from '../../src/machine/local.ts';

const never = new AbortController().signal;

export const openPeer = async (command: string, args: readonly string[]) => {
  const environment = localEnvironment({
    label: 'bench',
    env: process.env,
    clock: systemClock,
    log: silent,
    forbiddenRoots: () => [],
  });
  const child = await environment.spawn({ command, args, cwd: process.cwd() }, never);
  const peer = new RpcPeer({
    duplex: child.lines,
    requests: new Map(),
    notifications: new Map(),
    onFlush: () => undefined,
    onTrouble: (kind, what) => {
      throw new Error(`${kind}: ${what}`);
    },
    ending: () => new Failure('gone', 'The child is gone.'),
  });
  return {
    ask: (method: string, params: object): Promise<unknown> => peer.request(method, params, never),
    async close(): Promise<void> {
      peer.end(new Failure('stopped', 'It is over.'));
      await child[Symbol.asyncDispose]();
      environment.dispose();
    },
  };
};
