/**
 * The files of one session, and how they are read.
 *
 * - `000001.jsonl` and so on, the segments: a header, then the events. Each opening and each trouble begins a new one,
 *   so nothing is ever written behind something that may be torn.
 * - `snapshot.jsonl`: the fold of everything before the segment that it names, ended by a hash of itself.
 * - `blobs/`, `summary.json`, `flags.json`, `lock-1` and so on.
 */
import { createHash } from 'node:crypto';
import { Failure } from '../base/failure.ts';
import type { Logged } from '../model/event.ts';
import type { Session } from '../model/session.ts';
import { headerOf, JOURNAL_LIMITS, type Lost, type SessionHeader } from '../router/journal.ts';
import { decodeRecord, type JournalRecord, type Kept, namesIn, putBack } from '../router/journalLine.ts';
import { decodeSnapshotHead, decodeSnapshotPage, encodeSnapshot, readSnapshot } from '../router/snapshot.ts';
import type { Blobs } from './blobs.ts';
import { lockNumber } from './lock.ts';
import { type Disk, type DiskFile, errnoOf, UNFINISHED, writeWhole } from './disk.ts';

const SNAPSHOT = 'snapshot.jsonl';
export const BLOBS = 'blobs';

const segmentName = (number: number): string => `${String(number).padStart(6, '0')}.jsonl`;

export const segmentNumber = (name: string): number | undefined => {
  const digits = /^(\d{6,15})\.jsonl$/u.exec(name)?.[1];
  return digits === undefined ? undefined : Number(digits);
};

/** Begins a segment: when it resolves, its header is safe. */
export const createSegment = async (disk: Disk, folder: string, number: number, header: string): Promise<DiskFile> => {
  const file = await disk.create(`${folder}/${segmentName(number)}`);
  try {
    await file.write(Buffer.from(`${header}\n`));
    await file.sync();
    await disk.syncFolder(folder);
    return file;
  } catch (failure) {
    await file.close().catch(() => undefined);
    throw failure;
  }
};

/** Removes segments that no longer count, and what was left behind half-written. */
export const removeOld = async (disk: Disk, folder: string, from: number): Promise<void> => {
  for (const name of await disk.list(folder)) {
    const number = segmentNumber(name);
    const old = number === undefined ? name.endsWith(UNFINISHED) : number < from;
    if (old) await disk.remove(`${folder}/${name}`);
  }
};

/** What all that is kept of a session takes, bytes; what vanishes meanwhile takes nothing. */
export const folderSize = async (disk: Disk, folder: string): Promise<number> => {
  const sizes = async (path: string): Promise<number> => {
    const names = await disk.list(path).catch(() => []);
    const all = await Promise.all(
      names
        .filter((name) => name !== BLOBS && lockNumber(name) === undefined)
        .map((name) => disk.size(`${path}/${name}`).catch(() => 0)),
    );
    return all.reduce((sum, size) => sum + size, 0);
  };
  return (await sizes(folder)) + (await sizes(`${folder}/${BLOBS}`));
};

/** Another one as soon as something is written, since segments only grow. What the disk does not tell counts for nothing. */
export const folderStamp = async (disk: Disk, folder: string): Promise<string> =>
  stampOf(folder, await disk.list(folder).catch(() => []), (path) => disk.size(path).catch(() => 0));

/** As `folderStamp`, for somebody who must not mistake a failure for a change. @throws what the disk says */
export const exactStamp = async (disk: Disk, folder: string): Promise<string> =>
  stampOf(folder, await disk.list(folder), (path) => disk.size(path));

const stampOf = async (
  folder: string,
  all: readonly string[],
  sizeOf: (path: string) => Promise<number>,
): Promise<string> => {
  const names = all.filter((name) => name.endsWith('.jsonl')).sort();
  const sizes = await Promise.all(names.map((name) => sizeOf(`${folder}/${name}`)));
  return names.map((name, index) => `${name} ${sizes[index]}`).join(', ');
};

/** A session as its files have it. */
export interface FolderContent {
  readonly header: SessionHeader;
  readonly snapshot?: Session;
  readonly tail: readonly Logged[];
  /** The last thing that was written is the mark of a clean end. */
  readonly closed: boolean;
  readonly tornBytes: number;
  readonly lost: Lost;
  /** Names of the blobs that are named. */
  readonly blobs: ReadonlySet<string>;
  readonly lastSegment: number;
  /** The first segment that counts. */
  readonly from: number;
  /** How many segments hold the tail, and how much there is of it and of the fold, bytes. */
  readonly segments: number;
  readonly tailBytes: number;
  readonly snapshotBytes: number;
}

