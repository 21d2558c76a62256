import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { blank } from '../../test/tools/sessions.ts';
import { Emitter } from '../base/event.ts';
import { silent } from '../base/log.ts';
import { manualClock } from '../base/testing.ts';
import type { Session, SessionKey } from '../model/session.ts';
import { type Summary, summary } from '../model/summary.ts';
import { AllSessions } from './allSessions.ts';
import { Catalogue } from './catalogue.ts';
import type { RemoteStore } from './ports.ts';
import { type Listed, SessionStore } from './store.ts';
import { noJournal } from './testing.ts';

const { signal } = new AbortController();
const keyed = (key: string, cwd = '/here'): Session => ({ ...blank(), key: key as SessionKey, cwd });
const owned = { history: 'us', queue: 'us', questions: 'us' } as const;
const names = (listed: readonly { readonly key: SessionKey }[]): readonly string[] => listed.map(({ key }) => key);

let store: SessionStore;
let sessions: AllSessions;
let told: Listed[];
let folder: string;
const belongs = ({ cwd }: Summary): boolean => cwd === folder;

/** A store elsewhere that does as it is told, and remembers it. */
class Elsewhere implements RemoteStore {
  isHere = true;
  readonly #listed = new Emitter<Listed>();
  readonly onListed = this.#listed.event;
  readonly asked: string[] = [];
  readonly #known = new Map<SessionKey, Session>();

  constructor(...known: readonly Session[]) {
    for (const session of known) this.#known.set(session.key, session);
  }

  all = (): readonly Summary[] => [...this.#known.values()].map(summary);
  has = (key: SessionKey): boolean => this.#known.has(key);
  get = (key: SessionKey): Summary | undefined => this.all().find((known) => known.key === key);
  release = (key: SessionKey): void => void this.asked.push(`release ${key}`);
  mark = async (key: SessionKey): Promise<void> => void this.asked.push(`mark ${key}`);
  erase = async (key: SessionKey): Promise<void> => void this.asked.push(`erase ${key}`);
  readLarge = async (key: SessionKey, name: string): Promise<string> => `${key} ${name}`;
  perform = async (): Promise<void> => undefined;
  resume = async (): Promise<void> => undefined;

  attach = async (key: SessionKey): Promise<Session> => {
    const session = this.#known.get(key) ?? blank();
    store.mirror({ ...session, owns: { history: 'them', queue: 'them', questions: 'them' } }, []);
    return session;
  };

  tell(session: Session): void {
    this.#known.set(session.key, session);
    this.#listed.fire({ sessions: [summary(session)], removed: [] });
  }

  drop(key: SessionKey): void {
    this.#known.delete(key);
    store.remove(key);
    this.#listed.fire({ sessions: [], removed: [key] });
  }
}

beforeEach(() => {
  folder = '/here';
  store = new SessionStore({ clock: manualClock(), log: silent, journal: noJournal });
  const journal = {
    list: async () => [],
    load: () => Promise.reject(new Error('nothing is stored')),
    mark: async () => undefined,
    erase: async () => undefined,
    eraseAll: async () => undefined,
  };
  const own = new Catalogue({ store, journal, log: silent, kept: () => false, belongs: () => true });
  sessions = new AllSessions({ own, log: silent });
  told = [];
  sessions.onListed((listed) => told.push(listed));
});

afterEach(() => sessions.dispose());

describe('every session that a window lists', () => {
  test('[S6] one that is mirrored is there once, as the store says in which it lives', async () => {
    const elsewhere = new Elsewhere(keyed('a'));
    sessions.add(elsewhere, belongs);
    await sessions.wake('a' as SessionKey, signal);
    store.open({ ...keyed('b'), owns: owned });
    expect(names(sessions.all())).toEqual(['b', 'a']);
    expect(told.map((listed) => names(listed.sessions))).toEqual([['a'], ['b']]);
    elsewhere.drop('a' as SessionKey);
    expect(names(sessions.all())).toEqual(['b']);
    expect(told.map(({ removed }) => removed)).toEqual([[], [], ['a']]);
  });

  test('[view] what is asked of one goes to where it lives', async () => {
    const elsewhere = new Elsewhere(keyed('a'));
    sessions.add(elsewhere, belongs);
    const [theirs, ours] = ['a', 'b'].map((key) => key as SessionKey) as [SessionKey, SessionKey];
    store.open({ ...keyed('b'), owns: owned });
    for (const key of [theirs, ours]) {
      sessions.rest(key);
      await sessions.mark(key, { pinned: true });
    }
    await sessions.erase(theirs);
    expect(elsewhere.asked).toEqual(['release a', 'mark a', 'erase a']);
    expect(sessions.get(ours)).toMatchObject({ pinned: true });
    expect(await sessions.readLarge(theirs, 'x')).toBe('a x');
    expect(sessions.readLarge(ours, 'x')).toBeUndefined();
    await sessions.eraseAll(signal);
    expect(store.all()).toEqual([]);
  });

  test('[view] those of other folders come when their folder does, and go with it', () => {
    const added = sessions.add(new Elsewhere(keyed('a'), keyed('b', '/there')), belongs);
    expect(names(sessions.all())).toEqual(['a']);
    folder = '/there';
    sessions.sort();
    expect(names(sessions.all())).toEqual(['b']);
    expect(told.at(-1)).toMatchObject({ removed: ['a'], sessions: [{ key: 'b' }] });
    added.dispose();
    expect(sessions.all()).toEqual([]);
    expect(told.at(-1)).toMatchObject({ removed: ['b'], sessions: [] });
  });

  test('[view] all of this machine are erased, and what another machine keeps stays', async () => {
    const [here, far] = [new Elsewhere(keyed('a', '/there')), new Elsewhere(keyed('b'))];
    far.isHere = false;
    sessions.add(here, belongs);
    sessions.add(far, () => true);
    await sessions.eraseAll(signal);
    expect(here.asked).toEqual(['erase a']);
    expect(far.asked).toEqual([]);
  });
});
