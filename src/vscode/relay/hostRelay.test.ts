import { describe, expect, test, vi } from 'vitest';
import { Emitter } from '../../base/event.ts';
import type { HostAction } from '../../protocol/view/messages.ts';
import type { RelayState } from '../../protocol/view/relay.ts';
import { NOTHING } from './control.ts';

vi.mock('vscode', () => ({ l10n: { t: (text: string) => text } }));
const { HostRelay } = await import('./hostRelay.ts');

const never = new AbortController().signal;
const ADDRESSES = { relay: 'ws://127.0.0.1:4000/acp', app: 'http://127.0.0.1:4000/app/' };
const LISTENS: RelayState = { listening: ADDRESSES, sockets: 1, connected: ['owner'], devices: [] };
const OFFER = { code: 'C', url: `${ADDRESSES.app}#pair=C`, expiresAt: 1 };
const TABLET = { id: 't', name: 'Tablet', capability: 'answer', createdAt: 0, lastSeenAt: 0 } as const;

/** A background host as a window has it. */
class World {
  readonly asked: HostAction['kind'][] = [];
  readonly changed = new Emitter<void>();
  readonly paired = Promise.withResolvers<string>();
  readonly backend = { relay: undefined as RelayState | undefined, state: 'connecting', onChanged: this.changed.event };
  readonly answers: Partial<Record<HostAction['kind'], string>> = {
    'relay/start': JSON.stringify(ADDRESSES),
    'relay/state': JSON.stringify(LISTENS),
    'pair/begin': JSON.stringify(OFFER),
  };
  readonly relay = new HostRelay({
    backend: this.backend as unknown as ConstructorParameters<typeof HostRelay>[0]['backend'],
    online: async () => ({
      act: async ({ kind }) => {
        this.asked.push(kind);
        return kind === 'pair/wait' ? await this.paired.promise : (this.answers[kind] ?? '');
      },
    }),
    failed: (failure) => expect.unreachable(String(failure)),
    ending: never,
  });

  become(state: string): void {
    this.backend.state = state;
    this.changed.fire();
  }
}

describe('the relay of the background host', () => {
  test('[relay 9] is asked for once on each connection, and tells by itself from then on', async () => {
    const world = new World();
    let changes = 0;
    world.relay.onChanged(() => (changes += 1));
    expect(world.relay.state).toBe(NOTHING);
    for (const state of ['connected', 'connected', 'reconnecting', 'connected']) world.become(state);
    await vi.waitFor(() => expect(world.asked).toEqual(['relay/state', 'relay/state']));
    await vi.waitFor(() => expect(world.relay.state).toEqual(LISTENS));
    const before = changes;
    const stopped: RelayState = { ...LISTENS, sockets: 0, connected: [] };
    world.backend.relay = stopped;
    world.changed.fire();
    expect(world.relay.state).toBe(stopped);
    expect(changes).toBe(before + 1);
    world.backend.relay = undefined;
    world.become('gone');
    expect(world.relay.state).toBe(NOTHING);
    expect(world.relay.guard).toBeUndefined();
    await world.relay[Symbol.asyncDispose]();
  });

  test('[S4] only what this window began is confirmed here, and its code dies with its page', async () => {
    const world = new World();
    const { relay } = world;
    expect(await relay.admit({ name: 'Stranger', want: 'drive' }, never)).toBeUndefined();
    const showing = new AbortController();
    const pairing = await relay.pair(async ({ want }) => want, showing.signal);
    expect(pairing).toMatchObject(OFFER);
    expect(await relay.admit({ name: 'Tablet', want: 'answer' }, never)).toBe('answer');
    world.paired.resolve(JSON.stringify({ device: TABLET }));
    expect(await pairing.over).toEqual(TABLET);
    showing.abort();
    expect(world.asked).toEqual(['pair/begin', 'pair/wait']);

    await relay[Symbol.asyncDispose]();
  });

  test('[S4] what stops showing a code that is not the last one kills no other', async () => {
    const world = new World();
    const [first, second] = [new AbortController(), new AbortController()];
    await world.relay.pair(async () => undefined, first.signal);
    await world.relay.pair(async () => undefined, second.signal);
    first.abort();
    second.abort();
    await vi.waitFor(() => expect(world.asked).toContain('pair/cancel'));
    expect(world.asked.filter((kind) => kind === 'pair/cancel')).toHaveLength(1);
    await world.relay[Symbol.asyncDispose]();
  });

  test('[relay 9] an answer that says nothing to this version is told in words', async () => {
    const world = new World();
    world.answers['relay/start'] = '{"relay":1}';
    await expect(world.relay.start(never)).rejects.toThrow('of another version');
    await world.relay[Symbol.asyncDispose]();
  });
});
