import { beforeEach, describe, expect, test } from 'vitest';
import { MemoryDisk } from '../../test/fakes/disk.ts';
import { FakeMachine, JournalProcess } from '../../test/fakes/journal.ts';
import { says } from '../../test/tools/sessions.ts';
import { silent } from '../base/log.ts';
import type { SessionKey } from '../model/session.ts';
import { Catalogue } from './catalogue.ts';
import { type Listed, SessionStore } from './store.ts';

const never = new AbortController().signal;
const owns = { history: 'us', queue: 'us', questions: 'us' } as const;
const key = 'k' as SessionKey;

let disk: MemoryDisk;
let machine: FakeMachine;

/** One window: its own process, and a store and a list over the disk that all share. */
class Window {
  readonly #process = new JournalProcess(disk, machine);
  kept = true;
  readonly store: SessionStore;
  readonly catalogue: Catalogue;
  told: Listed[] = [];

  constructor() {
    const { journal, clock, sessions } = this.#process;
    this.store = new SessionStore({
      clock,
      log: silent,
      journal: {
        begin: (session) => this.kept && journal.begin(session),
        keepLarge: () => undefined,
        append: (of, logged) => journal.append(of, logged),
        close: (of) => journal.close(of),
      },
    });
    // The journal asks this process for the fold: here that is the store's.
    sessions.get = (of) => this.store.get(of);
    this.catalogue = new Catalogue({
      store: this.store,
      journal,
      log: silent,
      kept: () => this.kept,
      belongs: (cwd) => cwd.startsWith('/w'),
    });
    this.catalogue.onListed((listed) => this.told.push(listed));
  }

  open(of = key, cwd = '/w'): void {
    this.store.open({ key: of, backend: 'demo', agentLabel: 'Demo', title: '', cwd, owns });
  }

  say(text: string): void {
    this.store.append(key, [{ event: says(text) }]);
  }

  flush(): Promise<void> {
    return this.#process.journal.flush();
  }

  async end(): Promise<void> {
    await this.#process.journal[Symbol.asyncDispose]();
    this.#process.die();
  }

  crash(): void {
    this.#process.die();
  }

  list(): readonly string[] {
    return this.catalogue.all().map(({ key: of, state, asleep, elsewhere, pinned, archived }) => {
      const flags = Object.entries({ asleep, elsewhere, pinned, archived }).flatMap(([name, on]) => (on ? [name] : []));
      return [of, state, ...flags].join(' ');
    });
  }
}

beforeEach(() => {
  disk = new MemoryDisk();
  machine = new FakeMachine();
});

