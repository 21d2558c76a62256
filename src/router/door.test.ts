import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Failure } from '../base/failure.ts';
import { silent } from '../base/log.ts';
import { type ManualClock, manualClock } from '../base/testing.ts';
import { RecordingBackend } from '../../test/tools/backend.ts';
import { question, says } from '../../test/tools/sessions.ts';
import { settled, TestSurface } from '../../test/tools/surface.ts';
import { reduce } from '../model/reduce.ts';
import type { SessionKey } from '../model/session.ts';
import { type Action, type Setup, type ToSurface, VIEW_VERSION } from '../protocol/view/messages.ts';
import { ViewDoor } from './door.ts';
import { LIMITS } from './limits.ts';
import { Router } from './router.ts';
import { SessionStore } from './store.ts';
import { catalogueOf, noJournal } from './testing.ts';

const setup: Setup = { folder: true, trusted: true, agents: [{ id: 'demo', label: 'Demo' }] };
const key = 'k' as SessionKey;
const about = {
  key,
  backend: 'demo',
  agentLabel: 'Demo',
  title: '',
  cwd: '/w',
  owns: { history: 'us', queue: 'us', questions: 'us' },
} as const;

let clock: ManualClock;
let store: SessionStore;
let surface: TestSurface;
let door: ViewDoor;
let backend: RecordingBackend;
let acted: Action[];
let warnings: string[];

afterEach(() => door.dispose());

beforeEach(() => {
  clock = manualClock();
  store = new SessionStore({ clock, journal: noJournal, log: silent });
  const router = new Router({ store, clock, log: silent });
  backend = new RecordingBackend();
  router.add(backend);
  surface = new TestSurface();
  acted = [];
  warnings = [];
  store.open(about);
  door = new ViewDoor({
    store,
    catalogue: catalogueOf(store),
    router,
    clock,
    log: { ...silent, warn: (message) => warnings.push(message) },
    device: 'editor',
    surface: surface.core,
    strings: { Stop: 'Halt' },
    setup,
    act: (action) => {
      acted.push(action);
      return action.kind === 'mend' ? Promise.reject(new Failure('x', 'It broke.', 'Mend it.')) : Promise.resolve();
    },
  });
});

const append = (count: number): void => {
  for (let index = 0; index < count; index += 1) store.append(key, [{ event: says('x'), raw: '{"raw":1}' }]);
};
const arrived = async (): Promise<readonly ToSurface[]> => {
  await settled();
  return surface.take();
};
const greet = async (): Promise<readonly ToSurface[]> => {
  surface.say({ type: 'hello', version: VIEW_VERSION });
  return arrived();
};
/** In short: what the messages of the session hold. */
const brief = (messages: readonly ToSurface[]): readonly string[] =>
  messages.map((message) => {
    if (message.type === 'snapshot') return `snapshot @${message.session.at.seq}`;
    if (message.type !== 'events') return message.type;
    return `${message.after} +${message.events.length}`;
  });

describe('hello', () => {
  test('[V1] is answered with the words, the list, and what was asked for before', async () => {
    door.focus(key, 'q');
    door.compose('draft');
    expect(await arrived()).toEqual([]);
    expect(await greet()).toMatchObject([
      { type: 'welcome', version: VIEW_VERSION, strings: { Stop: 'Halt' }, setup },
      { type: 'catalogue', sessions: [{ key, state: 'Connecting' }], removed: [] },
      { type: 'focus', key, question: 'q' },
      { type: 'compose', text: 'draft' },
    ]);
    door.setup({ ...setup, trusted: false });
    store.append(key, [{ event: { kind: 'link', link: { state: 'ready' } } }]);
    store.remove(key);
    expect(await arrived()).toMatchObject([
      { type: 'setup', setup: { trusted: false } },
      { type: 'catalogue', sessions: [{ state: 'Ready' }] },
      { type: 'catalogue', removed: [key] },
    ]);
  });

  test('[V1] of another version gets our version and nothing that it could misread', async () => {
    surface.say({ type: 'hello', version: 99 }, { type: 'attach', key });
    append(3);
    expect(await arrived()).toEqual([{ type: 'welcome', version: VIEW_VERSION, strings: { Stop: 'Halt' }, setup }]);
  });
});

