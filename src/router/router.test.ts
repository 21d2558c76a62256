import { beforeEach, describe, expect, test } from 'vitest';
import { Failure, PeerError, sentence } from '../base/failure.ts';
import { silent } from '../base/log.ts';
import { manualClock } from '../base/testing.ts';
import { RecordingBackend } from '../../test/tools/backend.ts';
import { blank, entriesOf, question } from '../../test/tools/sessions.ts';
import type { Command, SessionEvent } from '../model/event.ts';
import { type Session, type SessionKey } from '../model/session.ts';
import { Router } from './router.ts';
import { SessionStore } from './store.ts';
import { noJournal } from './testing.ts';

const { signal } = new AbortController();
const prompt: Command = { kind: 'prompt', prompt: [{ type: 'text', text: 'hello' }] };
const allow = (id = 'q'): Command => ({
  kind: 'question/answer',
  question: id,
  hash: `hash of ${id}`,
  outcome: { kind: 'selected', option: 'yes' },
});

let store: SessionStore;
let router: Router;
let backend: RecordingBackend;
let key: SessionKey;

const use = async (using: RecordingBackend): Promise<void> => {
  const clock = manualClock();
  store = new SessionStore({ clock, journal: noJournal, log: silent });
  router = new Router({ store, clock, log: silent });
  backend = using;
  router.add(backend);
  key = await router.newSession({ backend: 'demo', cwd: '/w' }, signal);
};
beforeEach(() => use(new RecordingBackend()));

const append = (...events: readonly SessionEvent[]): void =>
  store.append(
    key,
    events.map((event) => ({ event })),
  );
const ask = (id = 'q'): void => append({ kind: 'question/asked', question: question(id) });
const session = (): Session => {
  const now = store.get(key);
  if (now === undefined) throw new Error('The session is gone.');
  return now;
};
const turnId = (): string => {
  const { turn } = session();
  return turn.state === 'running' ? turn.id : '';
};
const perform = (command: Command, device = 'editor'): Promise<void> => router.perform(key, command, device, signal);
const refusal = async (performing: Promise<unknown>): Promise<string | undefined> => {
  const failure: unknown = await performing.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  return failure instanceof Failure ? failure.code : undefined;
};

describe('a new session', () => {
  test('[router] is there at once, connecting, and ready when the far side has it', async () => {
    const states: string[] = [];
    store.onListed(({ sessions }) => states.push(...sessions.map(({ state }) => state)));
    await router.newSession({ backend: 'demo', cwd: '/w', title: 'Mine' }, signal);
    expect(states).toEqual(['Connecting', 'Ready']);
  });

  test('[router] that cannot be opened stays, failed, with the reason', async () => {
    backend.onCreate = () => Promise.reject(new PeerError(-32000, 'Sign in first.'));
    await expect(router.newSession({ backend: 'demo', cwd: '/w' }, signal)).rejects.toThrow('Sign in first.');
    expect(store.all().at(-1)?.link).toEqual({ state: 'failed', detail: 'Sign in first.' });
    await expect(router.newSession({ backend: 'nobody', cwd: '/w' }, signal)).rejects.toThrow(Failure);
    expect(store.all()).toHaveLength(2);
  });
});

