import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Failure } from '../../src/base/failure.ts';
import { silent } from '../../src/base/log.ts';
import { manualClock } from '../../src/base/testing.ts';
import type { Command, Logged, SessionEvent } from '../../src/model/event.ts';
import { reduce } from '../../src/model/reduce.ts';
import { emptySession, type Session, type SessionKey } from '../../src/model/session.ts';
import { headerOf } from '../../src/router/journal.ts';
import { LIMITS } from '../../src/router/limits.ts';
import type { Attached } from '../../src/router/ports.ts';
import { restore } from '../../src/router/restore.ts';
import { Router } from '../../src/router/router.ts';
import { SessionStore, type StoreJournal } from '../../src/router/store.ts';
import { noJournal } from '../../src/router/testing.ts';
import { RecordingBackend } from '../tools/backend.ts';
import { blank } from '../tools/sessions.ts';
import { settled } from '../tools/surface.ts';

type Return = 'attached' | 'forgotten' | 'not at all';
type Step =
  | { readonly do: 'prompt' | 'cancel' | 'die' | 'pause' | 'resume' | 'clear' | 'afresh' | 'rest' }
  | { readonly do: 'end'; readonly reason: string }
  | { readonly do: 'change' | 'remove' | 'send'; readonly nth: number }
  | { readonly do: 'move'; readonly nth: number; readonly before: number | undefined }
  | { readonly do: 'bring back'; readonly comes: Return }
  /** The host ends and starts again; `lost` events of its log were not stored. */
  | { readonly do: 'reload'; readonly lost: number | undefined };

const nth = fc.nat({ max: 5 });
const comes = fc.constantFrom<Return>('attached', 'attached', 'attached', 'forgotten', 'not at all');
const simple = fc.constantFrom('cancel', 'die', 'pause', 'resume', 'resume', 'clear', 'afresh', 'rest', 'rest');
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.constant<Step>({ do: 'prompt' }) },
  {
    weight: 8,
    arbitrary: fc
      .constantFrom('end_turn', 'end_turn', 'end_turn', 'end_turn', 'cancelled', 'refusal', 'failed')
      .map((reason): Step => ({ do: 'end', reason })),
  },
  { weight: 6, arbitrary: simple.map((kind): Step => ({ do: kind })) },
  {
    weight: 4,
    arbitrary: fc
      .tuple(fc.constantFrom('change', 'remove', 'send'), nth)
      .map(([kind, at]): Step => ({ do: kind, nth: at })),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(nth, fc.option(nth, { nil: undefined }))
      .map(([at, before]): Step => ({ do: 'move', nth: at, before })),
  },
  { weight: 2, arbitrary: comes.map((how): Step => ({ do: 'bring back', comes: how })) },
  {
    weight: 1,
    arbitrary: fc.option(fc.nat({ max: 6 }), { nil: undefined }).map((lost): Step => ({ do: 'reload', lost })),
  },
);

const { signal } = new AbortController();
const agent = { name: 'A', image: false, embeddedContext: false };

/** The real router and store, an agent that is a list, a journal that is a list, and whoever watches them. */
class World {
  #store: SessionStore;
  #router: Router;
  readonly #clock = manualClock();
  #key = '' as SessionKey;
  #log: Logged[] = [];
  /** The session before the event that is stored next. */
  #shadow = blank();
  /** The turn that the agent works on. */
  #open: string | undefined;
  #comes: Return = 'attached';
  /** Ids that a person has sent although they might have been sent before. */
  readonly #dared = new Set<string>();
  /** What the agent got, in its order. */
  readonly sent: string[] = [];
  /** What waited in the queue and was never moved or hurried, in its order. */
  readonly plain: string[] = [];
  readonly accepted = new Set<string>();
  readonly removed = new Set<string>();
  lossy = false;
  /** Something that people wait for did not end well, or was stopped, and nobody has let the queue go on since. */
  #held = false;

