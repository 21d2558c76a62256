import { Failure } from '../base/failure.ts';
import { silent } from '../base/log.ts';
import { Catalogue } from './catalogue.ts';
import type { Journal } from './journal.ts';
import type { Decides } from './permissions.ts';
import type { Workspace } from './ports.ts';
import type { SessionStore } from './store.ts';

/** A journal that keeps nothing. */
export const noJournal: Journal = {
  begin: () => undefined,
  keepLarge: () => undefined,
  readLarge: () => Promise.reject(new Failure('missing', 'This text is not stored here.')),
  append: () => undefined,
  checkpoint: () => undefined,
  load: () => Promise.reject(new Failure('missing', 'This session is not stored here.')),
  look: () => Promise.reject(new Failure('missing', 'This session is not stored here.')),
  list: () => Promise.resolve([]),
  mark: () => Promise.resolve(),
  flush: () => Promise.resolve(),
  close: () => Promise.resolve(),
  erase: () => Promise.resolve(),
  eraseAll: () => Promise.resolve(),
  trim: () => Promise.resolve({ sessions: 0, entries: 0, bytes: 0 }),
  state: { kind: 'ok' },
  onState: () => ({ dispose: () => undefined }),
  onFolded: () => ({ dispose: () => undefined }),
};

/** Nobody decided anything beforehand. */
export const noRules: Decides = { decide: () => ({}) };

/** Every path leads into the workspace, and nowhere else than it says. */
export const openPlace: Workspace['place'] = (path) => Promise.resolve({ path, real: path, inside: true });

/** The list of a store whose sessions are not kept, unless something else is said. */
export const catalogueOf = (store: SessionStore, kept = (): boolean => false): Catalogue =>
  new Catalogue({ store, journal: noJournal, log: silent, kept, belongs: () => true });
