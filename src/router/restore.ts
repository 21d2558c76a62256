import type { Emitted, SessionEvent } from '../model/event.ts';
import { reduce } from '../model/reduce.ts';
import { emptySession, type Session } from '../model/session.ts';
import type { Stored } from './journal.ts';
import { cancelled } from './questions.ts';
import { doubted } from './queue.ts';

export interface Restored {
  /** As it was left, under the epoch to go on with. */
  readonly session: Session;
  /** What has become of it since: to be appended before anybody sees the session. Empty when it was left in order. */
  readonly events: readonly Emitted[];
}

/** What the link of a session says that is read from its journal and has no agent. */
export const RESTORED = 'This session was read from disk. Its agent is not running.';

/** A session from its journal, with an end for all that was under way: nothing is resent, and nobody is answered with an allow. */
export const restore = (stored: Stored): Restored => {
  const session = foldStored(stored);
  const questions = session.owns.questions === 'us' ? cancelled(session, { kind: 'agent gone' }) : [];
  const queue = stored.clean ? [] : doubted(session);
  return { session, events: [...gaps(stored).map(emitted), ...questions, ...ends(session).map(emitted), ...queue] };
};

/** A session as it was left, under the epoch of its header. */
export const foldStored = ({ header, snapshot, tail }: Pick<Stored, 'header' | 'snapshot' | 'tail'>): Session => {
  const session = reduce(snapshot ?? emptySession(header), tail);
  return { ...session, at: { epoch: header.epoch, seq: session.at.seq } };
};

const emitted = (event: SessionEvent): Emitted => ({ event });

const gaps = ({ clean, lost }: Stored): readonly SessionEvent[] => {
  const gap = (why: string, count = 0): SessionEvent => ({ kind: 'gap', why, ...(count > 0 ? { lost: count } : {}) });
  return [
    ...(lost.snapshot ? [gap('What came before this could not be read from disk.')] : []),
    ...(lost.events > 0 ? [gap('Events could not be read from disk.', lost.events)] : []),
    ...(lost.values > 0 ? [gap('Large texts or images could not be read from disk.', lost.values)] : []),
    ...(clean ? [] : [gap('Wheelhouse ended without warning: its last 50 ms may be missing.')]),
  ];
};

const ends = (session: Session): readonly SessionEvent[] => {
  const events: SessionEvent[] = [];
  for (const terminal of Object.values(session.terminals)) {
    if (terminal.released) continue;
    const exit = terminal.exit ?? { code: null, signal: null };
    events.push({ kind: 'terminal/changed', terminal: { ...terminal, exit, released: true } });
  }
  if (session.turn.state === 'running') {
    const message = 'Wheelhouse ended during this turn. Whether the agent got to its end is not known.';
    const next = 'Nothing is sent again by itself: look at what was done, then send it once more if it is needed.';
    events.push({ kind: 'turn/ended', turn: session.turn.id, reason: 'unknown', error: { message, next } });
  }
  const { state, detail } = session.link;
  // By it the fold holds what waits as well: nothing goes out because somebody came back.
  const waits = session.queue.length > 0 && !session.queuePaused;
  if (state !== 'disconnected' || detail !== RESTORED || waits) {
    events.push({ kind: 'link', link: { state: 'disconnected', detail: RESTORED } });
  }
  return events;
};
