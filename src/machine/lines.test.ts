import { describe, expect, test } from 'vitest';
import { LineSplitter } from './lines.ts';

const all = (chunks: readonly (string | Buffer)[], cap?: number) => {
  const splitter = new LineSplitter(cap);
  return [...chunks.flatMap((chunk) => splitter.push(Buffer.from(chunk as string))), ...splitter.end()];
};

describe('lines', () => {
  test('[framing] a chunk gives all of its complete lines; the rest waits for more', () => {
    const splitter = new LineSplitter();
    expect(splitter.push(Buffer.from('a\nb\nc'))).toEqual(['a', 'b']);
    expect(splitter.push(Buffer.from('d\n\n'))).toEqual(['cd', '']);
    expect(splitter.push(Buffer.from('e'))).toEqual([]);
    expect(splitter.end()).toEqual(['e']);
    expect(splitter.end()).toEqual([]);
  });

  test('[framing] a character may be cut at any of its bytes', () => {
    const bytes = Buffer.from('{"a":"é€🚀"}\r\n{"b":"ü"}\n');
    for (let cut = 0; cut <= bytes.length; cut += 1) {
      expect(all([bytes.subarray(0, cut), bytes.subarray(cut)])).toEqual(['{"a":"é€🚀"}', '{"b":"ü"}']);
    }
  });

  test('[framing] a line at the cap is kept, one byte more is skipped and counted', () => {
    const line = 'x'.repeat(16);
    expect(all([`${line}\n${line}x\nshort\n`], 16)).toEqual([line, { skippedBytes: 17 }, 'short']);
    expect(all([line.slice(0, 9), `${line.slice(9)}\nshort\n`], 16)).toEqual([line, 'short']);
    expect(all([line, 'yy', `${line}\nshort`], 16)).toEqual([{ skippedBytes: 34 }, 'short']);
  });

  test('[framing] a line of a hundred megabytes is skipped in the memory of the cap', () => {
    const splitter = new LineSplitter(1024 * 1024);
    const chunk = Buffer.alloc(64 * 1024, 'x');
    const before = process.memoryUsage().arrayBuffers;
    let most = 0;
    for (let sent = 0; sent < 1600; sent += 1) {
      expect(splitter.push(chunk)).toEqual([]);
      most = Math.max(most, process.memoryUsage().arrayBuffers - before);
    }
    expect(splitter.push(Buffer.from('\nnext\n'))).toEqual([{ skippedBytes: 1600 * chunk.length }, 'next']);
    expect(most).toBeLessThan(5 * 1024 * 1024);
  });
});
