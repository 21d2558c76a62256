import { open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { zipEntries } from '../../src/machine/zip.ts';
import { type Packed, zip } from '../fakes/archives.ts';

/** The same extension under a later version, as a file in the folder. @returns its path */
export async function newerVsix(vsix: string, version: string, folder: string): Promise<string> {
  const file = await open(vsix);
  const entries: Packed[] = [];
  try {
    for await (const { name, body } of zipEntries(file)) {
      // What is no text, its icon alone, is not looked at.
      const text = (await buffer(body())).toString('utf8');
      entries.push({ name, text: NAMES_VERSION.has(name) ? text.replaceAll('0.1.0', version) : text });
    }
  } finally {
    await file.close();
  }
  const path = join(folder, `wheelhouse-${version}.vsix`);
  await writeFile(path, zip(...entries));
  return path;
}

const NAMES_VERSION: ReadonlySet<string> = new Set(['extension.vsixmanifest', 'extension/package.json']);
