import { describe, expect, test } from 'vitest';
import { blank, entriesOf, fold, question, says, update } from '../../../test/tools/sessions.ts';
import type { SessionEvent } from '../event.ts';
import type { QueuedPrompt, Session } from '../session.ts';
import { WORDS } from './words.ts';

const queued = (id: string, more: Partial<QueuedPrompt> = {}): QueuedPrompt => ({
  id,
  prompt: [{ type: 'text', text: id }],
  device: 'editor',
  at: 7,
  state: 'waiting',
  ...more,
});
const changed = (queue: readonly QueuedPrompt[], paused = false, why?: string): SessionEvent => ({
  kind: 'queue/changed',
  queue,
  paused,
  ...(why === undefined ? {} : { why }),
});
const started = (turn: string): SessionEvent => ({
  kind: 'turn/started',
  turn,
  prompt: [{ type: 'text', text: turn }],
  device: 'editor',
});
const ended = (turn: string, reason: string): SessionEvent => ({ kind: 'turn/ended', turn, reason });
const ids = ({ queue }: Session): string[] => queue.map(({ id }) => id);

describe('the queue of a session', () => {
  test('[I7] a prompt leaves it by the event that begins its turn', () => {
    const waiting = fold(blank(), changed([queued('a'), queued('b')]));
    const running = fold(waiting, started('a'));
    expect([ids(running), running.turn]).toEqual([['b'], expect.objectContaining({ state: 'running', id: 'a' })]);
    expect(fold(running, started('of nobody')).queue).toBe(running.queue);
  });

  test.each<[string, readonly SessionEvent[], string]>([
    ['a stop', [{ kind: 'cancel/requested', turn: 't', device: 'd' }], WORDS.queueStopped],
    ['an agent that failed', [ended('t', 'failed')], WORDS.queueFailed],
    ['a refusal', [ended('t', 'refusal')], WORDS.queueFailed],
    ['an agent that cancelled by itself', [ended('t', 'cancelled')], WORDS.queueFailed],
    ['an end that nobody knows', [ended('t', 'of the future')], WORDS.queueFailed],
    ['an agent that is gone', [{ kind: 'link', link: { state: 'failed' } }], WORDS.queueGone],
    ['a lost link', [{ kind: 'link', link: { state: 'disconnected' } }], WORDS.queueGone],
  ])('[I7] %s holds it, and says so', (_, events, why) => {
    const running = fold(blank(), started('t'), changed([queued('a', { now: true }), queued('b')]));
    const held = fold(running, ...events);
    expect(held).toMatchObject({ queuePaused: true, queueWhy: why });
    expect(held.queue).toEqual([queued('a'), queued('b')]);
    const byPerson = fold(running, changed(running.queue, true), ...events);
    expect([byPerson.queuePaused, byPerson.queueWhy]).toEqual([true, undefined]);
    const empty = fold(running, changed([]), ...events);
    expect([empty.queuePaused, empty.queueWhy]).toEqual([false, undefined]);
    const theirs = fold({ ...running, owns: { ...running.owns, queue: 'them' } }, ...events);
    expect(theirs.queuePaused).toBe(false);
  });

  test('[I7] an ordinary end lets it go on, and what was asked after a stop is not held by its end', () => {
    const running = fold(blank(), started('t'), changed([queued('a')]));
    expect(fold(running, ended('t', 'end_turn')).queuePaused).toBe(false);
    const stopped = fold(running, { kind: 'cancel/requested', turn: 't', device: 'd' });
    const asked = fold(stopped, changed([queued('b', { now: true }), ...stopped.queue], true, WORDS.queueStopped));
    expect(fold(asked, ended('t', 'cancelled')).queue[0]).toEqual(queued('b', { now: true }));
  });

  test('[I7] empty it is not paused, and the ones to be sent next stand in front', () => {
    const session = fold(blank(), changed([queued('a'), queued('b', { now: true })], true, 'why'));
    expect([ids(session), session.queueWhy]).toEqual([['b', 'a'], 'why']);
    const empty = fold(session, changed([], true, 'why'));
    expect([empty.queuePaused, 'queueWhy' in empty]).toEqual([false, false]);
  });

  test('[I2] what cannot be read of it is left out, and counts as sent rather than as not', () => {
    const list: unknown = [
      { id: 'a', prompt: [{ type: 'text', text: 'x' }, 5] },
      { id: 1 },
      'x',
      { id: 'b', prompt: [] },
    ];
    const session = fold(blank(), { kind: 'queue/changed', queue: list, paused: 1 } as unknown as SessionEvent);
    expect(session.queue).toEqual([
      { id: 'a', prompt: [{ type: 'text', text: 'x' }], device: '', at: session.changedAt, state: 'unknown' },
    ]);
    expect(session.queuePaused).toBe(false);
    expect(entriesOf(fold(blank(), { kind: 'queue/changed' } as unknown as SessionEvent))).toMatchObject([
      { kind: 'unknown', name: 'queue/changed' },
    ]);
  });
});

describe('beside the queue', () => {
  test('[I7] a turn of which nobody knows how it ended says so', () => {
    const session = fold(blank(), started('t'), ended('t', 'unknown'));
    expect(entriesOf(session).at(-1)).toMatchObject({ kind: 'notice', severity: 'warning', title: WORDS.unknownEnd });
  });

  test('[I5] who settled the last questions is remembered, and no more than those', () => {
    const by = { kind: 'person', device: 'phone' } as const;
    let session = blank();
    for (let index = 0; index < 70; index += 1) {
      session = fold(
        session,
        { kind: 'question/asked', question: question(`q${index}`) },
        { kind: 'question/settled', question: `q${index}`, by, outcome: { kind: 'cancelled' } },
      );
    }
    expect(session.settled).toHaveLength(64);
    expect(session.settled.at(-1)).toEqual({ id: 'q69', by });
  });

  test('[acp 9] [acp 4.1.15] what a replay left open is closed when it is over, and nothing goes on from it', () => {
    const replay: readonly SessionEvent[] = [
      { kind: 'link', link: { state: 'replaying' } },
      update({ sessionUpdate: 'tool_call', toolCallId: '1', title: 'x', status: 'in_progress' }),
      says('before'),
    ];
    const session = fold(blank(), ...replay, { kind: 'link', link: { state: 'ready' } }, says('after'));
    expect(entriesOf(session)).toMatchObject([
      { kind: 'tool', status: 'abandoned' },
      { kind: 'agent', parts: [{ text: 'before' }] },
      { kind: 'agent', parts: [{ text: 'after' }] },
    ]);
  });
});
