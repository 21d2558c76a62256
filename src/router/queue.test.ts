import { beforeEach, describe, expect, test } from 'vitest';
import { RecordingBackend } from '../../test/tools/backend.ts';
import { entriesOf, number } from '../../test/tools/sessions.ts';
import { settled } from '../../test/tools/surface.ts';
import { Failure } from '../base/failure.ts';
import { silent } from '../base/log.ts';
import { manualClock } from '../base/testing.ts';
import type { Command, SessionEvent } from '../model/event.ts';
import { WORDS } from '../model/fold/words.ts';
import type { Session, SessionKey } from '../model/session.ts';
import { headerOf, type Stored } from './journal.ts';
import { LIMITS } from './limits.ts';
import { restore } from './restore.ts';
import { Router } from './router.ts';
import { SessionStore } from './store.ts';
import { noJournal } from './testing.ts';

const { signal } = new AbortController();

let store: SessionStore;
let router: Router;
let backend: RecordingBackend;
let key: SessionKey;

const use = async (using: RecordingBackend, beforeAll: () => void = () => undefined): Promise<void> => {
  const clock = manualClock();
  store = new SessionStore({ clock, journal: noJournal, log: silent });
  beforeAll();
  router = new Router({ store, clock, log: silent });
  backend = using;
  router.add(backend);
  key = await router.newSession({ backend: 'demo', cwd: '/w' }, signal);
};
beforeEach(() => use(new RecordingBackend()));

const append = (...events: readonly SessionEvent[]): void =>
  store.append(
    key,
    events.map((event) => ({ event })),
  );
const session = (): Session => {
  const now = store.get(key);
  if (now === undefined) throw new Error('The session is gone.');
  return now;
};
const perform = (command: Command): Promise<void> => router.perform(key, command, 'editor', signal);
const ask = (text: string): Promise<void> => perform({ kind: 'prompt', prompt: [{ type: 'text', text }] });
const end = (reason = 'end_turn'): void => {
  const { turn } = session();
  if (turn.state === 'running') append({ kind: 'turn/ended', turn: turn.id, reason });
};
const words = (prompt: readonly { readonly type: string }[]): string =>
  prompt.map((block) => ('text' in block ? String(block.text) : block.type)).join();
const queue = (): string[] => session().queue.map(({ prompt }) => words(prompt));
const sent = (): string[] =>
  backend.performed.flatMap((command) => (command.kind === 'prompt' ? [words(command.prompt)] : []));
const idOf = (text: string): string => session().queue.find(({ prompt }) => words(prompt) === text)?.id ?? 'nobody';
const refusal = async (performing: Promise<unknown>): Promise<string | undefined> => {
  const failure: unknown = await performing.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  return failure instanceof Failure ? failure.code : undefined;
};

