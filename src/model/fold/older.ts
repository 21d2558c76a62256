/**
 * Events that reach into what a surface does not hold. The core has changed an entry there; here it is only noted that
 * the page has to be asked for as it is now, and above all no second entry is made.
 */
import type { Draft } from './draft.ts';

/** `begins`: the agent numbers a new call, and one that is over lends it its id. False: it is not one of those. */
export const touchOlderCall = (
  { session, seq }: Draft,
  call: string,
  { begins = false, over = false }: { readonly begins?: boolean; readonly over?: boolean },
): boolean => {
  const { older } = session;
  if (older === undefined) return false;
  if (setOf(older.unfinished).has(call)) {
    session.older = {
      ...older,
      changed: seq,
      ...(over ? { over: [...older.over, call], unfinished: older.unfinished.filter((other) => other !== call) } : {}),
    };
    return true;
  }
  if (begins || !setOf(older.over).has(call)) return false;
  session.older = { ...older, changed: seq };
  return true;
};

export const touchOlderCompaction = ({ session, seq }: Draft, compaction: string): boolean => {
  const { older } = session;
  if (older === undefined || !setOf(older.compactions).has(compaction)) return false;
  session.older = { ...older, changed: seq };
  return true;
};

/** They are never changed in place, and every new call is looked for in them. */
const sets = new WeakMap<readonly string[], ReadonlySet<string>>();

const setOf = (names: readonly string[]): ReadonlySet<string> => {
  let set = sets.get(names);
  if (set === undefined) sets.set(names, (set = new Set(names)));
  return set;
};
