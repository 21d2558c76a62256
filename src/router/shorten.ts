import { eachEntry, type Entry, type NoticeEntry, paged, type ToolEntry } from '../model/entry.ts';
import { WORDS } from '../model/fold/words.ts';
import type { Session } from '../model/session.ts';

export interface Shortened {
  readonly session: Session;
  /** Entries that are not in it any more. */
  readonly dropped: number;
}

/**
 * A session without its beginning: the last `keep` entries, behind a notice that says what is gone. What waits to be sent
 * stays. It needs another epoch, since no event tells of this. Undefined: there is nothing to drop.
 */
export const shortened = (session: Session, keep: number, epoch: string): Shortened | undefined => {
  const all = [...eachEntry(session.entries)];
  const [gone, kept] = [all.slice(0, Math.max(0, all.length - keep)), all.slice(Math.max(0, all.length - keep))];
  const last = gone.at(-1);
  const dropped = gone.filter((entry) => removedBefore(entry) === undefined).length;
  if (last === undefined || dropped === 0) return undefined;
  const removed = gone.reduce((sum, entry) => sum + (removedBefore(entry) ?? 0), dropped);
  const { id, seq, at } = last;
  const notice: NoticeEntry = {
    kind: 'notice',
    severity: 'warning',
    title: WORDS.removed,
    description: `${removed} entries, up to ${new Date(at).toISOString()}`,
    removed,
    // Its place is that of the last one that is gone, and so is its name: nothing else can have it.
    id,
    seq,
    at,
    changed: session.at.seq,
  };
  const moved = (index: number): number => Math.max(0, index - gone.length + 1);
  const { turn } = session;
  return {
    dropped,
    session: {
      ...session,
      entries: paged([notice, ...kept]),
      turnFrom: moved(session.turnFrom),
      turn: turn.state === 'idle' && turn.from !== undefined ? { ...turn, from: moved(turn.from) } : turn,
      terminals: shownTerminals(session.terminals, kept),
      at: { epoch, seq: session.at.seq },
    },
  };
};

const removedBefore = (entry: Entry): number | undefined => (entry.kind === 'notice' ? entry.removed : undefined);

const shownTerminals = (terminals: Session['terminals'], kept: readonly Entry[]): Session['terminals'] => {
  const shown = new Set(kept.filter((entry) => entry.kind === 'tool').flatMap(terminalsOf));
  return Object.fromEntries(Object.entries(terminals).filter(([id, { released }]) => !released || shown.has(id)));
};

const terminalsOf = ({ content }: ToolEntry): readonly string[] =>
  content.flatMap((item) => (item.type === 'terminal' && 'terminalId' in item ? [item.terminalId] : []));
