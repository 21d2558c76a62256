import { spawn } from 'node:child_process';
import { constants, closeSync, openSync } from 'node:fs';
import type { Duplex } from 'node:stream';
import { type Clock, within } from '../base/clock.ts';
import { Failure } from '../base/failure.ts';
import type { Terminal, TerminalOptions } from '../router/ports.ts';
import type { Invocation } from './invocation.ts';
import { MARKER } from './processTable.ts';
import { clamped, COLOURS, ends, outputOf, type StartTerminal } from './terminal.ts';

/** Where the tools of the system are, and nothing that an agent could have put there. */
const SYSTEM = '/usr/bin:/bin:/usr/sbin:/sbin';
const SHELL = '/bin/sh';
/** How the two families of it are told what to run in the terminal that they make. */
const FAMILIES: readonly ((text: string) => readonly string[])[] = [
  // util-linux
  (text) => ['-qefc', text, '/dev/null'],
  // BSD and macOS
  (text) => ['-q', '/dev/null', SHELL, '-c', text],
];
/** Milliseconds that it gets to start, and all of a trial. */
const START = 5000;
const TRIAL = 5000;
/** Of what waits to be read by a command that reads nothing, bytes. */
const UNREAD = 1024 * 1024;

/**
 * Pseudo-terminals by the system's own `script`, where there is no node-pty. Tried once before it is used, since its
 * kinds differ: undefined where it does not run a command with its arguments, input, output and exit code as they are.
 *
 * What `script` takes is a line for a shell. Ours holds no word of the command: the words stand in variables, which a shell
 * puts in between quotation marks without reading them.
 */
export const findScript = async (clock: Clock, program = 'script'): Promise<StartTerminal | undefined> => {
  if (process.platform === 'win32') return undefined;
  for (const family of FAMILIES) {
    const way = { family, program, clock };
    const start: StartTerminal = (invocation, options) => scriptTerminal(way, invocation, options);
    if (await works(start, clock).catch(() => false)) return start;
  }
  return undefined;
};

/** Whether a word that would be something else to a shell, an answer and an exit code come through. */
const works = async (start: StartTerminal, clock: Clock): Promise<boolean> => {
  const word = '$(echo no) "`\'\\ *';
  const ask = 'read -r answer; printf "%s|%s|" "$answer" "$1"; stty size; exit 7';
  const trial: Invocation = { file: SHELL, args: ['-c', ask, 'sh', word], env: { PATH: SYSTEM }, verbatim: false };
  const terminal = await start(trial, { name: '', command: '', args: [], cwd: '/', columns: 90, rows: 20 });
  let said = '';
  terminal.onData((text) => (said += text));
  terminal.write('here\n');
  if (!(await within(clock, TRIAL, terminal.exited))) {
    await terminal[Symbol.asyncDispose]();
    return false;
  }
  return said.includes(`here|${word}|20 90`) && (await terminal.exited).code === 7;
};

interface Way {
  readonly family: (text: string) => readonly string[];
  /** A name that is looked up where the tools of the system are, or a path. */
  readonly program: string;
  readonly clock: Clock;
}

const scriptTerminal = async (way: Way, invocation: Invocation, options: TerminalOptions): Promise<Terminal> => {
  const child = spawn(way.program, [...way.family(lineFor(invocation))], {
    cwd: options.cwd,
    env: variablesFor(invocation, options),
    stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
    detached: true,
  });
  const { output, exited } = outputOf(child, way.program, options, way.clock);
  const own = child.stdio[3] as Duplex;
  const { pid, tty } = await begun(own, exited, way.clock).catch((failure: unknown) => {
    child.kill('SIGKILL');
    throw failure;
  });
  // Not before whoever waits for it has noted that it runs: what is unknown is not ended with us.
  setImmediate(() => own.end('go\n'));
  let running = true;
  void exited.then(() => (running = false));
  const resize = resizer(tty);
  return {
    pid,
    kind: 'pty',
    onData: (listener) => output.listen(listener),
    write: (text) => running && child.stdin.writableLength < UNREAD && void child.stdin.write(text),
    resize: (columns, rows) => running && resize(columns, rows),
    ...ends(pid, invocation, exited),
    exited,
  };
};

