/**
 * What the surface knows: the same fold over the same events as in the core, from the position that it says it is at.
 *
 * W1 A batch that does not follow what is folded is never folded: the session is attached again from our own position.
 * W2 What is folded is acknowledged at once, seen or not: the picture follows once a frame.
 * W3 The host's truth is never kept here: only which session was shown, drafts and where the reader was.
 */
import { batch, signal } from '@preact/signals';
import { sentence, Failure } from '../src/base/failure.ts';
import { reduce } from '../src/model/reduce.ts';
import type { Session, SessionKey } from '../src/model/session.ts';
import type { Summary } from '../src/model/summary.ts';
import { Backfill } from '../src/protocol/view/backfill.ts';
import type { Setup, ToSurface } from '../src/protocol/view/messages.ts';
import type { Bridge } from './bridge.ts';
import type { Language } from './l10n.ts';
import { type Memory, readMemory } from './memory.ts';

/** Somewhere that the keyboard is wanted; `count` tells two wishes for the same place apart. */
export interface FocusWish {
  readonly place: 'composer' | 'question';
  readonly count: number;
}

/** A prompt that waits for a session to wait in. */
export interface Pending {
  readonly text: string;
  /** Undefined until the session is there. */
  readonly key: SessionKey | undefined;
}

export interface Refusal {
  readonly message: string;
  readonly next?: string;
}

/** Folded sessions that are kept while others are shown, so that coming back costs only what was missed. */
const KEPT = 3;
/** A hole is asked about again when no answer came for so long, in milliseconds. */
const ASK_AGAIN = 2_000;

export class Store {
  readonly setup = signal<Setup | undefined>(undefined);
  readonly sessions = signal<ReadonlyMap<SessionKey, Summary>>(new Map());
  readonly shown = signal<SessionKey | undefined>(undefined);
  /** The session that is shown, as far as it is folded. */
  readonly session = signal<Session | undefined>(undefined);
  readonly question = signal<string | undefined>(undefined);
  readonly focusWish = signal<FocusWish | undefined>(undefined);
  readonly pending = signal<Pending | undefined>(undefined);
  readonly refusal = signal<Refusal | undefined>(undefined);
  readonly versionMismatch = signal(false);
  /** The part before what is held has been asked for. */
  readonly loadingOlder = signal(false);
  /** The last answer to what a mention may mean. */
  readonly mentions = signal<Extract<ToSurface, { type: 'mentions' }> | undefined>(undefined);
  /** What happened in the session that is shown, while the person was away. */
  readonly since = signal<Extract<ToSurface, { type: 'since' }> | undefined>(undefined);
  /** Counts the prompts that went out of this view. */
  readonly sent = signal(0);
  /** Counts texts that came from elsewhere, so that the composer takes each once. */
  readonly composed = signal<{ readonly text: string; readonly count: number }>({ text: '', count: 0 });

  readonly memory: Memory;
  readonly #bridge: Bridge;
  readonly #language: Language;
  readonly #version: number;
  readonly #picks: boolean;
  readonly #kept = new Map<SessionKey, Session>();
  readonly #backfill: Backfill;
  #askedAt: number | undefined;

  /** `picks`: where none is shown, the store shows one by itself; a page with a list leaves that to the person. */
  constructor(bridge: Bridge, language: Language, version: number, picks = true) {
    this.#bridge = bridge;
    this.#language = language;
    this.#version = version;
    this.#picks = picks;
    this.#backfill = new Backfill((message) => bridge.post(message));
    this.memory = readMemory(bridge.state);
  }

  receive(message: ToSurface): void {
    batch(() => {
      switch (message.type) {
        case 'welcome':
          this.#language.speak(message.strings);
          this.versionMismatch.value = message.version !== this.#version;
          this.setup.value = message.setup;
          return;
        case 'setup':
          this.setup.value = message.setup;
          return;
        case 'catalogue':
          this.#list(message.sessions, message.removed);
          return;
        case 'focus':
          this.#focus(message.key, message.question);
          return;
        case 'snapshot':
          if (message.key === this.shown.value) this.#take(message.session);
          return;
        case 'events':
          this.#fold(message);
          return;
        case 'page':
          this.#put(message);
          return;
        case 'result':
          this.#bridge.settle(message);
          return;
        case 'mentions':
          this.mentions.value = message;
          return;
        case 'since':
          if (message.key === this.shown.value) this.since.value = message;
          return;
        case 'pong':
          return;
        case 'compose':
          this.composed.value = { text: message.text, count: this.composed.value.count + 1 };
          this.wish('composer');
          return;
      }
    });
  }

