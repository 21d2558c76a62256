// Sessions on a real disk, as a window keeps them.
import { silent } from '../../src/base/log.ts';
import { systemClock } from '../../src/machine/clock.ts';
import { realDisk } from '../../src/machine/disk.ts';
import { FileJournal } from '../../src/machine/journal.ts';
import { Locks } from '../../src/machine/lock.ts';
import { systemProcesses } from '../../src/machine/processIdentity.ts';
import type { Emitted } from '../../src/model/event.ts';
import type { Session, SessionKey } from '../../src/model/session.ts';
import type { Journal } from '../../src/router/journal.ts';
import { Catalogue } from '../../src/router/catalogue.ts';
import { SessionStore } from '../../src/router/store.ts';
import { grown } from './past.ts';

const BATCH = 64;

const journalIn = (root: string, fold: (key: SessionKey) => Session | undefined): FileJournal => {
  const locks = new Locks({ disk: realDisk, clock: systemClock, processes: systemProcesses, pid: process.pid });
  return new FileJournal({ root, disk: realDisk, clock: systemClock, log: silent, locks, fold });
};

/** What a window has from its start on. */
export const openKeep = (root: string) => {
  const journal: FileJournal = journalIn(root, (key) => store.get(key));
  const store: SessionStore = new SessionStore({ clock: systemClock, journal, log: silent });
  const kept = (): boolean => true;
  const catalogue = new Catalogue({ store, journal, log: silent, kept, belongs: kept });
  return {
    journal,
    store,
    catalogue,
    async close(): Promise<void> {
      await journal[Symbol.asyncDispose]();
      catalogue.dispose();
      store.dispose();
    },
  };
};

/**
 * Leaves a session in the folder as a window leaves it that ends cleanly.
 * `folds`: `never`, each event is in the tail; `usual`, as it comes; a number, so many events come after the last fold.
 */
export const leave = async (
  root: string,
  empty: Session,
  events: readonly Emitted[],
  folds: 'never' | 'usual' | number = 'usual',
): Promise<void> => {
  let session = empty;
  const { key } = empty;
  // What its owner does not have cannot be folded.
  const journal = journalIn(root, () => (folds === 'never' ? undefined : session));
  journal.begin(session);
  const add = async (some: readonly Emitted[]): Promise<void> => {
    for (let from = 0; from < some.length; from += BATCH) {
      const { session: next, logged } = grown(session, some.slice(from, from + BATCH));
      session = next;
      journal.append(key, logged);
      if (from % (BATCH * BATCH) === 0) await journal.flush();
    }
    await journal.flush();
  };
  const tail = typeof folds === 'number' ? folds : 0;
  await add(events.slice(0, events.length - tail));
  await fold(journal, key, tail > 0);
  await add(tail > 0 ? events.slice(-tail) : []);
  await journal.close(key);
};

const fold = async (journal: Journal, key: SessionKey, wanted: boolean): Promise<void> => {
  if (!wanted) return;
  journal.checkpoint(key);
  await journal.flush();
};
