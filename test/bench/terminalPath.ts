// The whole way of a command's output on this machine: pseudo-terminal, screen, what is kept for the agent, transcript.
import { silent } from '../../src/base/log.ts';
import { OutputBuffer } from '../../src/backends/acp/outputBuffer.ts';
import { openWorld } from '../../src/backends/acp/testing.ts';
import { systemClock } from '../../src/machine/clock.ts';
import { localEnvironment } from '../../src/machine/local.ts';
import { type NodePty, ptyTerminal } from '../../src/machine/terminal.ts';
import type { Environment, ExitStatus, Terminal } from '../../src/router/ports.ts';
import { ScreenFeed, ScreenPace } from '../../src/vscode/screenFeed.ts';
import { cpuTimer } from './cpu.ts';
import { settle } from './measure.ts';

const never = new AbortController().signal;

/** An agent's session whose terminals are the given ones. */
const openSession = async (terminal: Environment['terminal']) => {
  const world = await openWorld({}, {}, { terminal });
  const ask = async (method: string, params: object): Promise<Readonly<Record<string, unknown>>> => {
    await world.agent.say({ id: method, method: `terminal/${method}`, params: { sessionId: 's', ...params } });
    const { result } = await world.agent.next();
    if (result === undefined) throw new Error(`terminal/${method} failed.`);
    return result as Readonly<Record<string, unknown>>;
  };
  return { ask, close: () => world.backend[Symbol.asyncDispose]() };
};

/** Milliseconds of processor time for a megabyte of output that is kept up to a limit, the limit reached. */
export const keepCost = async (limit: number, chunk: string, megabytes: number): Promise<number> => {
  let print: (text: string) => void = () => undefined;
  const terminal: Terminal = {
    pid: undefined,
    kind: 'pty',
    onData: (listener) => ((print = listener), { dispose: () => undefined }),
    write: () => undefined,
    resize: () => undefined,
    kill: () => undefined,
    exited: new Promise<ExitStatus>(() => undefined),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
  const session = await openSession(() => Promise.resolve(terminal));
  const { terminalId } = await session.ask('create', { command: 'x', args: ['y'], outputByteLimit: limit });
  const fill = (bytes: number): void => {
    for (let sent = 0; sent < bytes; sent += chunk.length) print(chunk);
  };
  fill(limit * 1.1);
  settle();
  const spent = cpuTimer();
  fill(megabytes * 1e6);
  const milliseconds = spent();
  const { output } = await session.ask('output', { terminalId });
  if (typeof output !== 'string' || Math.abs(output.length / limit - 1) > 0.01) throw new Error('It was not kept.');
  await session.close();
  return milliseconds / megabytes;
};

/** The same of the buffer alone. */
export const bufferCost = (limit: number, chunk: string, megabytes: number): number => {
  const buffer = new OutputBuffer(limit);
  const fill = (bytes: number): void => {
    for (let sent = 0; sent < bytes; sent += chunk.length) buffer.append(chunk);
  };
  fill(limit * 1.1);
  settle();
  const spent = cpuTimer();
  fill(megabytes * 1e6);
  return spent() / megabytes;
};

/** Terminals as the extension runs and draws them; what a window would draw is counted. */
export const openPath = (pty: NodePty) => {
  const local = localEnvironment({
    label: 'here',
    env: process.env,
    clock: systemClock,
    log: silent,
    startTerminal: (invocation, options) => ptyTerminal(pty, invocation, options),
    forbiddenRoots: () => [],
  });
  const pace = new ScreenPace(systemClock);
  let drawn = 0;
  let last: Terminal | undefined;
  const terminal: Environment['terminal'] = async (options, signal) => {
    const real = await local.terminal({ ...options, cwd: '/' }, signal);
    const feed = new ScreenFeed({ pace, write: (text) => (drawn += text.length), leftOut: String });
    feed.open();
    // As the screen does: what comes before the agent listens is kept for it.
    let heard: ((text: string) => void) | undefined;
    let unheard = '';
    real.onData((text) => {
      if (heard === undefined) unheard += text;
      else heard(text);
      feed.push(text);
    });
    void real.exited.then(() => feed.dispose());
    return (last = {
      ...real,
      onData: (listener) => {
        heard = listener;
        listener(unheard);
        return { dispose: () => undefined };
      },
    });
  };
  return {
    /** Seconds from the agent's wish to its knowing that the command has ended. */
    async run(command: string, args: readonly string[]): Promise<number> {
      const session = await openSession(terminal);
      const started = performance.now();
      const { terminalId } = await session.ask('create', { command, args, outputByteLimit: 1_000_000 });
      const exit = await session.ask('wait_for_exit', { terminalId });
      const seconds = (performance.now() - started) / 1000;
      if (exit['exitCode'] !== 0) throw new Error(`It ended with ${JSON.stringify(exit)}.`);
      await session.close();
      return seconds;
    },
    /** Milliseconds from Ctrl+C in the middle of a flood to the end of the command. */
    async interrupt(command: string, args: readonly string[]): Promise<number> {
      const running = await terminal({ name: 'x', command, args, cwd: '/', columns: 80, rows: 24 }, never);
      let seen = 0;
      await new Promise<void>((enough) => running.onData((text) => (seen += text.length) > 1e6 && enough()));
      const pressed = performance.now();
      running.write('\u0003');
      await running.exited;
      return performance.now() - pressed;
    },
    drawn: () => drawn,
    async close(): Promise<void> {
      await last?.[Symbol.asyncDispose]();
      pace.dispose();
      local.dispose();
    },
  };
};
