import { describe, expect, test } from 'vitest';
import { Failure } from '../base/failure.ts';
import { silent } from '../base/log.ts';
import { manualClock } from '../base/testing.ts';
import { entriesOf, says } from '../../test/tools/sessions.ts';
import type { Emitted, Logged } from '../model/event.ts';
import type { Cursor, SessionKey } from '../model/session.ts';
import { LIMITS } from './limits.ts';
import { type Appended, type Listed, SessionStore } from './store.ts';
import { noJournal } from './testing.ts';

const key = 'k' as SessionKey;
const about = {
  key,
  backend: 'demo',
  agentLabel: 'Demo',
  title: '',
  cwd: '/w',
  owns: { history: 'us', queue: 'us', questions: 'us' },
} as const;
const emitted = (count: number, text = 'x'): readonly Emitted[] =>
  Array.from({ length: count }, () => ({ event: says(text) }));

const world = () => {
  const journal: Logged[] = [];
  const errors: string[] = [];
  const store = new SessionStore({
    clock: manualClock(),
    journal: { ...noJournal, append: (_, logged) => journal.push(...logged) },
    log: { ...silent, error: (message) => errors.push(message) },
  });
  return { store, journal, errors };
};

describe('the store', () => {
  test('[S1] append numbers, folds, journals and announces before it returns', () => {
    const { store, journal } = world();
    const heard: Appended[] = [];
    store.onAppended((appended) => heard.push(appended));
    const opened = store.open(about);
    expect(opened.at.seq).toBe(0);
    store.append(key, [{ event: says('a'), raw: '{"a":1}' }, { event: says('b') }], 'cursor' as Cursor);
    expect(store.get(key)?.at).toEqual({ epoch: opened.at.epoch, seq: 2 });
    expect(journal.map(({ seq, raw, cursor }) => ({ seq, raw, cursor }))).toEqual([
      { seq: 1, raw: '{"a":1}', cursor: undefined },
      { seq: 2, raw: undefined, cursor: 'cursor' },
    ]);
    expect(heard).toEqual([{ key, session: store.get(key), logged: journal }]);
  });

  test('[S2] what a listener appends is there at once and announced in its order', () => {
    const { store } = world();
    const seen: number[][] = [[], []];
    let more = true;
    store.onAppended(({ logged }) => {
      seen[0]?.push(...logged.map(({ seq }) => seq));
      if (!more) return;
      more = false;
      store.append(key, emitted(2));
      expect(store.get(key)?.at.seq).toBe(3);
    });
    store.onAppended(({ logged, session }) => {
      seen[1]?.push(...logged.map(({ seq }) => seq));
      expect(session.at.seq).toBe(logged.at(-1)?.seq);
    });
    store.open(about);
    store.append(key, emitted(1));
    expect(seen).toEqual([
      [1, 2, 3],
      [1, 2, 3],
    ]);
  });

  test('[S3] a listener that fails is written down and keeps nobody from hearing', () => {
    const { store, errors } = world();
    let heard = 0;
    store.onAppended(() => {
      throw new Failure('x', 'It broke.');
    });
    store.onAppended(() => (heard += 1));
    store.open(about);
    store.append(key, emitted(1));
    store.append(key, emitted(1));
    expect(heard).toBe(2);
    expect(errors).toEqual(Array(2).fill('A listener of the store failed: It broke.'));
  });

  test('[S4] holds the last events within its limits, at the edge', () => {
    const { store } = world();
    const { epoch } = store.open(about).at;
    store.append(key, emitted(LIMITS.heldEvents));
    expect(store.held(key, { epoch, seq: 0 })).toHaveLength(LIMITS.heldEvents);
    store.append(key, emitted(1));
    expect(store.held(key, { epoch, seq: 0 })).toBeUndefined();
    expect(store.held(key, { epoch, seq: 1 })?.map(({ seq }) => seq)).toEqual(
      Array.from({ length: LIMITS.heldEvents }, (_, index) => index + 2),
    );
    const raw = 'x'.repeat(LIMITS.heldLength / 2);
    store.append(key, [
      { event: says('a'), raw },
      { event: says('b'), raw },
    ]);
    const { seq } = store.get(key)?.at ?? { seq: 0 };
    expect(store.held(key, { epoch, seq: seq - 2 })).toHaveLength(2);
    store.append(key, emitted(1));
    expect(store.held(key, { epoch, seq: seq - 2 })).toBeUndefined();
    store.append(key, [{ event: says('c'), raw: `${raw}${raw}!` }]);
    expect(store.held(key, { epoch, seq: seq + 1 })).toBeUndefined();
    expect(store.held(key, { epoch, seq: seq + 2 })).toEqual([]);
  });

  test('[I4] another epoch and a number that was never given are no places to go on from', () => {
    const { store } = world();
    const { epoch } = store.open(about).at;
    store.append(key, emitted(3));
    expect(store.held(key, { epoch: 'older', seq: 3 })).toBeUndefined();
    expect(store.held(key, { epoch, seq: 4 })).toBeUndefined();
    expect(store.held('other' as SessionKey, { epoch, seq: 0 })).toBeUndefined();
    expect(store.held(key, { epoch, seq: 1 })?.map(({ seq }) => seq)).toEqual([2, 3]);
  });

  test('[store] the list hears of differences only', () => {
    const { store } = world();
    const heard: Listed[] = [];
    store.onListed((listed) => heard.push(listed));
    store.open(about);
    store.append(key, emitted(3));
    store.append(key, [{ event: { kind: 'link', link: { state: 'ready' } } }]);
    store.append(key, emitted(3));
    store.remove(key);
    store.remove(key);
    expect(heard.map(({ sessions, removed }) => [sessions.map(({ state }) => state), removed])).toEqual([
      [['Connecting'], []],
      [['Ready'], []],
      [[], [key]],
    ]);
  });

  test('[S2] the list is told last of what is true last, whatever listeners appended meanwhile', () => {
    const { store } = world();
    store.open(about);
    const heard: Listed[] = [];
    store.onListed((listed) => heard.push(listed));
    store.onAppended(({ session }) => {
      if (session.link.state !== 'ready' || session.turn.state === 'running') return;
      store.append(key, [{ event: { kind: 'turn/started', turn: 't', prompt: [], device: 'd' } }]);
    });
    store.append(key, [{ event: { kind: 'link', link: { state: 'ready' } } }]);
    expect(heard.flatMap(({ sessions }) => sessions.map(({ state }) => state)).at(-1)).toBe('Working');
    heard.length = 0;
    store.onAppended(() => store.remove(key));
    store.append(key, [{ event: { kind: 'link', link: { state: 'failed' } } }]);
    expect(heard).toEqual([{ sessions: [], removed: [key] }]);
  });

  test('[store] events of a session that is closed are ignored; a key is opened once', () => {
    const { store, journal } = world();
    store.open(about);
    expect(() => store.open(about)).toThrow(Failure);
    store.append(key, emitted(1, 'kept'));
    expect(entriesOf(store.all()[0] ?? store.open(about))).toHaveLength(1);
    store.remove(key);
    store.append(key, emitted(1));
    expect(journal).toHaveLength(1);
    expect(store.all()).toEqual([]);
  });
});