describe('attaching', () => {
  test('[I1] gives a snapshot and then what follows, in one tick', async () => {
    await greet();
    append(2);
    surface.say({ type: 'attach', key });
    await settled();
    expect(door.shown).toBe(key);
    clock.advance(LIMITS.viewPause);
    append(1);
    const messages = await arrived();
    expect(brief(messages)).toEqual(['snapshot @2', '2 +1']);
    expect(JSON.stringify(messages)).not.toContain('raw');
  });

  test('[L2] wakes nothing where nobody looks', async () => {
    await greet();
    store.remove(key);
    await arrived();
    surface.say({ type: 'attach', key, wake: false });
    expect(await arrived()).toEqual([]);
    // Whoever looks is told what became of it.
    surface.say({ type: 'attach', key });
    expect(await arrived()).toMatchObject([{ type: 'catalogue', removed: [key] }]);
  });

  test('[I1] from a position gives what is after it; from nowhere that is known, a snapshot', async () => {
    await greet();
    append(5);
    const { epoch } = store.get(key)?.at ?? { epoch: '' };
    const from = async (position: { epoch: string; seq: number }) => {
      surface.say({ type: 'attach', key, position });
      return brief(await arrived());
    };
    expect(await from({ epoch, seq: 3 })).toEqual(['3 +2']);
    expect(await from({ epoch, seq: 5 })).toEqual(['5 +0']);
    expect(await from({ epoch: 'older', seq: 3 })).toEqual(['snapshot @5']);
    expect(await from({ epoch, seq: 6 })).toEqual(['snapshot @5']);
    surface.say({ type: 'detach', key });
    await arrived();
    append(LIMITS.heldEvents);
    expect(await from({ epoch, seq: 3 })).toEqual([`snapshot @${5 + LIMITS.heldEvents}`]);
  });

  test('[acp 4.2.6] a view that hears nothing while it is hidden misses nothing: it says where it was, and gets the rest', async () => {
    await greet();
    append(2);
    surface.say({ type: 'attach', key });
    const [snapshot] = (await arrived()).filter(({ type }) => type === 'snapshot');
    if (snapshot?.type !== 'snapshot') throw new Error('no snapshot');
    let seen = snapshot.session;
    // Posted, and lost on the way to a page that is not there.
    append(3);
    clock.advance(LIMITS.viewPause);
    await arrived();
    surface.say({ type: 'hello', version: VIEW_VERSION }, { type: 'attach', key, position: seen.at });
    const messages = await arrived();
    // What a page is sent crosses by structured cloning, which leaves no prototype and no function.
    expect(messages).toStrictEqual(structuredClone(messages));
    for (const message of messages) if (message.type === 'events') seen = reduce(seen, message.events);
    expect(seen).toEqual(store.get(key));
  });

  test('[view] to what is not there says that it is gone', async () => {
    await greet();
    surface.say({ type: 'attach', key: 'nothing' as SessionKey });
    expect(await arrived()).toEqual([{ type: 'catalogue', sessions: [], removed: ['nothing'] }]);
    expect(door.shown).toBeUndefined();
  });

  test('[view] ends by detaching, and when the session is closed', async () => {
    await greet();
    surface.say({ type: 'attach', key }, { type: 'detach', key });
    await arrived();
    append(1);
    expect(await arrived()).toEqual([]);
    surface.say({ type: 'attach', key });
    await arrived();
    store.remove(key);
    expect(brief(await arrived())).toEqual(['catalogue']);
    expect(door.shown).toBeUndefined();
  });
});

