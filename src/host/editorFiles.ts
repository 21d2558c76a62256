/**
 * Files of a session whose person may have them open in a window.
 *
 * E1 Where a path leads and whether it may be used is judged here; a window is never asked for what is outside of the
 *    folders, nor to write what is protected.
 * E2 Without a window that could, it is the disk, and the person is told so.
 * E3 A write of which nobody knows what became of it is looked for in the file: there it is done, or it is not begun, and
 *    where no window can still be at it, it is done again. Anything else the person is asked about.
 * E4 Of one file one write at a time: what is written next is compared with what the last one left.
 */
import { Failure } from '../base/failure.ts';
import type { Clock } from '../base/clock.ts';
import { pause } from '../base/clock.ts';
import { isAsSeen, withoutMark } from '../base/textLines.ts';
import { removeEmpty } from '../machine/verifiedFile.ts';
import { fitsRequest } from '../protocol/view/request.ts';
import { LIMITS } from '../router/limits.ts';
import type { Conflict, FilesSession, Place, Settlement, Workspace } from '../router/ports.ts';
import { judgeWrite, linesOf, lookAtFile, type Print } from './lostWrite.ts';
import type { AttachedWindow, Windows } from './windows.ts';

/** What a window was doing may go on without it for a moment, in the editor's other processes: how often it is looked for, ms. */
const LOOKS = 3;
const LOOK = 250;

type Written = Awaited<ReturnType<Workspace['writeText']>>;

interface Write {
  readonly session: FilesSession;
  readonly place: Place;
  readonly content: string;
  readonly signal: AbortSignal;
  settle(conflict: Conflict): Promise<Settlement>;
}

export class EditorFiles {
  readonly #windows: Windows;
  readonly #disk: Workspace;
  readonly #clock: Clock;
  /** The last write of each file that is under way, by whichever session. */
  readonly #writes = new Map<string, Promise<unknown>>();

  constructor(parts: { readonly windows: Windows; readonly disk: Workspace; readonly clock: Clock }) {
    this.#windows = parts.windows;
    this.#disk = parts.disk;
    this.#clock = parts.clock;
  }

