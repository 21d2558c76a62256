import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Mirror } from '../../src/backends/host/mirror.ts';
import { silent } from '../../src/base/log.ts';
import { manualClock } from '../../src/base/testing.ts';
import type { SessionEvent } from '../../src/model/event.ts';
import type { Session, SessionKey } from '../../src/model/session.ts';
import { readFromHost } from '../../src/protocol/view/fromHost.ts';
import { type FromSurface, VIEW_VERSION } from '../../src/protocol/view/messages.ts';
import { ViewDoor } from '../../src/router/door.ts';
import { LIMITS } from '../../src/router/limits.ts';
import { SessionStore } from '../../src/router/store.ts';
import { catalogueOf, noJournal } from '../../src/router/testing.ts';
import { says } from '../tools/sessions.ts';
import { settled, TestSurface } from '../tools/surface.ts';
import { someEvent } from './events.ts';

const key = 'k' as SessionKey;

/** What becomes of a line: it comes, or comes twice, or stops all behind it until the next time. */
type Fate = 'arrives' | 'doubled' | 'waits';
type Step =
  | { readonly do: 'append'; readonly events: readonly SessionEvent[] }
  | { readonly do: 'carry'; readonly fates: readonly Fate[] }
  | { readonly do: 'cut' };

/** A host with one session, and a window that mirrors it over lines that are sliced, doubled and cut. */
class World {
  readonly clock = manualClock();
  readonly source = new SessionStore({ clock: this.clock, journal: noJournal, log: silent });
  readonly store = new SessionStore({ clock: this.clock, journal: noJournal, log: silent });
  readonly #mirror = new Mirror({ key, store: this.store, say: (message) => this.#said.push(message) });
  #surface = new TestSurface();
  #door = this.#open();
  #said: FromSurface[] = [];
  #lines: string[] = [];
  #cuts = 0;
  /** Where the window is: what is told there follows it. */
  #at = 0;

  constructor() {
    this.source.open({
      key,
      backend: 'demo',
      agentLabel: 'Demo',
      title: '',
      cwd: '/w',
      owns: { history: 'us', queue: 'us', questions: 'us' },
    });
    this.store.onAppended(({ session, logged }) => {
      const numbers = logged.map(({ seq }) => seq);
      expect(numbers).toEqual(numbers.map((_, index) => this.#at + index + 1));
      expect(session.at.seq).toBeGreaterThanOrEqual(this.#at);
      this.#at = session.at.seq;
    });
    this.#mirror.attach();
  }

  async run(step: Step): Promise<void> {
    if (step.do === 'append')
      this.source.append(
        key,
        step.events.map((event) => ({ event })),
      );
    else if (step.do === 'carry') await this.#carry(step.fates);
    else this.#cut();
  }

  /** Everything that is on its way arrives, until nothing is. */
  async recover(): Promise<void> {
    for (let round = 0; round < 1000; round += 1) {
      await this.#carry([]);
      this.clock.advance(LIMITS.viewPause);
      await settled();
      if (this.#said.length + this.#lines.length + this.#surface.inbox.length === 0) return;
    }
    throw new Error('It never came to rest.');
  }

  get shown(): Session | undefined {
    return this.store.get(key);
  }

  async end(): Promise<void> {
    this.#mirror.dispose();
    expect(this.store.all()).toEqual([]);
    this.#door.dispose();
    await this.#door.closed;
    expect(this.clock.waiting).toBe(0);
  }

  #open(): ViewDoor {
    const door = new ViewDoor({
      store: this.source,
      catalogue: catalogueOf(this.source),
      router: { perform: () => Promise.resolve() },
      clock: this.clock,
      log: silent,
      device: 'window',
      surface: this.#surface.core,
      strings: {},
      setup: { folder: true, trusted: true, agents: [] },
      act: () => Promise.resolve(),
      window: { act: () => Promise.resolve(), hear: () => undefined },
    });
    this.#surface.say({ type: 'hello', version: VIEW_VERSION });
    return door;
  }

  #cut(): void {
    this.#door.dispose();
    this.#said = [];
    this.#lines = [];
    this.#cuts += 1;
    this.#mirror.cover({ state: 'reconnecting' }, String(this.#cuts));
    this.#surface = new TestSurface();
    this.#door = this.#open();
    this.#mirror.attach();
  }

  async #carry(fates: readonly Fate[]): Promise<void> {
    const left = [...fates];
    for (const message of this.#said.splice(0)) {
      this.#surface.say(message);
      if (left.shift() === 'doubled') this.#surface.say(message);
    }
    await settled();
    this.#lines.push(...this.#surface.take().map((message) => JSON.stringify(message)));
    while (this.#lines.length > 0) {
      const fate = left.shift() ?? 'arrives';
      if (fate === 'waits') return;
      const line = this.#lines.shift() ?? '';
      for (let times = fate === 'doubled' ? 2 : 1; times > 0; times -= 1) this.#receive(line);
    }
  }

  #receive(line: string): void {
    const message = readFromHost(line);
    if (message === undefined) throw new Error(`Nobody understands ${line}`);
    if (message.type === 'snapshot' || message.type === 'events' || message.type === 'page')
      this.#mirror.receive(message);
  }
}

const fates = fc.array(fc.constantFrom<Fate>('arrives', 'arrives', 'doubled', 'waits'), { maxLength: 8 });
const burst = fc
  .constantFrom(1, 20, LIMITS.viewBatch + 1, LIMITS.heldEvents + 1)
  .map((count) => Array.from({ length: count }, () => says('x')));
const notices = fc.constant(
  Array.from({ length: 400 }, (): SessionEvent => ({ kind: 'notice', severity: 'info', title: 'n' })),
);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.array(someEvent, { maxLength: 20 }).map((events): Step => ({ do: 'append', events })) },
  { weight: 1, arbitrary: fc.oneof(burst, notices).map((events): Step => ({ do: 'append', events })) },
  { weight: 8, arbitrary: fates.map((all): Step => ({ do: 'carry', fates: all })) },
  { weight: 2, arbitrary: fc.constant<Step>({ do: 'cut' }) },
);

describe('the mirror of a session', () => {
  test('[I1] [I3] has each number once, and in the end is what its host has, however its lines were sliced, doubled and cut', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 50, size: 'max' }), async (steps) => {
        const world = new World();
        for (const one of steps) await world.run(one);
        await world.recover();
        const theirs = { history: 'them', queue: 'store', questions: 'them' };
        expect({ ...world.shown }).toEqual({ ...structuredClone(world.source.get(key)), owns: theirs });
        await world.end();
      }),
      { numRuns: 200 },
    );
  });
});