describe('prompts while a turn runs', () => {
  beforeEach(async () => {
    for (const text of ['a', 'b', 'c', 'd']) await ask(text);
  });

  test('[I7] wait, and are sent in their order, each after the end of the one before', () => {
    const seen = [[sent(), queue()]];
    for (let turn = 0; turn < 4; turn += 1) {
      end();
      seen.push([sent(), queue()]);
    }
    expect(seen).toEqual([
      [['a'], ['b', 'c', 'd']],
      [
        ['a', 'b'],
        ['c', 'd'],
      ],
      [['a', 'b', 'c'], ['d']],
      [['a', 'b', 'c', 'd'], []],
      [['a', 'b', 'c', 'd'], []],
    ]);
  });

  test('[I7] can be changed, moved and taken out while they wait, and not after', async () => {
    await perform({ kind: 'queue/change', id: idOf('c'), prompt: [{ type: 'text', text: 'C' }] });
    await perform({ kind: 'queue/move', id: idOf('d'), before: idOf('b') });
    await perform({ kind: 'queue/move', id: idOf('b') });
    expect(queue()).toEqual(['d', 'C', 'b']);
    const gone = idOf('d');
    end();
    for (const command of [
      { kind: 'queue/change', id: gone, prompt: [{ type: 'text', text: 'late' }] },
      { kind: 'queue/move', id: gone },
      { kind: 'queue/move', id: idOf('b'), before: gone },
      { kind: 'queue/remove', id: gone },
      { kind: 'queue/send', id: gone },
    ] as const)
      expect(await refusal(perform(command))).toBe('gone');
    expect(await refusal(perform({ kind: 'queue/change', id: idOf('b'), prompt: [] }))).toBe('invalid');
    await perform({ kind: 'queue/remove', id: idOf('C') });
    end();
    expect([sent(), queue()]).toEqual([['a', 'd', 'b'], []]);
    await ask('e');
    await perform({ kind: 'queue/clear' });
    end();
    expect(sent()).toHaveLength(3);
  });

  test('[I8] a stop holds them; what is asked after it is sent at the end of the turn, and only that', async () => {
    await perform({ kind: 'cancel' });
    expect(session()).toMatchObject({ queuePaused: true, queueWhy: WORDS.queueStopped });
    await ask('instead');
    expect([sent(), queue()]).toEqual([['a'], ['instead', 'b', 'c', 'd']]);
    end('cancelled');
    expect([sent(), queue()]).toEqual([
      ['a', 'instead'],
      ['b', 'c', 'd'],
    ]);
    end();
    expect(session().turn.state).toBe('idle');
    await ask('at once');
    end();
    await perform({ kind: 'queue/resume' });
    expect([sent(), queue()]).toEqual([
      ['a', 'instead', 'at once', 'b'],
      ['c', 'd'],
    ]);
  });

  test('[I7] a pause holds what is asked during it too, and one prompt can be sent out of it', async () => {
    await perform({ kind: 'queue/pause' });
    await ask('e');
    end();
    expect([sent(), queue()]).toEqual([['a'], ['b', 'c', 'd', 'e']]);
    await perform({ kind: 'queue/send', id: idOf('d') });
    expect(sent()).toEqual(['a', 'd']);
    await perform({ kind: 'queue/send', id: idOf('e') });
    expect(queue()).toEqual(['e', 'b', 'c']);
    end();
    end();
    expect([sent(), queue(), session().queuePaused]).toEqual([['a', 'd', 'e'], ['b', 'c'], true]);
  });

  test('[I7] an agent that dies holds them; the next prompt brings it back and goes first', async () => {
    end('agent gone');
    append(
      {
        kind: 'session/opened',
        agentSession: 's',
        agent: { name: 'A', image: false, embeddedContext: false },
        options: [],
      },
      { kind: 'link', link: { state: 'failed', detail: 'It crashed.' } },
    );
    expect([sent(), session().queuePaused]).toEqual([['a'], true]);
    const attached: unknown[] = [];
    backend.onAttach = (...asked) => {
      attached.push(asked.slice(0, 3));
      return Promise.resolve({ kind: 'attached' });
    };
    const asked = ask('after');
    expect([session().link.state, queue()]).toEqual(['connecting', ['after', 'b', 'c', 'd']]);
    await asked;
    await settled();
    expect(attached).toEqual([[key, 's', { cwd: '/w', haveHistory: true }]]);
    expect([sent(), queue()]).toEqual([
      ['a', 'after'],
      ['b', 'c', 'd'],
    ]);
  });

  test('[I7] one of which nobody knows whether it was sent is not sent by itself, whatever else is said of the queue', () => {
    const [first, ...others] = session().queue;
    if (first === undefined) throw new Error('Nothing waits.');
    append({ kind: 'queue/changed', queue: [{ ...first, state: 'unknown' }, ...others], paused: false });
    end();
    expect(sent()).toEqual(['a']);
  });

  test('[I7] no more than fifty wait', async () => {
    for (let index = 3; index < LIMITS.queuedPrompts; index += 1) await ask(`${index}`);
    expect(await refusal(ask('one too many'))).toBe('full');
    end();
    await ask('one more');
    expect(session().queue).toHaveLength(50);
  });

  test('[I7] a listener that is told of the end first and prompts at once does not make two run, and waits behind', async () => {
    let asked = false;
    await use(new RecordingBackend(), () =>
      store.onAppended(({ logged }) => {
        if (asked || logged.every(({ event }) => event.kind !== 'turn/ended')) return;
        asked = true;
        void ask('from a listener');
      }),
    );
    await ask('a');
    await ask('b');
    end();
    expect([sent(), queue()]).toEqual([['a', 'b'], ['from a listener']]);
  });
});

