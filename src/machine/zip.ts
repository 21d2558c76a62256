/**
 * Reads a zip archive by its directory, and believes nothing in it that the file does not bear out: APPNOTE.TXT 6.3.10,
 * sections 4.3 to 4.5. Errors are plain ones, which whoever unpacks has words for.
 */
import type { FileHandle } from 'node:fs/promises';
import { Readable, type Transform } from 'node:stream';
import { crc32, createInflateRaw } from 'node:zlib';
import { Failure } from '../base/failure.ts';

export interface ZipEntry {
  /** `/` between the names; that of a folder ends with one. */
  readonly name: string;
  /** That of a Unix; zero where it was packed on a system that has no such thing. */
  readonly mode: number;
  /** To be read before the next entry is asked for. */
  body(): AsyncIterable<Uint8Array>;
}

const END_BYTES = 22;
const COMMENT_BYTES = 0xffff;
/** Far beyond the directory of what is unpacked here: it is held in memory. */
const DIRECTORY_BYTES = 64_000_000;
/** In place of a number that stands, wider, in a record or a field of its own. */
const WIDE = 0xffff_ffff;

export async function* zipEntries(file: FileHandle): AsyncGenerator<ZipEntry> {
  const { start, bytes, count } = await findDirectory(file);
  if (bytes > DIRECTORY_BYTES) throw new Error('its directory is too large');
  const directory = await read(file, start, bytes);
  let at = 0;
  for (let left = count; left > 0; left -= 1) {
    const head = expectMark(directory.subarray(at), 'PK\u0001\u0002');
    const nameEnd = 46 + head.readUInt16LE(28);
    const extraEnd = nameEnd + head.readUInt16LE(30);
    at += extraEnd + head.readUInt16LE(32);
    if (at > bytes) throw new Error('its directory is cut off');
    // Some pack as Windows writes paths. Without the flag for UTF-8 too it is mostly that, or plain ASCII.
    const name = head.toString('utf8', 46, nameEnd).replaceAll('\\', '/');
    const widened = wideNumbers(head.subarray(nameEnd, extraEnd));
    const size = widened(head.readUInt32LE(24));
    const packed: Packed = {
      name,
      encrypted: (head.readUInt16LE(8) & 1) !== 0,
      method: head.readUInt16LE(10),
      sum: head.readUInt32LE(16),
      size,
      bytes: widened(head.readUInt32LE(20)),
      offset: widened(head.readUInt32LE(42)),
      limit: start,
    };
    const madeOnUnix = head.readUInt8(5) === 3;
    yield { name, mode: madeOnUnix ? head.readUInt16LE(40) : 0, body: () => unpacked(file, packed) };
  }
}

interface Directory {
  readonly start: number;
  readonly bytes: number;
  readonly count: number;
}

/** It is the last thing in the file, but for a comment of any text. */
const findDirectory = async (file: FileHandle): Promise<Directory> => {
  const { size } = await file.stat();
  const tail = await read(
    file,
    Math.max(0, size - END_BYTES - COMMENT_BYTES),
    Math.min(size, END_BYTES + COMMENT_BYTES),
  );
  for (let at = tail.length - END_BYTES; at >= 0; at -= 1) {
    const end = tail.subarray(at);
    if (!hasMark(end, 'PK\u0005\u0006') || end.readUInt16LE(20) !== end.length - END_BYTES) continue;
    if (end.readUInt16LE(4) !== 0) throw new Error('it is one part of several');
    const found = { start: end.readUInt32LE(16), bytes: end.readUInt32LE(12), count: end.readUInt16LE(10) };
    const isWide = found.start === WIDE || found.bytes === WIDE || found.count === 0xffff;
    const directory = isWide ? await findWide(file, size - end.length) : found;
    if (directory.start + directory.bytes > size - end.length)
      throw new Error('its directory is not where it should be');
    return directory;
  }
  throw new Error('it has no directory at its end');
};

const findWide = async (file: FileHandle, end: number): Promise<Directory> => {
  const where = expectMark(await read(file, end - 20, 20), 'PK\u0006\u0007');
  const record = expectMark(await read(file, wide(where, 8), 56), 'PK\u0006\u0006');
  return { start: wide(record, 48), bytes: wide(record, 40), count: wide(record, 32) };
};

/** They stand in the order in which they are asked for, and only those that are too wide for their place (4.5.3). */
const wideNumbers = (extra: Buffer): ((narrow: number) => number) => {
  let field: Buffer = Buffer.alloc(0);
  for (let at = 0; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2))
    if (extra.readUInt16LE(at) === 1) field = extra.subarray(at + 4, at + 4 + extra.readUInt16LE(at + 2));
  let at = 0;
  return (narrow) => {
    if (narrow !== WIDE) return narrow;
    at += 8;
    return wide(field, at - 8);
  };
};

interface Packed {
  readonly name: string;
  readonly encrypted: boolean;
  readonly method: number;
  /** CRC-32 of what it is unpacked. */
  readonly sum: number;
  readonly size: number;
  readonly bytes: number;
  readonly offset: number;
  /** Where in the archive files end. */
  readonly limit: number;
}

const PIECE_BYTES = 65_536;
const STORED = 0;
const DEFLATED = 8;

async function* unpacked(file: FileHandle, packed: Packed): AsyncGenerator<Uint8Array> {
  const { method, bytes, offset } = packed;
  if (packed.encrypted) throw new Error('it is encrypted');
  if (method !== STORED && method !== DEFLATED) throw new Error(`it is packed in a way that is not known (${method})`);
  const head = expectMark(await read(file, offset, 30), 'PK\u0003\u0004');
  const start = offset + 30 + head.readUInt16LE(26) + head.readUInt16LE(28);
  if (start + bytes > packed.limit) throw new Error('a file in it is cut off');
  let size = 0;
  let sum = 0;
  const source = pieces(file, start, bytes);
  for await (const some of method === STORED ? source : through(Readable.from(source), createInflateRaw())) {
    size += some.length;
    if (size > packed.size) break;
    sum = crc32(some, sum);
    yield some;
  }
  if (size !== packed.size) throw new Error('a file in it has another size than it says');
  if (sum !== packed.sum)
    throw new Failure('invalid', `The archive is damaged (${JSON.stringify(packed.name.slice(0, 100))}).`);
}

async function* pieces(file: FileHandle, start: number, bytes: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes; at += PIECE_BYTES) yield await read(file, start + at, Math.min(PIECE_BYTES, bytes - at));
}

/** What breaks on the way is told to whoever reads; when that one has enough, all of it ends. */
export async function* through(source: Readable, way: Transform): AsyncGenerator<Uint8Array> {
  source.on('error', (failure) => way.destroy(failure));
  try {
    yield* source.pipe(way);
  } finally {
    source.destroy();
    way.destroy();
  }
}

const hasMark = (bytes: Buffer, mark: string): boolean => bytes.toString('latin1', 0, 4) === mark;

const expectMark = (bytes: Buffer, mark: string): Buffer => {
  if (hasMark(bytes, mark)) return bytes;
  throw new Error('it is not put together as a zip archive');
};

const wide = (bytes: Buffer, at: number): number => Number(bytes.readBigUInt64LE(at));

const read = async (file: FileHandle, position: number, length: number): Promise<Buffer> => {
  const { bytesRead, buffer } = await file.read({ buffer: Buffer.alloc(length), position });
  if (bytesRead !== length) throw new Error('it is cut off');
  return buffer;
};
