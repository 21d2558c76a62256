import { readdir, rm, rmdir } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import type { AgentDefinition } from '../../backends/agent.ts';
import { isInside } from '../../machine/findCommand.ts';
import { installFolder } from './proposal.ts';

/** Whether the agent runs what we have unpacked for it. */
export const isUnpacked = ({ command }: AgentDefinition, storage: string): boolean =>
  isInside(command, installFolder(storage), process.platform);

/** Removes what was unpacked of an entry of the registry, but for what one of those that stay runs. */
export const removeUnpacked = async (
  entry: string,
  staying: readonly AgentDefinition[],
  storage: string,
): Promise<void> => {
  const folder = join(installFolder(storage), entry);
  const needed = new Set(staying.map(({ command }) => relative(folder, command).split(sep)[0]));
  const names = await readdir(folder).catch(() => []);
  for (const name of names) if (!needed.has(name)) await rm(join(folder, name), { recursive: true, force: true });
  // With something still in it the folder stays.
  await rmdir(folder).catch(() => undefined);
};
