import { describe, expect, test } from 'vitest';
import { RelayBackend } from '../../src/backends/relay.ts';
import { silent } from '../../src/base/log.ts';
import { systemClock } from '../../src/machine/clock.ts';
import { codeIn, pairDevice } from '../../src/machine/pairDevice.ts';
import { relaySocket } from '../../src/machine/relaySocket.ts';
import { eachEntry } from '../../src/model/entry.ts';
import type { Command } from '../../src/model/event.ts';
import type { Session, SessionKey } from '../../src/model/session.ts';
import { Router } from '../../src/router/router.ts';
import { SessionStore } from '../../src/router/store.ts';
import { noJournal } from '../../src/router/testing.ts';
import { fingerprintOf, OTHER, OWN } from '../faults/doorCertificates.ts';
import { OWNER_TOKEN, openDoorWorld, type DoorWorld } from '../faults/doorWorld.ts';
import { RelayRoom } from '../tools/relay.ts';
import { question, says } from '../tools/sessions.ts';
import { until } from '../tools/until.ts';

const never = new AbortController().signal;

/** Our client, our relay behind our door, and between them a socket. */
class Pair implements AsyncDisposable {
  readonly room: RelayRoom;
  readonly door: DoorWorld;
  readonly store = new SessionStore({ clock: systemClock, journal: noJournal, log: silent });
  readonly router = new Router({ store: this.store, clock: systemClock, log: silent });
  readonly backend: RelayBackend;

  private constructor(room: RelayRoom, door: DoorWorld, token: string) {
    this.room = room;
    this.door = door;
    const { store } = this;
    const connect = relaySocket({ url: door.listener.relay, token: () => Promise.resolve(token) }, systemClock);
    const about = { id: 'box', label: 'The Box', device: 'editor' };
    this.backend = new RelayBackend({ ...about, store, clock: systemClock, log: silent, connect });
    this.router.addRemote(this.backend);
  }

  static async open(options: ConstructorParameters<typeof RelayRoom>[0] = {}): Promise<Pair> {
    const room = new RelayRoom(options);
    const door = await openDoorWorld({ relay: (visitor, socket) => room.relay.open(visitor, socket) });
    return new Pair(room, door, OWNER_TOKEN);
  }

  /** The far session, followed here. */
  async follow(far: SessionKey): Promise<SessionKey> {
    await this.backend.reach(never);
    const key = `relay:box:${far}` as SessionKey;
    await until('the session in the list', () => this.backend.has(key));
    await this.backend.attach(key, never);
    return key;
  }

  here(key: SessionKey): Session {
    const session = this.store.get(key);
    if (session === undefined) throw new Error('The session is not here.');
    return session;
  }

  perform(key: SessionKey, command: Command): Promise<void> {
    return this.router.perform(key, command, 'editor', never);
  }

