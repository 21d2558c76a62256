import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { eachEntry, entryCount, PAGE } from '../../src/model/entry.ts';
import type { Logged } from '../../src/model/event.ts';
import { reduce } from '../../src/model/reduce.ts';
import type { Session } from '../../src/model/session.ts';
import { blank, number } from '../tools/sessions.ts';
import { brokenEvent, someEvent } from './events.ts';

/** The log cut at the given places and folded piece by piece. */
const inPieces = (session: Session, logged: readonly Logged[], cuts: readonly number[]): Session => {
  const places = [...new Set(cuts.map((cut) => cut % (logged.length + 1)))].sort((a, b) => a - b);
  const pieces = [...places, logged.length].map((end, index) => logged.slice(places[index - 1] ?? 0, end));
  return pieces.reduce(reduce, session);
};

/** What must hold for any session, whatever was folded. */
const expectSound = (session: Session): void => {
  const { entries } = session;
  entries.forEach((page, index) => {
    expect(page.length).toBeLessThanOrEqual(PAGE);
    if (index < entries.length - 1) expect(page.length).toBe(PAGE);
    expect(page.length).toBeGreaterThan(0);
  });
  const all = [...eachEntry(entries)];
  expect(new Set(all.map((entry) => entry.id)).size).toBe(all.length);
  for (const entry of all) {
    expect(entry.id).toBe(`e${entry.seq}`);
    expect(entry.changed).toBeGreaterThanOrEqual(entry.seq);
    expect(entry.changed).toBeLessThanOrEqual(session.at.seq);
    if ('parts' in entry) for (const part of entry.parts) expect(typeof part.type).toBe('string');
    if (entry.kind === 'tool') {
      for (const text of [entry.call, entry.title, entry.toolKind, entry.status]) expect(typeof text).toBe('string');
    }
  }
  expect(all.map((entry) => entry.seq)).toEqual(all.map((entry) => entry.seq).sort((a, b) => a - b));
  expect(session.turnFrom).toBeLessThanOrEqual(Math.max(0, entryCount(entries)));
  expect(['connecting', 'ready', 'replaying', 'reconnecting', 'disconnected', 'failed']).toContain(session.link.state);
  for (const open of session.questions)
    expect(open.options.every((option) => typeof option.kind === 'string')).toBe(true);
  for (const option of session.options) expect(['select', 'boolean']).toContain(option.control.kind);
  expect(typeof session.title).toBe('string');
  for (const { id, prompt, state } of session.queue) {
    expect([typeof id, prompt.length > 0, ['waiting', 'unknown'].includes(state)]).toEqual(['string', true, true]);
  }
  if (session.queue.length === 0) expect([session.queuePaused, session.queueWhy]).toEqual([false, undefined]);
  expect(session.settled.every(({ id, by }) => typeof id === 'string' && typeof by.kind === 'string')).toBe(true);
};

const log = fc.array(someEvent, { maxLength: 150, size: 'max' }).map((events) => number(events));
const cuts = fc.array(fc.nat(), { maxLength: 12 });

