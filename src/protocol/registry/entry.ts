import { isFields, isText, type Fields } from '../../model/fold/read.ts';
import { isNpmVersion, isPythonVersion, isVersion } from './version.ts';

/**
 * An agent of the public registry, read loosely: unknown keys and kinds of distribution are passed over. What names a
 * program is read strictly: a distribution that is not pinned to one version, or that would lead out of its folder, is
 * left out, and `refused` says why.
 */
export interface RegistryEntry {
  readonly id: string;
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly license?: string;
  /** Of the project, for a person to look at. */
  readonly website?: string;
  readonly distributions: readonly Distribution[];
  readonly refused: readonly string[];
}

export type Distribution = PackageDistribution | BinaryDistribution;

/** Run by a package runner that fetches it at the first start. */
export interface PackageDistribution extends Start {
  readonly kind: 'npx' | 'uvx';
  /** With its version, as the runner wants it: `@scope/name@1.2.3`, `name==1.2.3`. */
  readonly package: string;
  readonly version: string;
  /** The program of the package, where it is not the one of the package's own name. */
  readonly program?: string;
}

/** Fetched and unpacked by us. */
export interface BinaryDistribution extends Start {
  readonly kind: 'binary';
  /** `linux-x86_64` and the like. */
  readonly platform: string;
  readonly archive: string;
  /** Hex, 64 digits, lower case. Where it is missing nothing says whether what came is what was meant. */
  readonly sha256?: string;
  /** Within the unpacked folder, `/` between the names. */
  readonly program: string;
}

