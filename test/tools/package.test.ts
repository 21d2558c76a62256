import { describe, expect, test } from 'vitest';
import { differences, listed } from './package.ts';

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

  test('[package] differences name what came and what went', () => {
    expect(differences(['a', 'b'], ['b', 'c'])).toEqual(['+ c', '- a']);
  });
});