describe('a queue that was read from disk', () => {
  const adopt = (from: Stored): void => {
    const { session: left, events } = restore(from);
    key = store.adopt(left, events).key;
  };
  const stored = (clean: boolean): Stored => {
    const log: SessionEvent[] = [
      {
        kind: 'session/opened',
        agentSession: 's',
        agent: { name: 'A', image: false, embeddedContext: false },
        options: [],
      },
      { kind: 'link', link: { state: 'ready' } },
      { kind: 'turn/started', turn: 'a', prompt: [{ type: 'text', text: 'a' }], device: 'd' },
      {
        kind: 'queue/changed',
        queue: [{ id: 'b', prompt: [{ type: 'text', text: 'b' }], device: 'd', at: 1, state: 'waiting' }],
        paused: false,
      },
    ];
    return {
      header: headerOf({ ...session(), key: 'restored' as SessionKey }),
      tail: number(log),
      clean,
      tornBytes: 0,
      lost: { events: 0, values: 0, snapshot: false },
    };
  };

  test('[I7] is held, sends nothing by itself when its agent is back, and goes on when a person says so', async () => {
    adopt(stored(true));
    expect(session()).toMatchObject({ turn: { last: { reason: 'unknown' } }, queuePaused: true });
    await router.resume(key, signal);
    expect([session().link.state, sent()]).toEqual(['ready', []]);
    await perform({ kind: 'queue/resume' });
    expect(sent()).toEqual(['b']);
  });

  test('[I7] what may have been sent is not hurried by being moved before what is', async () => {
    const back = Promise.withResolvers<{ readonly kind: 'attached' }>();
    backend.onAttach = () => back.promise;
    adopt(stored(false));
    // Its agent is still on its way, so this one waits, next in line.
    await ask('c');
    const [hurried] = session().queue;
    expect(hurried).toMatchObject({ now: true, state: 'waiting' });
    await perform({ kind: 'queue/move', id: 'b', before: hurried?.id ?? '' });
    back.resolve({ kind: 'attached' });
    await settled();
    expect([sent(), queue()]).toEqual([['c'], ['b']]);
    expect(session().queue[0]).not.toHaveProperty('now');
  });

  test('[I7] after an end without warning it may have been sent: only that very prompt can be sent, by a person', async () => {
    adopt(stored(false));
    expect(session()).toMatchObject({ queue: [{ state: 'unknown' }], queueWhy: WORDS.queueUnknown });
    await router.resume(key, signal);
    expect(await refusal(perform({ kind: 'queue/resume' }))).toBe('unknown');
    await ask('c');
    end();
    expect(sent()).toEqual(['c']);
    await perform({ kind: 'queue/send', id: 'b' });
    expect(sent()).toEqual(['c', 'b']);
  });
});