/**
 * The shell in the new terminal tells who and where it is and waits for our word; then it becomes the command, with the
 * variables as they would have been.
 */
const lineFor = ({ args, env }: Invocation): string => {
  const words = [...args.keys(), args.length].map((index) => `"$WHEELHOUSE_${index}"`).join(' ');
  const kept = Object.entries(KEPT).map(([name, kept]) =>
    name in env ? `${name}="$${kept}"; export ${name}` : `unset ${name}`,
  );
  return [
    `printf '%s %s\\n' "$$" "$(tty)" >&3`,
    'read -r go <&3 || exit 127',
    'exec 3>&-',
    'stty rows "$WHEELHOUSE_ROWS" cols "$WHEELHOUSE_COLUMNS" echo',
    `set -- ${words}`,
    `while [ "$WHEELHOUSE_COUNT" -ge 0 ]; do unset "WHEELHOUSE_$WHEELHOUSE_COUNT"; WHEELHOUSE_COUNT=$((WHEELHOUSE_COUNT - 1)); done`,
    ...kept,
    `unset go WHEELHOUSE_COUNT WHEELHOUSE_ROWS WHEELHOUSE_COLUMNS ${Object.values(KEPT).join(' ')}`,
    'exec "$@"',
  ].join('; ');
};

/** What `script` and its shell are to have in a way of their own; it itself is no command of an agent's, and no stray one. */
const KEPT = { PATH: 'WHEELHOUSE_PATH', SHELL: 'WHEELHOUSE_SHELL', [MARKER]: 'WHEELHOUSE_MARK' } as const;

const variablesFor = ({ file, args, env }: Invocation, { columns, rows }: TerminalOptions): Record<string, string> => {
  const { [MARKER]: _, ...rest } = env;
  const kept = Object.entries(KEPT).flatMap(([name, as]) => (name in env ? [[as, env[name] ?? '']] : []));
  const words = [file, ...args].map((word, index) => [`WHEELHOUSE_${index}`, word]);
  return {
    ...COLOURS,
    ...rest,
    TERM: 'xterm-256color',
    SHELL,
    PATH: SYSTEM,
    ...Object.fromEntries([...kept, ...words]),
    WHEELHOUSE_COUNT: String(args.length),
    WHEELHOUSE_ROWS: String(clamped(rows)),
    WHEELHOUSE_COLUMNS: String(clamped(columns)),
  };
};

/** @throws Failure `failed` */
const begun = async (
  own: Duplex,
  exited: Promise<unknown>,
  clock: Clock,
): Promise<{ readonly pid: number; readonly tty: string }> => {
  const told = Promise.withResolvers<string>();
  let text = '';
  own.setEncoding('utf8').on('data', (more: string) => {
    text += more;
    if (text.includes('\n')) told.resolve(text);
  });
  own.on('error', () => undefined);
  const over = exited.then(() => told.reject(notStarted()));
  if (!(await within(clock, START, Promise.race([told.promise, over])))) throw notStarted();
  const found = /^(\d+) (\/dev\/\S+)\n/u.exec(await told.promise);
  if (found?.[1] === undefined || found[2] === undefined) throw notStarted();
  return { pid: Number(found[1]), tty: found[2] };
};

const notStarted = (): Failure => new Failure('failed', 'The program “script” made no terminal.');

/** Sizes one after the other, and of those that come meanwhile the last. */
const resizer = (tty: string): ((columns: number, rows: number) => void) => {
  let wanted: readonly string[] | undefined;
  let busy = false;
  const next = (): void => {
    const size = wanted;
    wanted = undefined;
    if (size === undefined || busy) return;
    busy = true;
    try {
      const terminal = openSync(tty, constants.O_RDWR | constants.O_NOCTTY);
      const stty = spawn('stty', [...size], { stdio: [terminal, 'ignore', 'ignore'], env: { PATH: SYSTEM } });
      closeSync(terminal);
      stty.once('error', () => undefined);
      stty.once('close', () => {
        busy = false;
        next();
      });
    } catch {
      // It has ended, and we have not been told yet.
      busy = false;
    }
  };
  return (columns, rows) => {
    wanted = ['rows', String(clamped(rows)), 'cols', String(clamped(columns))];
    next();
  };
};
