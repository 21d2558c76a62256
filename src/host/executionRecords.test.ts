import { describe, expect, test } from 'vitest';
import { silent } from '../base/log.ts';
import { type ManualClock, manualClock } from '../base/testing.ts';
import type { Shown } from '../machine/execution/session.ts';
import type { Session } from '../model/session.ts';
import type { Device } from '../relay/device.ts';
import { Router } from '../router/router.ts';
import { SessionStore } from '../router/store.ts';
import { noJournal } from '../router/testing.ts';
import { ExecutionRecords } from './executionRecords.ts';
import { EXECUTION_WORDS } from './executionWords.ts';

const phone: Device = { id: 'd1', name: 'Ann’s phone', capability: 'drive' };
const tablet: Device = { id: 'd2', name: 'tablet', capability: 'answer' };
const owner: Device = { id: 'owner', name: 'this machine', capability: 'drive', owner: true };
const never = new AbortController().signal;

interface World {
  readonly store: SessionStore;
  readonly router: Router;
  readonly records: ExecutionRecords;
  readonly clock: ManualClock;
  /** How often a person has ended what a device had open. */
  ends: number;
  readonly session: Session;
  open(signal?: AbortSignal, ask?: boolean, device?: Device): Promise<Shown | undefined>;
  answer(option: string, device: Device): Promise<void>;
}

const world = (): World => {
  const clock = manualClock();
  const store = new SessionStore({ clock, journal: noJournal, log: silent });
  const router = new Router({ store, clock, log: silent });
  const records = new ExecutionRecords({ store, clock, folders: ['/w'] });
  router.add(records);
  return {
    store,
    router,
    records,
    clock,
    ends: 0,
    get session() {
      const session = store.all().at(-1);
      if (session === undefined) throw new Error('there is no session');
      return session;
    },
    open(signal = never, ask = true, device = phone) {
      return records.show({ device, label: 'the build', ask, end: () => (this.ends += 1) }, signal);
    },
    async answer(option, device) {
      const [question] = this.session.questions;
      if (question === undefined) throw new Error('nothing is asked');
      records.admitAnswer(device, question.id);
      const outcome = { kind: 'selected', option } as const;
      const answer = { kind: 'question/answer', question: question.id, hash: question.hash, outcome } as const;
      await router.perform(this.session.key, answer, device.name, never);
    },
  };
};

const tools = (session: Session) => session.entries.flat().flatMap((entry) => (entry.kind === 'tool' ? [entry] : []));