  async same(key: SessionKey, far: SessionKey): Promise<void> {
    await until('the same transcript', () => {
      expect(wordsOf(this.here(key))).toEqual(wordsOf(this.room.get(far)));
      return true;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.backend[Symbol.asyncDispose]();
    await this.router.dispose();
    this.store.dispose();
    await this.room.close();
    await this.door[Symbol.asyncDispose]();
  }
}

const wordsOf = ({ entries, title, turn, questions }: Session): object => ({
  title,
  turn: turn.state,
  questions: questions.map(({ id }) => id),
  // What is asked there alone is told here.
  entries: [...eachEntry(entries)]
    .filter(({ kind }) => kind !== 'notice')
    .map((entry) => (entry.kind === 'agent' || entry.kind === 'user' ? [entry.kind, entry.parts] : [entry.kind])),
});

const prompt = (text: string): Command => ({ kind: 'prompt', prompt: [{ type: 'text', text }] });

describe('our client at our relay', () => {
  test('[relay 8] a turn of several blocks, a question, and the end of the turn', async () => {
    await using pair = await Pair.open();
    const { room } = pair;
    const far = await room.session();
    room.append(far, says('Before anybody came.'));
    const key = await pair.follow(far);
    const blocks = [
      { type: 'text', text: 'Look.' },
      { type: 'resource_link', uri: 'file:///w/a.ts', name: 'a.ts' },
    ] as const;
    await pair.perform(key, { kind: 'prompt', prompt: blocks });
    expect(room.get(far).turn.state).toBe('running');
    room.append(far, says('I see. '), { kind: 'question/asked', question: question('q1') });
    const asked = await until('the question', () => pair.here(key).questions[0]);
    const outcome = { kind: 'selected', option: 'no' } as const;
    await pair.perform(key, { kind: 'question/answer', question: asked.id, hash: asked.hash, outcome });
    expect(room.get(far).questions).toEqual([]);
    room.append(far, says('As you like.'));
    room.end(far);
    await pair.same(key, far);
    expect(pair.here(key).turn).toMatchObject({ state: 'idle', last: { reason: 'end_turn' } });
    // What can be answered there alone is told here.
    const signIn = { kind: 'sign-in', signIn: { agent: 'Demo', said: 'Who are you?', ways: [] } } as const;
    room.append(far, { kind: 'question/asked', question: question('q2', { title: 'Sign in to Demo', ...signIn }) });
    await until('the notice', () =>
      [...eachEntry(pair.here(key).entries)].some(
        (entry) => entry.kind === 'notice' && entry.title === 'Sign in to Demo',
      ),
    );
  });

  test('[relay 9] a prompt behind another waits there; a title and a stop are seen on both sides', async () => {
    await using pair = await Pair.open();
    const { room } = pair;
    const far = await room.session();
    const key = await pair.follow(far);
    await pair.perform(key, prompt('first'));
    await pair.perform(key, prompt('second'));
    const [waits] = pair.here(key).queue;
    expect(waits?.prompt).toEqual([{ type: 'text', text: 'second' }]);
    await pair.perform(key, { kind: 'queue/remove', id: waits?.id ?? '' });
    await until('an empty queue', () => pair.here(key).queue.length === 0 && room.get(far).queue.length === 0);
    room.append(far, { kind: 'session/renamed', title: 'By hand' });
    await pair.perform(key, { kind: 'cancel' });
    await until('the stop', () => {
      const { turn } = pair.here(key);
      return turn.state === 'running' && turn.cancelling;
    });
    room.end(far, 'cancelled');
    await pair.same(key, far);
  });

  test('[relay 9] the wheel: claimed, taken by another device, taken back, released', async () => {
    await using pair = await Pair.open({ lease: true });
    const { room } = pair;
    const far = await room.session();
    const key = await pair.follow(far);
    await pair.perform(key, prompt('first'));
    await until('the wheel', () => pair.here(key).control.driver === 'editor');
    room.lease.take({ client: 'phone', device: 'phone', name: 'My phone' });
    await until('the other', () => pair.here(key).control.driver === 'phone');
    await expect(pair.perform(key, prompt('second'))).rejects.toMatchObject({ code: 'wheel' });
    await pair.perform(key, { kind: 'control/take' });
    await until('the wheel', () => pair.here(key).control.driver === 'editor');
    await pair.perform(key, { kind: 'control/release' });
    await until('nobody', () => pair.here(key).control.driver === undefined);
  });

  test('[relay 9] a session is made there, closed, and leaves the list when it is deleted', async () => {
    await using pair = await Pair.open();
    await pair.backend.reach(never);
    expect(pair.backend.roots).toEqual(['/w']);
    const key = await pair.backend.open({}, never);
    const [far] = pair.room.store.all();
    expect(pair.here(key).agentSession).toBe('agent-1');
    await pair.perform(key, prompt('hello'));
    await pair.same(key, far?.key ?? key);
    pair.room.end(far?.key ?? key);
    await pair.perform(key, { kind: 'close' });
    await until('it asleep', () => pair.backend.get(key)?.asleep === true || !pair.backend.has(key));
    if (pair.backend.has(key)) await pair.backend.erase(key, never);
    await until('it gone', () => !pair.backend.has(key));
  });

  test('[relay 9] a code is exchanged for a token that lets this device in', async () => {
    await using pair = await Pair.open();
    const { code } = pair.door.pairing.begin();
    const address = `http://127.0.0.1:${pair.door.port}/app/#pair=${code}`;
    const asked = { code: codeIn(address), name: 'My window' };
    const { token, capabilities } = await pairDevice({ url: pair.door.listener.relay }, asked, never);
    expect(capabilities).toContain('drive');
    expect(pair.door.devices.find(token)?.name).toBe('My window');
    await expect(pairDevice({ url: pair.door.listener.relay }, asked, never)).rejects.toMatchObject({
      code: 'refused',
    });
  });

  test('[S5] by its fingerprint a device pairs and connects; somebody in between gets neither code nor token', async () => {
    await using ours = await openDoorWorld({ bind: '0.0.0.0', tls: OWN });
    await using other = await openDoorWorld({ bind: '0.0.0.0', tls: OTHER });
    const fingerprint = fingerprintOf(OWN);
    const at = { url: `wss://localhost:${ours.port}/acp`, fingerprint };
    const between = { url: `wss://localhost:${other.port}/acp`, fingerprint };
    const asked = (): { code: string; name: string } => ({ code: ours.pairing.begin().code, name: 'My window' });
    const { token } = await pairDevice(at, asked(), never);
    const connect = (to: typeof at): ReturnType<ReturnType<typeof relaySocket>> =>
      relaySocket({ ...to, token: () => Promise.resolve(token) }, systemClock)({ client_id: 'a' }, never);
    (await connect(at)).end();
    const told = { code: 'refused', fingerprint: fingerprintOf(OTHER), isPinned: true };
    await expect(connect(between)).rejects.toMatchObject(told);
    await expect(pairDevice(between, asked(), never)).rejects.toMatchObject(told);
    expect([ours, other].map(({ guests }) => guests.map(({ visitor }) => visitor.device.name))).toEqual([
      ['My window'],
      [],
    ]);
  });
});
