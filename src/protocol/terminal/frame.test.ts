import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeFrame, encodeFrame } from './frame.ts';

const of = (header: bigint, bytes: readonly number[] = []): Uint8Array => {
  const frame = new Uint8Array(8 + bytes.length);
  new DataView(frame.buffer).setBigUint64(0, header);
  frame.set(bytes, 8);
  return frame;
};

describe('a frame of output', () => {
  test.each([
    0n,
    1n,
    255n,
    2n ** 31n,
    2n ** 32n - 1n,
    2n ** 32n,
    2n ** 32n + 5n,
    0x0001_0203_0405_0607n,
    2n ** 53n - 1n,
  ])('[terminal 9 header] the number %s is read big-endian, and written as it was read', (seq) => {
    const frame = of(seq, [65, 0, 255]);
    expect(decodeFrame(frame)).toEqual({ seq: Number(seq), bytes: Uint8Array.of(65, 0, 255) });
    expect(encodeFrame(Number(seq), Uint8Array.of(65, 0, 255))).toEqual(frame);
  });

  test('[terminal 9 header] a number that would be another one here is no frame', () => {
    expect([2n ** 53n, 2n ** 53n + 1n, 2n ** 63n, 2n ** 64n - 1n].map((seq) => decodeFrame(of(seq)))).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });

  test('[terminal 9 empty] 8 bytes are a frame without output', () => {
    expect(decodeFrame(of(7n))).toEqual({ seq: 7, bytes: new Uint8Array() });
  });

  test('[terminal 9 short] less than 8 bytes are none', () => {
    for (let length = 0; length < 8; length += 1) expect(decodeFrame(new Uint8Array(length))).toBeUndefined();
  });

  test('[P15] the output is the memory that it came in', () => {
    const memory = new Uint8Array(64);
    const frame = decodeFrame(memory.subarray(16, 40));
    expect(frame?.bytes.buffer).toBe(memory.buffer);
    expect([frame?.bytes.byteOffset, frame?.bytes.length]).toEqual([24, 16]);
  });

  test('[S15] any bytes are either a frame that comes out of its own reading again, or none', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        const frame = decodeFrame(bytes);
        if (frame === undefined) expect(bytes.length < 8 || (bytes[0] ?? 0) > 0 || (bytes[1] ?? 0) > 31).toBe(true);
        else expect(encodeFrame(frame.seq, frame.bytes)).toEqual(bytes);
      }),
    );
  });
});
