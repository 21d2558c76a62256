import { eachEntry, type Entries, type Entry, type ToolEntry } from '../entry.ts';

type Spoken = 'user' | 'agent' | 'thought' | 'notice';

/** Where things stand in one state of the entries, so that no event has to look through the transcript. */
export class Lookup {
  readonly #calls = new Map<string, number>();
  readonly #messages: Readonly<Record<Spoken, Map<string, number>>> = {
    user: new Map(),
    agent: new Map(),
    thought: new Map(),
    notice: new Map(),
  };
  /** Tool calls that are pending or in progress, in the order in which they were opened. */
  readonly open = new Set<number>();
  plan = -1;

  call(id: string): number | undefined {
    return this.#calls.get(id);
  }

  message(kind: Spoken, id: string): number | undefined {
    return this.#messages[kind].get(id);
  }

  /** Called for an entry that is new, and for a tool call whose status changed. */
  note(entry: Entry, index: number): void {
    if (entry.kind === 'tool') this.#noteCall(entry, index);
    else if (entry.kind === 'plan') this.plan = index;
    else if (entry.kind === 'notice') {
      if (entry.compaction !== undefined) this.#messages.notice.set(entry.compaction, index);
    } else if (entry.kind !== 'unknown' && entry.messageId !== undefined) {
      this.#messages[entry.kind].set(entry.messageId, index);
    }
  }

  #noteCall(entry: ToolEntry, index: number): void {
    this.#calls.set(entry.call, index);
    if (entry.status === 'pending' || entry.status === 'in_progress') this.open.add(index);
    else this.open.delete(index);
  }
}

/**
 * One lookup for each line of sessions. It is taken while a batch is folded and left under the successor: whoever folds
 * from an older state, or from two states with one ancestor, finds none there and has one made from the entries. So a
 * lookup never speaks of a session other than its own.
 */
const lookups = new WeakMap<Entries, Lookup>();

export const takeLookup = (entries: Entries): Lookup => {
  const known = lookups.get(entries);
  if (known !== undefined) {
    lookups.delete(entries);
    return known;
  }
  const made = new Lookup();
  let index = 0;
  for (const entry of eachEntry(entries)) {
    made.note(entry, index);
    index += 1;
  }
  return made;
};

export const leaveLookup = (entries: Entries, lookup: Lookup): void => {
  lookups.set(entries, lookup);
};
