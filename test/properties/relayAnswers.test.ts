import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { SessionKey } from '../../src/model/session.ts';
import type { Capability, Device } from '../../src/relay/device.ts';
import { named, paramsOf, RelayRoom, type Message, type TestClient } from '../tools/relay.ts';
import { question } from '../tools/sessions.ts';

/** Three devices answer, take the wheel from each other, go and come back while questions come and turns end. */
const WHO = ['phone', 'tablet', 'watch'] as const;
const CAPABILITIES: Readonly<Record<(typeof WHO)[number], Capability>> = {
  phone: 'drive',
  tablet: 'drive',
  watch: 'answer',
};

type Step =
  | {
      readonly do: 'answer';
      readonly who: number;
      readonly of: number;
      readonly option: string;
      readonly epoch: number | undefined;
    }
  | { readonly do: 'take' | 'release' | 'leave' | 'prompt' | 'cancel' | 'revoke'; readonly who: number }
  | { readonly do: 'ask' | 'end' | 'settle' };

const who = fc.nat(2);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('answer' as const),
      who,
      of: fc.nat(3),
      option: fc.constantFrom('yes', 'yes', 'yes', 'no', 'never offered'),
      epoch: fc.option(fc.nat(4), { nil: undefined, freq: 3 }),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constantFrom('take', 'release', 'leave', 'prompt', 'cancel' as const), who }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constantFrom('ask', 'ask', 'end', 'settle' as const) }) },
);

/** What happened, in its order: seen by whoever looks at everything. */
class World {
  readonly room: RelayRoom;
  readonly key: SessionKey;
  readonly holders = new Map<number, Set<string>>();
  readonly answered: { readonly id: string; readonly who: string; readonly allowed: boolean }[] = [];
  readonly #watcher: TestClient;
  readonly #clients: (TestClient | undefined)[] = [];
  #asked = 0;

  constructor(room: RelayRoom, key: SessionKey) {
    this.room = room;
    this.key = key;
    this.#watcher = room.client({
      client: 'watcher',
      session: key,
      device: { id: 'tv', name: 'TV', capability: 'watch' },
    });
    room.lease.onChanged(({ holder, epoch }) => {
      if (holder !== undefined) this.holders.set(epoch, (this.holders.get(epoch) ?? new Set()).add(holder.client));
    });
  }

  async take(step: Step): Promise<void> {
    const { room, key } = this;
    switch (step.do) {
      case 'answer':
        return this.#answer(step);
      case 'take':
        return void this.#client(step.who).ask('_chances/unstable/take_control');
      case 'release':
        return void this.#client(step.who).ask('_chances/unstable/release_control');
      case 'prompt':
        return void this.#client(step.who).ask('session/prompt', {
          sessionId: key,
          prompt: [{ type: 'text', text: 'x' }],
        });
      case 'cancel':
        return this.#client(step.who).say({ jsonrpc: '2.0', method: 'session/cancel', params: { sessionId: key } });
      case 'leave':
        this.#client(step.who).leave();
        this.#clients[step.who] = undefined;
        return;
      case 'revoke':
        return room.relay.revoked(WHO[step.who] ?? '');
      case 'ask':
        if (room.get(key).questions.length < 4)
          room.append(key, { kind: 'question/asked', question: question(`q${(this.#asked += 1)}`) });
        return;
      case 'end':
        if (room.get(key).turn.state === 'running') room.end(key);
        return;
      case 'settle':
        await room.settled();
    }
  }

  async end(): Promise<readonly Message[]> {
    await this.room.settled();
    return this.#watcher.take();
  }

  /** Whether it may be given is worked out here once more, from what the document says. */
  #answer({ who: index, of, option, epoch }: Extract<Step, { do: 'answer' }>): void {
    const { room, key } = this;
    const client = this.#client(index);
    const asked = room.get(key).questions[of];
    if (asked === undefined) return;
    const { holder, epoch: now } = room.lease.state;
    const name = WHO[index] ?? '';
    const mayDrive = CAPABILITIES[WHO[index] ?? 'watch'] === 'answer' || holder === undefined || holder.client === name;
    const allowed = mayDrive && (epoch === undefined || epoch === now) && option !== 'never offered';
    this.answered.push({ id: asked.id, who: name, allowed });
    client.answer(asked.id, option, epoch === undefined ? undefined : { 'wheelhouse.controlEpoch': epoch });
    // What is settled is settled at once: nobody has to wait to know it.
    expect(room.get(key).questions.some(({ id }) => id === asked.id)).toBe(!allowed);
  }

  #client(index: number): TestClient {
    const name = WHO[index] ?? 'watch';
    const device: Device = { id: name, name, capability: CAPABILITIES[name] };
    return (this.#clients[index] ??= this.room.client({ client: name, session: this.key, device }));
  }
}

describe('answers and the wheel', () => {
  test('[S8] [I5] whatever three devices do at once, the first valid answer wins and one epoch has one driver', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const room = new RelayRoom({ lease: true });
        try {
          const world = new World(room, await room.session());
          for (const each of steps) await world.take(each);
          const heard = await world.end();
          const settled = named(heard, '_chances/unstable/permission_settled').map(paramsOf);
          const ids = settled.map(({ requestId }) => requestId);
          expect(new Set(ids).size).toBe(ids.length);
          for (const { requestId, by, outcome } of settled) {
            const first = world.answered.find(({ id, allowed }) => id === requestId && allowed);
            // Nobody’s: cancelled with its turn, and that allows nothing.
            if (by === null) expect(outcome).toEqual({ outcome: 'cancelled' });
            else expect(by).toBe(first?.who);
          }
          for (const holders of world.holders.values()) expect(holders.size).toBe(1);
          const epochs = named(heard, '_chances/unstable/control').map((message) => paramsOf(message)['controlEpoch']);
          expect(epochs).toEqual(epochs.toSorted((a, b) => Number(a) - Number(b)));
        } finally {
          await room.close();
        }
      }),
      { numRuns: 150 },
    );
  });
});