describe('a prompt', () => {
  test('[C1] stands in the log before the agent gets it, with the id of its turn', async () => {
    backend.onPerform = () => {
      expect(session().turn.state).toBe('running');
      return Promise.resolve();
    };
    await perform(prompt);
    expect(backend.performed).toEqual([{ ...prompt, turn: turnId() }]);
    expect(session().title).toBe('hello');
  });

  test('[C2] that is empty, or for a session that is closed, is refused without a trace', async () => {
    const before = session();
    expect(await refusal(perform({ kind: 'prompt', prompt: [] }))).toBe('invalid');
    expect(await refusal(router.perform('x' as SessionKey, prompt, 'd', signal))).toBe('gone');
    expect(session()).toBe(before);
    expect(backend.performed).toEqual([]);
  });

  test('[I14] that cannot be sent ends its turn with the reason', async () => {
    backend.onPerform = () => Promise.reject(new PeerError(-32603, 'Out of tokens.'));
    await perform(prompt);
    expect(session().turn).toMatchObject({
      state: 'idle',
      last: { reason: 'failed', error: { message: 'Out of tokens.', code: -32603 } },
    });
    backend.onPerform = () => {
      append({ kind: 'turn/ended', turn: turnId(), reason: 'agent gone' });
      return Promise.reject(new Failure('gone', 'gone'));
    };
    await perform(prompt);
    expect(session().turn).toMatchObject({ last: { reason: 'agent gone' } });
  });

  test('[router] of a script resolves at the end of its turn; an abort cancels the turn', async () => {
    const controller = new AbortController();
    const end = router.prompt(key, [{ type: 'text', text: 'x' }], 'script', controller.signal);
    const turn = turnId();
    controller.abort();
    expect(session().turn).toMatchObject({ cancelling: true });
    append(
      { kind: 'turn/ended', turn: 'another', reason: 'end_turn' },
      { kind: 'turn/ended', turn, reason: 'cancelled' },
    );
    expect(await end).toEqual({ id: turn, reason: 'cancelled' });
    expect(backend.performed.map(({ kind }) => kind)).toEqual(['prompt', 'cancel']);
    const lost = router.prompt(key, [{ type: 'text', text: 'y' }], 'script', signal);
    await perform({ kind: 'close' });
    expect(await refusal(lost)).toBe('gone');
  });

  test('[I7] of a script resolves with the end of its own turn when it had to wait, and rejects when it is taken out', async () => {
    const text = (words: string) => [{ type: 'text' as const, text: words }];
    const first = router.prompt(key, text('a'), 'script', signal);
    const second = router.prompt(key, text('b'), 'script', signal);
    const third = router.prompt(key, text('c'), 'script', signal);
    const controller = new AbortController();
    const fourth = router.prompt(key, text('d'), 'script', controller.signal);
    const [, removed] = session().queue;
    await perform({ kind: 'queue/remove', id: removed?.id ?? '' });
    expect(await refusal(third)).toBe('removed');
    controller.abort(new Error('not wanted any more'));
    await expect(fourth).rejects.toThrow('not wanted any more');
    append({ kind: 'turn/ended', turn: turnId(), reason: 'end_turn' });
    const id = turnId();
    append({ kind: 'turn/ended', turn: id, reason: 'refusal' });
    expect(await Promise.all([first, second])).toEqual([
      { id: expect.not.stringMatching(id) as string, reason: 'end_turn' },
      { id, reason: 'refusal' },
    ]);
  });
});

describe('questions', () => {
  test('[I5] the first valid answer wins; the agent gets it once; the others are told who won', async () => {
    ask();
    const answers = await Promise.allSettled([perform(allow(), 'phone'), perform(allow(), 'editor')]);
    expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
    await expect(perform(allow(), 'editor')).rejects.toThrow('This was already answered on “phone”.');
    expect(backend.performed).toEqual([allow()]);
    expect(entriesOf(session())[0]).toMatchObject({ decision: { outcome: 'allowed', option: 'Yes', by: 'phone' } });
  });

  test.each<[string, string, Partial<Extract<Command, { kind: 'question/answer' }>>]>([
    ['was given to something else', 'changed', { hash: 'hash of what was shown before' }],
    ['was not offered', 'invalid', { outcome: { kind: 'selected', option: 'Yes' } }],
    ['is no option', 'invalid', { outcome: { kind: 'accepted', content: {} } }],
    ['is only a dismissal', 'invalid', { outcome: { kind: 'cancelled' } }],
    ['is of no open question', 'gone', { question: 'other' }],
  ])('[S27] [acp 4.1.11] an answer that %s settles nothing', async (_, code, wrong) => {
    ask();
    const before = session();
    expect(await refusal(perform({ ...allow(), ...wrong } as Command))).toBe(code);
    expect(session()).toBe(before);
    expect(backend.performed).toEqual([]);
  });

  test('[acp 8] a form is answered with its own fields', async () => {
    const schema = { type: 'object' as const, properties: { name: { type: 'string' as const } }, required: ['name'] };
    append({ kind: 'question/asked', question: question('q', { kind: 'elicitation', options: [], form: { schema } }) });
    const fill = (content: Record<string, unknown>): Command =>
      ({ ...allow(), outcome: { kind: 'accepted', content } }) as Command;
    expect(await refusal(perform(fill({})))).toBe('invalid');
    expect(await refusal(perform(fill({ name: 'x', other: 1 })))).toBe('invalid');
    await perform(fill({ name: 'x' }));
    expect(session().questions).toEqual([]);
  });

  test('[I8] a cancel settles them all, in the log before the agent hears of it', async () => {
    await perform(prompt);
    ask('a');
    ask('b');
    backend.onPerform = (_, command) => {
      expect(command).toEqual({ kind: 'cancel' });
      expect(session()).toMatchObject({ questions: [], turn: { cancelling: true } });
      return Promise.resolve();
    };
    await perform({ kind: 'cancel' });
    await expect(perform(allow('a'))).rejects.toThrow('This question ended when the turn was cancelled.');
    expect(backend.performed).toHaveLength(2);
    const again = session();
    await perform({ kind: 'cancel' });
    expect(session()).toBe(again);
    expect(backend.performed).toHaveLength(3);
  });

  test('[router] a cancel without anything to cancel does nothing', async () => {
    await perform({ kind: 'cancel' });
    expect(backend.performed).toEqual([]);
  });

  test.each(['failed', 'disconnected'] as const)(
    '[I5] when the link has %s they end as the agent being gone',
    async (state) => {
      ask();
      append({ kind: 'link', link: { state } });
      expect(session().questions).toEqual([]);
      expect(entriesOf(session())[0]).toMatchObject({ decision: { outcome: 'cancelled', by: 'agent gone' } });
      await expect(perform(allow())).rejects.toThrow('This question ended because the agent is gone.');
    },
  );

  test('[I6] a link that comes back keeps them', () => {
    ask();
    append({ kind: 'link', link: { state: 'reconnecting' } }, { kind: 'link', link: { state: 'ready' } });
    expect(session().questions).toHaveLength(1);
  });

  test('[router] what the far side owns is only forwarded', async () => {
    await use(new RecordingBackend({ questions: 'them' }));
    ask();
    await perform({ ...allow(), hash: 'whatever' } as Command);
    append({ kind: 'link', link: { state: 'disconnected' } });
    expect(session().questions).toHaveLength(1);
    expect(backend.performed).toHaveLength(1);
  });
});

