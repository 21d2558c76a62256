import { isAbsolute, join, posix, win32 } from 'node:path';
import { Failure } from '../../base/failure.ts';
import type { AgentDefinition } from '../../backends/agent.ts';
import { archiveKind } from '../../machine/unpack.ts';
import type { BinaryDistribution, PackageDistribution, RegistryEntry } from '../../protocol/registry/entry.ts';
import { chooseDistribution, launchOf, type Host, type Launch } from '../../protocol/registry/launch.ts';
import { parseCommandLine } from '../../router/commandLine.ts';
import type { KnownCommand } from './knownCommands.ts';

/** What the person is asked to agree to: everything that would be fetched and run, as it would be. */
export interface Proposal extends Omit<Launch, 'env'> {
  /** Over the machine's own; null removes. */
  readonly env: Readonly<Record<string, string | null>>;
  /** What it would like to be called in the settings. */
  readonly id: string;
  readonly name: string;
  /** Where the command was found. */
  readonly found?: string;
  readonly registry?: { readonly id: string; readonly version: string };
  /** What is not here yet. */
  readonly fetched?: PackageDistribution | (BinaryDistribution & { readonly folder: string });
}

/** Where agents are kept, in a folder of ours. */
export const installFolder = (storage: string): string => join(storage, 'agents');

export const fromKnown = (known: KnownCommand, found: string): Proposal => ({ ...known, env: {}, found });

/** @throws Failure `invalid` for what is not one plain command */
export const fromLine = (line: string, platform: NodeJS.Platform): Proposal => {
  const [command, ...args] = parseCommandLine(line.trim(), platform === 'win32' ? 'windows' : 'posix') ?? [];
  if (command === undefined)
    throw new Failure(
      'invalid',
      'This is not one plain command.',
      'Write a program and its arguments, with quotes around a whole argument where it holds spaces; no shell reads it.',
    );
  if (!isAbsolute(command) && /[\\/]/u.test(command))
    throw new Failure(
      'invalid',
      `${command} is a relative path.`,
      'Write an absolute path, or a name that is on PATH.',
    );
  const base = (platform === 'win32' ? win32 : posix).basename(command).replace(/\.(?:exe|cmd|bat)$/iu, '');
  return { id: base, name: base, command, args, env: {} };
};

/**
 * @param mark makes the folder of what is unpacked another one each time: one that is there may be running
 * @throws Failure why it cannot be had on this machine
 */
export const fromRegistry = (entry: RegistryEntry, host: Host, storage: string, mark: string): Proposal => {
  const distribution = chooseDistribution(entry, host);
  const folder = join(installFolder(storage), entry.id, `${entry.version}-${mark}`);
  if (distribution.kind === 'binary') archiveKind(distribution.archive);
  return {
    id: entry.id,
    name: entry.name,
    ...launchOf(distribution, {
      prefix: join(storage, 'npx'),
      program: ({ program }) => join(folder, ...program.split('/')),
    }),
    registry: { id: entry.id, version: entry.version },
    fetched: distribution.kind === 'binary' ? { ...distribution, folder } : distribution,
  };
};

/** An id that the settings take and that no agent has: the wanted one, else with a number behind it. */
export const freeId = (wanted: string, taken: ReadonlySet<string>): string => {
  const usable = wanted.replaceAll(/[^A-Za-z0-9._-]+/gu, '-').replace(/^[^A-Za-z0-9]+/u, '') || 'agent';
  for (let count = 1; ; count += 1) {
    const id = count === 1 ? usable : `${usable}-${count}`;
    if (!taken.has(id)) return id;
  }
};

/** As the settings have it. */
export const settingOf = ({ name, command, args, env, registry }: Proposal): Readonly<Record<string, unknown>> => ({
  name,
  command,
  ...(args.length === 0 ? {} : { args }),
  ...(Object.keys(env).length === 0 ? {} : { env }),
  ...(registry === undefined ? {} : { registry }),
});

export const definitionOf = ({ id, name, command, args, env }: Proposal): AgentDefinition => ({
  id,
  label: name,
  command,
  args,
  env,
});
