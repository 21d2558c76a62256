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
    | 'socketAddress'
    | 'webAddress'
    | 'anyAddress'
    | 'fingerprint'
    | 'headers'
    | 'envID'
    | 'files'
    | 'destination';
}

/** What is reached by an address, and not by a program of this machine. The secret for it is kept elsewhere. */
export type FarAddress = {
  readonly id: string;
  /** What a person calls it. */
  readonly label: string;
  /** Encrypted, or of this very machine, which a tunnel may lead elsewhere. Normal form, without user and password. */
  readonly url: string;
  /** SHA-256 of the certificate that alone is believed, 64 lower-case hexadecimal digits. */
  readonly fingerprint?: string;
} & (
  | {
      /** A relay of the person's other devices: `wss:` or `ws:`, its sessions are listed, and shown. */
      readonly kind: 'relay';
    }
  | {
      /** An agent that speaks ACP: `wss:`, `ws:`, `https:` or `http:`. */
      readonly kind: 'acp';
      /** Where it works there; absolute, in the manner of that machine. */
      readonly folder: string;
      /** Of its requests, nothing secret. */
      readonly headers: Readonly<Record<string, string>>;
      /** The header that the secret goes in; absent: `Authorization`. */
      readonly secretHeader?: string;
      /** `here`: its machine has this one's files under the same paths, and it is given them and our terminals. */
      readonly files: 'here' | 'there';
    }
  | {
      /** A host that runs commands: `wss:` or `ws:`. */
      readonly kind: 'environment';
      /** Absent: as the host says itself. */
      readonly envID?: string;
      /** Where commands run there; absent: where the host does. */
      readonly folder?: string;
    }
  | {
      /** Terminals that live elsewhere: the `https:` or `http:` address above `/sessions`. */
      readonly kind: 'terminal';
    }
  | {
      /** A Flamecast server: the `https:` or `http:` address above `/api`. */
      readonly kind: 'flamecast';
    }
  | {
      /** An Agentick gateway: `wss:` or `ws:`. */
      readonly kind: 'gateway';
    }
);

export type FarKind = FarAddress['kind'];
export type FarAddressOf<Kind extends FarKind> = Extract<FarAddress, { kind: Kind }>;

export interface EnvironmentSettings {
  /** Machines that a program of this one reaches. */
  readonly environments: ReadonlyMap<string, FarMachine>;
  readonly addresses: ReadonlyMap<string, FarAddress>;
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
  const addresses = new Map<string, FarAddress>();
  if (value === undefined) return { environments, addresses, problems };
  if (!isFields(value)) return { environments, addresses, problems: [{ key: setting, expected: 'object' }] };
  for (const [id, entry] of Object.entries(value)) {
    const before = problems.length;
    const report: Report = (key, expected) => problems.push({ key, expected });
    const key = `${setting}.${id}`;
    if (isFields(entry) && isFarKind(entry['kind'])) {
      const address = parseAddress(key, id, entry['kind'], entry, report);
      if (problems.length === before) addresses.set(id, address);
      continue;
    }
    const found = parseEnvironment(key, id, entry, report);
    if (found !== undefined && problems.length === before) environments.set(id, found);
  }
  return { environments, addresses, problems };
};

/** What its address may begin with, and how that is told. */
const SCHEMES: Readonly<Record<FarKind, readonly [RegExp, EnvironmentProblem['expected']]>> = {
  relay: [/^wss?:$/u, 'socketAddress'],
  environment: [/^wss?:$/u, 'socketAddress'],
  terminal: [/^https?:$/u, 'webAddress'],
  flamecast: [/^https?:$/u, 'webAddress'],
  gateway: [/^wss?:$/u, 'socketAddress'],
  acp: [/^(?:ws|http)s?:$/u, 'anyAddress'],
};

export const FAR_KINDS: readonly FarKind[] = ['relay', 'acp', 'environment', 'terminal', 'flamecast', 'gateway'];

