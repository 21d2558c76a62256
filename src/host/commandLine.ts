import { parseArgs } from 'node:util';
import { Failure, sentence } from '../base/failure.ts';
import type { RelayFlags } from './relay.ts';
import { isLease, isPort } from './relayConfig.ts';

/** What was asked for on the command line. Paths are as they were written. */
export type HostCommand =
  | { readonly kind: 'help' | 'version' }
  | {
      readonly kind: 'serve';
      readonly config?: string;
      readonly roots: readonly string[];
      readonly state?: string;
      readonly tokenFile?: string;
      readonly relay: RelayFlags;
      /** It does not listen for devices until it is told to. */
      readonly noRelay: boolean;
    }
  | {
      readonly kind: 'view';
      readonly config?: string;
      readonly roots: readonly string[];
      readonly state?: string;
    }
  | { readonly kind: 'acp'; readonly state?: string }
  | { readonly kind: 'pair'; readonly state?: string; readonly json: boolean; readonly yes: boolean }
  /** Without a device all of them. */
  | { readonly kind: 'revoke'; readonly device?: string; readonly state?: string; readonly json: boolean }
  | { readonly kind: 'status' | 'stop' | 'devices'; readonly state?: string; readonly json: boolean };

/** @throws Failure `usage` */
export const readCommandLine = (args: readonly string[]): HostCommand => {
  const [command = '', ...rest] = args;
  if (command === '' || command === 'help' || args.includes('--help') || args.includes('-h')) return { kind: 'help' };
  if (command === '--version') return { kind: 'version' };
  switch (command) {
    case 'serve': {
      const values = read(command, rest, SERVE);
      const { config, root, state, 'token-file': tokenFile, 'no-relay': noRelay = false } = values;
      return {
        kind: 'serve',
        roots: root ?? [],
        ...said({ config, state, tokenFile }),
        relay: relayFlags(values),
        noRelay,
      };
    }
    case 'view': {
      const { config, root, state } = read(command, rest, VIEW);
      return { kind: 'view', roots: root ?? [], ...said({ config, state }) };
    }
    case 'acp':
      return { kind: 'acp', ...said(read(command, rest, STATE)) };
    case 'pair': {
      const { state, json = false, yes = false } = read(command, rest, PAIR);
      return { kind: 'pair', json, yes, ...said({ state }) };
    }
    case 'revoke': {
      const [{ state, json = false, all = false }, devices] = readAll(command, rest, REVOKE, 1);
      const [device] = devices;
      if (all === (device !== undefined)) throw usage('“revoke” wants the id of a device, or --all.');
      return { kind: 'revoke', json, ...said({ state, device }) };
    }
    case 'devices':
    case 'status':
    case 'stop': {
      const { state, json = false } = read(command, rest, ASK);
      return { kind: command, json, ...said({ state }) };
    }
    default:
      throw usage(`There is no command “${command}”.`);
  }
};

export const HELP = `wheelhouse-host: the sessions of Wheelhouse in a process of their own

  wheelhouse-host serve [--config FILE] [--root DIR]... [--state DIR] [--token-file FILE]
                        [--bind ADDRESS] [--port N] [--lease auto|on|off] [--no-relay]
      Runs until it is told to end. Prints one line of JSON when it listens; its log goes to stderr.
  wheelhouse-host view [--config FILE] [--root DIR]... [--state DIR]
      The host of the state folder for a window elsewhere, over stdin and stdout: what ssh runs on a server. Starts the
      host with what is named here where none runs; it goes on when the window is gone.
  wheelhouse-host pair [--state DIR] [--json] [--yes]
      Shows a code and its picture, with which one device may join, and asks whether it may. --yes lets it in unasked.
  wheelhouse-host devices [--state DIR] [--json]
      The devices that have joined, and when they were last seen.
  wheelhouse-host revoke ID | --all [--state DIR] [--json]
      Ends what a device has, at once and for good.
  wheelhouse-host acp [--state DIR]
      The running host as an agent of the Agent Client Protocol on stdin and stdout, for another editor.
  wheelhouse-host status [--state DIR] [--json]
      What runs on the state folder.
  wheelhouse-host stop [--state DIR] [--json]
      Ends it, and waits until it has ended.

  --config FILE      JSON: {"agents", "defaultAgent", "permissions": {"rules"},
                     "relay": {"lease", "terminals", "bind", "port", "hosts", "origins", "tls": {"cert", "key"}},
                     "limits": {"ringFrames", "ringBytes", "liveSessions", "terminals", "messageBytes", "idleMinutes"},
                     "environment": {"id", "policy", "folders"}}.
                     Without it there is the demo agent. With “environment” devices may run commands here:
                     its “policy” is “ask” where nothing is said, “allow” or “deny”.
  --root DIR         A folder that sessions work in; the current one where none is named.
  --state DIR        Where sessions are kept and the host is found. One host for each.
  --token-file FILE  Holds the token that every connection of yours shows; made where it is missing.
  --bind ADDRESS     Where devices connect to: 127.0.0.1, this machine alone. Any other address needs "tls".
  --port N           0: one that is free.
  --lease auto       One device drives at a time, from the first that has joined on; “on”: from the start; “off”: anyone.
  --no-relay         Does not listen for devices until a window or “pair” says so.

Exit codes: 0 ended as told; 2 bad arguments or configuration; 1 anything else.
`;

const STATE = { state: { type: 'string' } } as const;
const VIEW = { ...STATE, config: { type: 'string' }, root: { type: 'string', multiple: true } } as const;
const SERVE = {
  ...VIEW,
  'token-file': { type: 'string' },
  bind: { type: 'string' },
  port: { type: 'string' },
  lease: { type: 'string' },
  'no-relay': { type: 'boolean' },
} as const;
const ASK = { ...STATE, json: { type: 'boolean' } } as const;
const PAIR = { ...ASK, yes: { type: 'boolean' } } as const;
const REVOKE = { ...ASK, all: { type: 'boolean' } } as const;

type Options = typeof STATE | typeof VIEW | typeof SERVE | typeof ASK | typeof PAIR | typeof REVOKE;

const read = <Of extends Options>(command: string, args: readonly string[], options: Of) =>
  readAll(command, args, options, 0)[0];

/** With what stands there beside the options, up to so many words. */
const readAll = <Of extends Options>(command: string, args: readonly string[], options: Of, most: number) => {
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, strict: true, allowPositionals: most > 0 });
    const [over] = positionals.slice(most);
    if (over !== undefined) throw new Error(`Unexpected argument '${over}'.`);
    return [values, positionals] as const;
  } catch (failure) {
    throw usage(`“${command}”: ${sentence(failure)}`);
  }
};

const relayFlags = ({
  bind,
  port,
  lease,
}: Partial<Readonly<Record<'bind' | 'port' | 'lease', string>>>): RelayFlags => {
  const number = port === undefined ? undefined : /^\d{1,5}$/u.test(port) ? Number(port) : Number.NaN;
  if (number !== undefined && !isPort(number)) throw usage(`--port wants a number from 0 to 65535, not “${port}”.`);
  if (lease !== undefined && !isLease(lease)) throw usage(`--lease wants “auto”, “on” or “off”, not “${lease}”.`);
  if (bind === '') throw usage('--bind wants an address of this machine.');
  return said({ bind, port: number, lease });
};

/** Without what was not said. */
const said = <T extends object>(values: T): { [Name in keyof T]?: Exclude<T[Name], undefined> } =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as never;

const usage = (message: string): Failure =>
  new Failure('usage', message, '“wheelhouse-host --help” tells what there is.');