describe('what devices run here', () => {
  test('[environment 11 ask] an opening is a question that says who asks, what for and where', async () => {
    const all = world();
    const opening = all.open();
    const { session } = all;
    expect(session).toMatchObject({ title: 'Commands from Ann’s phone', cwd: '/w', turn: { state: 'running' } });
    expect(session.questions).toMatchObject([
      {
        kind: 'permission',
        title: EXECUTION_WORDS.ask,
        tool: {
          content: [{ content: { text: 'Ann’s phone\nthe build' } }],
          locations: [{ path: '/w' }],
        },
        options: [{ kind: 'allow_once' }, { kind: 'reject_once' }],
      },
    ]);
    expect(session.questions[0]?.remember).toBeUndefined();
    await all.answer('allow', owner);
    expect(await opening).toBeDefined();
    expect(tools(all.session)).toMatchObject([
      { status: 'completed', decision: { outcome: 'allowed', by: 'this machine' } },
    ]);
  });

  test('[environment 11 ask] the device that asks is not the one that allows', async () => {
    const all = world();
    const opening = all.open();
    await expect(all.answer('allow', phone)).rejects.toMatchObject({ code: 'own' });
    await expect(all.answer('reject', phone)).rejects.toMatchObject({ code: 'own' });
    expect(all.session.questions).toHaveLength(1);
    await all.answer('reject', tablet);
    expect(await opening).toBeUndefined();
    expect(tools(all.session)).toMatchObject([{ status: 'failed', decision: { outcome: 'rejected' } }]);
    expect(all.session.turn).toMatchObject({ state: 'idle', last: { reason: 'end_turn' } });
    // The owner's own, which asks for itself.
    const own = all.open(never, true, owner);
    await all.answer('allow', owner);
    expect(await own).toBeDefined();
  });

  test('[S31] what a device calls itself and what it wants can hide nothing', async () => {
    const all = world();
    const evil = { ...phone, name: 'Ann\u202Ephone\nAllowed' };
    void all.records.show({ device: evil, label: 'a\u200Bb\nc', ask: true, end: () => undefined }, never);
    const [question] = all.session.questions;
    expect(question?.tool?.content).toEqual([
      {
        type: 'content',
        content: { type: 'text', text: 'Ann⟨U+202E⟩phone ⏎ Allowed\na⟨U+200B⟩b ⏎ c' },
      },
    ]);
    expect(all.session.title).toBe('Commands from Ann⟨U+202E⟩phone ⏎ Allowed');
  });

  test('[environment 11 ask] nobody who is silent allows anything: the question goes, and says so', async () => {
    const all = world();
    const control = new AbortController();
    const opening = all.open(control.signal);
    control.abort();
    expect(await opening).toBeUndefined();
    expect(all.session.questions).toEqual([]);
    expect(tools(all.session)).toMatchObject([
      { status: 'failed', decision: { outcome: 'cancelled' }, note: EXECUTION_WORDS.unanswered },
    ]);
    expect(all.session.turn.state).toBe('idle');
  });

  test('[environment 11 person] a stop ends what the device has open, and a question as a refusal', async () => {
    const all = world();
    const opening = all.open();
    await all.router.perform(all.session.key, { kind: 'cancel' }, 'editor', never);
    expect(await opening).toBeUndefined();
    expect(all.ends).toBe(1);
    const shown = await all.open(never, false);
    await all.router.perform(all.session.key, { kind: 'cancel' }, 'editor', never);
    expect(all.ends).toBe(2);
    shown?.over('person');
    expect(all.session.turn).toMatchObject({ state: 'idle', last: { reason: 'cancelled' } });
    // One session for the device, however often it comes.
    expect(all.store.all()).toHaveLength(1);
  });

  test('[environment 11 person] a session that is closed ends what the device has open; the next one is another', async () => {
    const all = world();
    await all.open(never, false);
    const { key } = all.session;
    await all.router.perform(key, { kind: 'close' }, 'editor', never);
    expect([all.ends, all.store.all()]).toEqual([2, []]);
    await all.open(never, false);
    expect(all.session.key).not.toBe(key);
  });

  test('[environment 11 person] nobody can say anything there, or open such a session themselves', async () => {
    const all = world();
    await all.open(never, false);
    const { key, at } = all.session;
    const prompt = { kind: 'prompt', prompt: [{ type: 'text', text: 'hi' }] } as const;
    await expect(all.router.perform(key, prompt, 'editor', never)).rejects.toMatchObject({ code: 'unsupported' });
    expect(all.session.at).toEqual(at);
    const another = all.router.newSession({ backend: all.records.id, cwd: '/w' }, never);
    await expect(another).rejects.toMatchObject({ code: 'unsupported' });
    expect(all.store.all()).toHaveLength(1);
  });

  test('[environment 10 heartbeat] a session that ended because nobody asked for anything says so', async () => {
    const all = world();
    const shown = await all.open(never, false);
    shown?.failed({ id: 'p1', command: 'make', description: '', cwd: '/w' }, 'No such thing.');
    shown?.over('idle');
    expect(all.session.entries.flat().map((entry) => entry.kind)).toEqual(['user', 'tool', 'notice']);
    expect(all.session.entries.flat().at(-1)).toMatchObject({ title: EXECUTION_WORDS.idle });
    expect(all.session.turn).toMatchObject({ state: 'idle', last: { reason: 'end_turn' } });
  });
});