describe('the agent of a session', () => {
  const lose = (): void =>
    append(
      {
        kind: 'session/opened',
        agentSession: 's',
        agent: { name: 'A', image: false, embeddedContext: false },
        options: [],
      },
      { kind: 'notice', severity: 'info', title: 'something was said' },
      { kind: 'link', link: { state: 'failed', detail: 'It crashed.' } },
    );

  test('[K3] that has forgotten it is not passed over: the prompt waits until a person goes on afresh', async () => {
    lose();
    backend.onAttach = () => Promise.resolve({ kind: 'forgotten', why: 'It does not remember.' });
    const created: unknown[] = [];
    backend.onCreate = (_, options) => Promise.resolve(void created.push(options));
    await ask('a');
    await settled();
    expect(session()).toMatchObject({
      link: { state: 'disconnected', forgotten: true, detail: 'It does not remember.' },
      queuePaused: true,
    });
    expect(sent()).toEqual([]);
    expect(await refusal(perform({ kind: 'session/afresh' }))).toBeUndefined();
    expect(created).toEqual([{ cwd: '/w', afresh: true }]);
    expect([session().link.state, queue()]).toEqual(['ready', ['a']]);
    await perform({ kind: 'queue/resume' });
    expect(sent()).toEqual(['a']);
    expect(await refusal(perform({ kind: 'session/afresh' }))).toBe('invalid');
  });

  test('[K3] a new prompt after that starts it afresh', async () => {
    lose();
    backend.onAttach = () => Promise.resolve({ kind: 'forgotten', why: '' });
    await router.resume(key, signal);
    await ask('a');
    await settled();
    expect(sent()).toEqual(['a']);
  });

  test('[K2] that cannot come back says why, and the prompt waits', async () => {
    lose();
    backend.onAttach = () => Promise.reject(new Failure('gone', 'There is no such command.'));
    await ask('a');
    await settled();
    expect(session()).toMatchObject({
      link: { state: 'failed', detail: 'There is no such command.' },
      queuePaused: true,
    });
    expect([queue(), sent()]).toEqual([['a'], []]);
    await expect(router.resume(key, signal)).rejects.toThrow('There is no such command.');
  });

  test('[K1] one that never had one, or nothing to forget, gets a new one without a word', async () => {
    append({ kind: 'link', link: { state: 'failed' } });
    await router.resume(key, signal);
    expect([session().link.state, entriesOf(session())]).toEqual(['ready', []]);
  });

  test('[demand 7] [acp 4.1.23] a restart brings it back for all that had it, in their order, and for no other', async () => {
    lose();
    const first = key;
    const second = await router.newSession({ backend: 'demo', cwd: '/w2' }, signal);
    const read = await router.newSession({ backend: 'demo', cwd: '/w3' }, signal);
    for (const [index, one] of [second, read].entries()) {
      key = one;
      lose();
      if (index === 1) append({ kind: 'link', link: { state: 'disconnected' } });
    }
    const done: unknown[] = [];
    backend.onStop = () => done.push('stop');
    backend.onAttach = (one) => {
      done.push(one);
      return one === first ? Promise.reject(new Error('not this one')) : Promise.resolve({ kind: 'attached' });
    };
    await router.restart('demo', signal);
    expect(done).toEqual(['stop', first, second]);
    expect(store.all().map(({ link }) => link.state)).toEqual(['failed', 'ready', 'disconnected']);
  });

  test('[I13] nobody waits for one any more when the session is closed', async () => {
    let given: AbortSignal | undefined;
    lose();
    backend.onAttach = (_key, _id, _options, own) => {
      given = own;
      return new Promise((_, reject) => own.addEventListener('abort', () => reject(own.reason)));
    };
    const resumed = router.resume(key, signal);
    await perform({ kind: 'close' });
    await expect(resumed).rejects.toThrow('closed');
    expect([given?.aborted, store.all()]).toEqual([true, []]);
  });

  test('[router] a queue that the far side keeps is the far side’s: everything is forwarded', async () => {
    await use(new RecordingBackend({ queue: 'them' }));
    await ask('a');
    await ask('b');
    await perform({ kind: 'queue/pause' });
    await perform({ kind: 'queue/remove', id: 'x' });
    expect(backend.performed.map(({ kind }) => kind)).toEqual(['prompt', 'prompt', 'queue/pause', 'queue/remove']);
    expect(session().queue).toEqual([]);
  });
});
