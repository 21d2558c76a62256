import {
  entryAt,
  entryCount,
  noEntries,
  PAGE,
  type AgentEntry,
  type Entries,
  type Entry,
  type Part,
  type ThoughtEntry,
  type UserEntry,
} from '../entry.ts';
import type { Logged } from '../event.ts';
import type { Session } from '../session.ts';
import { leaveLookup, Lookup, takeLookup } from './lookup.ts';
import { isCount, isFields, isText } from './read.ts';
import { grown } from './text.ts';

export type MessageEntry = UserEntry | AgentEntry | ThoughtEntry;
type Made = 'id' | 'seq' | 'changed' | 'at';
type Without<T, Names extends PropertyKey> = T extends unknown ? Omit<T, Names> : never;
/** What a fold says of an entry that it makes; the rest is the event's. */
export type NewEntry = Without<Entry, Made>;
type Mutable<T> = { -readonly [Name in keyof T]: T[Name] };

/** Text that came in this batch and is not in its entry yet. */
interface Tail {
  readonly chunks: string[];
  changed: number;
}

/**
 * A session while one batch is folded into it: the session, the spine of the entries and each page that is touched are
 * copied once, and the text for one entry is joined once.
 */
export class Draft {
  /** All but `entries` and `at`, which are the draft's own business until it is finished. */
  readonly session: Mutable<Session>;
  seq: number;
  at: number;
  #before: Entries;
  #spine: Entries;
  /** The spine again, once it is a copy of ours. */
  #pages: (readonly Entry[])[] | undefined;
  readonly #ownPages = new Map<number, Entry[]>();
  readonly #ownParts = new Map<number, Part[]>();
  readonly #tails = new Map<number, Tail>();
  #lookup: Lookup | undefined;
  #count: number;

  constructor(session: Session) {
    this.session = { ...session };
    this.seq = session.at.seq;
    this.at = session.changedAt;
    this.#before = session.entries;
    this.#spine = session.entries;
    this.#count = entryCount(session.entries);
  }

  begin(logged: Logged): void {
    this.seq = logged.seq;
    const { session } = this;
    this.at = isCount(logged.at) ? logged.at : session.changedAt;
    // A session that is only read again, or loses its agent, has not changed for the person who looks for it.
    if (!isFields(logged.event) || logged.event['kind'] !== 'link') session.changedAt = this.at;
    if (isText(logged.cursor)) session.cursor = logged.cursor;
  }

  get count(): number {
    return this.#count;
  }

  get lookup(): Lookup {
    this.#lookup ??= takeLookup(this.#before);
    return this.#lookup;
  }

  /** Its text may still lack what came in this batch. */
  entry(index: number): Entry | undefined {
    return entryAt(this.#spine, index);
  }

  add(fields: NewEntry): number {
    const { seq, at } = this;
    const entry: Entry = { ...fields, id: `e${seq}`, seq, changed: seq, at };
    const index = this.#count;
    // Before the entry stands: a lookup that has to be made first must not find it twice.
    this.lookup.note(entry, index);
    this.#page(Math.floor(index / PAGE)).push(entry);
    this.#count += 1;
    return index;
  }

  /** Puts a changed entry in its place. */
  change(index: number, entry: Entry): void {
    this.#page(Math.floor(index / PAGE))[index % PAGE] = { ...entry, changed: this.seq };
  }

  say(index: number, text: string): void {
    const tail = this.#tails.get(index);
    if (tail === undefined) {
      this.#tails.set(index, { chunks: [text], changed: this.seq });
      return;
    }
    tail.chunks.push(text);
    tail.changed = this.seq;
  }

  attach(index: number, part: Part): void {
    this.#settle(index);
    const entry = this.entry(index);
    if (entry === undefined || !isMessage(entry)) return;
    const parts = this.#parts(index, entry);
    parts.push(part);
    this.change(index, { ...entry, parts });
  }

  /** Everything before is gone. */
  clear(): void {
    this.#before = noEntries;
    this.#spine = noEntries;
    this.#pages = undefined;
    this.#ownPages.clear();
    this.#ownParts.clear();
    this.#tails.clear();
    this.#lookup = new Lookup();
    this.#count = 0;
    delete this.session.older;
  }

  finish(): Session {
    for (const index of this.#tails.keys()) this.#settle(index);
    const { session } = this;
    const entries = this.#spine;
    if (this.#lookup !== undefined) leaveLookup(entries, this.#lookup);
    else if (entries !== this.#before) leaveLookup(entries, takeLookup(this.#before));
    session.entries = entries;
    session.at = { epoch: session.at.epoch, seq: this.seq };
    return session;
  }

  /** Joins the text that waits for an entry. */
  #settle(index: number): void {
    const tail = this.#tails.get(index);
    const entry = this.entry(index);
    if (tail === undefined || entry === undefined || !isMessage(entry)) return;
    this.#tails.delete(index);
    const parts = this.#parts(index, entry);
    const [first = ''] = tail.chunks;
    const text = tail.chunks.length === 1 ? first : tail.chunks.join('');
    const last = parts.at(-1);
    if (last?.type === 'text') parts[parts.length - 1] = { type: 'text', text: grown(last.text, text) };
    else parts.push({ type: 'text', text });
    this.#page(Math.floor(index / PAGE))[index % PAGE] = { ...entry, parts, changed: tail.changed };
  }

  #parts(index: number, entry: MessageEntry): Part[] {
    const own = this.#ownParts.get(index);
    if (own !== undefined) return own;
    const copy = [...entry.parts];
    this.#ownParts.set(index, copy);
    return copy;
  }

  #page(number: number): Entry[] {
    const own = this.#ownPages.get(number);
    if (own !== undefined) return own;
    if (this.#pages === undefined) {
      this.#pages = [...this.#spine];
      this.#spine = this.#pages;
    }
    const copy = [...(this.#pages[number] ?? [])];
    this.#pages[number] = copy;
    this.#ownPages.set(number, copy);
    return copy;
  }
}

const isMessage = (entry: Entry): entry is MessageEntry =>
  entry.kind === 'agent' || entry.kind === 'thought' || entry.kind === 'user';
