import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { RecordingBackend } from '../../test/tools/backend.ts';
import { LinkedHost } from '../../test/tools/linkedHost.ts';
import { entriesOf, question, says } from '../../test/tools/sessions.ts';
import { silent } from '../base/log.ts';
import { type ManualClock, manualClock } from '../base/testing.ts';
import type { Session, SessionKey } from '../model/session.ts';
import { Router } from '../router/router.ts';
import { type Appended, SessionStore } from '../router/store.ts';
import { noJournal } from '../router/testing.ts';
import { HostBackend } from './host.ts';
import { HostConnection } from './host/connection.ts';

const key = 'k' as SessionKey;
const never = new AbortController().signal;
const prompt = [{ type: 'text', text: 'Go on' }] as const;

let clock: ManualClock;
let far: LinkedHost;
let store: SessionStore;
let router: Router;
let host: HostBackend;
let appended: Appended[];
let token: string;

beforeEach(() => {
  clock = manualClock();
  far = new LinkedHost(clock);
  token = far.token;
  far.begin(key);
  store = new SessionStore({ clock, journal: noJournal, log: silent });
  appended = [];
  store.onAppended((news) => appended.push(news));
  host = new HostBackend({
    store,
    clock,
    log: silent,
    app: '1.0.0',
    device: 'editor',
    connect: () => Promise.resolve().then(() => far.connect(token)),
    follows: () => true,
  });
  // A rule that would allow anything, if it were asked.
  const kept = {
    of: () => [{ id: 'r', scope: 'machine', tool: '*', decision: 'allow' } as const],
    keep: () => Promise.resolve(),
    revoke: () => Promise.resolve(false),
  };
  router = new Router({ store, clock, log: silent, rules: kept });
  router.addRemote(host);
});

afterEach(async () => {
  await host[Symbol.asyncDispose]();
  store.dispose();
  far.dispose();
});

const here = (): Session => {
  const session = store.get(key);
  if (session === undefined) throw new Error('The session is not here.');
  return session;
};
const say = (...words: readonly string[]): void =>
  words.forEach((text) => far.store.append(key, [{ event: says(text) }]));
const cut = async (): Promise<void> => {
  far.cut();
  await vi.waitFor(() => expect(host.state).toBe('reconnecting'));
};
/** Until the window knows all that the host does. */
const inStep = async (): Promise<void> =>
  await vi.waitFor(() => {
    expect(store.get(key)?.at).toEqual(far.store.get(key)?.at);
  });

