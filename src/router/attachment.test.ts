import { describe, expect, test } from 'vitest';
import { silent } from '../base/log.ts';
import { manualClock } from '../base/testing.ts';
import { eachEntry, PAGE } from '../model/entry.ts';
import { joined } from '../model/older.ts';
import type { Session, SessionKey } from '../model/session.ts';
import type { ToSurface } from '../protocol/view/messages.ts';
import { Attachment } from './attachment.ts';
import { LIMITS } from './limits.ts';
import { SessionStore } from './store.ts';
import { noJournal } from './testing.ts';

const key = 'k' as SessionKey;

/** A surface that has just attached a session of so many entries and a turn that has begun behind them. */
const attached = (entries: number) => {
  const clock = manualClock();
  const store = new SessionStore({ clock, journal: noJournal, log: silent });
  store.open({
    key,
    backend: 'demo',
    agentLabel: 'Demo',
    title: '',
    cwd: '/w',
    owns: { history: 'us', queue: 'us', questions: 'us' },
  });
  store.append(
    key,
    Array.from({ length: entries }, () => ({ event: { kind: 'notice', severity: 'info', title: 'n' } as const })),
  );
  store.append(key, [{ event: { kind: 'turn/started', turn: 't', prompt: [], device: 'd' } }]);
  const sent: ToSurface[] = [];
  const attachment = new Attachment({ key, store, clock, send: (message) => sent.push(message) }, undefined);
  return { store, attachment, sent };
};

const snapshotIn = (sent: readonly ToSurface[]): Session => {
  const [snapshot] = sent;
  if (snapshot?.type !== 'snapshot') throw new Error('There was no snapshot.');
  return snapshot.session;
};

describe('a long session', () => {
  test('[view O1] gives its end at once, and the rest from the newest page on, as it is asked for', () => {
    const { store, attachment, sent } = attached(20 * PAGE);
    let session = snapshotIn(sent);
    const held = [...eachEntry(session.entries)].length;
    expect(held).toBeGreaterThanOrEqual(LIMITS.snapshotEntries);
    expect(held).toBeLessThan(LIMITS.snapshotEntries + PAGE);
    while (session.older !== undefined) {
      const before = session.older.pages;
      attachment.older(before);
      const page = sent.at(-1);
      if (page?.type !== 'page') throw new Error('There was no page.');
      expect(page.pages.length).toBe(Math.min(before, LIMITS.olderPages));
      const more = joined(session, page);
      if (typeof more !== 'object') throw new Error(`It did not fit: ${more ?? 'not at all'}.`);
      session = more;
    }
    expect(session).toEqual(store.get(key));
  });

  test('[view O1] that is short is given whole', () => {
    const { store, sent } = attached(LIMITS.snapshotEntries - 1);
    expect(snapshotIn(sent)).toBe(store.get(key));
  });

  test.each([0, 1e9])('[S44] has no page before %i that could be put anywhere', (before) => {
    const { attachment, sent } = attached(20 * PAGE);
    attachment.older(before);
    const page = sent.at(-1);
    if (page?.type !== 'page') throw new Error('There was no page.');
    expect(page.pages.length).toBeLessThanOrEqual(LIMITS.olderPages);
    expect(joined(snapshotIn(sent), page)).toBeUndefined();
  });

  test('[view] that is closed meanwhile answers nothing', () => {
    const { store, attachment, sent } = attached(20 * PAGE);
    store.remove(key);
    attachment.older(3);
    expect(sent).toHaveLength(1);
  });
});
