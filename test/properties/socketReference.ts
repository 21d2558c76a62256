import { isUtf8 } from 'node:buffer';

export interface Heard {
  /** That were looked at, the one it ended with among them. */
  readonly frames: number;
  readonly messages: readonly (string | Uint8Array)[];
  /** `close`: they said so; `wrong`: no client may go on; `cut`: in the middle of a frame; `broken`: between two. */
  readonly end: 'close' | 'wrong' | 'cut' | 'broken';
}

interface Frame {
  readonly final: boolean;
  readonly opcode: number;
  readonly payload: Buffer;
}

const CONTINUED = 0;
const TEXT = 1;
const BINARY = 2;
const CLOSE = 8;

/** What a client hears of the bytes of a server, by RFC 6455 §5 and nothing else; a message is of `longest` bytes at most. */
export const heardOf = (bytes: Buffer, longest: number): Heard => {
  const messages: (string | Uint8Array)[] = [];
  let parts: Buffer[] = [];
  let kind: number | undefined;
  let frames = 0;
  for (let at = 0; at < bytes.length;) {
    frames += 1;
    const held = parts.reduce((sum, { length }) => sum + length, 0);
    const read = frameAt(bytes, at, longest - held);
    if (typeof read === 'string') return { frames, messages, end: read };
    const { frame, next } = read;
    at = next;
    const { final, opcode, payload } = frame;
    if (opcode === CLOSE) return { frames, messages, end: isClose(payload) ? 'close' : 'wrong' };
    if (opcode > CLOSE) continue;
    if ((opcode === CONTINUED) !== (kind !== undefined)) return { frames, messages, end: 'wrong' };
    kind ??= opcode;
    parts.push(payload);
    if (!final) continue;
    const whole = Buffer.concat(parts);
    if (kind === TEXT && !isUtf8(whole)) return { frames, messages, end: 'wrong' };
    messages.push(kind === TEXT ? whole.toString() : whole);
    [parts, kind] = [[], undefined];
  }
  return { frames, messages, end: 'broken' };
};

const frameAt = (bytes: Buffer, at: number, longest: number): { frame: Frame; next: number } | 'wrong' | 'cut' => {
  const [first, second] = [bytes[at], bytes[at + 1]];
  if (first === undefined || second === undefined) return 'cut';
  const [final, opcode, short] = [(first & 0x80) !== 0, first & 0x0f, second & 0x7f];
  const isControl = opcode >= CLOSE;
  // Reserved bits, reserved kinds, a mask that only clients have, a control frame in parts or of many bytes.
  if ((first & 0x70) !== 0 || (second & 0x80) !== 0 || opcode > 10 || (opcode > BINARY && opcode < CLOSE))
    return 'wrong';
  if (isControl && (!final || short > 125)) return 'wrong';
  const wide = short === 126 ? 2 : short === 127 ? 8 : 0;
  if (at + 2 + wide > bytes.length) return 'cut';
  const length = wide === 2 ? bytes.readUInt16BE(at + 2) : wide === 8 ? bytes.readBigUInt64BE(at + 2) : short;
  if (!isControl && length > longest) return 'wrong';
  const start = at + 2 + wide;
  const next = start + Number(length);
  if (next > bytes.length) return 'cut';
  return { frame: { final, opcode, payload: bytes.subarray(start, next) }, next };
};

/** §7.4: nothing, or a number that may be said, and a reason in UTF-8. */
const isClose = (payload: Buffer): boolean => {
  if (payload.length === 0) return true;
  if (payload.length === 1) return false;
  const number = payload.readUInt16BE(0);
  const isSaid =
    (number >= 1000 && number <= 1014 && ![1004, 1005, 1006].includes(number)) || (number >= 3000 && number <= 4999);
  return isSaid && isUtf8(payload.subarray(2));
};