describe('live', () => {
  const ack = (seq: number): void => surface.say({ type: 'ack', key, seq });
  beforeEach(async () => {
    await greet();
    surface.say({ type: 'attach', key });
    await arrived();
    clock.advance(LIMITS.viewPause);
    ack(0);
    await settled();
  });

  test('[P5] an event after a pause leaves at once, the next ones together a frame later', async () => {
    append(1);
    append(3);
    expect(brief(await arrived())).toEqual(['0 +1']);
    ack(1);
    expect(await arrived()).toEqual([]);
    clock.advance(LIMITS.viewPause - 1);
    append(1);
    expect(await arrived()).toEqual([]);
    clock.advance(1);
    expect(brief(await arrived())).toEqual(['1 +4']);
    expect(clock.waiting).toBe(0);
  });

  test('[P5] the first words of an answer do not wait for the pause after the start of their turn', async () => {
    clock.advance(LIMITS.viewPause);
    append(1);
    append(1);
    append(2);
    expect(brief(await arrived())).toEqual(['0 +1', '1 +1']);
    ack(2);
    await settled();
    clock.advance(LIMITS.viewPause);
    append(1);
    expect(brief(await arrived())).toEqual(['2 +2']);
    clock.advance(LIMITS.viewPause);
    expect(brief(await arrived())).toEqual(['4 +1']);
  });

  test('[P6] a burst goes out in whole batches, as far as the window is open, and on at each acknowledgement', async () => {
    append(3 * LIMITS.viewBatch + 10);
    const batch = LIMITS.viewBatch;
    expect(brief(await arrived())).toEqual(['0 +1', `1 +${batch}`]);
    clock.advance(1000);
    expect(await arrived()).toEqual([]);
    ack(1);
    expect(brief(await arrived())).toEqual([`${1 + batch} +${batch}`]);
    ack(1 + 2 * batch);
    expect(brief(await arrived())).toEqual([`${1 + 2 * batch} +${batch}`]);
    clock.advance(LIMITS.viewPause);
    expect(brief(await arrived())).toEqual([`${1 + 3 * batch} +9`]);
  });

  test('[P10] a surface that acknowledges nothing gets nothing more, costs no timer, and is caught up by a snapshot', async () => {
    append(1);
    clock.advance(LIMITS.viewPause);
    append(1);
    expect(brief(await arrived())).toEqual(['0 +1', '1 +1']);
    append(LIMITS.heldEvents + 1);
    clock.advance(60_000);
    expect(await arrived()).toEqual([]);
    expect(clock.waiting).toBe(0);
    ack(2);
    expect(brief(await arrived())).toEqual([`snapshot @${LIMITS.heldEvents + 3}`]);
  });

  test('[I10] a surface that reads nothing is given up before what waits for it grows without end', async () => {
    const stuck = new TransformStream<readonly ToSurface[], readonly ToSurface[]>();
    const mute = new ViewDoor({
      store,
      catalogue: catalogueOf(store),
      router: new Router({ store, clock, log: silent }),
      clock,
      log: silent,
      device: 'x',
      surface: {
        readable: new ReadableStream({
          start: (control) => control.enqueue([{ type: 'hello', version: VIEW_VERSION }]),
        }),
        writable: stuck.writable,
      },
      strings: {},
      setup,
      act: () => Promise.resolve(),
    });
    await settled();
    for (let index = 0; index <= LIMITS.viewWaiting + 1; index += 1) mute.setup(setup);
    await mute.closed;
  });
});

