// What a host keeps of its terminals on the disk, whatever is said, dropped, torn and started again.
import { mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { silent } from '../../src/base/log.ts';
import { StreamBuffer } from '../../src/machine/stream/buffer.ts';
import { decodeRecords, encodeRecords, type StreamRecord } from '../../src/machine/stream/records.ts';

const BOUNDS = { kept: 2000, file: 300 };
const MOST = 100;

type Step =
  | { readonly kind: 'say'; readonly lengths: readonly number[] }
  | { readonly kind: 'settle' }
  | { readonly kind: 'end' }
  | { readonly kind: 'die'; readonly torn: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('say'), lengths: fc.array(fc.nat(MOST), { maxLength: 20 }) }) },
  { weight: 2, arbitrary: fc.constant({ kind: 'settle' }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'end' }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('die'), torn: fc.integer({ min: 1, max: 40 }) }) },
);

const all = async (records: AsyncIterable<readonly StreamRecord[]>): Promise<readonly StreamRecord[]> => {
  const read: StreamRecord[] = [];
  for await (const some of records) read.push(...some);
  return read;
};

const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');

const onDisk = async (folder: string): Promise<number> => {
  const sizes = await Promise.all((await readdir(folder)).map(async (name) => (await stat(join(folder, name))).size));
  return sizes.reduce((sum, size) => sum + size, 0);
};

/** Cuts the newest file, as an end without power does. */
const tear = async (folder: string, bytes: number): Promise<void> => {
  const firsts = (await readdir(folder)).flatMap((name) => /^\d+/u.exec(name) ?? []).map(Number);
  if (firsts.length === 0) return;
  const newest = Math.max(...firsts);
  const path = join(folder, `${newest}.buf`);
  await truncate(path, Math.max(0, (await stat(path)).size - bytes));
};

describe('the buffer of a terminal', () => {
  test('[terminal 10 buffer] has each number once, in order and with its own bytes, within its bound, also after ends of every kind', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), fc.nat(300), async (steps, asked) => {
        const folder = await mkdtemp(join(tmpdir(), 'wheelhouse-buffer-'));
        // What else lies there is nothing of it.
        await writeFile(join(folder, 'session.json'), '');
        let buffer = await StreamBuffer.open(folder, silent, 0, BOUNDS);
        try {
          const said = new Map<number, string>();
          let next = 0;
          let torn = false;
          for (const each of steps) {
            if (each.kind === 'say')
              for (const length of each.lengths) {
                const before = buffer.head;
                const seq = buffer.add(Buffer.alloc(length, (next += 1)));
                expect(seq).toBe(before + 1);
                expect(said.has(seq)).toBe(false);
                said.set(seq, textOf(Buffer.alloc(length, next)));
              }
            if (each.kind === 'settle') await buffer.written();
            if (each.kind === 'end') {
              await buffer.close();
              buffer = await StreamBuffer.open(folder, silent, buffer.head, BOUNDS);
            }
            if (each.kind === 'die') {
              await buffer.close();
              await tear(folder, each.torn);
              torn = true;
              buffer = await StreamBuffer.open(folder, silent, undefined, BOUNDS);
              if (said.size > 0) expect(buffer.head).toBeGreaterThan(Math.max(...said.keys()));
            }
            const read = await all(buffer.read(asked));
            const numbers = read.map(({ seq }) => seq);
            expect(numbers).toEqual([...new Set(numbers)].toSorted((a, b) => a - b));
            expect(numbers.every((seq) => seq > asked && seq <= buffer.head)).toBe(true);
            for (const { seq, bytes } of read) expect(textOf(bytes)).toBe(said.get(seq));
            // Of an end in order nothing is missing but the oldest.
            if (!torn && numbers.length > 0) expect(numbers.at(-1)).toBe(buffer.head);
            if (!torn && numbers.length > 0) expect(numbers.length).toBe(buffer.head - (numbers[0] ?? 0) + 1);
          }
          await buffer.close();
          expect(await onDisk(folder)).toBeLessThanOrEqual(BOUNDS.kept);
          expect(buffer.bytes).toBe(await onDisk(folder));
        } finally {
          await buffer.close();
          await rm(folder, { recursive: true, force: true });
        }
      }),
      { numRuns: 150 },
    );
  });

  test('[terminal 10 buffer] what was said last is there, as much of it as the bound lets, however fast it was said', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'wheelhouse-buffer-'));
    try {
      const buffer = await StreamBuffer.open(folder, silent, 0, BOUNDS);
      for (let count = 0; count < 1000; count += 1) buffer.add(Buffer.alloc(50, count));
      const inMemory = await all(buffer.read(0));
      await buffer.written();
      const onceWritten = await all(buffer.read(0));
      await buffer.close();
      for (const read of [inMemory, onceWritten]) {
        expect(read.at(-1)?.seq).toBe(1000);
        expect(read.length).toBeGreaterThan((BOUNDS.kept - BOUNDS.file) / 62 - 5);
        expect(read.length).toBeLessThanOrEqual(BOUNDS.kept / 62 + 1);
      }
      // One file is one of what others write, too.
      const [file = ''] = (await readdir(folder)).toSorted();
      expect(decodeRecords(await readFile(join(folder, file)), MOST)[0]?.bytes.length).toBe(50);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  test('[terminal 10 buffer] [S15] records are read up to what is torn, and any bytes at all do no harm', () => {
    const record = fc.uint8Array({ maxLength: MOST });
    fc.assert(
      fc.property(
        fc.array(record, { maxLength: 20 }),
        fc.nat(3000),
        fc.uint8Array({ maxLength: 40 }),
        (parts, cut, more) => {
          const records = parts.map((bytes, index) => ({ seq: 2 ** 40 + index, bytes }));
          const whole = encodeRecords(records);
          const read = decodeRecords(whole.subarray(0, cut), MOST);
          expect(read.map(({ seq }) => seq)).toEqual(records.slice(0, read.length).map(({ seq }) => seq));
          const ends = records.map((_, index) => encodeRecords(records.slice(0, index + 1)).length);
          expect(read.length).toBe(ends.filter((end) => end <= cut).length);
          const wild = decodeRecords(Buffer.concat([whole.subarray(0, cut), more]), MOST);
          expect(wild.length).toBeLessThanOrEqual(records.length + 4);
          expect(wild.every(({ bytes }) => bytes.length <= MOST)).toBe(true);
        },
      ),
    );
  });
});
