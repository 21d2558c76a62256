import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { root } from './suite.ts';

/** What was found in clients and agents like this one. Each was somebody's real door, and is tried here. */
const ATTACKS: Readonly<Record<string, string>> = {
  'CVE-2025-54794': 'a folder whose name only begins like the one that is allowed',
  'CVE-2026-27967': 'a link out of the workspace',
  'CVE-2026-39861': 'a new file below such a link',
  'CVE-2026-50549': 'a path that was not made canonical',
  'CVE-2025-59944': 'a protected name in another case',
  'CVE-2026-25725': 'a protected file that is not there yet',
  'CVE-2026-25722': 'a folder that a command changes to',
  'CVE-2026-50548': 'a folder that a command is told to run in',
  'CVE-2025-53773': 'settings that switch the questions off',
  'CVE-2025-53536': 'settings that name a program',
  'CVE-2025-58372': 'a workspace file',
  'CVE-2025-54135': 'the list of servers of an agent',
  'CVE-2025-54136': 'something else than what was agreed to',
  'CVE-2025-54377': 'a second line behind a command',
  'CVE-2026-110206': 'a command that stands in for a word',
  'CVE-2026-30314': 'the same, within quotes',
  'CVE-2025-64755': 'an argument by which a reader writes',
  'CVE-2025-58764': 'an argument by which a reader runs a program',
  'CVE-2025-65099': 'a package manager that loads plugins of a folder which nobody trusts yet',
  'CVE-2025-59041': 'an address in the git settings of such a folder',
  'CVE-2026-47090': 'sequences for a terminal',
  'CVE-2023-26114': 'a page of another origin that opens a socket',
  'CVE-2025-52882': 'the same, to an editor',
  'CVE-2026-44211': 'the same, to a board of agents',
  'CVE-2026-59723': 'a token that nobody asks for on this very machine',
  'CVE-2026-22812': 'a page that posts to a door which lets every origin in',
  'CVE-2025-66414': 'a name of somebody else’s that leads to this machine',
  'CVE-2025-66416': 'the same, to another server',
  'CVE-2026-11624': 'the same, once more',
  'CVE-2026-25253': 'an address that says where to connect',
  'CVE-2024-37890': 'very many lines in the head of a request',
  'CVE-2026-1526': 'a small message that becomes a huge one',
};

const testFiles = async (): Promise<readonly string[]> => {
  const folders = ['src', 'webview', 'test'].map((name) => join(root, name));
  const found = await Promise.all(folders.map((path) => readdir(path, { recursive: true, withFileTypes: true })));
  return found
    .flat()
    .filter((file) => file.isFile() && /\.test\.tsx?$/u.test(file.name))
    .map((file) => join(file.parentPath, file.name));
};

/** In brackets, or as the row of a table whose first column is put there. */
const NAMED = /(?:\[|^\s*\[')(CVE-\d{4}-\d+)(?:\]|', ')/gmu;

test('[S20] [S28] [S45] each attack that was found elsewhere stands in the name of a test', async () => {
  const named = new Set<string>();
  for (const path of await testFiles())
    for (const [, id = ''] of (await readFile(path, 'utf8')).matchAll(NAMED)) named.add(id);
  expect([...named].toSorted()).toEqual(Object.keys(ATTACKS).toSorted());
});
