import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildHost } from './hostWorld.ts';

/** Builds the programs of a host; vitest calls it once before the tests of hosts, and the result after them. */
export async function setup(): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'wheelhouse-host-programs-'));
  await buildHost(folder);
  process.env['WHEELHOUSE_HOST_PROGRAMS'] = folder;
  return () => rm(folder, { recursive: true, force: true });
}