interface Start {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

export interface Registry {
  readonly entries: readonly RegistryEntry[];
  /** How many had no id, no name, no version or nothing that could be run. */
  readonly unreadable: number;
}

/** More than any registry has today; a list that is longer is not read to its end. */
const MOST_ENTRIES = 2000;
const MOST_TEXT = 500;

/** The index, whatever it is: undefined where it is none at all. */
export const readRegistry = (value: unknown): Registry | undefined => {
  if (!isFields(value) || !Array.isArray(value['agents'])) return undefined;
  const agents: readonly unknown[] = value['agents'].slice(0, MOST_ENTRIES);
  const byId = new Map<string, RegistryEntry>();
  for (const agent of agents) {
    const entry = readEntry(agent);
    // The first of an id counts: what comes later cannot take its place.
    if (entry !== undefined && !byId.has(entry.id)) byId.set(entry.id, entry);
  }
  return { entries: [...byId.values()], unreadable: agents.length - byId.size };
};

const readEntry = (value: unknown): RegistryEntry | undefined => {
  if (!isFields(value)) return undefined;
  const { id, name, version, license, distribution } = value;
  if (!isText(id) || !/^[a-z][a-z0-9-]{0,63}$/u.test(id) || !isText(version) || !isVersion(version)) return undefined;
  const refused: string[] = [];
  const distributions = isFields(distribution) ? readDistributions(distribution, refused) : [];
  if (distributions.length === 0 && refused.length === 0) return undefined;
  const website = [value['website'], value['repository']].filter(isText).find((text) => text.startsWith('https://'));
  return {
    id,
    name: isText(name) && name.trim() !== '' ? name.slice(0, MOST_TEXT) : id,
    version,
    description: isText(value['description']) ? value['description'].slice(0, MOST_TEXT) : '',
    ...(isText(license) ? { license: license.slice(0, MOST_TEXT) } : {}),
    ...(website === undefined ? {} : { website }),
    distributions,
    refused,
  };
};

const readDistributions = (value: Fields, refused: string[]): readonly Distribution[] => {
  const found: Distribution[] = [];
  const take = (what: string, read: () => Distribution): void => {
    try {
      found.push(read());
    } catch (failure) {
      if (!(failure instanceof Refusal)) throw failure;
      refused.push(`${what}: ${failure.message}`);
    }
  };
  for (const kind of ['npx', 'uvx'] as const)
    if (value[kind] !== undefined) take(kind, () => readPackage(kind, fieldsOf(value[kind])));
  if (isFields(value['binary']))
    for (const [platform, binary] of Object.entries(value['binary']))
      take(platform, () => readBinary(platform, fieldsOf(binary)));
  return found;
};

/** Why one distribution is not used; never leaves this file. */
class Refusal extends Error {}

const fieldsOf = (value: unknown): Fields => {
  if (isFields(value)) return value;
  throw new Refusal('not an object');
};

const readPackage = (kind: 'npx' | 'uvx', fields: Fields): PackageDistribution => {
  const { package: spec, cmd } = fields;
  if (!isText(spec)) throw new Refusal('no package');
  const version = kind === 'npx' ? npmVersion(spec) : pythonVersion(spec);
  if (version === undefined) throw new Refusal(`“${spec.slice(0, 200)}” is not pinned to one version`);
  if (cmd !== undefined && (!isText(cmd) || !/^[A-Za-z0-9_][\w.-]*$/u.test(cmd)))
    throw new Refusal('the name of its program is none');
  return { kind, package: spec, version, ...(cmd === undefined ? {} : { program: cmd }), ...readStart(fields) };
};

const npmVersion = (spec: string): string | undefined => {
  const version = /^(?:@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~_][a-z0-9._~-]*@(.+)$/su.exec(spec)?.[1];
  return version !== undefined && isNpmVersion(version) ? version : undefined;
};

const pythonVersion = (spec: string): string | undefined => {
  const version = /^[A-Za-z0-9][A-Za-z0-9._-]*(?:\[[A-Za-z0-9._,-]+\])?(?:@|==)(.+)$/su.exec(spec)?.[1];
  return version !== undefined && isPythonVersion(version) ? version : undefined;
};

const readBinary = (platform: string, fields: Fields): BinaryDistribution => {
  const { archive, cmd, sha256 } = fields;
  const address = isText(archive) ? URL.parse(archive) : null;
  if (address === null || !isText(archive)) throw new Refusal('no address of an archive');
  // Such an address is another file tomorrow, whatever version the entry names.
  if (/\/latest(?:\/|$)/iu.test(address.pathname)) throw new Refusal('its address is that of the latest version');
  if (sha256 !== undefined && (!isText(sha256) || !/^[0-9a-f]{64}$/iu.test(sha256)))
    throw new Refusal('its checksum is none');
  return {
    kind: 'binary',
    platform,
    archive,
    ...(sha256 === undefined ? {} : { sha256: sha256.toLowerCase() }),
    program: readProgram(cmd),
    ...readStart(fields),
  };
};

/** A path that begins in the folder and stays in it, on every system. */
const readProgram = (cmd: unknown): string => {
  if (!isText(cmd)) throw new Refusal('no program');
  const names = cmd
    .replaceAll('\\', '/')
    .split('/')
    .filter((name) => name !== '' && name !== '.');
  const absolute = /^[\\/]/u.test(cmd) || /^[A-Za-z]:/u.test(cmd);
  if (names.length === 0 || absolute || names.some((name) => name === '..' || /[\p{Cc}:*?"<>|]/u.test(name)))
    throw new Refusal('its program does not lie in its folder');
  return names.join('/');
};

const readStart = ({ args, env }: Fields): Start => {
  const words = args ?? [];
  if (!Array.isArray(words) || !words.every(isArgument)) throw new Refusal('its arguments are not a list of texts');
  const variables = Object.entries(fieldsOf(env ?? {}));
  const wrong = variables.find(([name, value]) => !/^[A-Za-z_]\w*$/u.test(name) || !isArgument(value));
  if (wrong !== undefined) throw new Refusal('its variables are not names with texts');
  return { args: words, env: Object.fromEntries(variables) as Record<string, string> };
};

const isArgument = (value: unknown): value is string => isText(value) && !value.includes('\0');
