// What has been said in a session that is opened again.
import type { Emitted, Logged, SessionEvent } from '../../src/model/event.ts';
import { reduce } from '../../src/model/reduce.ts';
import { emptySession, type Session, type SessionKey } from '../../src/model/session.ts';
import { readUpdate } from '../../src/protocol/acp/update.ts';
import { callTraffic, restlessTraffic, traffic } from './traffic.ts';

/** An update with the line that it came in, as a backend emits it. */
const heard = (raw: string): Emitted => {
  const { params } = JSON.parse(raw) as { params: { update: unknown } };
  return { raw, event: readUpdate(params.update) };
};

const event = (one: SessionEvent): Emitted => ({ event: one });

/** The lines as turns of about the same length; what begins and ends them is counted in. */
const inTurns = (lines: readonly string[], turns: number): readonly Emitted[] => {
  const size = Math.ceil(lines.length / turns);
  return Array.from({ length: turns }, (_, index): readonly Emitted[] => {
    const turn = `turn${index}`;
    return [
      event({ kind: 'turn/started', turn, prompt: [{ type: 'text', text: `Prompt ${index}` }], device: 'editor' }),
      ...lines.slice(index * size, (index + 1) * size).map(heard),
      event({ kind: 'turn/ended', turn, reason: 'end_turn' }),
    ];
  }).flat();
};

const TURN = 1000;

/** So many events as people have them: text in small pieces and tool calls, a turn of a thousand after the other. */
export const usual = (events: number): readonly Emitted[] => {
  const turns = Math.max(1, Math.round(events / TURN));
  return inTurns(traffic(events - 2 * turns), turns);
};

/** The same in one turn: all of it is in the snapshot that a surface gets. */
export const oneTurn = (events: number): readonly Emitted[] => inTurns(traffic(events - 2), 1);

/** The most entries that so many events make, in one turn or in turns of a thousand: each second one begins a tool call. */
export const manyCalls = (events: number, turns = 1): readonly Emitted[] =>
  inTurns(callTraffic(events - 2 * turns), turns);

/** Events that leave the same behind, however many there are. */
export const restless = (events: number, calls: number): readonly Emitted[] =>
  inTurns(restlessTraffic(events - 2, calls), 1);

export const newSession = (key: SessionKey, cwd: string, title = ''): Session =>
  emptySession({
    key,
    backend: 'fake',
    agentLabel: 'Fake',
    title,
    cwd,
    createdAt: 1,
    owns: { history: 'us', queue: 'us', questions: 'us' },
    epoch: `epoch of ${key}`,
  });

/** The events with the numbers that follow those of the session, and the session with them. */
export const grown = (
  session: Session,
  events: readonly Emitted[],
): { readonly session: Session; readonly logged: readonly Logged[] } => {
  const logged = events.map((emitted, index) => ({
    seq: session.at.seq + index + 1,
    at: 1_700_000_000_000,
    ...emitted,
  }));
  return { session: reduce(session, logged), logged };
};
