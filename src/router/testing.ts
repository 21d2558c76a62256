import { Failure } from '../base/failure.ts';
import { silent } from '../base/log.ts';
import { Catalogue } from './catalogue.ts';
import type { Journal } from './journal.ts';
import type { SessionStore } from './store.ts';

/** A journal that keeps nothing. */
export const noJournal: Journal = {
  begin: () => undefined,
  append: () => undefined,
  checkpoint: () => undefined,
  load: () => Promise.reject(new Failure('missing', 'This session is not stored here.')),
  list: () => Promise.resolve([]),
  mark: () => Promise.resolve(),
  flush: () => Promise.resolve(),
  close: () => Promise.resolve(),
  erase: () => Promise.resolve(),
  eraseAll: () => Promise.resolve(),
  state: { kind: 'ok' },
  onState: () => ({ dispose: () => undefined }),
};

/** The list of a store whose sessions are not kept. */
export const catalogueOf = (store: SessionStore): Catalogue =>
  new Catalogue({ store, journal: noJournal, log: silent, kept: () => false, belongs: () => true });