/** @throws Failure `missing`, `newer`, or what the disk says */
export const readFolder = async (
  disk: Disk,
  folder: string,
  blobs: Blobs,
  signal: AbortSignal,
): Promise<FolderContent> => {
  const names = await disk.list(folder).catch((failure: unknown) => {
    throw errnoOf(failure) === 'ENOENT' ? missing() : failure;
  });
  const reader = new FolderReader(disk, folder, blobs, signal);
  if (names.includes(SNAPSHOT)) await reader.readSnapshot();
  const numbers = names.flatMap((name) => segmentNumber(name) ?? []).sort((a, b) => a - b);
  for (const number of numbers) if (number >= reader.from) await reader.readSegment(number);
  return reader.content(numbers.at(-1) ?? 0);
};

/** As `readFolder`, while somebody writes: what a fold has replaced is removed, and that may be between two of our calls. */
export const readMoving: typeof readFolder = async (disk, folder, blobs, signal) => {
  for (let attempts = 1; ; attempts += 1) {
    try {
      return await readFolder(disk, folder, blobs, signal);
    } catch (failure) {
      if (errnoOf(failure) !== 'ENOENT' || attempts === 3) throw failure;
    }
  }
};

class FolderReader {
  /** The first segment that counts. */
  from = 0;
  readonly #disk: Disk;
  readonly #folder: string;
  readonly #blobs: Blobs;
  readonly #signal: AbortSignal;
  readonly #named = new Set<string>();
  readonly #tail: Logged[] = [];
  #header: SessionHeader | undefined;
  #snapshot: Session | undefined;
  #snapshotLost = false;
  #values = 0;
  #closed = false;
  #tornBytes = 0;
  #segments = 0;
  #tailBytes = 0;
  #snapshotBytes = 0;

  constructor(disk: Disk, folder: string, blobs: Blobs, signal: AbortSignal) {
    this.#disk = disk;
    this.#folder = folder;
    this.#blobs = blobs;
    this.#signal = signal;
  }

