/** Archives made by hand, so that they can also hold what no packer would put into one. */
import { crc32, deflateRawSync, gzipSync } from 'node:zlib';

export interface Packed {
  readonly name: string;
  readonly text?: string;
  readonly mode?: number;
  /** Of tar: `0` a file, `1` a hard link, `2` a symbolic link, `3` a device, `5` a folder. */
  readonly type?: string;
  readonly link?: string;
  /** What the archive says instead of the size, and of the sum, that it has. */
  readonly size?: number;
  readonly crc?: number;
  /** Of zip: packed in another way than with deflate; for anything but 0 the bytes are those of deflate all the same. */
  readonly method?: number;
  readonly flags?: number;
  /** Of zip: whatever does not have to is not said in 32 bits. */
  readonly wide?: boolean;
  /** Of zip: what the directory says instead of where it is. */
  readonly offset?: number;
}

export function tarGz(...entries: readonly Packed[]): Buffer {
  const blocks = entries.flatMap((entry) => {
    const body = Buffer.from(entry.text ?? '');
    return [tarHeader(entry, body.length), body, Buffer.alloc((512 - (body.length % 512)) % 512)];
  });
  return gzipSync(Buffer.concat([...blocks, Buffer.alloc(1024)]));
}

function tarHeader({ name, mode = 0o644, type = '0', link = '', size }: Packed, length: number): Buffer {
  const header = Buffer.alloc(512);
  const octal = (value: number, at: number, digits: number): void => {
    header.write(`${value.toString(8).padStart(digits - 1, '0')}\0`, at);
  };
  header.write(name, 0, 100);
  octal(mode, 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  octal(size ?? length, 124, 12);
  octal(0, 136, 12);
  header.fill(' ', 148, 156);
  header.write(type, 156);
  header.write(link, 157, 100);
  header.write('ustar\u000000', 257);
  octal(
    header.reduce((sum, byte) => sum + byte, 0),
    148,
    7,
  );
  return header;
}

export function zip(...entries: readonly Packed[]): Buffer {
  const locals: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const entry of entries) {
    const name = Buffer.from(entry.name);
    const body = Buffer.from(entry.text ?? '');
    const packed = entry.method === 0 ? body : deflateRawSync(body);
    const about = Buffer.alloc(26);
    about.writeUInt16LE(20, 0);
    // UTF-8 names, deflated.
    about.writeUInt16LE(entry.flags ?? 0x0800, 2);
    about.writeUInt16LE(entry.method ?? 8, 4);
    about.writeUInt32LE(entry.crc ?? crc32(body), 10);
    about.writeUInt32LE(packed.length, 14);
    about.writeUInt32LE(entry.size ?? body.length, 18);
    about.writeUInt16LE(name.length, 22);
    const local = Buffer.concat([Buffer.from('PK\u0003\u0004'), about, name, packed]);
    const where = Buffer.alloc(14);
    where.writeUInt32LE(((entry.mode ?? 0o100644) << 16) >>> 0, 6);
    where.writeUInt32LE(entry.offset ?? offset, 10);
    const extra = entry.wide === true ? widened(about, where) : Buffer.alloc(0);
    // Made on a Unix, so that the mode counts.
    directory.push(Buffer.concat([Buffer.from('PK\u0001\u0002\u0014\u0003', 'latin1'), about, where, name, extra]));
    locals.push(local);
    offset += local.length;
  }
  const central = Buffer.concat(directory);
  return Buffer.concat([...locals, central, ...zipEnd(entries, central.length, offset)]);
}

/** Another field first, which is none of a reader's business. */
function widened(about: Buffer, where: Buffer): Buffer {
  const extra = Buffer.alloc(4 + 3 + 4 + 24);
  extra.writeUInt16LE(0x9999, 0);
  extra.writeUInt16LE(3, 2);
  extra.writeUInt16LE(1, 7);
  extra.writeUInt16LE(24, 9);
  extra.writeBigUInt64LE(BigInt(about.readUInt32LE(18)), 11);
  extra.writeBigUInt64LE(BigInt(about.readUInt32LE(14)), 19);
  extra.writeBigUInt64LE(BigInt(where.readUInt32LE(10)), 27);
  about.fill(0xff, 14, 22);
  where.fill(0xff, 10, 14);
  about.writeUInt16LE(extra.length, 24);
  return extra;
}

function zipEnd(entries: readonly Packed[], bytes: number, offset: number): readonly Buffer[] {
  const end = Buffer.alloc(22);
  end.write('PK\u0005\u0006', 'latin1');
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(bytes, 12);
  end.writeUInt32LE(offset, 16);
  if (!entries.some(({ wide }) => wide === true)) return [end];
  const record = Buffer.alloc(56);
  record.write('PK\u0006\u0006', 'latin1');
  record.writeBigUInt64LE(44n, 4);
  record.writeBigUInt64LE(BigInt(entries.length), 32);
  record.writeBigUInt64LE(BigInt(bytes), 40);
  record.writeBigUInt64LE(BigInt(offset), 48);
  const where = Buffer.alloc(20);
  where.write('PK\u0006\u0007', 'latin1');
  where.writeBigUInt64LE(BigInt(offset + bytes), 8);
  end.fill(0xff, 8, 20);
  return [record, where, end];
}
