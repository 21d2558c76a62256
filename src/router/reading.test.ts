import { describe, expect, onTestFinished, test } from 'vitest';
import { silent } from '../base/log.ts';
import { MemoryDisk } from '../../test/fakes/disk.ts';
import { FakeMachine, JournalProcess, KEY } from '../../test/fakes/journal.ts';
import { question, says } from '../../test/tools/sessions.ts';
import { settled, TestSurface } from '../../test/tools/surface.ts';
import { eachEntry, type Entry } from '../model/entry.ts';
import type { Session } from '../model/session.ts';
import { type ToSurface, VIEW_VERSION } from '../protocol/view/messages.ts';
import { Catalogue } from './catalogue.ts';
import { ViewDoor } from './door.ts';
import { Reading } from './reading.ts';
import { Router } from './router.ts';
import { SessionStore } from './store.ts';

/** One window that has a session, and another one whose chat shows it. */
const world = async () => {
  const disk = new MemoryDisk();
  const machine = new FakeMachine();
  const first = new JournalProcess(disk, machine);
  first.begin();
  first.append([
    { event: { kind: 'turn/started', turn: 't', prompt: [{ type: 'text', text: 'go' }], device: 'd' } },
    { event: says('one') },
    { event: { kind: 'question/asked', question: question('q') } },
    { event: { kind: 'link', link: { state: 'ready' } } },
  ]);
  await first.journal.flush();
  const second = new JournalProcess(disk, machine);
  const { clock, journal } = second;
  const store = new SessionStore({ clock: { ...clock, id: () => `id ${(ids += 1)}` }, journal, log: silent });
  let ids = 0;
  const catalogue = new Catalogue({ store, journal, log: silent, kept: () => true, belongs: () => true });
  const router = new Router({ store, clock, log: silent });
  const surface = new TestSurface();
  const never = new AbortController().signal;
  await catalogue.refresh(never);
  const door = new ViewDoor({
    store,
    catalogue,
    router,
    clock,
    log: silent,
    device: 'editor',
    surface: surface.core,
    strings: {},
    setup: { folder: true, trusted: true, agents: [] },
    act: async () => void (await catalogue.wake(KEY, never)),
    read: (key, changed, signal) =>
      Reading.open(key, { journal, clock: { ...clock, id: () => `r${(ids += 1)}` }, log: silent, changed }, signal),
  });
  onTestFinished(() => door.dispose());
  surface.say({ type: 'hello', version: VIEW_VERSION });
  surface.say({ type: 'attach', key: KEY });
  await settled();
  await second.pass(0);
  const came = async (milliseconds: number): Promise<readonly ToSurface[]> => {
    await settled();
    for (let left = milliseconds; left > 0; left -= 500) {
      clock.advance(Math.min(500, left));
      await settled();
    }
    const messages = surface.take();
    for (const message of messages)
      if (message.type === 'snapshot') surface.say({ type: 'ack', key: KEY, seq: message.session.at.seq });
    await settled();
    return messages;
  };
  return { first, second, store, surface, clock, came, door, disk };
};

const sessions = (messages: readonly ToSurface[]): readonly Session[] =>
  messages.flatMap((message) => (message.type === 'snapshot' ? [message.session] : []));

const withoutTurn = (session: Session): readonly Entry[] => [...eachEntry(session.entries)];

describe('a session that another window has', () => {
  test('[I3] [acp 4.2.12] its transcript is read here as it is there, follows it, and nothing is asked of it', async () => {
    const { first, surface, came, store } = await world();
    const [shown] = sessions(await came(0));
    expect(shown && withoutTurn(shown)).toEqual(withoutTurn(first.session()));
    expect(shown).toMatchObject({
      link: { state: 'disconnected', elsewhere: 'open' },
      turn: { state: 'idle' },
      questions: [],
    });
    expect(store.get(KEY)).toBeUndefined();
    expect(sessions(await came(3000))).toEqual([]);
    first.append([{ event: says(' and two') }]);
    await first.journal.flush();
    const [next, ...more] = sessions(await came(1500));
    expect(more).toEqual([]);
    expect(next && withoutTurn(next)).toEqual(withoutTurn(first.session()));
    expect(next?.at.epoch).not.toBe(shown?.at.epoch);
    surface.say({
      type: 'command',
      id: 7,
      key: KEY,
      command: { kind: 'prompt', prompt: [{ type: 'text', text: 'x' }] },
    });
    expect(await came(0)).toMatchObject([
      { type: 'result', id: 7, failure: { message: 'Another window has this session.' } },
    ]);
  });

  test('[I4] it is followed where it lives, as soon as that is known here, and read no more', async () => {
    const { first, came, store } = await world();
    expect(sessions(await came(0))).toMatchObject([{ link: { elsewhere: 'open' } }]);
    store.mirror(first.session(), []);
    const [shown] = sessions(await came(0));
    expect(shown?.at).toEqual(first.session().at);
    expect(shown?.link).toEqual({ state: 'ready' });
  });

  test('[J4] [acp 4.2.12] it is taken over when the other window has let go of it, and not before', async () => {
    const { first, surface, came, store } = await world();
    await came(0);
    surface.say({ type: 'do', id: 1, action: { kind: 'session/take', key: KEY } });
    expect(await came(500)).toMatchObject([{ type: 'result', id: 1, failure: { next: 'Close it there first.' } }]);
    await first.close();
    expect(sessions(await came(1500)).at(-1)?.link).toMatchObject({ elsewhere: 'left' });
    surface.say({ type: 'do', id: 2, action: { kind: 'session/take', key: KEY } });
    const taken = sessions(await came(500)).at(-1);
    expect(store.get(KEY)?.at).toEqual(taken?.at);
    expect(taken?.link.elsewhere).toBeUndefined();
    store.append(KEY, [{ event: says('mine') }]);
    expect(await came(1500)).toMatchObject([{ type: 'events' }]);
  });

  test('[P10] a surface that turns away leaves no timer', async () => {
    const { surface, clock, came } = await world();
    await came(0);
    expect(clock.waiting).toBeGreaterThan(0);
    surface.say({ type: 'detach', key: KEY });
    await came(100);
    expect(clock.waiting).toBe(0);
  });
});
