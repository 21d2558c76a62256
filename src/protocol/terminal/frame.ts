/**
 * The one binary frame: the number of a piece of output, 8 bytes big-endian, and the piece, which may be empty and may
 * begin or end within a character. Source: the terminal stream protocol, §3 and rule 9 of §4.
 */

export interface StreamFrame {
  /** 0 to 2^53 - 1. */
  readonly seq: number;
  /** A view of what came, and no copy of it. */
  readonly bytes: Uint8Array;
}

const HEADER = 8;
const HALF = 2 ** 32;

/**
 * @returns undefined for what is no frame: less than 8 bytes, or a number of 2^53 and more. No server counts that far, and
 * two of these would be one and the same here.
 */
export const decodeFrame = (bytes: Uint8Array): StreamFrame | undefined => {
  if (bytes.length < HEADER) return undefined;
  const seq = wordAt(bytes, 0) * HALF + wordAt(bytes, 4);
  return Number.isSafeInteger(seq) ? { seq, bytes: bytes.subarray(HEADER) } : undefined;
};

/** `seq` from 0 to 2^53 - 1. */
export const encodeFrame = (seq: number, bytes: Uint8Array): Uint8Array<ArrayBuffer> => {
  const frame = new Uint8Array(HEADER + bytes.length);
  const header = new DataView(frame.buffer);
  header.setUint32(0, Math.floor(seq / HALF));
  header.setUint32(4, seq % HALF);
  frame.set(bytes, HEADER);
  return frame;
};

const wordAt = (bytes: Uint8Array, at: number): number =>
  (((bytes[at] ?? 0) << 24) | ((bytes[at + 1] ?? 0) << 16) | ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0)) >>> 0;