  /** Without a key: none, which is for a page with a list. */
  show(key: SessionKey | undefined): void {
    const before = this.shown.value;
    if (before === key) return;
    batch(() => {
      if (before !== undefined) this.#leave(before);
      this.shown.value = key;
      this.question.value = undefined;
      this.since.value = undefined;
      this.refusal.value = undefined;
      this.session.value = key === undefined ? undefined : this.#kept.get(key);
      this.memory.key = key;
      this.remember();
    });
    if (key !== undefined) this.#attach(key);
  }

  /** Asks for what comes before the part that is held. */
  older(): void {
    const session = this.session.peek();
    if (session === undefined) return;
    this.#backfill.want(session);
    this.loadingOlder.value = this.#backfill.asked;
  }

  /** The view came back into sight: what was posted meanwhile may be lost. */
  refresh(): void {
    const key = this.shown.value;
    if (key !== undefined) this.#attach(key);
  }

  wish(place: FocusWish['place']): void {
    this.focusWish.value = { place, count: (this.focusWish.value?.count ?? 0) + 1 };
  }

  remember(): void {
    this.#bridge.save({ ...this.memory });
  }

  refuse(failure: unknown): void {
    const next = failure instanceof Failure ? failure.next : undefined;
    this.refusal.value = { message: sentence(failure), ...(next === undefined ? {} : { next }) };
  }

  #leave(key: SessionKey): void {
    const session = this.session.value;
    if (session !== undefined) {
      this.#kept.delete(key);
      this.#kept.set(key, session);
      const [oldest] = this.#kept.keys();
      if (this.#kept.size > KEPT && oldest !== undefined) this.#kept.delete(oldest);
    }
    this.#bridge.post({ type: 'detach', key });
  }

  #attach(key: SessionKey): void {
    const position = this.session.value?.at;
    this.#askedAt = performance.now();
    this.#backfill.forget();
    this.loadingOlder.value = false;
    this.#bridge.post({ type: 'attach', key, ...(position === undefined ? {} : { position }) });
  }

  #list(changed: readonly Summary[], removed: readonly SessionKey[]): void {
    const sessions = new Map(this.sessions.value);
    for (const key of removed) {
      sessions.delete(key);
      this.#kept.delete(key);
    }
    for (const summary of changed) sessions.set(summary.key, summary);
    this.sessions.value = sessions;
    const shown = this.shown.value;
    if (shown !== undefined && removed.includes(shown)) {
      this.shown.value = undefined;
      this.session.value = undefined;
      // Otherwise it would be shown again as soon as it is listed as what can be read.
      this.memory.key = undefined;
      this.remember();
    }
    if (this.shown.value === undefined) this.#showSomething();
  }

  /** The session that was shown before the view went away, else the one that changed last; none is woken for that. */
  #showSomething(): void {
    const sessions = this.sessions.value;
    const { key } = this.memory;
    if (key !== undefined && sessions.has(key)) {
      this.show(key);
      return;
    }
    if (!this.#picks) return;
    let latest: Summary | undefined;
    for (const summary of sessions.values())
      if (summary.asleep === undefined && (latest === undefined || summary.changedAt > latest.changedAt))
        latest = summary;
    if (latest !== undefined) this.show(latest.key);
  }

  #focus(key: SessionKey, question: string | undefined): void {
    const { value: pending } = this.pending;
    if (pending !== undefined && pending.key === undefined) this.pending.value = { ...pending, key };
    this.show(key);
    this.question.value = question;
    this.wish(question === undefined ? 'composer' : 'question');
  }

  #take(session: Session): void {
    this.#settle(session);
    this.#askedAt = undefined;
    this.#bridge.post({ type: 'ack', key: session.key, seq: session.at.seq });
  }

  #fold({ key, epoch, after, events }: Extract<ToSurface, { type: 'events' }>): void {
    const session = this.session.value;
    if (key !== this.shown.value) return;
    if (session === undefined || epoch !== session.at.epoch || after !== session.at.seq) {
      const asked = this.#askedAt;
      if (asked === undefined || performance.now() - asked > ASK_AGAIN) this.#attach(key);
      return;
    }
    this.#askedAt = undefined;
    const next = reduce(session, events);
    this.#settle(next);
    this.#bridge.post({ type: 'ack', key, seq: next.at.seq });
  }

  #put(page: Extract<ToSurface, { type: 'page' }>): void {
    const session = this.session.value;
    if (session?.key !== page.key) return;
    this.session.value = this.#backfill.receive(session, page);
    this.loadingOlder.value = this.#backfill.asked;
  }

  /** A page that came before what it stands in front of may fit now. */
  #settle(session: Session): void {
    this.session.value = this.#backfill.settle(session);
    this.loadingOlder.value = this.#backfill.asked;
  }
}
