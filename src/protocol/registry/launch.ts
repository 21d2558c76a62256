import { Failure } from '../../base/failure.ts';
import type { BinaryDistribution, Distribution, RegistryEntry } from './entry.ts';

/** A program with its arguments, as the settings name it. */
export interface Launch {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** What the registry calls a machine, such as `darwin-aarch64`; undefined for one that it has no word for. */
export const platformName = (platform: string, architecture: string): string | undefined => {
  const system = { darwin: 'darwin', linux: 'linux', win32: 'windows' }[platform];
  const processor = { arm64: 'aarch64', x64: 'x86_64' }[architecture];
  return system === undefined || processor === undefined ? undefined : `${system}-${processor}`;
};

export type Runner = 'npx' | 'uvx';

/** What this machine has to run an agent with. */
export interface Host {
  readonly platform: string | undefined;
  readonly runners: ReadonlySet<Runner>;
}

/**
 * The way in which an agent of the registry runs here: a file whose checksum is known before all else, then a package
 * of one version, and last a file that nothing vouches for.
 * @throws Failure `missing`: it does not run here, and why
 */
export const chooseDistribution = (entry: RegistryEntry, host: Host): Distribution => {
  const binary = entry.distributions.find((one) => one.kind === 'binary' && one.platform === host.platform);
  const packaged = entry.distributions.find((one) => one.kind !== 'binary' && host.runners.has(one.kind));
  const checked = binary?.kind === 'binary' && binary.sha256 !== undefined ? binary : undefined;
  const chosen = checked ?? packaged ?? binary;
  if (chosen !== undefined) return chosen;
  throw new Failure('missing', `${entry.name} cannot be installed here: ${whyNot(entry, host)}.`, advice(entry));
};

const whyNot = ({ distributions, refused }: RegistryEntry, { platform }: Host): string => {
  const reasons = distributions.flatMap((one) => (one.kind === 'binary' ? [] : [`${one.kind} is not on PATH`]));
  const binaries = distributions.filter(({ kind }) => kind === 'binary');
  if (binaries.length > 0) reasons.push(`it has no program for ${platform ?? 'this kind of machine'}`);
  return [...reasons, ...refused].join('; ');
};

const advice = ({ distributions }: RegistryEntry): string => {
  const kinds = new Set(distributions.map(({ kind }) => kind));
  if (kinds.has('npx')) return 'npx comes with Node.js: install that first.';
  if (kinds.has('uvx')) return 'uvx comes with uv: install that first.';
  return 'Install it in the way its makers describe, then add it as a command.';
};

/**
 * How it is started. `prefix` is a folder of ours, with nothing in it: without one, npm looks into the folder it is
 * started in first, and runs what a workspace brought along under the package's name, or from the server that its
 * `.npmrc` names. `program` is where the program of a binary was unpacked to.
 */
export const launchOf = (
  distribution: Distribution,
  places: { readonly prefix: string; readonly program: (binary: BinaryDistribution) => string },
): Launch => {
  const { env, args } = distribution;
  switch (distribution.kind) {
    case 'npx':
      return {
        command: 'npx',
        args: ['--prefix', places.prefix, '-y', ...named(distribution, '--package'), ...args],
        env,
      };
    case 'uvx':
      return { command: 'uvx', args: [...named(distribution, '--from'), ...args], env };
    case 'binary':
      return { command: places.program(distribution), args, env };
  }
};

const named = (one: { readonly package: string; readonly program?: string }, option: string): readonly string[] =>
  one.program === undefined ? [one.package] : [option, one.package, one.program];
