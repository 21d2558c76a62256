import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type DownloadParts, fetchFile } from '../../machine/download.ts';
import { archiveKind, unpack, UNPACK_LIMITS } from '../../machine/unpack.ts';
import type { Proposal } from './proposal.ts';

const MOST_BYTES = 2_000_000_000;

export type InstallStep = { readonly step: 'fetching'; readonly part?: number } | { readonly step: 'unpacking' };

/**
 * Brings to this machine what the proposal has fetched, as far as that is ours to do: a package runner fetches its own
 * package at the first start.
 * @returns undoes it
 * @throws Failure in words; nothing is left then
 */
export const install = async (
  { fetched }: Proposal,
  storage: string,
  parts: DownloadParts & { readonly told: (step: InstallStep) => void },
  signal: AbortSignal,
): Promise<() => Promise<void>> => {
  await mkdir(join(storage, 'npx'), { recursive: true, mode: 0o700 });
  if (fetched?.kind !== 'binary') return async () => undefined;
  const { archive, sha256, program, folder } = fetched;
  const work = `${folder}.${parts.clock.id()}`;
  const remove = (path: string): Promise<void> => rm(path, { recursive: true, force: true });
  await mkdir(dirname(folder), { recursive: true, mode: 0o700 });
  try {
    const file = `${work}.download`;
    const progress = (received: number, total: number | undefined): void =>
      parts.told({ step: 'fetching', ...(total === undefined ? {} : { part: received / total }) });
    parts.told({ step: 'fetching' });
    await fetchFile(
      { address: archive, file, most: MOST_BYTES, ...(sha256 === undefined ? {} : { sha256 }) },
      { ...parts, progress },
      signal,
    );
    parts.told({ step: 'unpacking' });
    await unpack({ file, kind: archiveKind(archive), program }, work, UNPACK_LIMITS, signal);
    // Whole or not at all: a folder of this name was checked to its end.
    await rename(work, folder);
  } finally {
    await remove(`${work}.download`);
    await remove(work);
  }
  return () => remove(folder);
};
