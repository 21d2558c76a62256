import { abortable } from '../../base/abortable.ts';
import { Backoff } from '../../base/backoff.ts';
import { type Clock, pause } from '../../base/clock.ts';
import { Failure, type PeerError, sentence } from '../../base/failure.ts';
import type { Log } from '../../base/log.ts';
import { asFailure } from '../../base/reconnecting.ts';
import type { Logged, SessionEvent } from '../../model/event.ts';
import { reduce } from '../../model/reduce.ts';
import { emptySession, type Link, type Session, type SessionKey } from '../../model/session.ts';
import type { Outcome } from '../../model/question.ts';
import { QUERY, RELAY } from '../../protocol/relay/names.ts';
import type { Heard } from '../../relay/decode.ts';
import type { SessionStore } from '../../router/store.ts';
import { Ids, readIntro, RelayLine, refusal, type RelayIntro } from './line.ts';
import type { ConnectRelay } from './socket.ts';
import { type Told, Transcript } from './transcript.ts';

export interface FollowedParts {
  readonly key: SessionKey;
  /** As the relay calls it. */
  readonly session: string;
  /** Our `client_id` for it. */
  readonly client: string;
  readonly about: Pick<Session, 'backend' | 'agentLabel' | 'title' | 'cwd' | 'machine' | 'createdAt'>;
  readonly device: string;
  readonly connect: ConnectRelay;
  readonly store: Pick<SessionStore, 'mirror' | 'remove'>;
  readonly clock: Clock;
  readonly log: Log;
  /** It is another one than before, or the relay does not have it any more. */
  changed(session: Session): void;
  gone(): void;
}

const OWNS = { history: 'them', queue: 'them', questions: 'them', control: 'them' } as const;

/**
 * A session of a relay that is followed here, on a connection of its own, cut or not. Its numbers are ours; where the far
 * side is stands beside them as their cursor.
 */
export class FollowedSession implements AsyncDisposable {
  readonly #parts: FollowedParts;
  readonly #transcript: Transcript;
  readonly #ids: Ids;
  readonly #backoff: Backoff;
  readonly #ending = new AbortController();
  readonly #running: Promise<void>;
  readonly #prompts = new Map<string, () => void>();
  readonly #answers = new Map<string, PromiseWithResolvers<void>>();
  #first = awaited();
  #session: Session;
  #line: RelayLine | undefined;
  #intro: RelayIntro | undefined;
  #retry: AbortController | undefined;
  /** It was here before, and what comes now is what was missed. */
  #again = false;
  /** The link says that something was replayed. */
  #toldReplay = false;

