import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Clock } from '../../src/base/clock.ts';
import { Failure } from '../../src/base/failure.ts';
import { silent } from '../../src/base/log.ts';
import { manualClock } from '../../src/base/testing.ts';
import type { Command, Logged, SessionEvent } from '../../src/model/event.ts';
import { allows, type Outcome } from '../../src/model/question.ts';
import type { SessionKey } from '../../src/model/session.ts';
import { Follower } from '../../src/protocol/view/follower.ts';
import type { ToSurface } from '../../src/protocol/view/messages.ts';
import { Attachment } from '../../src/router/attachment.ts';
import { headerOf } from '../../src/router/journal.ts';
import { restore } from '../../src/router/restore.ts';
import { Router } from '../../src/router/router.ts';
import { SessionStore } from '../../src/router/store.ts';
import { noJournal } from '../../src/router/testing.ts';
import { RecordingBackend } from '../tools/backend.ts';
import { question } from '../tools/sessions.ts';
import { settled } from '../tools/surface.ts';

type Answer = Extract<Command, { kind: 'question/answer' }>;
type Step =
  | { readonly do: 'emit'; readonly event: SessionEvent }
  | { readonly do: 'answer'; readonly device: string; readonly answer: Answer }
  | { readonly do: 'prompt' }
  | { readonly do: 'cancel'; readonly device: string }
  /** A surface is opened and looks at the session. */
  | { readonly do: 'attach' }
  | { readonly do: 'rest' };

const id = fc.constantFrom('a', 'b', 'c');
const device = fc.constantFrom('editor', 'phone', 'window');
// Right answers often enough that they meet each other.
const outcome = fc.constantFrom<Outcome>(
  ...Array<Outcome>(5).fill({ kind: 'selected', option: 'yes' }),
  { kind: 'selected', option: 'no' },
  { kind: 'selected', option: 'odd' },
  { kind: 'selected', option: 'Yes' },
  { kind: 'accepted', content: {} },
  { kind: 'declined' },
  { kind: 'cancelled' },
);
const answer = fc.tuple(id, outcome, fc.constantFrom(true, true, true, false)).map(([name, what, seen]): Answer => ({
  kind: 'question/answer',
  question: name,
  hash: seen ? `hash of ${name}` : 'of something else',
  outcome: what,
}));
const link = fc
  .constantFrom('ready', 'ready', 'reconnecting', 'disconnected', 'failed')
  .map((state): SessionEvent => ({ kind: 'link', link: { state } }));
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: id.map((name): Step => ({ do: 'emit', event: { kind: 'question/asked', question: question(name) } })),
  },
  {
    weight: 8,
    arbitrary: fc.tuple(device, answer).map(([who, what]): Step => ({ do: 'answer', device: who, answer: what })),
  },
  { weight: 1, arbitrary: device.map((who): Step => ({ do: 'cancel', device: who })) },
  { weight: 1, arbitrary: link.map((event): Step => ({ do: 'emit', event })) },
  { weight: 1, arbitrary: fc.constant<Step>({ do: 'prompt' }) },
  { weight: 2, arbitrary: fc.constant<Step>({ do: 'rest' }) },
  { weight: 2, arbitrary: fc.constant<Step>({ do: 'attach' }) },
);

/** One given answer, and what became of it. */
interface Given {
  readonly device: string;
  readonly answer: Answer;
  /** The number of the log when it was given. */
  readonly at: number;
  result: 'won' | Failure | undefined;
}

/** A surface that begins to look, from nothing, and follows from then on. */
const look = (store: SessionStore, clock: Clock, key: SessionKey): Follower => {
  const follower: Follower = new Follower(key, (message) => {
    if (message.type === 'ack') attachment.acknowledge(message.seq);
  });
  const waiting: News[] = [];
  const send = (message: ToSurface): void => void waiting.push(message as News);
  const attachment: Attachment = new Attachment({ key, store, clock, send }, undefined);
  const draw = (): void => {
    for (let news = waiting.shift(); news !== undefined; news = waiting.shift())
      if (follower.receive(news)) follower.acknowledge();
  };
  draw();
  store.onAppended(() => {
    attachment.flush();
    draw();
  });
  return follower;
};
type News = Parameters<Follower['receive']>[0];

