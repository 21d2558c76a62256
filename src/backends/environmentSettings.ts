import { type Fields, isFields, isText } from '../model/fold/read.ts';
import type { FarMachine } from '../router/farMachine.ts';

/** What is wrong with one entry of `wheelhouse.environments`; an entry with a problem is not used at all. */
export interface EnvironmentProblem {
  /** Where it stands, as a person would find it: `wheelhouse.environments.box.folder`. */
  readonly key: string;
  readonly expected:
    | 'object'
    | 'text'
    | 'arguments'
    | 'textList'
    | 'knownKey'
    | 'environmentId'
    | 'environmentKind'
    | 'farPath'
    | 'relayAddress'
    | 'destination';
}

/** A relay of the person's other devices. Nothing is started there: its sessions are listed, and shown. */
export interface RelayAddress {
  readonly id: string;
  /** What a person calls it. */
  readonly label: string;
  /** `wss:`, or `ws:` of this very machine, which a tunnel may lead elsewhere. */
  readonly url: string;
}

export interface EnvironmentSettings {
  readonly environments: ReadonlyMap<string, FarMachine>;
  readonly relays: ReadonlyMap<string, RelayAddress>;
  readonly problems: readonly EnvironmentProblem[];
}

/** Where a person finds it. */
const SETTING = 'wheelhouse.environments';
const ID = /^[A-Za-z0-9][A-Za-z0-9._-]*$/u;

type Report = (key: string, expected: EnvironmentProblem['expected']) => void;

/** Reads the value of the setting; never throws, whatever stands there. */
export const parseEnvironments = (value: unknown, setting = SETTING): EnvironmentSettings => {
  const problems: EnvironmentProblem[] = [];
  const environments = new Map<string, FarMachine>();
  const relays = new Map<string, RelayAddress>();
  if (value === undefined) return { environments, relays, problems };
  if (!isFields(value)) return { environments, relays, problems: [{ key: setting, expected: 'object' }] };
  for (const [id, entry] of Object.entries(value)) {
    const before = problems.length;
    const report: Report = (key, expected) => problems.push({ key, expected });
    if (isFields(entry) && entry['kind'] === 'relay') {
      const relay = parseRelay(`${setting}.${id}`, id, entry, report);
      if (problems.length === before) relays.set(id, relay);
      continue;
    }
    const found = parseEnvironment(`${setting}.${id}`, id, entry, report);
    if (found !== undefined && problems.length === before) environments.set(id, found);
  }
  return { environments, relays, problems };
};

const parseRelay = (
  key: string,
  id: string,
  { kind: _, name, url, ...unknown }: Fields,
  report: Report,
): RelayAddress => {
  if (!ID.test(id)) report(key, 'environmentId');
  if (name !== undefined && !isText(name)) report(`${key}.name`, 'text');
  refuse(key, unknown, report);
  const address = isText(url) ? URL.parse(url) : null;
  if (address === null || !mayCarryToken(address)) report(`${key}.url`, 'relayAddress');
  return { id, label: isText(name) && name.trim() !== '' ? name : id, url: address?.href ?? '' };
};

/** A token goes along: in clear words to this machine alone. */
const mayCarryToken = ({ protocol, hostname, username, password }: URL): boolean =>
  username === '' &&
  password === '' &&
  (protocol === 'wss:' || (protocol === 'ws:' && /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/u.test(hostname)));

const parseEnvironment = (key: string, id: string, value: unknown, report: Report): FarMachine | undefined => {
  if (!ID.test(id)) report(key, 'environmentId');
  if (!isFields(value)) {
    report(key, 'object');
    return undefined;
  }
  const { kind, name, folder, ...rest } = value;
  if (name !== undefined && !isText(name)) report(`${key}.name`, 'text');
  if (!isFarPath(folder)) report(`${key}.folder`, 'farPath');
  const about = {
    id,
    label: isText(name) && name.trim() !== '' ? name : id,
    folder: isText(folder) ? folder : '',
  };
  if (kind === 'exec') {
    const { command, terminal, ...unknown } = rest;
    refuse(key, unknown, report);
    return {
      ...about,
      kind,
      command: requireArguments(`${key}.command`, command, report),
      ...(terminal === undefined ? {} : { terminal: requireArguments(`${key}.terminal`, terminal, report) }),
    };
  }
  if (kind === 'ssh') {
    const { destination, options, host, ...unknown } = rest;
    refuse(key, unknown, report);
    // What begins with a dash is an option to ssh, and some of its options are programs that are run here.
    if (!isText(destination) || !/^[^-\s\0][^\s\0]*$/u.test(destination)) report(`${key}.destination`, 'destination');
    if (options !== undefined && !isTexts(options)) report(`${key}.options`, 'textList');
    return {
      ...about,
      kind,
      destination: isText(destination) ? destination : '',
      options: isTexts(options) ? options : [],
      ...(host === undefined ? {} : { host: requireArguments(`${key}.host`, host, report) }),
    };
  }
  report(`${key}.kind`, 'environmentKind');
  return undefined;
};

/** A key that nobody here knows might be the one that says where things run: running them anyway would be wrong. */
const refuse = (key: string, unknown: object, report: Report): void => {
  for (const each of Object.keys(unknown)) report(`${key}.${each}`, 'knownKey');
};

const isTexts = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((each) => isText(each) && !each.includes('\0'));

const requireArguments = (key: string, value: unknown, report: Report): readonly string[] => {
  if (isTexts(value) && value[0] !== undefined && value[0].trim() !== '') return value;
  report(key, 'arguments');
  return [];
};

/** Every machine that is reached this way has the paths of POSIX, whatever the paths of this one look like. */
export const isFarPath = (value: unknown): value is string =>
  isText(value) && value.startsWith('/') && !value.includes('\0');