  constructor(parts: FollowedParts) {
    this.#parts = parts;
    const { clock, session, client, device } = parts;
    this.#transcript = new Transcript({ session, client, device, clock });
    this.#ids = new Ids(client);
    this.#backoff = new Backoff(clock);
    this.#session = {
      ...emptySession({ ...parts.about, key: parts.key, owns: OWNS, epoch: clock.id() }),
      agentSession: session,
    };
    this.#running = this.#run();
  }

  get session(): Session {
    return this.#session;
  }

  get intro(): RelayIntro | undefined {
    return this.#intro;
  }

  get transcript(): Transcript {
    return this.#transcript;
  }

  /** The session as soon as all of it is here. @throws Failure `gone`, or what keeps it from being reached */
  async first(signal: AbortSignal): Promise<Session> {
    await abortable(this.#first.promise, signal);
    return this.#session;
  }

  /** The connection, as long as all has been told on it. @throws Failure `offline` */
  online(): RelayLine {
    if (this.#line !== undefined && !this.#transcript.replaying && this.#intro !== undefined) return this.#line;
    throw new Failure('offline', 'This session is not connected with its relay.', 'Wait a moment, then try again.');
  }

  push(events: readonly SessionEvent[]): void {
    if (events.length === 0 || this.#ending.signal.aborted) return;
    const { store, clock, changed } = this.#parts;
    const { seq } = this.#session.at;
    const cursor = this.#transcript.cursor;
    const at = clock.now();
    const logged = events.map((event, index): Logged => {
      const isLast = index === events.length - 1;
      return { seq: seq + index + 1, at, event, ...(isLast ? { cursor } : {}) };
    });
    this.#session = reduce(this.#session, logged);
    store.mirror(this.#session, logged);
    changed(this.#session);
  }

  /** Settles with what becomes of an answer to a question. @throws Failure, why it was not taken */
  async answer(question: string, outcome: Outcome, say: (line: RelayLine) => void, signal: AbortSignal): Promise<void> {
    const line = this.online();
    const answered = awaited();
    this.#answers.set(question, answered);
    try {
      say(line);
      if (this.#intro?.modern === true) return await abortable(answered.promise, signal);
      // Such a server says nothing to an answer that it takes. What refuses one comes before the answer to what follows it.
      await Promise.race([line.settled(signal), answered.promise]);
      this.push(this.#transcript.answered(question, outcome));
    } finally {
      this.#answers.delete(question);
    }
  }

  /** Resolves when the prompt is a turn there, or waits for one. */
  taken(turn: string): { readonly promise: Promise<void>; readonly forget: () => void } {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#prompts.set(turn, resolve);
    return { promise, forget: () => void this.#prompts.delete(turn) };
  }

  /** Tries now, whatever was. */
  retry(): void {
    this.#backoff.forgive();
    this.#retry?.abort();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#ending.signal.aborted) {
      this.#ending.abort(new Failure('gone', 'The relay does not have this session any more.'));
      this.#parts.store.remove(this.#parts.key);
    }
    this.#line?.end();
    this.#first.reject(this.#ending.signal.reason);
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#ending;
    while (!signal.aborted) {
      const failure = await this.#connect(signal).catch(asFailure);
      if (signal.aborted) return;
      // Wanted by us: the far side is there, and has what is missing.
      if (failure === AGAIN) continue;
      this.#backoff.down();
      this.#lost(failure);
      const retry = new AbortController();
      this.#retry = retry;
      const either = AbortSignal.any([signal, retry.signal]);
      await pause(this.#parts.clock, this.#wait(failure), either).catch(() => undefined);
      retry.abort();
    }
  }

  #wait(failure: Failure): number {
    return failure.code === 'refused' ? REFUSED : this.#backoff.wait;
  }

  /** Resolves with the end of a connection; rejects where there is none. */
  async #connect(signal: AbortSignal): Promise<Failure> {
    const { client, session, connect } = this.#parts;
    const query = { [QUERY.client]: client, [QUERY.session]: session, ...this.#transcript.query };
    const link = await connect(query, signal);
    const line = new RelayLine(link, this.#ids);
    this.#line = line;
    this.#intro = undefined;
    if (signal.aborted) line.end();
    const introduced = line.introduce(signal);
    let again = false;
    const over = line.listen((heard) => {
      if (this.#line !== line) return;
      // Where it stands among the rest: whoever waits for the end of the replay may drive from there on.
      const intro = heard.find((each) => each.kind === 'answered' && each.id === introduced.id);
      if (intro?.kind === 'answered' && intro.error === undefined) this.#intro = readIntro(intro.result);
      again = this.#hear(line, heard);
      if (again || signal.aborted) this.#leave(line);
    });
    this.#transcript.endsWith(introduced.id);
    introduced.answer.catch((failure: unknown) => {
      // One that does not answer this has a client that drives blindly.
      this.#parts.log.info(`A relay did not introduce itself: ${sentence(failure)}`);
      if (this.#line === line) line.end();
    });
    const why = await over;
    this.#leave(line);
    return again ? AGAIN : why;
  }

  #leave(line: RelayLine): void {
    line.end();
    if (this.#line === line) this.#line = undefined;
  }

  /** @returns whether to attach again */
  #hear(line: RelayLine, heard: readonly Heard[]): boolean {
    const wasReplaying = this.#transcript.replaying;
    const told = this.#transcript.hear(heard);
    if (told.verdict === 'elsewhere') {
      this.#parts.gone();
      return false;
    }
    const greeted = heard.some(({ kind }) => kind === 'welcome');
    if (greeted && this.#intro !== undefined && this.#transcript.replaying) this.#awaitEnd(line);
    this.push([...told.events, ...this.#linkAfter(told, greeted, wasReplaying)]);
    this.#settleAnswers(told);
    return told.verdict === 'again';
  }

  /** A welcome in the middle of a connection: what it replays is over when this is answered. */
  #awaitEnd(line: RelayLine): void {
    const { id, answer } = line.begin(RELAY.listSessions, {}, this.#ending.signal);
    this.#transcript.endsWith(id);
    answer.catch(() => undefined);
  }

  /** What the link is after that. */
  #linkAfter({ verdict, events }: Told, greeted: boolean, wasReplaying: boolean): readonly SessionEvent[] {
    const { replaying, behind, head, link } = this.#transcript;
    if (verdict === 'again') return [];
    if (replaying) {
      if (!greeted && behind === this.#session.link.behind) return [];
      const state = this.#again ? 'reconnecting' : 'replaying';
      return [{ kind: 'link', link: behind === 0 ? { state } : { state, behind } }];
    }
    if (wasReplaying || greeted) {
      this.#backoff.up();
      this.#first.resolve();
      const replayed = this.#again && head > 0 && link.state === 'ready';
      this.#again = true;
      this.#toldReplay = replayed;
      return [{ kind: 'link', link: replayed ? { ...link, replayed: head } : link }];
    }
    if (!this.#toldReplay || !events.some(({ kind }) => kind === 'update' || kind === 'turn/started')) return [];
    this.#toldReplay = false;
    return [{ kind: 'link', link }];
  }

  #settleAnswers({ events, refused }: Told): void {
    for (const event of events) {
      if (event.kind === 'question/settled') this.#answers.get(event.question)?.resolve();
      else if (event.kind === 'turn/started') this.#prompts.get(event.turn)?.();
      else if (event.kind === 'queue/changed') for (const { id } of event.queue) this.#prompts.get(id)?.();
    }
    for (const { question, error } of refused) this.#answers.get(question)?.reject(asError(error));
  }

  #lost(failure: Failure): void {
    this.#parts.log.info(`A session of a relay: ${failure.message}`);
    for (const answered of this.#answers.values()) answered.reject(failure);
    const { message, next } = failure;
    const detail = next === undefined ? message : `${message} ${next}`;
    const state = failure.code === 'refused' ? 'disconnected' : 'reconnecting';
    if (failure.code === 'refused') {
      // Whoever asks from now on waits for what becomes of the next attempt.
      this.#first.reject(failure);
      this.#first = awaited();
    }
    const link: Link = { state, detail };
    if (this.#session.link.state !== state || this.#session.link.detail !== detail) this.push([{ kind: 'link', link }]);
  }
}

/** Milliseconds; whoever wants it sooner says so. */
const REFUSED = 60_000;

const AGAIN = new Failure('again', 'Something is missing; it is asked for again.');

const asError = (error: PeerError): unknown => refusal(error);

const awaited = (): PromiseWithResolvers<void> => {
  const first = Promise.withResolvers<void>();
  // Nobody may be waiting for it.
  first.promise.catch(() => undefined);
  return first;
};
