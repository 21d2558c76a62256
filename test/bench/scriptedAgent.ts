import { AcpBackend } from '../../src/backends/acp.ts';
import { linkedPair } from '../../src/base/duplex.ts';
import { silent } from '../../src/base/log.ts';
import type { WireLine } from '../../src/base/rpcFrame.ts';
import { systemClock } from '../../src/machine/clock.ts';
import type { Process } from '../../src/router/ports.ts';
import type { SessionStore } from '../../src/router/store.ts';

export const refuse = (): Promise<never> => Promise.reject(new Error('Not part of what is measured.'));

/** What it says of itself. */
export const INTRODUCTION = { protocolVersion: 1, agentCapabilities: {} };

interface Request {
  readonly method: string;
  readonly params: { readonly sessionId?: string };
}

/** An agent in this process: answers requests by the script, and otherwise says what it is told to. */
export const scriptedAgent = (script: (request: Request, say: (lines: readonly WireLine[]) => void) => object) => {
  const [ours, theirs] = linkedPair<WireLine, string>();
  const writer = theirs.writable.getWriter();
  const say = (lines: readonly WireLine[]): void => void writer.write(lines);
  const answer = (line: string): void => {
    const request = JSON.parse(line) as Request & { id?: number };
    if (request.id === undefined) return;
    const result = script(request, say);
    say([JSON.stringify({ jsonrpc: '2.0', id: request.id, result })]);
  };
  const reading = (async () => {
    for await (const lines of theirs.readable) lines.forEach(answer);
  })();
  const process: Process = {
    pid: 1,
    lines: ours,
    stderrTail: () => '',
    exited: new Promise(() => undefined),
    [Symbol.asyncDispose]: async () => {
      await writer.close().catch(() => undefined);
      await reading;
    },
  };
  const backend = (store: SessionStore): AcpBackend =>
    new AcpBackend(
      { id: 'a', label: 'Agent', command: 'agent', args: [] },
      {
        emit: (key, events, cursor) => store.append(key, events, cursor),
        workspace: { roots: () => ['/w'], place: refuse, readText: refuse, writeText: refuse },
        permissions: { decide: () => ({}) },
        environment: { label: 'bench', spawn: () => Promise.resolve(process), terminal: refuse },
        clock: systemClock,
        log: silent,
      },
    );
  return { backend, say };
};