describe('commands', () => {
  beforeEach(async () => {
    await greet();
    store.append(key, [{ event: { kind: 'link', link: { state: 'ready' } } }]);
    await arrived();
  });

  test('[view] are done once, however often a line comes; after a hello the surface counts anew', async () => {
    const rename = (title: string) => ({ type: 'command', id: 1, key, command: { kind: 'rename', title } }) as const;
    surface.say(rename('once'), rename('once'), { ...rename('late'), id: 0 });
    expect((await arrived()).filter(({ type }) => type === 'result')).toHaveLength(1);
    expect(store.get(key)?.title).toBe('once');
    surface.say({ type: 'hello', version: VIEW_VERSION }, rename('anew'));
    expect((await arrived()).at(-1)).toEqual({ type: 'result', id: 1 });
  });

  test('[view] are performed in the name of the device and answered by their id', async () => {
    store.append(key, [{ event: { kind: 'question/asked', question: question('q') } }]);
    const answer = {
      kind: 'question/answer',
      question: 'q',
      hash: 'hash of q',
      outcome: { kind: 'selected', option: 'no' },
    } as const;
    surface.say({ type: 'command', id: 7, key, command: answer }, { type: 'command', id: 8, key, command: answer });
    const results = (await arrived()).filter(({ type }) => type === 'result');
    expect(results).toHaveLength(2);
    expect(results).toContainEqual({ type: 'result', id: 7 });
    expect(results).toContainEqual({
      type: 'result',
      id: 8,
      failure: { message: 'This was already answered on “editor”.' },
    });
    expect(backend.performed).toEqual([answer]);
  });

  test('[view] actions go to the window, and what went wrong comes back with what to do', async () => {
    surface.say(
      { type: 'do', id: 1, action: { kind: 'session/new' } },
      { type: 'do', id: 2, action: { kind: 'mend', what: 'trust' } },
    );
    expect(await arrived()).toEqual([
      { type: 'result', id: 1 },
      { type: 'result', id: 2, failure: { message: 'It broke.', next: 'Mend it.' } },
    ]);
    expect(acted).toEqual([{ kind: 'session/new' }, { kind: 'mend', what: 'trust' }]);
  });

  test('[view] too many at once are refused', async () => {
    backend.onPerform = () => new Promise(() => undefined);
    const closes = Array.from(
      { length: LIMITS.viewCommands + 1 },
      (_, id) => ({ type: 'command', id, key, command: { kind: 'close' } }) as const,
    );
    surface.say(...closes);
    expect(await arrived()).toEqual([
      {
        type: 'result',
        id: LIMITS.viewCommands,
        failure: { message: 'Too much is under way at once.', next: 'Wait a moment.' },
      },
    ]);
  });

  test('[S44] nonsense is counted, written down ever less, and does nothing', async () => {
    const nonsense = Array.from({ length: 100 }, (_, index) => ({ nonsense: index }));
    surface.say(...nonsense, { type: 'do', id: 1, action: { kind: 'session/new' } });
    expect(await arrived()).toEqual([{ type: 'result', id: 1 }]);
    expect(warnings.map((warning) => /^Message (\d+)/u.exec(warning)?.[1])).toEqual([
      '1',
      '2',
      '4',
      '8',
      '16',
      '32',
      '64',
    ]);
    expect(backend.performed).toEqual([]);
  });
});

describe('the end', () => {
  test('[I13] the door closes with its surface, and leaves nothing behind', async () => {
    await greet();
    surface.say({ type: 'attach', key });
    await arrived();
    append(2);
    await surface.close();
    await door.closed;
    expect(clock.waiting).toBe(0);
    await surface.ended;
    append(2);
    door.focus(key);
    door.dispose();
    expect(door.shown).toBeUndefined();
  });

  test('[I13] a door that is disposed ends its surface', async () => {
    await greet();
    door.dispose();
    await door.closed;
    await surface.ended;
  });

  test('[I3] the fold of a surface over the messages is the session of the store', async () => {
    await greet();
    surface.say({ type: 'attach', key });
    const [first] = await arrived();
    append(40);
    clock.advance(100);
    const events = (await arrived()).flatMap((message) => (message.type === 'events' ? message.events : []));
    expect(first?.type === 'snapshot' && reduce(first.session, events)).toEqual(store.get(key));
  });
});
