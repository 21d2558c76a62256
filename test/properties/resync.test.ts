import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { silent } from '../../src/base/log.ts';
import { manualClock } from '../../src/base/testing.ts';
import type { SessionEvent } from '../../src/model/event.ts';
import type { Session, SessionKey } from '../../src/model/session.ts';
import { Follower } from '../../src/protocol/view/follower.ts';
import { type FromSurface, type ToSurface, VIEW_VERSION } from '../../src/protocol/view/messages.ts';
import { ViewDoor } from '../../src/router/door.ts';
import { LIMITS } from '../../src/router/limits.ts';
import { SessionStore } from '../../src/router/store.ts';
import { catalogueOf, noJournal } from '../../src/router/testing.ts';
import { says } from '../tools/sessions.ts';
import { settled, TestSurface } from '../tools/surface.ts';
import { someEvent } from './events.ts';

const key = 'k' as SessionKey;

type Fate = 'arrives' | 'lost' | 'doubled' | 'late';
type Step =
  | { readonly do: 'append'; readonly events: readonly SessionEvent[] }
  | { readonly do: 'deliver'; readonly fates: readonly Fate[] }
  | { readonly do: 'wait'; readonly milliseconds: number }
  | { readonly do: 'wake' };

/** The core, one surface, and a way between them on which anything can happen to a message. */
class World {
  readonly clock = manualClock();
  readonly store = new SessionStore({ clock: this.clock, journal: noJournal, log: silent });
  readonly #surface = new TestSurface();
  readonly #door: ViewDoor;
  readonly #follower = new Follower(key, (message) => this.#post(message));
  /** The fates of the next messages, of both directions; when they are used up all arrive. */
  #fates: Fate[] = [];
  #late: ToSurface[] = [];

  constructor() {
    this.store.open({
      key,
      backend: 'demo',
      agentLabel: 'Demo',
      title: '',
      cwd: '/w',
      owns: { history: 'us', queue: 'us', questions: 'us' },
    });
    this.#door = new ViewDoor({
      store: this.store,
      catalogue: catalogueOf(this.store),
      router: { perform: () => Promise.resolve() },
      clock: this.clock,
      log: silent,
      device: 'editor',
      surface: this.#surface.core,
      strings: {},
      setup: { folder: true, trusted: true, agents: [] },
      act: () => Promise.resolve(),
    });
    this.#surface.say({ type: 'hello', version: VIEW_VERSION });
    this.#follower.attach();
  }

  async run(step: Step): Promise<void> {
    if (step.do === 'append')
      this.store.append(
        key,
        step.events.map((event) => ({ event })),
      );
    else if (step.do === 'wait') this.clock.advance(step.milliseconds);
    else if (step.do === 'wake') this.#follower.attach();
    else await this.#deliver(step.fates);
  }

  /** All is well again: what still waits arrives, and the surface wakes up. */
  async recover(): Promise<void> {
    this.#fates = [];
    this.#follower.attach();
    for (let round = 0; round < 1000; round += 1) {
      const before = this.shown;
      await this.#deliver([]);
      this.clock.advance(LIMITS.viewPause);
      await settled();
      if (this.#surface.inbox.length === 0 && before === this.shown) return;
    }
    throw new Error('It never came to rest.');
  }

  get shown(): Session | undefined {
    return this.#follower.session;
  }

  async end(): Promise<void> {
    this.#door.dispose();
    await this.#door.closed;
    expect(this.clock.waiting).toBe(0);
  }

  async #deliver(fates: readonly Fate[]): Promise<void> {
    this.#fates.push(...fates);
    await settled();
    for (const message of this.#surface.take()) {
      const fate = this.#fates.shift() ?? 'arrives';
      if (fate === 'late') this.#late.push(message);
      for (let times = { arrives: 1, lost: 0, late: 0, doubled: 2 }[fate]; times > 0; times -= 1)
        this.#receive(message);
    }
    if (this.#fates.length > 0) return;
    // What was late comes behind what was sent after it.
    for (const message of this.#late.splice(0)) this.#receive(message);
  }

  #receive(message: ToSurface): void {
    if (message.type !== 'snapshot' && message.type !== 'events') return;
    // As a real one: nothing is shared between the two sides.
    const copy = structuredClone(message);
    const before = this.shown;
    const changed = this.#follower.receive(copy);
    if (changed) this.#follower.acknowledge();
    expect(this.shown !== before).toBe(changed);
    if (!changed) return;
    if (copy.type === 'snapshot') {
      expect(this.shown?.at.seq).toBeGreaterThanOrEqual(before?.at.seq ?? 0);
      return;
    }
    // Each number once and none left out: what is new begins right behind what was shown.
    const fresh = copy.events.map(({ seq }) => seq).filter((seq) => seq > (before?.at.seq ?? 0));
    expect(fresh).toEqual(fresh.map((_, index) => (before?.at.seq ?? 0) + index + 1));
    expect(this.shown?.at.seq).toBe(fresh.at(-1));
  }

  #post(message: FromSurface): void {
    const fate = this.#fates.shift() ?? 'arrives';
    if (fate === 'lost') return;
    this.#surface.say(message);
    if (fate === 'doubled') this.#surface.say(message);
  }
}

const fates = fc.array(fc.constantFrom<Fate>('arrives', 'arrives', 'lost', 'doubled', 'late'), { maxLength: 6 });
const burst = fc
  .constantFrom(1, 20, LIMITS.viewBatch + 1, LIMITS.heldEvents + 1)
  .map((count) => Array.from({ length: count }, () => says('x')));
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.array(someEvent, { maxLength: 20 }).map((events): Step => ({ do: 'append', events })) },
  { weight: 1, arbitrary: burst.map((events): Step => ({ do: 'append', events })) },
  { weight: 8, arbitrary: fates.map((all): Step => ({ do: 'deliver', fates: all })) },
  { weight: 4, arbitrary: fc.constantFrom(1, 15, 16, 500).map((milliseconds): Step => ({ do: 'wait', milliseconds })) },
  { weight: 1, arbitrary: fc.constant<Step>({ do: 'wake' }) },
);

describe('a surface behind a bad way', () => {
  test('[I1] [I3] shows each event once, none left out, and in the end what the core has', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60, size: 'max' }), async (steps) => {
        const world = new World();
        for (const one of steps) await world.run(one);
        await world.recover();
        expect(world.shown).toEqual(world.store.get(key));
        expect(JSON.stringify(world.shown)).toBe(JSON.stringify(structuredClone(world.store.get(key))));
        await world.end();
      }),
      { numRuns: 300 },
    );
  });

  test('[I14] a hole is noticed by the next message, without anybody waking the surface', async () => {
    const world = new World();
    await world.run({ do: 'deliver', fates: [] });
    for (const lost of ['lost', 'arrives'] as const) {
      await world.run({ do: 'wait', milliseconds: 20 });
      await world.run({ do: 'append', events: [says('x')] });
      await world.run({ do: 'deliver', fates: [lost] });
    }
    await world.run({ do: 'deliver', fates: [] });
    expect(world.shown).toEqual(world.store.get(key));
    await world.end();
  });
});
