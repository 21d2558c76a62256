/**
 * The end of what a session said, on the disk: a folder of files, each named after its first number, so that the oldest
 * goes without a copy of the rest.
 *
 * R1 On the disk lies never more than the bound, and in memory never more than that waits to be written.
 * R2 What is read has each number once and in order; what is missing is missing, and never something else.
 * R3 A tail that an end has torn is passed over, and what is written next does not stand behind it.
 */
import { type FileHandle, mkdir, open, readdir, readFile, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { sentence } from '../../base/failure.ts';
import type { Log } from '../../base/log.ts';
import { STREAM } from './limits.ts';
import { decodeRecords, encodeRecords, RECORD_HEAD, type StreamRecord } from './records.ts';

export interface BufferBounds {
  /** Bytes of all files, and of each. */
  readonly kept: number;
  readonly file: number;
}

interface Kept {
  readonly path: string;
  readonly first: number;
  last: number;
  bytes: number;
}

const NAME = /^([1-9]\d{0,15})\.buf$/u;
/**
 * After an end in which nothing could be said of it: more than what had not been written by then can be, so that no
 * number that a viewer has seen is given away again.
 */
const UNCLEAN = 2 ** 24;

export class StreamBuffer {
  readonly #folder: string;
  readonly #log: Log;
  readonly #bounds: BufferBounds;
  /** The oldest first. */
  readonly #files: Kept[];
  /** Of them the first that are being written. */
  #unwritten: StreamRecord[] = [];
  #unwrittenBytes = 0;
  #inFlight = 0;
  /** What is before this number was dropped, wherever it still lies. */
  #from = 0;
  #writing: Promise<void> | undefined;
  #file: FileHandle | undefined;
  #trouble: string | undefined;
  #closed = false;
  #head: number;

  private constructor(parts: {
    readonly folder: string;
    readonly log: Log;
    readonly bounds: BufferBounds;
    readonly files: Kept[];
    readonly head: number;
  }) {
    this.#folder = parts.folder;
    this.#log = parts.log;
    this.#bounds = parts.bounds;
    this.#files = parts.files;
    this.#head = parts.head;
  }

  /** @param head the last number, where it is known: 0 of a new one; else it is found, and more than that left out */
  static async open(folder: string, log: Log, head?: number, bounds: BufferBounds = STREAM): Promise<StreamBuffer> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const firsts = (await readdir(folder)).flatMap((name) => {
      const first = NAME.exec(name)?.[1];
      return first === undefined ? [] : [Number(first)];
    });
    const files: Kept[] = [];
    for (const first of firsts.toSorted((a, b) => a - b)) {
      const path = join(folder, `${first}.buf`);
      const before = files.at(-1);
      if (before !== undefined) before.last = first - 1;
      files.push({ path, first, last: head ?? first - 1, bytes: (await stat(path)).size });
    }
    const newest = files.at(-1);
    if (newest !== undefined && head === undefined) {
      const found = decodeRecords(await readFile(newest.path), STREAM.chunk);
      newest.last = found.at(-1)?.seq ?? newest.first - 1;
    }
    const from = head ?? (newest?.last ?? 0) + UNCLEAN;
    return new StreamBuffer({ folder, log, bounds, files, head: from });
  }

  /** The number of the last piece. */
  get head(): number {
    return this.#head;
  }

  /** Bytes on the disk. */
  get bytes(): number {
    return this.#files.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** Why what was said last is not kept. */
  get trouble(): string | undefined {
    return this.#trouble;
  }

  /** `bytes` are the buffer's own from now on. */
  add(bytes: Uint8Array): number {
    this.#head += 1;
    this.#unwritten.push({ seq: this.#head, bytes });
    this.#unwrittenBytes += RECORD_HEAD + bytes.length;
    // A disk that is slower than the program: what would be dropped as soon as it is written need not be.
    while (this.#unwrittenBytes > this.#bounds.kept && this.#unwritten.length > this.#inFlight + 1) {
      this.#forget(this.#inFlight, 1);
      this.#from = this.#unwritten[this.#inFlight]?.seq ?? 0;
    }
    this.#writing ??= this.#write();
    return this.#head;
  }

  /** Those after the number up to the head as it is now, as far as they are kept; a file's worth at a time. */
  read(after: number): AsyncIterable<readonly StreamRecord[]> {
    const before = Math.max(after, this.#from - 1);
    const files = this.#files.filter(({ last }) => last > before).map(({ path, last }) => ({ path, last }));
    const unwritten = this.#unwritten.filter(({ seq }) => seq > before);
    return readAll(files, unwritten, before);
  }

  /** Settles when all that was added is on the disk, or cannot be. */
  async written(): Promise<void> {
    while (this.#writing !== undefined) await this.#writing;
  }

  async close(): Promise<void> {
    await this.written();
    this.#closed = true;
    await this.#endFile();
  }

  async #write(): Promise<void> {
    while (this.#unwritten.length > 0 && !this.#closed) {
      const batch = this.#nextBatch();
      const bytes = encodeRecords(batch);
      this.#inFlight = batch.length;
      try {
        await this.#append(bytes, batch);
        this.#trouble = undefined;
      } catch (failure) {
        if (this.#trouble === undefined) this.#log.warn(`Output is not kept: ${sentence(failure)}`);
        this.#trouble = sentence(failure);
        await this.#endFile().catch(() => undefined);
      }
      this.#inFlight = 0;
      this.#forget(0, batch.length);
    }
    this.#writing = undefined;
  }

  #nextBatch(): readonly StreamRecord[] {
    let [count, bytes] = [0, 0];
    for (const record of this.#unwritten) {
      bytes += RECORD_HEAD + record.bytes.length;
      if (count > 0 && bytes > this.#bounds.file) break;
      count += 1;
    }
    return this.#unwritten.slice(0, count);
  }

  async #append(bytes: Buffer, batch: readonly StreamRecord[]): Promise<void> {
    const [first, last] = [batch[0]?.seq ?? 0, batch.at(-1)?.seq ?? 0];
    const newest = this.#files.at(-1);
    const isRoomy = newest !== undefined && !this.#isStale(newest) && newest.bytes + bytes.length <= this.#bounds.file;
    const file =
      this.#file !== undefined && isRoomy
        ? newest
        : { path: join(this.#folder, `${first}.buf`), first, last: first - 1, bytes: 0 };
    if (file !== newest) await this.#endFile();
    while (this.#files[0] !== file && (this.#isStale(this.#files[0]) || this.bytes + bytes.length > this.#bounds.kept))
      if (!(await this.#dropOldest())) break;
    if (file !== newest) {
      this.#file = await open(file.path, 'w', 0o600);
      this.#files.push(file);
    }
    await this.#file?.appendFile(bytes);
    file.bytes += bytes.length;
    file.last = last;
  }

  #isStale(file: Kept | undefined): boolean {
    return file !== undefined && file.last < this.#from;
  }

  /** False: there is none. */
  async #dropOldest(): Promise<boolean> {
    const oldest = this.#files.shift();
    if (oldest !== undefined) await unlink(oldest.path).catch(() => undefined);
    return oldest !== undefined;
  }

  async #endFile(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.close();
  }

  #forget(from: number, count: number): void {
    for (const { bytes } of this.#unwritten.splice(from, count)) this.#unwrittenBytes -= RECORD_HEAD + bytes.length;
  }
}

async function* readAll(
  files: readonly Pick<Kept, 'path' | 'last'>[],
  unwritten: readonly StreamRecord[],
  after: number,
): AsyncGenerator<readonly StreamRecord[]> {
  for (const { path, last } of files) {
    // One that is gone was dropped meanwhile: whoever reads sees by the numbers that it is missing.
    const bytes = await readFile(path).catch(() => undefined);
    if (bytes === undefined) continue;
    yield decodeRecords(bytes, STREAM.chunk).filter(({ seq }) => seq > after && seq <= last);
  }
  yield unwritten;
}