const isFarKind = (value: unknown): value is FarKind => FAR_KINDS.some((kind) => kind === value);

const parseAddress = (
  key: string,
  id: string,
  kind: FarKind,
  { kind: _, name, url, fingerprint, ...rest }: Fields,
  report: Report,
): FarAddress => {
  if (!ID.test(id)) report(key, 'environmentId');
  if (name !== undefined && !isText(name)) report(`${key}.name`, 'text');
  const [schemes, expected] = SCHEMES[kind];
  const address = isText(url) ? URL.parse(url) : null;
  if (address === null || !schemes.test(address.protocol) || !mayCarrySecret(address)) report(`${key}.url`, expected);
  const print = isText(fingerprint) ? fingerprint.replaceAll(':', '').toLowerCase() : undefined;
  if (fingerprint !== undefined && !/^[0-9a-f]{64}$/u.test(print ?? '')) report(`${key}.fingerprint`, 'fingerprint');
  const about = {
    id,
    label: isText(name) && name.trim() !== '' ? name : id,
    url: address?.href ?? '',
    ...(print === undefined ? {} : { fingerprint: print }),
  };
  if (kind === 'acp') return { ...about, kind, ...parseAgentAt(key, rest, report) };
  if (kind === 'environment') return { ...about, kind, ...parseHostAt(key, rest, report) };
  refuse(key, rest, report);
  return { ...about, kind };
};

/** In clear words to this machine alone: a secret goes along, and what is said is as good as one. */
const mayCarrySecret = ({ protocol, hostname, username, password }: URL): boolean =>
  username === '' &&
  password === '' &&
  (/^(?:wss|https):$/u.test(protocol) || /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/u.test(hostname));

const parseAgentAt = (
  key: string,
  { folder, headers = {}, secretHeader, files = 'there', ...unknown }: Fields,
  report: Report,
): Pick<FarAddressOf<'acp'>, 'folder' | 'headers' | 'secretHeader' | 'files'> => {
  refuse(key, unknown, report);
  if (secretHeader !== undefined && !isHeaderName(secretHeader)) report(`${key}.secretHeader`, 'headers');
  if (!isText(folder) || !/^(?:\/|[A-Za-z]:[\\/])[^\0]*$/u.test(folder)) report(`${key}.folder`, 'farPath');
  if (!isHeaders(headers)) report(`${key}.headers`, 'headers');
  if (files !== 'here' && files !== 'there') report(`${key}.files`, 'files');
  return {
    folder: isText(folder) ? folder : '',
    headers: isHeaders(headers) ? headers : {},
    ...(isHeaderName(secretHeader) ? { secretHeader } : {}),
    files: files === 'here' ? files : 'there',
  };
};

/** What says who we are is a secret, and stands in no setting. */
const SECRET_HEADER = /^(?:authorization|proxy-authorization|cookie)$/iu;

const isHeaderName = (value: unknown): value is string => isText(value) && /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/u.test(value);

const isHeaders = (value: unknown): value is Readonly<Record<string, string>> =>
  isFields(value) &&
  Object.entries(value).every(
    ([name, text]) =>
      isHeaderName(name) && !SECRET_HEADER.test(name) && isText(text) && /^[\t\x20-\x7e\x80-\xff]*$/u.test(text),
  );

const parseHostAt = (
  key: string,
  { envID, folder, ...unknown }: Fields,
  report: Report,
): Pick<FarAddressOf<'environment'>, 'envID' | 'folder'> => {
  refuse(key, unknown, report);
  if (envID !== undefined && (!isText(envID) || !/^env_\S*$/u.test(envID))) report(`${key}.envID`, 'envID');
  if (folder !== undefined && (!isText(folder) || folder === '' || folder.includes('\0')))
    report(`${key}.folder`, 'farPath');
  return { ...(isText(envID) ? { envID } : {}), ...(isText(folder) ? { folder } : {}) };
};

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
