import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { RecordingBackend } from '../../test/tools/backend.ts';
import { settled, TestSurface } from '../../test/tools/surface.ts';
import { silent } from '../base/log.ts';
import { manualClock } from '../base/testing.ts';
import type { Command } from '../model/event.ts';
import { emptySession, type SessionKey } from '../model/session.ts';
import { type Action, type FromSurface, type ToSurface, VIEW_VERSION } from '../protocol/view/messages.ts';
import { ViewDoor } from '../router/door.ts';
import { Router } from '../router/router.ts';
import { SessionStore } from '../router/store.ts';
import { catalogueOf, noJournal } from '../router/testing.ts';
import type { Capability, Device } from './device.ts';
import { ViewGuard } from './guard.ts';
import { Lease } from './lease.ts';

const key = 'k' as SessionKey;
const far = 'far' as SessionKey;
const about = {
  ...{ key, backend: 'demo', agentLabel: 'Demo', title: '', cwd: '/w' },
  owns: { history: 'us', queue: 'us', questions: 'us' },
} as const;
const prompt: Command = { kind: 'prompt', prompt: [{ type: 'text', text: 'go' }] };

let store: SessionStore;
let lease: Lease;
let performed: [SessionKey, string][];
let acted: Action[];
let doors: ViewDoor[];

beforeEach(() => {
  const clock = manualClock();
  store = new SessionStore({ clock, journal: noJournal, log: silent });
  lease = new Lease();
  performed = [];
  acted = [];
  doors = [];
  store.open(about);
  store.mirror(emptySession({ ...about, key: far, createdAt: 1, epoch: 'e' }), []);
});
afterEach(() => doors.forEach((door) => door.dispose()));

/** The surface of a device, with what it is answered. */
const surfaceOf = async (capability: Capability, client = 'page'): Promise<Asking> => {
  const device: Device = { id: `d-${client}`, name: `The ${client}`, capability };
  const surface = new TestSurface();
  const router = new Router({ store, clock: manualClock(), log: silent });
  router.add(new RecordingBackend());
  doors.push(
    new ViewDoor({
      ...{ store, catalogue: catalogueOf(store), clock: manualClock(), log: silent, device: device.name, strings: {} },
      router: {
        perform: async (of, command) => {
          performed.push([of, command.kind]);
          await Promise.resolve();
        },
      },
      surface: surface.core,
      setup: { folder: true, trusted: true, agents: [] },
      guard: new ViewGuard(lease, device, client),
      act: async (action) => {
        acted.push(action);
        await Promise.resolve();
      },
    }),
  );
  surface.say({ type: 'hello', version: VIEW_VERSION });
  return new Asking(surface);
};

class Asking {
  readonly #surface: TestSurface;
  #last = 0;

  constructor(surface: TestSurface) {
    this.#surface = surface;
  }

  command(command: Command, of = key): Promise<string> {
    return this.#ask({ type: 'command', id: (this.#last += 1), key: of, command });
  }

  do(action: Action): Promise<string> {
    return this.#ask({ type: 'do', id: (this.#last += 1), action });
  }

  /** `done`, or what it was refused with. */
  async #ask(message: FromSurface): Promise<string> {
    this.#surface.say(message);
    await settled();
    const isAnswer = (told: ToSurface) => told.type === 'result' && told.id === this.#last;
    const answer = this.#surface.take().find(isAnswer);
    return answer?.type === 'result' ? (answer.failure?.message ?? 'done') : 'no answer';
  }
}

describe('the guard of a view door', () => {
  test('[S7] a device does what it may, whoever has the wheel', async () => {
    const watching = await surfaceOf('watch');
    expect(await watching.command(prompt)).toBe('This device may only watch.');
    expect(await watching.command({ kind: 'control/take' })).toBe('This device may only watch.');
    expect(await watching.do({ kind: 'session/new' })).toBe('This device may only watch.');
    const answering = await surfaceOf('answer', 'other');
    const answer = { kind: 'question/answer', question: 'q', hash: 'h', outcome: { kind: 'cancelled' } } as const;
    expect(await answering.command(prompt)).toBe('This device may only watch, and answer questions.');
    expect(await answering.command({ ...answer, remember: { scope: 'session', match: 0 } })).toMatch('may only watch');
    expect(await answering.command(answer)).toBe('done');
    expect(performed).toEqual([[key, 'question/answer']]);
    expect(acted).toEqual([]);
  });

  test('[S7] what is the owner’s alone no device does', async () => {
    const page = await surfaceOf('drive');
    for (const action of [
      { kind: 'folder/add', key },
      { kind: 'mend', what: 'settings' },
    ] as const)
      expect(await page.do(action)).toBe('This can only be done on the machine itself.');
    expect(acted).toEqual([]);
  });

  test('[relay 8 auto-claim] with the wheel one drives, and the others are told who', async () => {
    lease.enable(true);
    const [one, two] = [await surfaceOf('drive', 'one'), await surfaceOf('drive', 'two')];
    expect(await one.command(prompt)).toBe('done');
    expect(lease.state).toMatchObject({ holder: { client: 'one' }, epoch: 0 });
    expect(await two.command(prompt)).toBe('The one has the wheel.');
    expect(await two.command({ kind: 'control/release' })).toBe('The one has the wheel.');
    expect(await two.command({ kind: 'control/take' })).toBe('done');
    expect(await one.command({ kind: 'cancel' })).toBe('The two has the wheel.');
    expect(await two.command({ kind: 'control/release' })).toBe('done');
    expect(lease.state).toMatchObject({ holder: undefined, epoch: 2 });
    expect(performed).toEqual([[key, 'prompt']]);
  });

  test('[relay 8 auto-claim] without a lease nobody needs the wheel, and there is none to take', async () => {
    const page = await surfaceOf('drive');
    expect(await page.command(prompt)).toBe('done');
    expect(await page.command({ kind: 'control/take' })).toBe('Nothing here needs the wheel.');
    expect(lease.state.holder).toBeUndefined();
  });

  test('[S7] a session that lives elsewhere has its wheel there, and a device may no more in it than here', async () => {
    lease.enable(true);
    lease.take({ client: 'other', device: 'd', name: 'Other' });
    const page = await surfaceOf('drive');
    expect(await page.command(prompt)).toBe('Other has the wheel.');
    expect(await page.command(prompt, far)).toBe('done');
    expect(await page.command({ kind: 'control/take' }, far)).toBe('done');
    expect(performed).toEqual([
      [far, 'prompt'],
      [far, 'control/take'],
    ]);
    const watching = await surfaceOf('watch', 'watch');
    expect(await watching.command(prompt, far)).toBe('This device may only watch.');
  });
});
