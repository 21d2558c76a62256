import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { differences, listed } from './package.ts';
import { root } from './suite.ts';

/** A zip of empty files, as small as the format allows. */
function zipOf(...names: string[]): Buffer {
  const entries = names.map((name) => {
    const header = Buffer.alloc(46);
    header.writeUInt32LE(0x02014b50, 0);
    header.writeUInt16LE(Buffer.byteLength(name), 28);
    return Buffer.concat([header, Buffer.from(name)]);
  });
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(names.length, 10);
  return Buffer.concat([...entries, end]);
}

describe('the package', () => {
  test('[package] chunk names are listed without their hash, sorted and once', () => {
    const zip = zipOf(
      'extension/dist/chunks/diff-ABCD1234.js',
      'extension/dist/chunks/diff-ZZZZ9999.js',
      '[Content_Types].xml',
    );
    expect(listed(zip)).toEqual(['[Content_Types].xml', 'extension/dist/chunks/diff-HASH.js']);
  });

  test('[package] what is not a zip is refused, and so is a damaged one', () => {
    expect(() => listed(Buffer.alloc(100))).toThrow('not a zip file');
    const damaged = zipOf('a', 'b');
    damaged.writeUInt8(0, 47);
    expect(() => listed(damaged)).toThrow('entry 1');
  });

  test('[S51] holds what was agreed and nothing that could hold a secret: no dot files, no sources, no tests', async () => {
    const agreed = (await readFile(join(root, 'test/tools/vsix-files.txt'), 'utf8')).split('\n').filter(Boolean);
    expect(agreed.length).toBeGreaterThan(10);
    const allowed =
      /^(?:\[Content_Types\]\.xml|extension\.vsixmanifest|extension\/(?:package(?:\.nls)?\.json|(?:readme|changelog)\.md|LICENSE\.txt|(?:dist|media)\/(?:[\w-]+\/)*[\w-]+(?:\.l10n)?\.(?:js|css|html|json|png|svg)))$/u;
    expect(agreed.filter((name) => !allowed.test(name))).toEqual([]);
  });

  test('[S51] what it is made of is pinned: exact versions, a hash for each, and no script of theirs runs', async () => {
    const read = async (name: string): Promise<string> => await readFile(join(root, name), 'utf8');
    const { dependencies, devDependencies } = JSON.parse(await read('package.json')) as Record<
      string,
      Record<string, string>
    >;
    for (const [name, version] of Object.entries({ ...dependencies, ...devDependencies }))
      expect([name, version]).toEqual([name, expect.stringMatching(/^\d+\.\d+\.\d+(?:-[\w.]+)?$/u)]);
    const { packages } = JSON.parse(await read('package-lock.json')) as {
      packages: Record<string, { integrity?: string; optional?: boolean }>;
    };
    // Those of other systems are not installed here, and the lock has no hash of what was never fetched.
    const unpinned = Object.entries(packages).filter(
      ([path, { integrity, optional }]) =>
        path !== '' && optional !== true && integrity?.startsWith('sha512-') !== true,
    );
    expect(unpinned.map(([path]) => path)).toEqual([]);
    expect(await read('.npmrc')).toContain('ignore-scripts=true');
  });

  test('[package] differences name what came and what went', () => {
    expect(differences(['a', 'b'], ['b', 'c'])).toEqual(['+ c', '- a']);
  });
});