describe('the fold', () => {
  test('[I3] does not depend on how the log is cut into batches', () => {
    fc.assert(
      fc.property(log, cuts, (logged, places) => {
        const whole = reduce(blank(), logged);
        expect(inPieces(blank(), logged, places)).toEqual(whole);
        expect(
          inPieces(
            blank(),
            logged,
            logged.map((_, index) => index),
          ),
        ).toEqual(whole);
        expectSound(whole);
      }),
      { numRuns: 300 },
    );
  });

  test('[I1] folds an event once, and is the same object when there is nothing new', () => {
    fc.assert(
      fc.property(log, fc.nat(), (logged, again) => {
        const once = reduce(blank(), logged);
        expect(reduce(once, logged.slice(again % (logged.length + 1)))).toBe(once);
        expect(reduce(once, [])).toBe(once);
      }),
    );
  });

  test('[reduce] leaves the parts alone that an event says nothing of', () => {
    fc.assert(
      fc.property(log, (logged) => {
        const before = reduce(blank(), logged);
        const next = (event: Logged['event']) => reduce(before, number([event], before.at.seq));
        const settled = next({
          kind: 'question/settled',
          question: 'of nobody',
          by: { kind: 'agent gone' },
          outcome: { kind: 'cancelled' },
        });
        expect({ ...settled, at: before.at, changedAt: before.changedAt }).toEqual(before);
        expect(settled.entries).toBe(before.entries);
        expect(settled.questions).toBe(before.questions);
        expect(settled.options).toBe(before.options);
        const said = next({
          kind: 'update',
          update: { sessionUpdate: 'agent_message_chunk', content: { type: 'text', text: 'x' }, messageId: 'new' },
        });
        expect(
          said.entries.slice(0, -1).every((page, index) => page === before.entries[index] || page.length === PAGE),
        ).toBe(true);
        expect([...eachEntry(said.entries)].slice(0, entryCount(before.entries))).toEqual([
          ...eachEntry(before.entries),
        ]);
      }),
    );
  });

  test('[reduce] keeps the id and the place of what stands there, and the mark of what did not change', () => {
    fc.assert(
      fc.property(log, log, (first, second) => {
        const before = reduce(blank(), first);
        const events = second.map(({ event }) => event).filter((event) => event.kind !== 'reset');
        const after = reduce(before, number(events, before.at.seq));
        const now = [...eachEntry(after.entries)];
        [...eachEntry(before.entries)].forEach((entry, index) => {
          expect(now[index]?.id).toBe(entry.id);
          expect(now[index]?.kind).toBe(entry.kind);
          if (now[index]?.changed === entry.changed) expect(now[index]).toEqual(entry);
        });
      }),
    );
  });

  test('[reduce] stays right when two sessions are folded in turn from one ancestor', () => {
    fc.assert(
      fc.property(log, log, log, cuts, (common, left, right, places) => {
        const ancestor = reduce(blank(), common);
        const events = (logged: readonly Logged[]) =>
          number(
            logged.map(({ event }) => event),
            common.length,
          );
        const logs = [events(left), events(right)] as const;
        // One event here, one there: what is remembered of one line must not be taken for the other's.
        let [a, b] = [ancestor, ancestor];
        for (let index = 0; index < Math.max(left.length, right.length); index += 1) {
          a = reduce(a, logs[0].slice(index, index + 1));
          b = reduce(b, logs[1].slice(index, index + 1));
        }
        const fresh = (logged: readonly Logged[]) => reduce(blank(), [...common, ...logged]);
        expect(a).toEqual(fresh(logs[0]));
        expect(b).toEqual(fresh(logs[1]));
        expect(inPieces(ancestor, logs[0], places)).toEqual(a);
      }),
      { numRuns: 200 },
    );
  });

  test('[I2] whatever an event holds, nothing is thrown, and what cannot be read is kept whole', () => {
    fc.assert(
      fc.property(log, fc.array(brokenEvent, { minLength: 1, maxLength: 20 }), (logged, broken) => {
        const before = reduce(blank(), logged);
        const after = reduce(before, number(broken, before.at.seq));
        expectSound(after);
        expect(after.at).toEqual({ epoch: before.at.epoch, seq: before.at.seq + broken.length });
        expect({ key: after.key, cwd: after.cwd, owns: after.owns, createdAt: after.createdAt }).toEqual({
          key: before.key,
          cwd: before.cwd,
          owns: before.owns,
          createdAt: before.createdAt,
        });
      }),
      { numRuns: 500 },
    );
  });

  test('[reduce] an item without a number of its own changes nothing', () => {
    fc.assert(
      fc.property(log, fc.anything(), fc.anything(), someEvent, (logged, seq, at, event) => {
        fc.pre(!Number.isSafeInteger(seq));
        const before = reduce(blank(), logged);
        expect(reduce(before, [{ seq, at, event } as Logged])).toBe(before);
        expect(reduce(before, [seq as Logged])).toBe(before);
      }),
    );
  });
});
