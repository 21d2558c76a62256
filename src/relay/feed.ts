/**
 * The frames of one session, and who gets them. It exists from the first look at a session until the session leaves the
 * store; what it holds is a cache of what the log says, never a second truth.
 */
import type { Logged } from '../model/event.ts';
import type { Question } from '../model/question.ts';
import type { Session, SessionKey } from '../model/session.ts';
import type { SessionStore } from '../router/store.ts';
import { encode, eventLine, frameOf, type QuestionFacts } from './encode.ts';
import { facts, history, isWhole, type Told } from './history.ts';
import type { RelayFrame, RelayLimits } from './ports.ts';
import { requestOf } from './request.ts';
import { Ring } from './ring.ts';

/** Whoever looks at a session. */
export interface Viewer {
  /** Frames in the order of their numbers; `last` is that of the last one. */
  deliver(frames: readonly RelayFrame[], last: number): void;
  /** What was told until here is void: the session is told from its start. */
  startOver(): void;
}

/** Where a client is: `host` is the process that told it so. */
export interface RelayCursor {
  readonly lastSeq: number;
  readonly host: string | undefined;
}

export interface Replay {
  readonly frames: readonly RelayFrame[];
  /** The cursor is of no use: what follows is the session from its start, as far as it is known. */
  readonly reset: boolean;
  /** The frames begin at the start of the session. */
  readonly complete: boolean;
}

export interface FeedParts {
  readonly store: SessionStore;
  readonly hostId: string;
  readonly limits: Pick<RelayLimits, 'ringFrames' | 'ringBytes'>;
  /** The client that answered a question, where it is one of this process. */
  answeredBy(question: string): string | undefined;
}

export class Feed {
  readonly key: SessionKey;
  readonly viewers = new Set<Viewer>();
  readonly #parts: FeedParts;
  readonly #ring: Ring;
  readonly #kinds = new Map<string, Question['kind']>();
  /** The open ones, as they were asked. */
  readonly #requests = new Map<string, RelayFrame>();
  /** The hashes of the open ones. */
  readonly #hashes = new Map<string, string>();
  readonly #facts: QuestionFacts;

  constructor(session: Session, parts: FeedParts) {
    this.key = session.key;
    this.#parts = parts;
    this.#facts = { kindOf: (question) => this.#kinds.get(question), answeredBy: parts.answeredBy };
    for (const { id, kind, hash } of session.questions) {
      this.#kinds.set(id, kind);
      this.#hashes.set(id, hash);
    }
    const held = heldOf(parts.store, session);
    this.#ring = new Ring(session.at.seq - held.length, parts.limits);
    for (const logged of held) this.#add(logged);
  }

  /** Of which its numbers are. */
  get hostId(): string {
    return this.#parts.hostId;
  }

  get head(): number {
    return this.#ring.head;
  }

  get oldest(): number {
    return this.#ring.oldest;
  }

  push(logged: readonly Logged[]): void {
    const news = logged.filter(({ seq }) => seq > this.#ring.head);
    const frames = news.map((each) => this.#add(each));
    if (frames.length === 0) return;
    const isVoid = news.some(({ event }) => event.kind === 'reset');
    for (const viewer of [...this.viewers]) {
      viewer.deliver(frames, this.#ring.head);
      if (isVoid) viewer.startOver();
    }
  }

  replay(session: Session, { lastSeq, host }: RelayCursor): Replay {
    const { head, oldest } = this.#ring;
    const reset = lastSeq > head || lastSeq < oldest - 1 || (host !== undefined && host !== this.#parts.hostId);
    if (!reset) return { frames: this.#ring.after(lastSeq), reset, complete: lastSeq === 0 };
    if (oldest === 1) return { frames: this.#ring.after(0), reset, complete: true };
    const told = this.#told(session);
    const frames = told.map(({ seq, lines }) => frameOf(seq, lines));
    return { frames: [...frames, ...this.#ring.after(told.at(-1)?.seq ?? 0)], reset, complete: isWhole(session) };
  }

  /** What waits for an answer of a client, as it was asked. */
  requests(session: Session): readonly { readonly id: string; readonly frame: RelayFrame }[] {
    return session.questions.flatMap((question) => {
      const { id } = question;
      const frame = this.#requests.get(id) ?? this.#asked(session, question);
      return frame === undefined ? [] : [{ id, frame }];
    });
  }

  #add(logged: Logged): RelayFrame {
    const { event, seq } = logged;
    if (event.kind === 'question/asked') return this.#addAsked(logged, event.question);
    const frame = frameOf(seq, encode(this.key, logged, this.#facts));
    if (event.kind === 'question/settled') {
      this.#requests.delete(event.question);
      this.#kinds.delete(event.question);
      this.#hashes.delete(event.question);
    }
    this.#ring.add(frame);
    // Whoever comes later has no use for what was before.
    if (event.kind === 'reset') this.#ring.clear();
    return frame;
  }

  /** What counts is what was asked first: the same once more, or something else under its id, is no request to a client. */
  #addAsked(logged: Logged, { id, kind, hash }: Question): RelayFrame {
    const first = this.#hashes.get(id) ?? hash;
    const again = first !== hash || this.#requests.has(id);
    const lines = again ? [eventLine(this.key, logged.event)] : encode(this.key, logged, this.#facts);
    const frame = frameOf(logged.seq, lines);
    if (!again) {
      this.#kinds.set(id, kind);
      this.#hashes.set(id, hash);
      if (kind !== 'sign-in') this.#requests.set(id, frame);
    }
    this.#ring.add(frame);
    return frame;
  }

  /** One that was asked before the ring began. Its number is remembered, unless very much was asked since then. */
  #asked(session: Session, question: Question): RelayFrame | undefined {
    const line = requestOf(this.key, question);
    if (line === undefined) return undefined;
    const asked = session.milestones.findLast((one) => one.kind === 'asked' && one.question === question.id);
    const frame = asked === undefined ? { text: `${line}\n` } : frameOf(asked.seq, [line]);
    this.#requests.set(question.id, frame);
    return frame;
  }

  /** The history up to where the ring goes on: the last number is such that the next one is in the ring, or is the next at all. */
  #told(session: Session): readonly Told[] {
    const told = history(session);
    const before = this.#ring.oldest - 1;
    const last = told.at(-1) ?? { seq: 0, lines: facts(session) };
    if (last.lines.length === 0) return told;
    return [...told.slice(0, -1), { seq: Math.max(last.seq, before), lines: last.lines }];
  }
}

/** As far back as the store goes. */
const heldOf = (store: SessionStore, { key, at }: Session): readonly Logged[] => {
  let [low, high] = [0, at.seq];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (store.held(key, { epoch: at.epoch, seq: middle }) === undefined) low = middle + 1;
    else high = middle;
  }
  return store.held(key, { epoch: at.epoch, seq: low }) ?? [];
};
