import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Transcript } from '../../src/backends/relay/transcript.ts';
import type { Logged } from '../../src/model/event.ts';
import { reduce } from '../../src/model/reduce.ts';
import { emptySession, type Session, type SessionKey } from '../../src/model/session.ts';
import { linesOf, readHeard } from '../../src/relay/decode.ts';
import { FakeSession, type Json } from '../fakes/relay/session.ts';
import { DEFAULTS } from '../fakes/relay/options.ts';
import { entriesOf } from '../tools/sessions.ts';

type Step =
  | { readonly do: 'say'; readonly count: number }
  /** What was sent and not read is lost; then it attaches again. */
  | { readonly do: 'cut' }
  | { readonly do: 'read'; readonly count: number }
  | { readonly do: 'double' }
  /** The far side is another process, which has the same history, told anew. */
  | { readonly do: 'restart' };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('say' as const), count: fc.integer({ min: 1, max: 5 }) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('read' as const), count: fc.integer({ min: 1, max: 6 }) }) },
  { weight: 2, arbitrary: fc.constant({ do: 'cut' as const }) },
  { weight: 1, arbitrary: fc.constant({ do: 'double' as const }) },
  { weight: 1, arbitrary: fc.constant({ do: 'restart' as const }) },
);

const OWNS = { history: 'them', queue: 'them', questions: 'them', control: 'them' } as const;

/** A session of a relay, and a client of it over a line that loses what is under way. */
class World {
  #far = new FakeSession('s', 'S', { ...DEFAULTS, modern: true });
  #host = 1;
  #words = 0;
  #line: string[] = [];
  /** Of this many frames the line has heard. */
  #heard = 0;
  readonly #transcript = new Transcript({ session: 's', client: 'me/1', device: 'editor', clock: { now: () => 0 } });
  #session: Session = emptySession({
    key: 'k' as SessionKey,
    backend: 'relay',
    agentLabel: '',
    title: '',
    cwd: '/',
    createdAt: 0,
    owns: OWNS,
    epoch: 'e',
  });

  constructor() {
    this.#attach();
  }

  act(now: Step): void {
    switch (now.do) {
      case 'say':
        for (let at = 0; at < now.count; at += 1) this.#say();
        return;
      case 'cut':
        return this.#attach();
      case 'read':
        for (let at = 0; at < now.count; at += 1) this.#read();
        return;
      case 'double':
        if (this.#line[0] !== undefined) this.#line.unshift(this.#line[0]);
        return;
      case 'restart':
        this.#host += 1;
        return this.#attach();
    }
  }

  /** Everything has come. */
  settle(): void {
    this.#attach();
    while (this.#line.length > 0) this.#read();
  }

  get here(): string {
    return entriesOf(this.#session)
      .map((entry) =>
        entry.kind === 'agent' ? entry.parts.map((part) => ('text' in part ? part.text : '')) : entry.kind,
      )
      .join('|');
  }

  get there(): string {
    return Array.from({ length: this.#words }, (_, at) => `${at} `).join('');
  }

  #say(): void {
    this.#far.say(`${this.#words} `);
    this.#words += 1;
    this.#line.push(...this.#far.after(this.#heard));
    this.#heard = this.#far.headSeq;
  }

  #attach(): void {
    const { last_seq: lastSeq, host_id: host } = this.#transcript.query;
    const reset = host !== undefined && host !== `host-${this.#host}`;
    const welcome: Json = {
      type: 'relay_welcome',
      headSeq: this.#far.headSeq,
      reset,
      busy: false,
      pendingPermissionIds: [],
      lease: false,
      holder: null,
      controlEpoch: 0,
      hostId: `host-${this.#host}`,
      sessionId: 's',
    };
    this.#line = [JSON.stringify(welcome), ...this.#far.after(reset ? 0 : Number(lastSeq))];
    this.#heard = this.#far.headSeq;
  }

  #read(): void {
    const message = this.#line.shift();
    if (message === undefined) return;
    const { events, verdict } = this.#transcript.hear(linesOf(message).map(readHeard));
    const logged = events.map((event, at): Logged => ({ seq: this.#session.at.seq + at + 1, at: 0, event }));
    this.#session = reduce(this.#session, logged);
    if (verdict === 'again') this.#attach();
  }
}

test('[relay 3] whatever is cut, doubled, told again or told anew: in the end every word stands here once, in its order', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const world = new World();
      for (const now of steps) world.act(now);
      world.settle();
      expect(world.here).toBe(world.there);
    }),
    { numRuns: 300 },
  );
});
