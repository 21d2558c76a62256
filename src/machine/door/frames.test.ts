import { expect, test } from 'vitest';
import { bytesOf } from './frames.ts';

/** As RFC 6455 has a client read it. */
const read = (bytes: Buffer): { readonly first: number; readonly text: string } => {
  const short = (bytes[1] ?? 0) & 0x7f;
  const [head, length] =
    short < 126 ? [2, short] : short === 126 ? [4, bytes.readUInt16BE(2)] : [10, Number(bytes.readBigUInt64BE(2))];
  expect(bytes.length).toBe(head + length);
  expect((bytes[1] ?? 0) & 0x80).toBe(0);
  return { first: bytes[0] ?? 0, text: bytes.subarray(head).toString('utf8') };
};

test.each([0, 1, 125, 126, 127, 65_535, 65_536, 200_000])('[P8] a text of %d bytes is one final frame', (length) => {
  const text = 'x'.repeat(length);
  expect(read(bytesOf({ text }))).toEqual({ first: 0x81, text });
});

test('[P8] lengths are those of the bytes', () => {
  const text = 'Grüße 🦊'.repeat(10);
  expect(read(bytesOf({ text })).text).toBe(text);
  expect(read(bytesOf({ text: '\ud800' })).text).toBe('\ufffd');
});

test('[P8] a frame is made once, however many sockets it goes to', () => {
  const frame = { text: 'x' };
  expect(bytesOf(frame)).toBe(bytesOf(frame));
});
