import { parseArgs } from 'node:util';
import { Failure, sentence } from '../base/failure.ts';

/** What was asked for on the command line. Paths are as they were written. */
export type HostCommand =
  | { readonly kind: 'help' | 'version' }
  | {
      readonly kind: 'serve';
      readonly config?: string;
      readonly roots: readonly string[];
      readonly state?: string;
      readonly tokenFile?: string;
    }
  | {
      readonly kind: 'view';
      readonly config?: string;
      readonly roots: readonly string[];
      readonly state?: string;
    }
  | { readonly kind: 'status' | 'stop'; readonly state?: string; readonly json: boolean };

/** @throws Failure `usage` */
export const readCommandLine = (args: readonly string[]): HostCommand => {
  const [command = '', ...rest] = args;
  if (command === '' || command === 'help' || args.includes('--help') || args.includes('-h')) return { kind: 'help' };
  if (command === '--version') return { kind: 'version' };
  switch (command) {
    case 'serve': {
      const { config, root, state, 'token-file': tokenFile } = read(command, rest, SERVE);
      return {
        kind: 'serve',
        roots: root ?? [],
        ...(config === undefined ? {} : { config }),
        ...(state === undefined ? {} : { state }),
        ...(tokenFile === undefined ? {} : { tokenFile }),
      };
    }
    case 'view': {
      const { config, root, state } = read(command, rest, VIEW);
      return {
        kind: 'view',
        roots: root ?? [],
        ...(config === undefined ? {} : { config }),
        ...(state === undefined ? {} : { state }),
      };
    }
    case 'status':
    case 'stop': {
      const { state, json = false } = read(command, rest, ASK);
      return { kind: command, json, ...(state === undefined ? {} : { state }) };
    }
    default:
      throw LATER.has(command) ? notYet(`The command “${command}”`) : usage(`There is no command “${command}”.`);
  }
};

export const HELP = `wheelhouse-host: the sessions of Wheelhouse in a process of their own

  wheelhouse-host serve [--config FILE] [--root DIR]... [--state DIR] [--token-file FILE]
      Runs until it is told to end. Prints one line of JSON when it listens; its log goes to stderr.
  wheelhouse-host view [--config FILE] [--root DIR]... [--state DIR]
      The host of the state folder for a window elsewhere, over stdin and stdout: what ssh runs on a server. Starts the
      host with what is named here where none runs; it goes on when the window is gone.
  wheelhouse-host status [--state DIR] [--json]
      What runs on the state folder.
  wheelhouse-host stop [--state DIR] [--json]
      Ends it, and waits until it has ended.

  --config FILE      JSON: {"agents", "defaultAgent", "permissions": {"rules"}, "limits": {"messageBytes", "idleMinutes"}}.
                     Without it there is the demo agent.
  --root DIR         A folder that sessions work in; the current one where none is named.
  --state DIR        Where sessions are kept and the host is found. One host for each.
  --token-file FILE  Holds the token that every connection shows; made where it is missing.

Exit codes: 0 ended as told; 2 bad arguments or configuration; 1 anything else.
`;

const VIEW = {
  config: { type: 'string' },
  root: { type: 'string', multiple: true },
  state: { type: 'string' },
} as const;
const SERVE = { ...VIEW, 'token-file': { type: 'string' } } as const;
const ASK = { state: { type: 'string' }, json: { type: 'boolean' } } as const;

/** Of the relay and what hangs on it, which this version does not serve. */
const LATER: ReadonlySet<string> = new Set(['acp', 'pair', 'devices', 'revoke']);
const LATER_OPTIONS: ReadonlySet<string> = new Set(['bind', 'port', 'lease']);

const read = <Options extends typeof SERVE | typeof VIEW | typeof ASK>(
  command: string,
  args: readonly string[],
  options: Options,
) => {
  for (const arg of args) {
    const name = /^--([a-z-]+)/u.exec(arg)?.[1] ?? '';
    if (command === 'serve' && LATER_OPTIONS.has(name)) throw notYet(`The option --${name}`);
  }
  try {
    return parseArgs({ args: [...args], options, strict: true, allowPositionals: false }).values;
  } catch (failure) {
    throw usage(sentence(failure));
  }
};

const usage = (message: string): Failure =>
  new Failure('usage', message, '“wheelhouse-host --help” tells what there is.');

const notYet = (what: string): Failure =>
  new Failure('usage', `${what} belongs to the relay, which this version of the host does not serve.`);
