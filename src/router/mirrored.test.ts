import { beforeEach, describe, expect, test } from 'vitest';
import { RecordingBackend } from '../../test/tools/backend.ts';
import { blank, fold, number, says } from '../../test/tools/sessions.ts';
import { silent } from '../base/log.ts';
import { type ManualClock, manualClock } from '../base/testing.ts';
import { type Entries, eachEntry, PAGE } from '../model/entry.ts';
import type { Logged } from '../model/event.ts';
import { endOf, joined } from '../model/older.ts';
import { reduce } from '../model/reduce.ts';
import type { Session, SessionKey } from '../model/session.ts';
import type { ToSurface } from '../protocol/view/messages.ts';
import { Attachment } from './attachment.ts';
import { Router } from './router.ts';
import { type Appended, type Listed, SessionStore } from './store.ts';
import { noJournal } from './testing.ts';
import { turnEnd } from './turnEnd.ts';

const key = 'k' as SessionKey;
const theirs = (session: Session): Session => ({
  ...session,
  backend: 'host',
  owns: { history: 'them', queue: 'store', questions: 'them' },
});

let clock: ManualClock;
let store: SessionStore;
let kept: string[];
let appended: Appended[];
let listed: Listed[];

beforeEach(() => {
  clock = manualClock();
  kept = [];
  const write = (what: string) => (): void => void kept.push(what);
  store = new SessionStore({
    clock,
    log: silent,
    journal: { ...noJournal, begin: write('begin'), append: write('append'), close: async () => write('close')() },
  });
  appended = [];
  listed = [];
  store.onAppended((news) => appended.push(news));
  store.onListed((news) => listed.push(news));
});

/** The session at its position, with these events after it. */
const goOn = (
  session: Session,
  ...texts: readonly string[]
): { readonly next: Session; readonly logged: readonly Logged[] } => {
  const logged = number(
    texts.map((text) => says(text)),
    session.at.seq,
  );
  return { next: reduce(session, logged), logged };
};

describe('a session that lives in another store', () => {
  test('[I1] is taken as it is, and announced with the numbers that it has', () => {
    const first = theirs(fold(blank(), says('one'), says('two')));
    store.mirror(first, []);
    const { next, logged } = goOn(first, 'three');
    store.mirror(next, logged);
    expect(store.get(key)).toBe(next);
    expect(appended).toEqual([
      { key, session: first, logged: [] },
      { key, session: next, logged },
    ]);
    expect(listed[0]?.sessions.map((summary) => summary.key)).toEqual([key]);
    expect(store.held(key, first.at)).toEqual(logged);
    expect(store.held(key, { ...first.at, seq: 1 })).toBeUndefined();
  });

  test('[I1] takes nothing of ours, and nothing of it is kept here', () => {
    const session = theirs(fold(blank(), says('one')));
    store.mirror(session, []);
    store.append(key, [{ event: says('ours') }]);
    expect(store.get(key)).toBe(session);
    store.remove(key);
    expect(kept).toEqual([]);
  });

  test('[I1] with another epoch, or with a hole, it is taken anew, and who follows it gets the whole', () => {
    const first = theirs(fold(blank(), says('one')));
    store.mirror(first, []);
    const sent: ToSurface[] = [];
    const attachment = new Attachment({ key, store, clock, send: (message) => sent.push(message) }, undefined);
    const cut: Session = { ...first, link: { state: 'reconnecting' }, at: { epoch: 'cut', seq: first.at.seq } };
    store.mirror(cut, []);
    attachment.acknowledge(first.at.seq);
    clock.advance(100);
    const { next, logged } = goOn(first, 'two');
    store.mirror(next, logged);
    attachment.acknowledge(first.at.seq);
    clock.advance(100);
    const sessions = sent.map((message) => (message.type === 'snapshot' ? message.session.at : message.type));
    expect(sessions).toEqual([first.at, cut.at, next.at]);
  });

  test('[I1] cannot stand where one of ours does', () => {
    const { at: _, ...about } = blank();
    store.open(about);
    expect(() => store.mirror(theirs(blank()), [])).toThrow(expect.objectContaining({ code: 'exists' }));
  });

  test('[I7] what waits in it is sent where it lives, and by nobody here', () => {
    const backend = new RecordingBackend();
    const router = new Router({ store, clock, log: silent });
    router.add(backend);
    const prompt = [{ type: 'text' as const, text: 'x' }];
    const queued = { id: 'q', prompt, device: 'd', at: 1, state: 'waiting' } as const;
    const ready = { kind: 'link', link: { state: 'ready' } } as const;
    const session = fold(blank(), { kind: 'queue/changed', queue: [queued], paused: false }, ready);
    store.mirror({ ...theirs(session), backend: backend.id }, []);
    expect(store.get(key)).toMatchObject({ queue: [{ id: 'q' }], queuePaused: false, turn: { state: 'idle' } });
    expect(backend.performed).toEqual([]);
  });

  test('[host] the end of a turn that nobody here saw is known by the session itself', async () => {
    const first = theirs(blank());
    store.mirror(first, []);
    const { ended } = turnEnd(store, key, 't');
    const start = { kind: 'turn/started', turn: 't', prompt: [{ type: 'text', text: 'go' }], device: 'd' } as const;
    const end = { kind: 'turn/ended', turn: 't', reason: 'end_turn' } as const;
    store.mirror(fold(first, start, end), []);
    expect(await ended).toEqual({ id: 't', reason: 'end_turn' });
  });
});

describe('one whose beginning is on its way', () => {
  const notice = { kind: 'notice', severity: 'info', title: 'n' } as const;
  const start = { kind: 'turn/started', turn: 't', prompt: [{ type: 'text', text: 'go' }], device: 'd' } as const;
  const whole = theirs(fold(blank(), ...Array.from({ length: 10 * PAGE }, () => notice), start));
  const piece = (from: number, to: number): { at: Session['at']; from: number; pages: Entries } => ({
    at: whole.at,
    from,
    pages: whole.entries.slice(from, to),
  });

  test('[O1] its end is the end of the whole, as far as it is here', () => {
    const end = endOf(whole, PAGE);
    const { pages = 0 } = end.older ?? {};
    expect(pages).toBeGreaterThan(2);
    expect(endOf(end, 5 * PAGE)).toBe(end);
    const more = joined(end, piece(pages - 2, pages));
    if (typeof more !== 'object') throw new Error('The piece did not fit.');
    expect(endOf(more, PAGE)).toEqual(end);
  });

  test('[host] what a surface wants of it comes when it is here', () => {
    const end = endOf(whole, PAGE);
    const { pages = 0 } = end.older ?? {};
    store.mirror(end, []);
    const sent: ToSurface[] = [];
    const attachment = new Attachment({ key, store, clock, send: (message) => sent.push(message) }, undefined);
    // The surface holds as much as we do, and asks for more.
    attachment.older(pages);
    const answers = (): readonly ToSurface[] => sent.filter(({ type }) => type === 'page');
    expect(answers()).toEqual([]);
    const more = joined(end, piece(pages - 2, pages));
    if (typeof more !== 'object') throw new Error('The piece did not fit.');
    store.mirror(more, []);
    attachment.flush();
    expect(answers()).toEqual([{ type: 'page', key, ...piece(pages - 2, pages) }]);
    store.mirror(whole, []);
    attachment.older(pages - 2);
    attachment.flush();
    expect(answers()).toHaveLength(2);
    expect([...eachEntry(store.get(key)?.entries ?? [])]).toHaveLength(10 * PAGE + 1);
  });
});
