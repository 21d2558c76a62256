import type { RelayFrame } from '../../relay/ports.ts';

const FINAL_TEXT = 0x81;
const SHORT = 125;
const LONG = 0xffff;

const made = new WeakMap<RelayFrame, Buffer>();

/** The bytes of a frame as one WebSocket message of a server: made once, however many sockets it goes to. */
export const bytesOf = (frame: RelayFrame): Buffer => {
  const there = made.get(frame);
  if (there !== undefined) return there;
  const bytes = textMessage(frame.text);
  made.set(frame, bytes);
  return bytes;
};

/** RFC 6455, §5.2: one final frame, not masked. */
const textMessage = (text: string): Buffer => {
  const length = Buffer.byteLength(text);
  const head = length <= SHORT ? 2 : length <= LONG ? 4 : 10;
  const bytes = Buffer.allocUnsafe(head + length);
  bytes[0] = FINAL_TEXT;
  bytes[1] = length <= SHORT ? length : length <= LONG ? SHORT + 1 : SHORT + 2;
  if (head === 4) bytes.writeUInt16BE(length, 2);
  if (head === 10) bytes.writeBigUInt64BE(BigInt(length), 2);
  bytes.write(text, head);
  return bytes;
};