  constructor() {
    [this.#store, this.#router] = this.#host();
  }

  get session(): Session {
    const session = this.#store.get(this.#key);
    if (session === undefined) throw new Error('The session is gone.');
    return session;
  }

  async open(): Promise<void> {
    this.#key = await this.#router.newSession({ backend: 'demo', cwd: '/w' }, signal);
    this.#append({ kind: 'session/opened', agentSession: 's', agent, options: [] });
  }

  async take(one: Step): Promise<void> {
    if (this.session.queue.length === 0) this.#held = false;
    switch (one.do) {
      case 'rest':
        return settled();
      case 'prompt':
        return this.#prompt();
      case 'end':
        return this.#end(one.reason);
      case 'die':
        this.#end('agent gone');
        this.#hold();
        return this.#append({ kind: 'link', link: { state: 'failed' } });
      case 'bring back':
        this.#comes = one.comes;
        this.#router.resume(this.#key, signal).catch(() => undefined);
        return;
      case 'reload':
        return this.#reload(one.lost);
      case 'cancel':
        if (this.session.turn.state === 'running' && !this.session.turn.cancelling) this.#hold();
        return this.#ask({ kind: 'cancel' });
      case 'afresh':
        return this.#ask({ kind: 'session/afresh' });
      case 'pause':
        this.#hold();
        return this.#ask({ kind: 'queue/pause' });
      case 'resume':
        if (this.session.queue.every(({ state }) => state === 'waiting')) this.#held = false;
        return this.#ask({ kind: 'queue/resume' });
      case 'clear':
        for (const { id } of this.session.queue) this.removed.add(id);
        return this.#ask({ kind: 'queue/clear' });
      default:
        return this.#reorder(one);
    }
  }

  #prompt(): void {
    const before = this.session;
    this.#ask({ kind: 'prompt', prompt: [{ type: 'text', text: 'x' }] });
    const now = this.session;
    const id = now.queue.find((queued) => !before.queue.some((other) => other.id === queued.id))?.id;
    const begun = now.turn.state === 'running' && before.turn.state === 'idle' ? now.turn.id : undefined;
    if (id === undefined && begun === undefined) return expect(before.queue.length).toBe(LIMITS.queuedPrompts);
    this.accepted.add(id ?? begun ?? '');
    const queued = now.queue.find((one) => one.id === id);
    if (queued !== undefined && queued.now === undefined) this.plain.push(queued.id);
  }

