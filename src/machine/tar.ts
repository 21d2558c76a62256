/**
 * Reads a tar archive as it comes: ustar, with the longer names and sizes of pax and of GNU (POSIX.1-2017, pax, “ustar
 * Interchange Format”). Errors are plain ones, which whoever unpacks has words for.
 */

export interface TarEntry {
  readonly name: string;
  readonly mode: number;
  /** `other`: a link, a device, and whatever else only some systems have. */
  readonly kind: 'file' | 'folder' | 'other';
  /** To be read before the next entry is asked for. */
  readonly body: AsyncIterable<Uint8Array>;
}

const BLOCK = 512;
/** Far beyond any name. */
const HEADER_BYTES = 1_000_000;

/** What stands before a header in one of its own, since it does not fit into it. */
interface Ahead {
  readonly name?: string;
  readonly size?: number;
}

export async function* tarEntries(source: AsyncIterable<Uint8Array>): AsyncGenerator<TarEntry> {
  const bytes = new Bytes(source);
  try {
    let ahead: Ahead = {};
    for (;;) {
      const head = await bytes.take(BLOCK);
      if (isZero(head)) return await bytes.expectZeros(BLOCK);
      const type = head.toString('latin1', 156, 157);
      const said = numberAt(head, 124, 12);
      if (sumOf(head) !== numberAt(head, 148, 8)) throw new Error('a header in it is damaged');
      if ('xgLK'.includes(type)) {
        if (said > HEADER_BYTES) throw new Error('a header in it is too large');
        const text = await bytes.take(said);
        await bytes.take(padding(said));
        if (type === 'x') ahead = { ...ahead, ...readPax(text) };
        else if (type === 'L') ahead = { ...ahead, name: textAt(text, 0, said) };
        continue;
      }
      const name = ahead.name ?? nameIn(head);
      // `7` was to be one that lies in one piece on its disk, and a NUL is from before there were types.
      const isFile = ['0', '7', '\0'].includes(type);
      const isFolder = type === '5' || (isFile && name.endsWith('/'));
      const size = isFile ? (ahead.size ?? said) : 0;
      const body = bytes.some(size);
      yield { name, mode: numberAt(head, 100, 8), kind: isFolder ? 'folder' : isFile ? 'file' : 'other', body };
      for await (const _ of body);
      await bytes.take(padding(size));
      ahead = {};
    }
  } finally {
    await bytes.close();
  }
}

const padding = (size: number): number => (BLOCK - (size % BLOCK)) % BLOCK;

const isZero = (bytes: Uint8Array): boolean => bytes.every((byte) => byte === 0);

/** Its own place counts as spaces. */
const sumOf = (head: Buffer): number => head.reduce((sum, byte, at) => sum + (at >= 148 && at < 156 ? 0x20 : byte), 0);

const textAt = (bytes: Buffer, at: number, length: number): string => {
  const end = bytes.indexOf(0, at);
  return bytes.toString('utf8', at, end < 0 ? at + length : Math.min(end, at + length));
};

/** Octal digits, or, what does not fit into these, as GNU writes it: a bit, and then the number. */
const numberAt = (head: Buffer, at: number, length: number): number => {
  const isBinary = head.readUInt8(at) === 0x80;
  const text = isBinary ? `0x${head.toString('hex', at + 1, at + length)}` : `0o0${textAt(head, at, length).trim()}`;
  const number = Number(text);
  if (Number.isSafeInteger(number)) return number;
  throw new Error('a number in it is none');
};

const nameIn = (head: Buffer): string => {
  const name = textAt(head, 0, 100);
  // What GNU calls a magic number differs, and there is something else in the place of the prefix.
  const prefix = head.toString('latin1', 257, 263) === 'ustar\0' ? textAt(head, 345, 155) : '';
  return prefix === '' ? name : `${prefix}/${name}`;
};

/** Records of `LENGTH NAME=VALUE` and a line's end, where the length counts itself. */
const readPax = (bytes: Buffer): Ahead => {
  const values = new Map<string, string>();
  for (let at = 0; at < bytes.length;) {
    const [, digits = '', name = ''] = /^(\d+) ([^=]+)=/u.exec(bytes.toString('utf8', at, at + 200)) ?? [];
    const end = at + Number(digits);
    const start = at + Buffer.byteLength(`${digits} ${name}=`);
    if (digits === '' || end <= start || end > bytes.length) throw new Error('a header in it is damaged');
    values.set(name, bytes.toString('utf8', start, end - 1));
    at = end;
  }
  // What lies in such a file is not what is in it.
  if ([...values.keys()].some((name) => name.startsWith('GNU.sparse'))) throw new Error('a file in it is sparse');
  const [name, size] = [values.get('path'), values.get('size')];
  if (size !== undefined && !/^\d{1,15}$/u.test(size)) throw new Error('a number in it is none');
  return { ...(name === undefined ? {} : { name }), ...(size === undefined ? {} : { size: Number(size) }) };
};

/** Taken from a source in pieces of the size that is wanted. */
class Bytes {
  readonly #source: AsyncIterator<Uint8Array>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  async take(length: number): Promise<Buffer> {
    const pieces: Uint8Array[] = [];
    for await (const piece of this.some(length)) pieces.push(piece);
    return Buffer.concat(pieces);
  }

  async *some(length: number): AsyncGenerator<Uint8Array> {
    for (let left = length; left > 0;) {
      if (this.#rest.length === 0 && !(await this.#more())) throw new Error('it is cut off');
      const piece = this.#rest.subarray(0, left);
      this.#rest = this.#rest.subarray(piece.length);
      left -= piece.length;
      yield piece;
    }
  }

  /** At least so many, and then to the end. */
  async expectZeros(least: number): Promise<void> {
    let zeros = isZero(await this.take(least));
    do zeros &&= isZero(this.#rest);
    while (await this.#more());
    if (!zeros) throw new Error('something comes after its end');
  }

  async close(): Promise<void> {
    await this.#source.return?.();
  }

  async #more(): Promise<boolean> {
    const { done, value } = await this.#source.next();
    if (done === true) return false;
    this.#rest = Buffer.from(value.buffer, value.byteOffset, value.length);
    return true;
  }
}
