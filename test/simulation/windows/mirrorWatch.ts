import { reduce } from '../../../src/model/reduce.ts';
import { emptySession, type Session, type SessionKey } from '../../../src/model/session.ts';
import { headerOf } from '../../../src/router/journal.ts';
import type { Permissions } from '../../../src/router/permissions.ts';
import type { Appended, SessionStore } from '../../../src/router/store.ts';
import type { Line } from '../line.ts';
import { WINDOW_RULE } from '../rules.ts';
import { different, same } from '../same.ts';
import type { Watch } from '../violation.ts';

/** What really is. */
export interface Truth {
  /** The history that has this epoch. */
  lineIn(epoch: string): Line | undefined;
}

interface Watched {
  readonly name: string;
  readonly store: SessionStore;
  readonly router: { readonly permissions: Permissions };
}

/** What was announced of a session last. */
interface Heard {
  readonly epoch: string;
  readonly seq: number;
  readonly session: Session;
}

/** What must be true of the sessions that a window mirrors. */
export class MirrorWatch {
  readonly #window: Watched;
  readonly #watch: Watch;
  readonly #truth: Truth;
  readonly #heard = new Map<SessionKey, Heard>();
  /** What was shown at positions that are no event's, such as behind a cut: each is one state and no other. */
  readonly #covers = new Map<string, Session>();
  /** By the session, where its fold was compared last. */
  readonly #folds = new Map<SessionKey, { readonly line: Line; readonly session: Session }>();
  readonly #compared = new WeakSet<Session>();
  /** Pages that were found to be the same: nobody changes one. */
  readonly #pages = new WeakMap<object, object>();

  constructor(parts: { readonly window: Watched; readonly watch: Watch; readonly truth: Truth }) {
    this.#window = parts.window;
    this.#watch = parts.watch;
    this.#truth = parts.truth;
    this.#window.store.onAppended((appended) => this.#hear(appended));
    this.#window.store.onListed(({ removed }) => {
      for (const key of removed) this.#heard.delete(key);
    });
  }

  /** Called when nothing is under way: what is mirrored is what its events make of it. */
  rest(): void {
    const { store } = this.#window;
    for (const session of store.all()) {
      if (!store.isMirrored(session.key)) continue;
      if (this.#compared.has(session)) continue;
      this.#compared.add(session);
      this.#compare(session);
    }
  }

  #hear({ key, session, logged }: Appended): void {
    const { name, store } = this.#window;
    // What is the window's own has rules and an agent of the window. One that is gone was none.
    if (store.get(key) !== undefined && !store.isMirrored(key)) return;
    const { epoch, seq } = session.at;
    const before = this.#heard.get(key);
    this.#heard.set(key, { epoch, seq, session });
    const isCut = epoch !== trueEpoch(epoch);
    const line = this.#truth.lineIn(trueEpoch(epoch));
    const isThere = line !== undefined && line.start.key === key && seq <= line.log.length;
    this.#watch.check('M1', isThere, () => `${name} is at ${epoch} ${seq} of ${key}, which never was`);
    if (logged.length > 0) this.#judgeNumbers(before, { epoch, seq }, logged);
    else if (before !== undefined && trueEpoch(before.epoch) === trueEpoch(epoch))
      this.#watch.check('I1', seq >= before.seq, () => `${name} went back from ${before.seq} to ${seq}`);
    for (const item of logged) {
      const known = line?.log[item.seq - 1]?.event;
      this.#watch.check('M1', same(known, item.event), () => `${name} took something else as ${epoch} ${item.seq}`);
    }
    if (isCut) this.#judgeCover(session);
    this.#judgeRules(session);
  }

  /** Dense, each once, whatever was doubled or cut on the way. */
  #judgeNumbers(before: Heard | undefined, at: Session['at'], logged: Appended['logged']): void {
    const { name } = this.#window;
    const follows = before !== undefined && trueEpoch(before.epoch) === at.epoch;
    const dense = logged.every(({ seq }, index) => seq === (before?.seq ?? 0) + index + 1);
    const ends = logged.at(-1)?.seq === at.seq;
    const numbers = (): string => logged.map(({ seq }) => seq).join();
    this.#watch.check('I1', follows && dense && ends, () => `${name} was at ${before?.seq} and told ${numbers()}`);
  }

  /** A position stands for one state: who follows from there would show the other one for ever. */
  #judgeCover(session: Session): void {
    const at = `${session.key} ${session.at.epoch} ${session.at.seq}`;
    const known = this.#covers.get(at);
    this.#covers.set(at, session);
    this.#watch.check('I4', known === undefined || same(known.link, session.link), () => `${at} was given twice`);
  }

  /** Whatever the window would allow, it is not asked (I5). */
  #judgeRules({ key, questions }: Session): void {
    if (questions.length === 0) return;
    const { rule } = this.#window.router.permissions.decide(key, { tool: 'search', places: [] });
    this.#watch.check('I5', rule?.id !== WINDOW_RULE.id, () => `a rule of ${this.#window.name} answers for ${key}`);
  }

  #compare(session: Session): void {
    const { name } = this.#window;
    const expected = this.#fold(session);
    if (expected === undefined) return;
    const { owns } = session;
    const theirs = owns.history === 'them' && owns.queue !== 'us' && owns.questions === 'them';
    this.#watch.check('M1', theirs, () => `${name} takes ${session.key} for its own`);
    const isCut = session.at.epoch !== trueEpoch(session.at.epoch);
    const plain = { at: expected.at, owns: expected.owns, ...(isCut ? { link: expected.link } : {}) };
    const { older, entries, ...rest } = { ...session, ...plain };
    const { entries: all, ...others } = expected;
    const from = older?.pages ?? 0;
    const isSame =
      same(rest, others) &&
      entries.length === all.length &&
      entries.every((page, index) => index < from || this.#isPage(page, all[index]));
    this.#watch.check(
      'I3',
      isSame,
      () => `${name} mirrors something else: ${different({ ...session, ...plain }, expected)}`,
    );
  }

  #isPage(page: object, expected: object | undefined): boolean {
    if (expected === undefined) return false;
    if (this.#pages.get(page) === expected) return true;
    const isSame = same(page, expected);
    if (isSame) this.#pages.set(page, expected);
    return isSame;
  }

  /** The session at its position, by the events that were announced. */
  #fold({ key, at }: Session): Session | undefined {
    const line = this.#truth.lineIn(trueEpoch(at.epoch));
    if (line === undefined) return undefined;
    const known = this.#folds.get(key);
    const isBefore = known?.line === line && known.session.at.seq <= at.seq;
    const from = isBefore ? known.session : emptySession(headerOf(line.start));
    const session = reduce(from, line.log.slice(from.at.seq, at.seq));
    this.#folds.set(key, { line, session });
    return session;
  }
}

/** Without what a window adds to it while it is cut off. */
const trueEpoch = (epoch: string): string => epoch.replace(/ cut\b.*$/u, '');