describe('the list of sessions', () => {
  test('[I4] a session of an earlier window sleeps in it, and is as it was left when it is woken', async () => {
    const first = new Window();
    first.open();
    first.say('hello');
    await first.end();
    const second = new Window();
    expect(second.list()).toEqual([]);
    await second.catalogue.refresh(never);
    expect(second.list()).toEqual(['k Disconnected asleep']);
    expect(second.store.all()).toEqual([]);
    const [one, other] = await Promise.all([second.catalogue.wake(key, never), second.catalogue.wake(key, never)]);
    expect(one).toBe(other);
    expect(one.entries).toEqual(first.store.get(key)?.entries);
    expect(second.list()).toEqual(['k Disconnected']);
    second.catalogue.rest(key);
    expect(second.list()).toEqual(['k Disconnected asleep']);
    expect((await second.catalogue.wake(key, never)).entries).toEqual(one.entries);
  });

  test('[sessions] one that is closed sleeps, and is told as removed and there in one piece', async () => {
    const window = new Window();
    window.open();
    window.say('hello');
    window.told = [];
    window.store.remove(key);
    expect(window.told).toMatchObject([{ removed: [key], sessions: [{ key, asleep: true, state: 'Disconnected' }] }]);
    expect((await window.catalogue.wake(key, never)).at.seq).toBeGreaterThan(1);
  });

  test('[sessions] one that has an agent, or something that waits, is not put to sleep', () => {
    const window = new Window();
    window.open();
    window.catalogue.rest(key);
    expect(window.list()).toEqual(['k Connecting']);
  });

  test('[J4] [acp 4.2.12] one that is open in another window is refused while that lives, and says so in the list', async () => {
    const first = new Window();
    first.open();
    first.say('hello');
    await first.flush();
    const second = new Window();
    await second.catalogue.refresh(never);
    expect(second.list()).toEqual(['k Disconnected asleep elsewhere']);
    await expect(second.catalogue.wake(key, never)).rejects.toMatchObject({ code: 'locked' });
    first.crash();
    await second.catalogue.refresh(never);
    expect(second.list()).toEqual(['k Disconnected asleep']);
    expect((await second.catalogue.wake(key, never)).link.state).toBe('disconnected');
  });

  test('[J4] what was open elsewhere by the time it was asked for is listed so from then on', async () => {
    const first = new Window();
    first.open();
    first.say('hello');
    await first.end();
    const [second, third] = [new Window(), new Window()];
    await second.catalogue.refresh(never);
    await third.catalogue.wake(key, never);
    await expect(second.catalogue.wake(key, never)).rejects.toMatchObject({ code: 'locked' });
    expect(second.list()).toEqual(['k Disconnected asleep elsewhere']);
  });

  test('[sessions] flags outlive the window, asleep and awake', async () => {
    const first = new Window();
    first.open();
    await first.catalogue.mark(key, { pinned: true });
    expect(first.list()).toEqual(['k Connecting pinned']);
    await first.end();
    const second = new Window();
    await second.catalogue.refresh(never);
    expect(second.list()).toEqual(['k Disconnected asleep pinned']);
    await second.catalogue.mark(key, { archived: true, pinned: false });
    expect(second.list()).toEqual(['k Disconnected asleep archived']);
    await second.catalogue.wake(key, never);
    expect(second.list()).toEqual(['k Disconnected archived']);
  });

  test('[sessions] those of other folders are not listed', async () => {
    const first = new Window();
    first.open('other' as SessionKey, '/elsewhere');
    first.open();
    await first.end();
    const second = new Window();
    await second.catalogue.refresh(never);
    expect(second.list()).toEqual(['k Disconnected asleep']);
  });

  test('[sessions] an erased one leaves nothing on the disk, open or asleep', async () => {
    const window = new Window();
    window.open();
    window.say('hello');
    await window.flush();
    await window.catalogue.erase(key);
    await window.catalogue.refresh(never);
    expect(window.list()).toEqual([]);
    await expect(window.catalogue.wake(key, never)).rejects.toMatchObject({ code: 'missing' });
  });

  test('[sessions] one that is just being read is erased when it was, and read by nobody after that', async () => {
    const first = new Window();
    first.open();
    first.say('hello');
    await first.end();
    const window = new Window();
    await window.catalogue.refresh(never);
    const waking = window.catalogue.wake(key, never);
    const erasing = window.catalogue.erase(key);
    await expect(window.catalogue.wake(key, never)).rejects.toMatchObject({ code: 'missing' });
    await waking;
    await erasing;
    expect(window.list()).toEqual([]);
    await expect(window.catalogue.wake(key, never)).rejects.toMatchObject({ code: 'missing' });
  });

  test('[sessions] what another window erased is gone after the next look', async () => {
    const first = new Window();
    first.open();
    await first.end();
    const [second, third] = [new Window(), new Window()];
    await second.catalogue.refresh(never);
    await third.catalogue.eraseAll(never);
    second.told = [];
    await second.catalogue.refresh(never);
    expect(second.list()).toEqual([]);
    expect(second.told).toEqual([{ sessions: [], removed: [key] }]);
    await second.catalogue.refresh(never);
    expect(second.told).toHaveLength(1);
  });

  test('[sessions] where none are kept, nothing is on the disk and a closed one is gone', async () => {
    const window = new Window();
    window.kept = false;
    window.open();
    window.say('hello');
    await window.catalogue.mark(key, { pinned: true });
    expect(window.list()).toEqual(['k Connecting pinned']);
    await window.flush();
    window.store.remove(key);
    expect(window.list()).toEqual([]);
    expect(disk.operations).toEqual([]);
  });
});
