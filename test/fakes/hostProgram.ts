/**
 * Stands for an extension host: starts agents, has each of them start a child of its own, and then dies as its input
 * says. `node hostProgram.js OPTIONS`, where OPTIONS is the JSON of {@link HostOptions}. It prints `ready` once all runs.
 *
 * `exit` and `throw` end it at once and clean nothing up; the end of its input is an orderly end. Anything else is done
 * to it from outside.
 */
import process from 'node:process';
import { silent } from '../../src/base/log.ts';
import { systemClock } from '../../src/machine/clock.ts';
import { Guard } from '../../src/machine/guard.ts';
import { localEnvironment } from '../../src/machine/local.ts';
import type { Environment } from '../../src/router/ports.ts';
import { linesOf } from './wire.ts';

export interface HostOptions {
  /** Where the lists of processes are kept. */
  readonly lists: string;
  /** The watchdog's program. */
  readonly watchdog: string;
  /** The fake agent's program. */
  readonly agent: string;
  /** The switches of each agent to be started. */
  readonly agents: readonly (readonly string[])[];
  /** A line for the shell, run in a terminal without a pseudo-terminal. */
  readonly shell?: string;
}

const never = new AbortController().signal;

/** Resolves when the agent has said that its child runs. */
async function startAgent(environment: Environment, command: string, args: readonly string[]): Promise<void> {
  const child = await environment.spawn({ command, args, cwd: process.cwd(), node: true }, never);
  const writer = child.lines.writable.getWriter();
  const request = (id: number, method: string, params: object): string =>
    JSON.stringify({ jsonrpc: '2.0', id, method, params });
  const prompt = [{ type: 'text', text: 'grandchild' }];
  await writer.write([
    request(1, 'session/new', { cwd: process.cwd(), mcpServers: [] }),
    request(2, 'session/prompt', { sessionId: 'fake-session-1', prompt }),
  ]);
  const reader = child.lines.readable.getReader();
  for (let said = ''; !/grandchild \d/.test(said);) {
    const { done, value } = await reader.read();
    if (done) throw new Error(`an agent ended too early: ${child.stderrTail()}`);
    said += value.map(String).join('\n');
  }
}

async function main(options: HostOptions): Promise<void> {
  const guard = new Guard({
    folder: options.lists,
    watchdog: options.watchdog,
    env: process.env,
    clock: systemClock,
    log: silent,
  });
  const environment = localEnvironment({
    label: 'here',
    env: process.env,
    clock: systemClock,
    log: silent,
    forbiddenRoots: () => [],
    guard,
  });
  await guard.sweep();
  const { shell } = options;
  const cwd = process.cwd();
  const screen = { name: 'fake', columns: 80, rows: 24 };
  await Promise.all(options.agents.map((args) => startAgent(environment, options.agent, args)));
  if (shell !== undefined) await environment.terminal({ command: shell, args: [], cwd, shell: true, ...screen }, never);
  process.stdout.write('ready\n');
  for await (const line of linesOf(process.stdin)) {
    if (line === 'exit') process.exit(0);
    if (line === 'throw')
      setImmediate(() => {
        throw new Error('an error that nobody caught');
      });
  }
  environment.dispose();
  await guard.shutDown();
  process.exit(0);
}

await main(JSON.parse(process.argv[2] ?? '') as HostOptions);