  of(session: FilesSession): Workspace {
    const disk = this.#disk;
    return {
      roots: () => disk.roots(),
      place: (path, signal) => disk.place(path, signal),
      readText: (place, range, signal) => this.#read(session, place, range, signal),
      writeText: async (place, content, settle, signal) => {
        const before = this.#writes.get(place.real) ?? Promise.resolve();
        const write = { session, place, content: withoutMark(content), settle, signal };
        const writing = before.catch(() => undefined).then(() => this.#write(write));
        this.#writes.set(place.real, writing);
        try {
          return await writing;
        } finally {
          if (this.#writes.get(place.real) === writing) this.#writes.delete(place.real);
        }
      },
    };
  }

  async #read(
    session: FilesSession,
    place: Place,
    range: Parameters<Workspace['readText']>[1],
    signal: AbortSignal,
  ): Promise<string> {
    const { path, real, inside } = place;
    const asked = new Set<AttachedWindow>();
    const next = (): AttachedWindow | undefined => (inside ? this.#windows.forFile(session, place, asked) : undefined);
    for (let window = next(); window !== undefined; window = next()) {
      asked.add(window);
      try {
        const request = { kind: 'workspace/read', path, real, ...range } as const;
        const { result } = await window.ask(request, ['text'], { deadline: LIMITS.windowRead }, signal);
        return result.text;
      } catch (failure) {
        signal.throwIfAborted();
        if (!isOf(failure, UNANSWERED)) throw failure;
      }
    }
    const text = await this.#disk.readText(place, range, signal);
    if (inside) session.note(path, 'read');
    return text;
  }

  async #write(write: Write): Promise<Written> {
    const { session, place, content, signal } = write;
    signal.throwIfAborted();
    if (place.seen !== undefined) await this.#requireSeen(write);
    const asked = new Set<AttachedWindow>();
    const isAsked = place.inside && place.protectedBy === undefined;
    const next = (): AttachedWindow | undefined => (isAsked ? this.#windows.forFile(session, place, asked) : undefined);
    for (let window = next(); window !== undefined; window = next()) {
      asked.add(window);
      const how = await this.#through(window, write);
      if (how !== undefined) return how;
    }
    return await this.#onDisk(session, place, content, signal);
  }

  /** By the window that would write it: what the person has not saved stands there alone. */
  async #requireSeen({ session, place, signal }: Write): Promise<void> {
    const now = await this.#read(session, place, {}, signal).catch((failure: unknown) => {
      if (isOf(failure, ['not found'])) return undefined;
      throw failure;
    });
    if (!isAsSeen(place.seen, now)) throw changedSince(place.path);
  }

  async #onDisk(session: FilesSession, place: Place, content: string, signal: AbortSignal): Promise<Written> {
    const nobody = (): Promise<never> => Promise.reject(new Error('A disk has no edits that are not saved.'));
    const how = await this.#disk.writeText(place, content, nobody, signal);
    if (how === 'written') session.note(place.path, 'written');
    return how;
  }

  /** Undefined: it is not done, and this window does not do it any more. */
  async #through(window: AttachedWindow, write: Write): Promise<Written | undefined> {
    const { path, real } = write.place;
    if (!fitsRequest(write.content)) throw tooLarge(path);
    const before = await lookAtFile(real);
    try {
      const request = { kind: 'workspace/write', path, real, content: write.content } as const;
      const options = { deadline: LIMITS.windowWrite, lasting: true } as const;
      const { id, result } = await window.ask(request, ['written', 'conflict'], options, write.signal);
      if (result.kind === 'written') return result.how;
      return await this.#settle(window, id, write, result.mine);
    } catch (failure) {
      if (isOf(failure, NOT_HERE)) return undefined;
      if (!isOf(failure, UNKNOWN_END)) throw failure;
      return await this.#lost(before, write, isOf(failure, ['late']));
    }
  }

  /** The window waits for what the person makes of it. */
  async #settle(window: AttachedWindow, id: number, write: Write, mine: string): Promise<Written | undefined> {
    const { place, content, signal, settle } = write;
    const settlement = await settle({ mine, theirs: content }).catch((failure: unknown) => {
      window.callOff(id);
      throw failure;
    });
    try {
      const request = { kind: 'workspace/settle', write: id, settlement } as const;
      const options = { deadline: LIMITS.windowWrite, lasting: true } as const;
      return (await window.ask(request, ['written'], options, signal)).result.how;
    } catch (failure) {
      if (!isOf(failure, UNKNOWN_END)) throw failure;
      // Neither is done by anybody else: theirs stay where they are, and a merge is for the window that has them.
      if (settlement === 'mine') return 'kept';
      if (settlement === 'merge') throw notMerged(place.path);
      throw failure;
    }
  }

  async #lost(before: Print, write: Write, isLate: boolean): Promise<Written | undefined> {
    const { session, place, content, signal, settle } = write;
    const lines = linesOf(content);
    const now = await this.#find(before, lines, place.real);
    const what = judgeWrite(before, lines, now);
    if (what === 'written') return 'written';
    if (what === 'unwritten' && !isLate) {
      // What was only made as yet was not there before.
      if (before.kind === 'none' && now.kind === 'file') await removeEmpty(place.real);
      signal.throwIfAborted();
      return undefined;
    }
    if (signal.aborted && what === 'unclear') session.note(place.path, 'torn');
    signal.throwIfAborted();
    const mine = await this.#disk.readText(place, {}, signal).catch(() => '');
    if ((await settle({ mine, theirs: content, lost: true })) !== 'theirs') throw left(place.path);
    const then = await lookAtFile(place.real);
    if (judgeWrite(before, lines, then) === 'written') return 'written';
    // They were asked about the text that stood there then.
    if (!isSame(now, then)) throw changed(place.path);
    return await this.#onDisk(session, place, content, signal);
  }

  /** What stands there, when it is written or nothing comes any more. */
  async #find(before: Print, lines: string, real: string): Promise<Print> {
    let now = await lookAtFile(real);
    for (let look = 1; look < LOOKS && judgeWrite(before, lines, now) !== 'written'; look += 1) {
      await pause(this.#clock, LOOK, new AbortController().signal);
      now = await lookAtFile(real);
    }
    return now;
  }
}

/** It is not done there at all. */
const NOT_HERE = ['refused', 'unsupported'];
/** What became of it is not known. */
const UNKNOWN_END = ['lost', 'late', 'stopped'];
const UNANSWERED = [...NOT_HERE, ...UNKNOWN_END];

const isOf = (failure: unknown, codes: readonly string[]): boolean =>
  failure instanceof Failure && codes.includes(failure.code);

const isSame = (one: Print, other: Print): boolean =>
  one.kind === 'file' && other.kind === 'file' ? one.bytes === other.bytes : one.kind === other.kind;

const tooLarge = (path: string): Failure =>
  new Failure('invalid', `The text for ${path} is too large for a window.`, 'Write it in parts, as several files.');

const left = (path: string): Failure =>
  new Failure(
    'changed',
    `${path} was not written as it should: a window went away while it wrote, and the person left what stands there.`,
    'Read it again before you change it.',
  );

const changed = (path: string): Failure =>
  new Failure('changed', `${path} changed while the person was asked.`, 'Read it again, then write.');

const changedSince = (path: string): Failure =>
  new Failure('changed', `${path} has changed since it was read.`, 'Read it again, then write.');

const notMerged = (path: string): Failure =>
  new Failure(
    'changed',
    `${path} was not written: the window in which the person wanted to put both texts together went away.`,
    'Read it again, then write.',
  );
