import type { Clock } from '../../src/base/clock.ts';
import { silent } from '../../src/base/log.ts';
import { type ManualClock, manualClock } from '../../src/base/testing.ts';
import { FileJournal } from '../../src/machine/journal.ts';
import { Locks } from '../../src/machine/lock.ts';
import type { ProcessTable } from '../../src/machine/processIdentity.ts';
import type { Emitted, Logged } from '../../src/model/event.ts';
import { reduce } from '../../src/model/reduce.ts';
import { emptySession, type Session, type SessionKey } from '../../src/model/session.ts';
import type { Stored } from '../../src/router/journal.ts';
import { restore } from '../../src/router/restore.ts';
import { settled } from '../tools/surface.ts';
import type { MemoryDisk } from './disk.ts';

export const ROOT = '/s/journal';
export const KEY = 'k' as SessionKey;
const never = new AbortController().signal;

/** The machine: which processes live, and how many there have been. */
export class FakeMachine {
  readonly living = new Set<number>();
  #processes = 0;

  start(): number {
    const pid = (this.#processes += 1);
    this.living.add(pid);
    return pid;
  }

  readonly table: ProcessTable = {
    place: () => Promise.resolve('here'),
    find: (pid) => Promise.resolve(this.living.has(pid) ? { pid, started: `start of ${pid}` } : undefined),
  };
}

/** One process of ours: a journal, and an owner of sessions that folds as the store does. */
export class JournalProcess {
  readonly pid: number;
  readonly clock: ManualClock;
  readonly journal: FileJournal;
  readonly sessions = new Map<SessionKey, Session>();
  readonly #machine: FakeMachine;

  constructor(disk: MemoryDisk, machine = new FakeMachine()) {
    this.#machine = machine;
    this.pid = machine.start();
    this.clock = manualClock();
    let ids = 0;
    const clock: Clock = {
      now: () => this.clock.now(),
      monotonic: () => this.clock.monotonic(),
      after: (milliseconds, run) => this.clock.after(milliseconds, run),
      id: () => `p${this.pid}-${(ids += 1)}`,
    };
    this.journal = new FileJournal({
      root: ROOT,
      disk,
      clock,
      log: silent,
      locks: new Locks({ disk, clock, processes: machine.table, pid: this.pid }),
      fold: (key) => this.sessions.get(key),
    });
  }

  begin(key = KEY): Session {
    const session = emptySession({
      key,
      backend: 'demo',
      agentLabel: 'Demo',
      title: '',
      cwd: '/w',
      createdAt: 1,
      owns: { history: 'us', queue: 'us', questions: 'us' },
      epoch: `epoch of ${this.pid}`,
    });
    this.sessions.set(key, session);
    this.journal.begin(session);
    return session;
  }

  append(events: readonly Emitted[], key = KEY): readonly Logged[] {
    const session = this.session(key);
    const logged = events.map((emitted, index) => ({
      seq: session.at.seq + index + 1,
      at: 1000 + session.at.seq + index,
      ...emitted,
    }));
    this.sessions.set(key, reduce(session, logged));
    this.journal.append(key, logged);
    return logged;
  }

  session(key = KEY): Session {
    const session = this.sessions.get(key);
    if (session === undefined) throw new Error(`There is no session ${key}.`);
    return session;
  }

  /** Loads it and goes on with it; what restoring adds is appended where `mend` says so. */
  async load(key = KEY, mend = true): Promise<Stored> {
    const stored = await this.journal.load(key, never);
    const { session, events } = restore(stored);
    this.sessions.set(key, session);
    if (mend) this.append(events, key);
    return stored;
  }

  async close(key = KEY): Promise<void> {
    await this.journal.close(key);
    this.sessions.delete(key);
  }

  /** Lets time pass, and what it causes be done. */
  async pass(milliseconds: number, step = 5): Promise<void> {
    await settled();
    for (let left = milliseconds; left > 0; left -= step) {
      this.clock.advance(Math.min(step, left));
      await settled();
    }
  }

  /** Nothing of it happens any more. */
  die(): void {
    this.#machine.living.delete(this.pid);
  }
}