describe('the mirror of a host', () => {
  test('[I1] sessions have the numbers and the epoch of the host, and are its own', async () => {
    say('one ', 'two ');
    await inStep();
    say('three');
    await inStep();
    expect(here()).toEqual({
      ...far.store.get(key),
      owns: { history: 'them', queue: 'store', questions: 'them' },
    });
    const seen = appended.flatMap(({ logged }) => logged.map(({ seq }) => seq));
    expect(seen.at(-1)).toBe(here().at.seq);
    expect(store.held(key, { ...here().at, seq: here().at.seq - 1 })).toHaveLength(1);
  });

  test('[I5] no rule and no end of anything here answers a question of a mirrored session', async () => {
    far.store.append(key, [{ event: { kind: 'question/asked', question: question('q') } }]);
    await inStep();
    const { seq } = here().at;
    expect(router.permissions.decide(key, { tool: 'edit', places: [] })).toEqual({});
    far.gone = true;
    await cut();
    host.retry();
    await vi.waitFor(() => expect(here().link.state).toBe('disconnected'));
    // What is of the window alone is no event of the session.
    store.append(key, [{ event: says('ours') }]);
    expect(here().at.seq).toBe(seq);
    expect(here().questions.map(({ id }) => id)).toEqual(['q']);
    expect(far.store.get(key)?.questions.map(({ id }) => id)).toEqual(['q']);
    expect(far.store.get(key)?.settled).toEqual([]);
  });

  test('[I6] what is asked goes there whole, under the name of this device, and is answered there', async () => {
    far.store.append(key, [{ event: { kind: 'question/asked', question: question('q') } }]);
    await inStep();
    const { hash } = question('q');
    const answer = {
      kind: 'question/answer',
      question: 'q',
      hash,
      outcome: { kind: 'selected', option: 'yes' },
    } as const;
    await router.perform(key, answer, 'here', never);
    await inStep();
    expect(here().settled.at(-1)).toMatchObject({ id: 'q', by: { kind: 'person', device: 'editor' } });
    await expect(router.perform(key, answer, 'here', never)).rejects.toMatchObject({
      message: 'This was already answered on “editor”.',
    });
    await router.perform(key, { kind: 'rename', title: 'Mine' }, 'here', never);
    await inStep();
    expect([here().title, far.store.get(key)?.title]).toEqual(['Mine', 'Mine']);
  });

  test('[host] a prompt is awaited to the end of its turn, as anywhere', async () => {
    await inStep();
    const ended = router.prompt(key, prompt, 'here', never);
    await vi.waitFor(() => expect(far.backend.performed).toHaveLength(1));
    const [performed] = far.backend.performed;
    if (performed?.kind !== 'prompt') throw new Error('No prompt was performed.');
    far.store.append(key, [{ event: { kind: 'turn/ended', turn: performed.turn, reason: 'end_turn' } }]);
    expect(await ended).toMatchObject({ reason: 'end_turn', id: performed.turn });
  });

  test('[I4] after a cut it goes on from its position: what was missed, once each', async () => {
    say('1 ', '2 ');
    await inStep();
    const before = here();
    far.cut();
    await vi.waitFor(() => expect(here().link.state).toBe('reconnecting'));
    expect(here()).toMatchObject({ at: { seq: before.at.seq }, entries: before.entries });
    expect(here().at.epoch).not.toBe(before.at.epoch);
    expect(host.all().map(({ state }) => state)).toEqual(['Reconnecting']);
    say('3 ', '4 ');
    host.retry();
    await inStep();
    say('5 ');
    await inStep();
    const words = entriesOf(here()).flatMap((entry) => ('parts' in entry ? entry.parts : []));
    expect(words).toEqual([{ type: 'text', text: '1 2 3 4 5 ' }]);
    expect(host.all().map(({ state }) => state)).toEqual(['Ready']);
    expect(here().link.state).toBe('ready');
  });

  test('[host] a command that was not answered before a cut is not asked again, and says that nobody knows', async () => {
    await inStep();
    far.backend.onPerform = () => new Promise(() => undefined);
    const asked = host.perform(key, { kind: 'prompt', prompt }, never);
    await vi.waitFor(() => expect(far.backend.performed).toHaveLength(1));
    far.cut();
    await expect(asked).rejects.toMatchObject({ code: 'unknown' });
    host.retry();
    await vi.waitFor(() => expect(host.state).toBe('connected'));
    await inStep();
    expect(far.backend.performed).toHaveLength(1);
  });

  test('[I3] what holds the queue there holds it here, and nothing goes out of it here', async () => {
    await inStep();
    await host.perform(key, { kind: 'prompt', prompt }, never);
    await host.perform(key, { kind: 'prompt', prompt }, never);
    await host.perform(key, { kind: 'cancel' }, never);
    await inStep();
    expect(here()).toMatchObject({ queuePaused: true, queue: [{ state: 'waiting' }] });
    const { queuePaused, queueWhy, queue } = far.store.get(key) ?? here();
    expect(here()).toMatchObject({ queuePaused, queueWhy, queue });
    expect(far.backend.performed.filter(({ kind }) => kind === 'prompt')).toHaveLength(1);
  });

  test('[S6] an agent of the window that has the same name gets none of the host’s sessions', async () => {
    const ours = new RecordingBackend();
    const asked: SessionKey[] = [];
    ours.onCreate = (own) => Promise.resolve(void asked.push(own));
    ours.onAttach = (own) => {
      asked.push(own);
      return Promise.resolve({ kind: 'attached' });
    };
    router.add(ours);
    far.store.append(key, [{ event: { kind: 'link', link: { state: 'failed' } } }]);
    await inStep();
    await router.restart(ours.id, never);
    expect(asked).toEqual([]);
  });

  test('[I4] each cut is a state of its own', async () => {
    await inStep();
    const epochs: string[] = [];
    for (const _ of 'ab') {
      await cut();
      epochs.push(here().at.epoch);
      host.retry();
      await inStep();
    }
    expect(new Set(epochs).size).toBe(2);
  });

  test('[host] one that was closed there during a cut is not woken by the next connection', async () => {
    const other = 'other' as SessionKey;
    far.kept = true;
    far.begin(other);
    await vi.waitFor(() => expect(store.get(other)).toBeDefined());
    await host.attach(other, never);
    await cut();
    far.store.remove(other);
    host.retry();
    await vi.waitFor(() => expect(host.get(other)?.asleep).toBe(true));
    expect(store.get(other)).toBeUndefined();
    // Where it had been asked for once more, it would be missing by now: nothing of it is on a disk.
    await host.act({ kind: 'session/resume', key }, never);
    expect(host.get(other)?.asleep).toBe(true);
  });

  test('[I13] a window that closes in the moment in which it has a line waits for nobody', async () => {
    const control = new AbortController();
    let closed = 0;
    const line = { ...far.connect(), close: () => void (closed += 1) };
    control.abort(new Error('The window is closing.'));
    const about = { app: '1.0.0', device: 'editor', log: silent };
    await expect(HostConnection.open(line, about, control.signal)).rejects.toThrow('The window is closing.');
    expect(closed).toBe(1);
  });

  test('[host] another version is told with both names, and waits for somebody to say so', async () => {
    await inStep();
    far.rewrite = (line) => line.replace('"version":1,"app":"1.0.0"', '"version":7,"app":"9.9.9"');
    await cut();
    host.retry();
    await vi.waitFor(() => expect(host.state).toBe('refused'));
    expect(host.trouble?.message).toContain('Wheelhouse 9.9.9, which speaks version 7');
    expect(host.trouble?.message).toContain('Wheelhouse 1.0.0, which speaks version 1');
    expect(here().link).toMatchObject({ state: 'disconnected' });
    clock.advance(120_000);
    expect(host.state).toBe('refused');
    far.rewrite = (line) => line;
    host.retry();
    await vi.waitFor(() => expect(host.state).toBe('connected'));
    await inStep();
  });

  test('[S6] a token that is not the host’s is told in words, and nothing of the host is heard', async () => {
    await inStep();
    token = 'another';
    await cut();
    host.retry();
    await vi.waitFor(() => expect(host.trouble?.message).toContain('token'));
    expect([host.state, far.windows]).toEqual(['reconnecting', 0]);
  });

  test('[host] what nobody understands ends the connection, and the next one has all', async () => {
    await inStep();
    far.rewrite = (line) => (/"(?:events|result)"/u.test(line) ? '{"type":"events"' : line);
    const asked = host.perform(key, { kind: 'cancel' }, never);
    say('lost');
    await expect(asked).rejects.toMatchObject({ code: 'unknown' });
    await vi.waitFor(() => expect(here().link.state).toBe('reconnecting'));
    far.rewrite = (line) => line;
    host.retry();
    await inStep();
    expect(entriesOf(here())).toHaveLength(1);
  });

  test('[host] one that is closed there leaves here, and nobody waits for it any more', async () => {
    await inStep();
    await host.perform(key, { kind: 'close' }, never);
    await vi.waitFor(() => expect(store.get(key)).toBeUndefined());
    expect(host.all()).toEqual([]);
    await expect(router.perform(key, { kind: 'cancel' }, 'here', never)).rejects.toMatchObject({ code: 'gone' });
  });

  test('[host] what is too long for the host is refused here', async () => {
    await inStep();
    const text = 'x'.repeat(17 * 2 ** 20);
    const asked = host.perform(key, { kind: 'prompt', prompt: [{ type: 'text', text }] }, never);
    await expect(asked).rejects.toMatchObject({ code: 'invalid' });
    expect(host.state).toBe('connected');
  });

  test('[host] a long session comes whole, its end first', async () => {
    const many = Array.from({ length: 700 }, () => ({
      event: { kind: 'notice', severity: 'info', title: 'n' } as const,
    }));
    for (let from = 0; from < many.length; from += 50) far.store.append(key, many.slice(from, from + 50));
    far.store.append(key, [{ event: { kind: 'turn/started', turn: 't', prompt: [...prompt], device: 'd' } }]);
    far.cut();
    await host[Symbol.asyncDispose]();
    store.dispose();
    store = new SessionStore({ clock, journal: noJournal, log: silent });
    const older: (number | undefined)[] = [];
    store.onAppended(({ session }) => older.push(session.older?.pages));
    host = new HostBackend({
      store,
      clock,
      log: silent,
      app: '1',
      device: 'editor',
      connect: () => Promise.resolve(far.connect()),
      follows: () => true,
    });
    await vi.waitFor(() => expect(here().older).toBeUndefined());
    expect(older[0]).toBeGreaterThan(0);
    expect(here().entries).toEqual(far.store.get(key)?.entries);
  });
});