  async readSnapshot(): Promise<void> {
    const bytes = await this.#disk.read(`${this.#folder}/${SNAPSHOT}`);
    const lines = linesOf(bytes);
    const first = lines.next().value?.text ?? '';
    const head = decodeSnapshotHead(first);
    for (const name of namesIn(first)) this.#named.add(name);
    if (typeof head === 'number') throw newer();
    this.#snapshotLost = head === undefined || !isWhole(bytes);
    if (head === undefined || this.#snapshotLost) return;
    const pages: unknown[] = [];
    for (const { text } of lines) {
      for (const name of namesIn(text)) this.#named.add(name);
      if (pages.length === head.pages) break;
      const page = decodeSnapshotPage(text);
      if (page !== undefined) await this.#putBack(page.value, page.kept);
      pages.push(page?.value);
    }
    await this.#putBack(head.value, head.kept);
    const session = readSnapshot(head.value, pages);
    this.#snapshotLost = session === undefined;
    if (session === undefined) return;
    this.#snapshot = session;
    this.#header = headerOf(session);
    this.#snapshotBytes = bytes.length;
    this.from = head.segment;
  }

  async readSegment(number: number): Promise<void> {
    const bytes = await this.#disk.read(`${this.#folder}/${segmentName(number)}`);
    this.#closed = false;
    this.#tornBytes = 0;
    this.#segments += 1;
    this.#tailBytes += bytes.length;
    for (const { text, bytes: length } of linesOf(bytes)) {
      this.#signal.throwIfAborted();
      // Half of an object is none: a line that can be read was written whole.
      const record = decodeRecord(text);
      for (const name of namesIn(text)) this.#named.add(name);
      if (record === undefined) {
        this.#closed = false;
        this.#tornBytes += length;
      } else {
        // What follows it proves that it is damaged and not torn; the numbers tell whether an event was in it.
        this.#tornBytes = 0;
        const taken = this.#take(record);
        // Most lines keep nothing apart, and a promise for each would cost more than their events.
        if (taken !== undefined && taken.kept.length > 0) await this.#putBack(taken.logged.event, taken.kept);
      }
    }
  }

  content(lastSegment: number): FolderContent {
    if (this.#header === undefined) throw missing();
    return {
      header: this.#header,
      ...(this.#snapshot === undefined ? {} : { snapshot: this.#snapshot }),
      tail: this.#tail,
      closed: this.#closed,
      tornBytes: this.#tornBytes,
      lost: { events: this.#missingEvents(), values: this.#values, snapshot: this.#snapshotLost },
      blobs: this.#named,
      lastSegment,
      from: this.from,
      segments: this.#segments,
      tailBytes: this.#tailBytes,
      snapshotBytes: this.#snapshotBytes,
    };
  }

  /** The record, where it is an event that is new. */
  #take(record: JournalRecord): Extract<JournalRecord, { kind: 'logged' }> | undefined {
    switch (record.kind) {
      case 'newer':
        throw newer();
      case 'header':
        this.#header = record.header;
        return undefined;
      case 'closed':
        this.#closed = true;
        return undefined;
      case 'logged':
        this.#closed = false;
        // Numbers only rise; what the fold has in it may stand in the tail as well.
        if (record.logged.seq <= (this.#tail.at(-1)?.seq ?? this.#snapshot?.at.seq ?? 0)) return undefined;
        this.#tail.push(record.logged);
        return record;
    }
  }

  async #putBack(value: unknown, kept: readonly Kept[]): Promise<void> {
    for (const place of kept) {
      this.#named.add(place.name);
      const text = await this.#blobs.read(place.name);
      if (text === undefined) this.#values += 1;
      else putBack(value, place, text);
    }
  }

  #missingEvents(): number {
    let missed = 0;
    // Without its fold the tail begins anywhere; that is said once, as the fold's loss.
    let last = this.#snapshotLost ? (this.#tail[0]?.seq ?? 1) - 1 : (this.#snapshot?.at.seq ?? 0);
    for (const { seq } of this.#tail) {
      missed += seq - last - 1;
      last = seq;
    }
    return missed;
  }
}

const missing = (): Failure => new Failure('missing', 'This session is not stored here.');
const newer = (): Failure =>
  new Failure('newer', 'This session was written by a newer version of Wheelhouse.', 'Update Wheelhouse to open it.');

interface Line {
  readonly text: string;
  readonly bytes: number;
}

/** Each line as a text of its own: a piece of one large text would keep all of it in memory. */
function* linesOf(content: Uint8Array): Generator<Line, undefined> {
  const bytes = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
  for (let from = 0; from < bytes.length;) {
    const newline = bytes.indexOf(0x0a, from);
    const end = newline < 0 ? bytes.length : newline;
    const next = Math.min(bytes.length, end + 1);
    yield { text: bytes.toString('utf8', from, end), bytes: next - from };
    from = next;
  }
  return undefined;
}

/** About this many bytes are written at a time. */
const CHUNK = 256 * 1024;

/**
 * Writes the fold, or leaves the one before as it was. Returns its length in bytes and the blobs that it names.
 * The blobs are on the disk before it is.
 */
export const writeSnapshot = async (
  disk: Disk,
  folder: string,
  session: Session,
  segment: number,
  blobs: Blobs,
  id: string,
): Promise<{ readonly bytes: number; readonly blobs: ReadonlySet<string> }> => {
  const named = new Set<string>();
  const keep = (text: string): string => {
    const name = blobs.add(text);
    named.add(name);
    return name;
  };
  const hash = createHash('sha256');
  let length = 0;
  const parts = async function* (): AsyncGenerator<Uint8Array> {
    let text = '';
    const take = (): Buffer => {
      const bytes = Buffer.from(text);
      text = '';
      hash.update(bytes);
      length += bytes.length;
      return bytes;
    };
    for (const line of encodeSnapshot(session, segment, keep)) {
      for (const name of namesIn(line)) named.add(name);
      text += `${line}\n`;
      if (text.length < CHUNK) continue;
      await blobs.store();
      yield take();
    }
    await blobs.store();
    yield take();
    yield Buffer.from(`${hash.digest('hex')}\n`);
  };
  await writeWhole(disk, folder, SNAPSHOT, parts(), id);
  return { bytes: length, blobs: named };
};

/** The last line is the hash of those before it. */
const HASH_LINE = 65;

const isWhole = (bytes: Uint8Array): boolean => {
  const end = bytes.length - HASH_LINE;
  if (end < 0) return false;
  const hash = createHash('sha256').update(bytes.subarray(0, end)).digest('hex');
  return Buffer.from(bytes.subarray(end)).toString('latin1') === `${hash}\n`;
};

/** Whether what comes after the fold has grown so much that the next fold is due. */
export const isLong = (tailBytes: number, snapshotBytes: number, segments: number): boolean =>
  tailBytes > Math.max(JOURNAL_LIMITS.tail, snapshotBytes) || segments > JOURNAL_LIMITS.segments;