describe('the rest', () => {
  test('[router] options are the agent’s, names are ours', async () => {
    const option: Command = { kind: 'option/set', option: 'm', value: 'x' };
    expect(await refusal(perform(option))).toBe('invalid');
    append({
      kind: 'options/changed',
      options: [{ id: 'm', name: 'M', source: 'mode', control: { kind: 'select', value: 'y', choices: [] } }],
    });
    await perform(option);
    await perform({ kind: 'rename', title: ' My\n session ' });
    expect(session().title).toBe('My session');
    expect(backend.performed).toEqual([option]);
  });

  test('[router] a session is closed even when its agent cannot be told', async () => {
    await perform(prompt);
    backend.onPerform = () => Promise.reject(new Error('dead'));
    await perform({ kind: 'close' });
    expect(backend.performed.map(({ kind }) => kind)).toEqual(['prompt', 'cancel', 'close']);
    expect(store.get(key)).toBeUndefined();
    expect(await refusal(perform(prompt))).toBe('gone');
  });

  test('[router] nobody brings back what is being closed, and what was closed can be brought back', async () => {
    append({ kind: 'link', link: { state: 'failed' } });
    let attached = 0;
    backend.onAttach = () => Promise.resolve({ kind: 'forgotten', why: String((attached += 1)) });
    backend.onCreate = () => Promise.resolve(void (attached += 1));
    const closed = perform({ kind: 'close' });
    expect(await refusal(router.resume(key, signal))).toBe('gone');
    await closed;
    expect([attached, store.get(key)]).toEqual([0, undefined]);
    const { at: _, ...about } = blank();
    store.open({ ...about, key });
    await router.resume(key, signal);
    expect(attached).toBe(1);
  });

  test('[router] an agent that takes a session up while it is being closed is told so after that', async () => {
    append({ kind: 'link', link: { state: 'failed', detail: 'gone' } });
    const { promise: created, resolve } = Promise.withResolvers<void>();
    const told: string[] = [];
    backend.onCreate = () => created.then(() => void told.push('created'));
    backend.onPerform = (_, { kind }) => Promise.resolve(void told.push(kind));
    const resumed = router.resume(key, signal).catch(sentence);
    await perform(prompt);
    const closed = perform({ kind: 'close' });
    resolve();
    await closed;
    expect(await resumed).toBe('The session was closed.');
    // Nor is it sent what waited for it.
    expect(told).toEqual(['created', 'close']);
    expect(store.get(key)).toBeUndefined();
  });

  test('[I13] ends the backends that are still in it', async () => {
    const taken = new RecordingBackend();
    expect(() => router.add(taken)).toThrow(Failure);
    await router.dispose();
    expect([backend.ended, taken.ended, router.backends()]).toEqual([true, false, []]);
  });

  test('[I4] what becomes of a session that is being connected is told before the end is over', async () => {
    const { promise: refused, reject } = Promise.withResolvers<never>();
    append({ kind: 'link', link: { state: 'failed', detail: 'gone' } });
    backend.onCreate = () => refused;
    const resumed = router.resume(key, signal).catch(sentence);
    const ended = router.dispose();
    // Agents end, and what was asked of them is refused a while after.
    for (let left = 20; left > 0; left -= 1) await Promise.resolve();
    reject(new Error('It ended.'));
    await ended;
    expect(session().link.state).toBe('failed');
    expect(await resumed).toBe('It ended.');
  });
});