const play = async (steps: readonly Step[]) => {
  const clock = manualClock();
  const log: SessionEvent[] = [];
  const kept: Logged[] = [];
  const store = new SessionStore({
    clock,
    journal: {
      ...noJournal,
      append(_, logged) {
        kept.push(...logged);
        log.push(...logged.map(({ event }) => event));
      },
    },
    log: silent,
  });
  const router = new Router({ store, clock, log: silent });
  const backend = new RecordingBackend();
  router.add(backend);
  const { signal } = new AbortController();
  const key: SessionKey = await router.newSession({ backend: 'demo', cwd: '/w' }, signal);
  const given: Given[] = [];
  const seen: Follower[] = [];
  const refused = (failure: unknown): void => expect(failure).toBeInstanceOf(Failure);
  for (const one of steps) {
    if (one.do === 'rest') await settled();
    else if (one.do === 'attach') seen.push(look(store, clock, key));
    else if (one.do === 'emit') store.append(key, [{ event: one.event }]);
    else if (one.do === 'cancel') router.perform(key, { kind: 'cancel' }, one.device, signal).catch(refused);
    else if (one.do === 'prompt') {
      router.perform(key, { kind: 'prompt', prompt: [{ type: 'text', text: 'x' }] }, 'editor', signal).catch(refused);
    } else {
      const item: Given = { device: one.device, answer: one.answer, at: log.length, result: undefined };
      given.push(item);
      router.perform(key, one.answer, one.device, signal).then(
        () => (item.result = 'won'),
        (failure: unknown) => (item.result = failure instanceof Failure ? failure : undefined),
      );
    }
  }
  await settled();
  // The surfaces are shown what still waits for the end of their pause.
  for (let frame = 0; frame < 2; frame += 1) {
    clock.advance(20);
    store.append(key, [{ event: { kind: 'control', control: { epoch: frame } } }]);
  }
  const session = store.get(key);
  if (session === undefined) throw new Error('The session is gone.');
  return { log, kept, given, backend, session, seen };
};

describe('questions', () => {
  test('[I5] whatever three devices, a cancel and a dying agent do: one settlement, and an allow is a person’s act', async () => {
    let allowed = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60, size: 'max' }), async (steps) => {
        const { log, given, backend, session } = await play(steps);
        const open = new Set<string>();
        const settlements: Extract<SessionEvent, { kind: 'question/settled' }>[] = [];
        log.forEach((event, index) => {
          if (event.kind === 'question/asked') open.add(event.question.id);
          if (event.kind !== 'question/settled') return;
          // Settled while it was open, and then open no more.
          expect(open.delete(event.question)).toBe(true);
          settlements.push(event);
          if (event.by.kind !== 'person') {
            expect(event.outcome).toEqual({ kind: 'cancelled' });
            return;
          }
          const { by, outcome: what } = event;
          const act = given.find(
            ({ at, result, device: who }) => at === index && result === 'won' && who === by.device,
          );
          expect(act?.answer.question).toBe(event.question);
          expect(act?.answer.hash).toBe(`hash of ${event.question}`);
          expect(act?.answer.outcome).toEqual(what);
          const option = question(event.question).options.find(
            (offered) => what.kind === 'selected' && offered.id === what.option,
          );
          expect(option).toBeDefined();
          if (option !== undefined && allows(option)) allowed += 1;
        });
        expect([...open].sort()).toEqual(session.questions.map((left) => left.id).sort());
        // The agent gets exactly what persons settled, in that order.
        const performed = backend.performed.filter((command) => command.kind === 'question/answer');
        expect(performed.map(({ question: name, outcome: what }) => [name, what])).toEqual(
          settlements.filter(({ by }) => by.kind === 'person').map(({ question: name, outcome: what }) => [name, what]),
        );
        for (const { result } of given) {
          expect(result).toBeDefined();
          if (result !== 'won') expect(['answered', 'gone', 'changed', 'invalid']).toContain(result?.code);
        }
      }),
      { numRuns: 500 },
    );
    expect(allowed).toBeGreaterThan(50);
  });

  test('[I6] [acp 4.1.11] whoever attaches is shown every question that is open, until it is settled', async () => {
    let shown = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40, size: 'max' }), async (steps) => {
        const { seen, session } = await play(steps);
        for (const follower of seen) {
          expect(follower.session?.questions).toEqual(session.questions);
          shown += session.questions.length;
        }
      }),
      { numRuns: 100 },
    );
    expect(shown).toBeGreaterThan(50);
  });

  test('[I5] after a reload nothing is open or answered, and whoever is late is still told who won', async () => {
    let told = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40, size: 'max' }), fc.boolean(), async (steps, clean) => {
        const { kept, session } = await play(steps);
        const clock = manualClock();
        const store = new SessionStore({ clock, journal: noJournal, log: silent });
        const router = new Router({ store, clock, log: silent });
        const backend = new RecordingBackend();
        router.add(backend);
        const lost = { events: 0, values: 0, snapshot: false };
        const header = { ...headerOf(session), title: '' };
        const left = restore({ header, tail: kept, clean, tornBytes: 0, lost });
        const restored = store.adopt(left.session, left.events);
        expect(restored.questions).toEqual([]);
        const winners = new Map(restored.settled.map(({ id, by }) => [id, by]));
        for (const { id } of session.questions) expect(winners.get(id)).toEqual({ kind: 'agent gone' });
        for (const [question, by] of winners) {
          const late: Answer = {
            kind: 'question/answer',
            question,
            hash: `hash of ${question}`,
            outcome: { kind: 'selected', option: 'yes' },
          };
          const failure: unknown = await router
            .perform(restored.key, late, 'phone', new AbortController().signal)
            .catch((thrown: unknown) => thrown);
          expect(failure).toMatchObject({ code: 'answered' });
          if (by.kind === 'person') expect(String(failure)).toContain(by.device);
          told += 1;
        }
        expect(backend.performed).toEqual([]);
      }),
      { numRuns: 100 },
    );
    expect(told).toBeGreaterThan(50);
  });
});