  #reorder(one: Extract<Step, { readonly nth: number }>): void {
    const { queue } = this.session;
    const found = queue[one.nth];
    const id = found?.id ?? 'gone';
    if (one.do === 'move') {
      const before = one.before === undefined ? {} : { before: queue[one.before]?.id ?? 'gone' };
      this.#forgetPlace(id);
      return this.#ask({ kind: 'queue/move', id, ...before });
    }
    if (one.do === 'change')
      return this.#ask({ kind: 'queue/change', id, prompt: [{ type: 'text', text: 'changed' }] });
    if (one.do === 'remove') this.removed.add(id);
    else {
      if (found?.state === 'unknown') this.#dared.add(id);
      this.#forgetPlace(id);
    }
    return this.#ask({ kind: `queue/${one.do}`, id });
  }

  #forgetPlace(id: string): void {
    const at = this.plain.indexOf(id);
    if (at >= 0) this.plain.splice(at, 1);
  }

  #ask(command: Command): void {
    this.#router.perform(this.#key, command, 'editor', signal).catch((failure: unknown) => {
      expect(failure).toBeInstanceOf(Failure);
      // Cancelled: what waited for the agent when its session was closed.
      const codes = ['gone', 'invalid', 'unknown', 'full', 'agent', 'cancelled'];
      if (failure instanceof Failure) expect(codes).toContain(failure.code);
    });
  }

  #end(reason: string): void {
    const turn = this.#open;
    if (turn === undefined) return;
    this.#open = undefined;
    // The end of a turn that was stopped holds nothing that was asked since.
    const { turn: now } = this.session;
    if (reason !== 'end_turn' && now.state === 'running' && !now.cancelling) this.#hold();
    this.#append({ kind: 'turn/ended', turn, reason });
  }

  #hold(): void {
    this.#held = this.session.queue.length > 0;
  }

  #append(event: SessionEvent): void {
    this.#store.append(this.#key, [{ event }]);
  }

  async #reload(lost: number | undefined): Promise<void> {
    // The process ends: nothing that it had begun is heard of any more.
    this.#store.dispose();
    await this.#router.dispose();
    await settled();
    this.#open = undefined;
    const clean = lost === undefined;
    if (!clean) {
      this.lossy = true;
      // What opened it is older than what can be lost.
      this.#log.length = Math.max(2, this.#log.length - lost);
    }
    const { epoch } = this.#shadow.at;
    const header = { ...headerOf(this.#shadow), title: '', epoch: clean ? epoch : this.#clock.id() };
    const tail = [...this.#log];
    this.#shadow = reduce(emptySession(header), tail);
    [this.#store, this.#router] = this.#host();
    const before = this.sent.length;
    const lostNothing = { events: 0, values: 0, snapshot: false };
    const { session, events } = restore({ header, tail, clean, tornBytes: 0, lost: lostNothing });
    this.#store.adopt(session, events);
    this.#hold();
    await settled();
    // Nothing goes out because somebody came back.
    expect(this.sent).toHaveLength(before);
    if (!clean) for (const { state } of this.session.queue) expect(state).toBe('unknown');
    expect(this.session.queue.length === 0 || this.session.queuePaused).toBe(true);
  }

  #host(): [SessionStore, Router] {
    const clock = this.#clock;
    const journal: StoreJournal = {
      ...noJournal,
      begin: (session) => (this.#shadow = session),
      append: (_, logged) => this.#keep(logged),
    };
    const store = new SessionStore({ clock, journal, log: silent });
    const router = new Router({ store, clock, log: silent });
    const backend = new RecordingBackend();
    backend.onPerform = (_, command) => {
      if (store === this.#store && command.kind === 'prompt') this.#receive(command.turn);
      return Promise.resolve();
    };
    backend.onAttach = (): Promise<Attached> => {
      if (this.#comes === 'not at all') return Promise.reject(new Failure('agent', 'It does not start.'));
      return Promise.resolve(this.#comes === 'attached' ? { kind: 'attached' } : { kind: 'forgotten', why: 'Who?' });
    };
    router.add(backend);
    return [store, router];
  }

  /** The agent gets a prompt. */
  #receive(turn: string): void {
    // One turn at a time, and it stands in the log already.
    expect(this.#open).toBeUndefined();
    expect(this.session.turn).toMatchObject({ state: 'running', id: turn });
    if (this.sent.includes(turn)) expect(this.#dared.delete(turn)).toBe(true);
    this.#dared.delete(turn);
    this.#open = turn;
    this.sent.push(turn);
  }

  /** What is stored, with a look at what it was before each event. */
  #keep(logged: readonly Logged[]): void {
    for (const item of logged) {
      if (item.event.kind === 'turn/started') this.#judge(this.#shadow, item.event.turn);
      this.#shadow = reduce(this.#shadow, [item]);
      this.#log.push(item);
    }
  }

  #judge({ link, turn, queue, queuePaused }: Session, id: string): void {
    expect([link.state, turn.state]).toEqual(['ready', 'idle']);
    const place = queue.findIndex((queued) => queued.id === id);
    if (place < 0) return expect(queue.length === 0 || queuePaused).toBe(true);
    expect(place).toBe(0);
    expect(queue[0]?.state).toBe('waiting');
    expect((!queuePaused && !this.#held) || queue[0]?.now === true).toBe(true);
    if (queue.length === 1) this.#held = false;
  }
}

describe('the queue', () => {
  test('[I7] each prompt is sent once or never, in order, one turn at a time, whatever people, the agent and the host do', async () => {
    let [reloaded, sent, waited] = [0, 0, 0];
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60, size: 'max' }), async (steps) => {
        const world = new World();
        await world.open();
        for (const one of steps) {
          await world.take(one);
          if (one.do === 'reload') reloaded += 1;
          const { queue, queuePaused, queueWhy } = world.session;
          expect(new Set(queue.map(({ id }) => id)).size).toBe(queue.length);
          if (queue.length === 0) expect([queuePaused, queueWhy]).toEqual([false, undefined]);
          // The next ones stand in front.
          const hurried = queue.filter(({ now }) => now === true);
          expect(queue.slice(0, hurried.length)).toEqual(hurried);
        }
        await settled();
        const { session } = world;
        // Nothing waits that could go.
        const [head] = session.queue;
        if (session.link.state === 'ready' && session.turn.state === 'idle' && head !== undefined) {
          expect(session.queuePaused && head.now === undefined).toBe(true);
        }
        if (!world.lossy) {
          expect(new Set(world.sent).size).toBe(world.sent.length);
          // Each is somewhere, and in one place only.
          const waiting = new Set(session.queue.map(({ id }) => id));
          for (const id of world.accepted) {
            const places = [world.sent.includes(id), waiting.has(id), world.removed.has(id) && !waiting.has(id)];
            expect(places.filter(Boolean)).toHaveLength(1);
          }
          const order = world.sent.filter((id) => world.plain.includes(id));
          expect(order).toEqual(world.plain.filter((id) => order.includes(id)));
        }
        sent += world.sent.length;
        waited += world.sent.filter((id) => world.plain.includes(id)).length;
      }),
      { numRuns: 400 },
    );
    expect([reloaded > 100, sent > 1000, waited > 200]).toEqual([true, true, true]);
  });

  test('[I8] after a cancel nothing is sent before the end of the turn, and what waited only when a person says so', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat({ max: 5 }),
        fc.array(fc.constantFrom('prompt', 'cancel', 'rest'), { maxLength: 6 }),
        async (many, between) => {
          const world = new World();
          await world.open();
          for (let index = 0; index <= many; index += 1) await world.take({ do: 'prompt' });
          const held = world.session.queue.map(({ id }) => id);
          await world.take({ do: 'cancel' });
          for (const one of between) await world.take({ do: one });
          expect(world.sent).toHaveLength(1);
          await world.take({ do: 'end', reason: 'cancelled' });
          expect(world.sent.filter((id) => held.includes(id))).toEqual([]);
          for (let left = 8; left > 0; left -= 1) await world.take({ do: 'end', reason: 'end_turn' });
          expect(world.sent.filter((id) => held.includes(id))).toEqual([]);
          await world.take({ do: 'resume' });
          expect(world.sent.filter((id) => held.includes(id))).toEqual(held.slice(0, 1));
        },
      ),
    );
  });
});
