import { createHash } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const DOCUMENT = 'docs/PROTOCOL.md';
const MARK = /<!-- as of (src\/protocol\/[a-z]+) ([0-9a-f]{12}) -->/gu;

/** What stands in the files of a wire, but for comments and how it is laid out. */
const printOf = async (folder: string): Promise<string> => {
  const hash = createHash('sha256');
  const names = (await readdir(folder, { recursive: true })).filter((name) => /(?<!\.test)\.ts$/u.test(name)).sort();
  for (const name of names) {
    const text = await readFile(join(folder, name), 'utf8');
    hash.update(`${name}\0${text.replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gmu, '').replaceAll(/\s+/gu, '')}\0`);
  }
  return hash.digest('hex').slice(0, 12);
};

test('[protocol document] each wire is described as it is: who changes one reads its section again', async () => {
  const document = await readFile(DOCUMENT, 'utf8');
  const wires = (await readdir('src/protocol', { withFileTypes: true })).filter((entry) => entry.isDirectory());
  const now = new Map<string, string>();
  for (const { name } of wires) now.set(`src/protocol/${name}`, await printOf(`src/protocol/${name}`));
  if (process.env['UPDATE_PROTOCOL'] === '1') {
    const marked = document.replaceAll(MARK, (_mark, folder: string) => `<!-- as of ${folder} ${now.get(folder)} -->`);
    await writeFile(DOCUMENT, marked);
  }
  const said = new Map(
    [...(await readFile(DOCUMENT, 'utf8')).matchAll(MARK)].map(([, folder = '', print]) => [folder, print]),
  );
  const changed = [...now].filter(([folder, print]) => said.get(folder) !== print).map(([folder]) => folder);
  expect(
    changed,
    `These wires are others than ${DOCUMENT} describes. Read their sections, mend them, and write the marks anew with ` +
      'UPDATE_PROTOCOL=1 npx vitest run --project unit test/tools/protocolDocument.test.ts',
  ).toEqual([]);
  expect(now.size).toBeGreaterThan(5);
});
