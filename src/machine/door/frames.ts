import type { RelayFrame } from '../../relay/ports.ts';

/** One binary message. Whoever sends it to many sends the same object. */
export interface BinaryFrame {
  readonly bytes: Uint8Array;
}

export type Frame = RelayFrame | BinaryFrame;

const FINAL_TEXT = 0x81;
const FINAL_BINARY = 0x82;
const SHORT = 125;
const LONG = 0xffff;

const made = new WeakMap<Frame, Buffer>();

/** The bytes of a frame as one WebSocket message of a server: made once, however many sockets it goes to. */
export const bytesOf = (frame: Frame): Buffer => {
  const there = made.get(frame);
  if (there !== undefined) return there;
  const bytes = 'text' in frame ? textMessage(frame.text) : binaryMessage(frame.bytes);
  made.set(frame, bytes);
  return bytes;
};

const textMessage = (text: string): Buffer => {
  const bytes = message(FINAL_TEXT, Buffer.byteLength(text));
  bytes.message.write(text, bytes.head);
  return bytes.message;
};

const binaryMessage = (payload: Uint8Array): Buffer => {
  const bytes = message(FINAL_BINARY, payload.length);
  bytes.message.set(payload, bytes.head);
  return bytes.message;
};

/** RFC 6455, §5.2: one final frame, not masked, its payload still to be filled in from `head` on. */
const message = (kind: number, length: number): { readonly message: Buffer; readonly head: number } => {
  const head = length <= SHORT ? 2 : length <= LONG ? 4 : 10;
  const bytes = Buffer.allocUnsafe(head + length);
  bytes[0] = kind;
  bytes[1] = length <= SHORT ? length : length <= LONG ? SHORT + 1 : SHORT + 2;
  if (head === 4) bytes.writeUInt16BE(length, 2);
  if (head === 10) bytes.writeBigUInt64BE(BigInt(length), 2);
  return { message: bytes, head };
};
