import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readFrame } from '../../src/base/rpcFrame.ts';
import { LineSplitter } from '../../src/machine/lines.ts';

const cutAt = (bytes: Buffer, cuts: readonly number[]): Buffer[] => {
  const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
  return places.slice(1).map((end, index) => bytes.subarray(places[index], end));
};

const linesOf = (chunks: readonly Buffer[], cap?: number) => {
  const splitter = new LineSplitter(cap);
  return [...chunks.flatMap((chunk) => splitter.push(chunk)), ...splitter.end()];
};

const bytes = fc.oneof(
  fc
    .array(fc.string({ unit: 'binary', maxLength: 40 }), { maxLength: 12 })
    .map((texts) => Buffer.from(texts.join('\n'))),
  fc.uint8Array({ maxLength: 200 }).map((raw) => Buffer.from(raw)),
  fc
    .array(fc.constantFrom('a', '\n', '\r', 'é', '🚀', '\uFEFF', '\0'), { maxLength: 60 })
    .map((parts) => Buffer.from(parts.join(''))),
);

const garbage = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }).map((text) => text.replace(/[\n]/gu, ' ')),
  fc.json().filter((text) => !text.includes('"jsonrpc"') && !text.includes('\n')),
  fc.constantFrom(
    '{"jsonrpc":"2.0"',
    '[{"jsonrpc":"2.0","method":"x"}]',
    '\uFEFF',
    '\0\0',
    '',
    '{}',
    '{"jsonrpc":"1.0","method":"x"}',
  ),
);

describe('framing', () => {
  test('[framing] however the bytes are cut into chunks, the lines are the same', () => {
    fc.assert(
      fc.property(
        bytes,
        fc.array(fc.nat(), { maxLength: 12 }),
        fc.constantFrom(undefined, 1, 7, 64),
        (whole, cuts, cap) => {
          expect(linesOf(cutAt(whole, cuts), cap)).toEqual(linesOf([whole], cap));
        },
      ),
      { numRuns: 2000 },
    );
  });

  test('[framing] byte by byte gives the lines that splitting the text gives', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme', maxLength: 30 }), { maxLength: 10 }), (texts) => {
        const lines = texts.map((text) => text.replace(/[\r\n]/gu, ' '));
        const whole = Buffer.from(lines.map((line) => `${line}\n`).join(''));
        expect(linesOf([...whole].map((byte) => Buffer.of(byte)))).toEqual(lines);
      }),
      { numRuns: 500 },
    );
  });

  test('[I5] garbage between them never loses a message, and is never taken for one', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.array(garbage, { maxLength: 3 }), fc.nat(1000)), { maxLength: 8 }),
        fc.array(fc.nat(), { maxLength: 8 }),
        (parts, cuts) => {
          const text = parts.flatMap(([noise, id]) => [
            ...noise,
            JSON.stringify({ jsonrpc: '2.0', method: 'm', params: id }),
          ]);
          const whole = Buffer.from(text.map((line) => `${line}\n`).join(''));
          const messages = linesOf(cutAt(whole, cuts)).flatMap((line) => {
            const frame = readFrame(line);
            return frame.kind === 'notification' ? [frame.params] : [];
          });
          expect(messages).toEqual(parts.map(([, id]) => id));
        },
      ),
      { numRuns: 1000 },
    );
  });
});
