import { type Entries, type Entry, PAGE, type ToolEntry } from '../entry.ts';

type Spoken = 'user' | 'agent' | 'thought' | 'notice' | 'plan' | 'subagent';

/** Where things stand in one state of the entries, so that no event has to look through the transcript. */
export class Lookup {
  readonly #calls = new Map<string, number>();
  readonly #messages: Readonly<Record<Spoken, Map<string, number>>> = {
    user: new Map(),
    agent: new Map(),
    thought: new Map(),
    notice: new Map(),
    plan: new Map(),
    subagent: new Map(),
  };
  /** Tool calls that are pending or in progress, in the order in which they were opened. */
  readonly open = new Set<number>();
  /** The last plan without a name. */
  plan = -1;
  /** The state that it belongs to; undefined while a batch is folded. */
  speaksOf: Entries | undefined;
  /** The entry under which it is kept. */
  first: Entry | undefined;

  call(id: string): number | undefined {
    return this.#calls.get(id);
  }

  message(kind: Spoken, id: string): number | undefined {
    return this.#messages[kind].get(id);
  }

  /** Called for an entry that is new, and for a tool call whose status changed. */
  note(entry: Entry, index: number): void {
    if (entry.kind === 'tool') this.#noteCall(entry, index);
    else if (entry.kind === 'plan') {
      if (entry.plan === undefined) this.plan = index;
      else this.#messages.plan.set(entry.plan, index);
    } else if (entry.kind === 'subagent') this.#messages.subagent.set(entry.session, index);
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
 * The lookups of sessions, by the first entry of each: it stays the same object while a session grows, so that the way
 * from one batch to the next costs a look and no more. Which state a lookup speaks of, it says itself: whoever folds
 * from an older one, or from two with one ancestor, has another made from the entries.
 */
const lookups = new WeakMap<Entry, Lookup>();

/** Pages that a surface does not hold are empty. */
const firstOf = (entries: Entries): Entry | undefined => entries.find((page) => page.length > 0)?.[0];

/** For one batch. It speaks of no state until it is left. */
export const takeLookup = (entries: Entries): Lookup => {
  const first = firstOf(entries);
  const known = first && lookups.get(first);
  if (known?.speaksOf === entries) {
    known.speaksOf = undefined;
    return known;
  }
  const made = new Lookup();
  for (const [number, page] of entries.entries())
    for (const [index, entry] of page.entries()) made.note(entry, number * PAGE + index);
  return made;
};

export const leaveLookup = (entries: Entries, lookup: Lookup): void => {
  const first = firstOf(entries);
  if (first === undefined) return;
  lookup.speaksOf = entries;
  if (lookup.first === first) return;
  lookup.first = first;
  lookups.set(first, lookup);
};
