/**
 * Signing in to an agent, once for all of its sessions that wait for it.
 *
 * L1 Each session that waits shows the question; whatever happens to it in one of them happens in all.
 * L2 What failed is tried again once for each time that a person did something about it, and never by itself.
 * L3 What a person enters is never in a question, an event or a log.
 */
import { sentence } from '../../base/failure.ts';
import type { SessionEvent } from '../../model/event.ts';
import { WORDS } from '../../model/fold/words.ts';
import type { Question } from '../../model/question.ts';
import type { SessionKey } from '../../model/session.ts';
import { SIGN_IN } from '../../model/signIn.ts';
import type { SignInNeeded } from '../../protocol/acp/errors.ts';
import type { BackendCommand } from '../../router/ports.ts';
import type { AcpConnection } from './connection.ts';
import { frozen } from './openQuestions.ts';
import { type AttemptParts, attemptSignIn, GivenUp } from './signInAttempt.ts';
import { type Attempt, attemptOf, signInQuestion, wayOf } from './signInQuestion.ts';

export interface SignInParts extends AttemptParts {
  /** Takes up again what ending the agent has interrupted. */
  takeUp(): void;
}

interface Waiter {
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

/** A session in which something waits for the person. */
interface Waiting {
  readonly needed: SignInNeeded;
  readonly waiters: Set<Waiter>;
  question?: Question;
}

interface UnderWay {
  readonly attempt: Attempt;
  readonly control: AbortController;
  /** The person has signed in in the terminal. */
  readonly done: () => void;
}

export class SignIn {
  readonly #parts: SignInParts;
  readonly #waiting = new Map<SessionKey, Waiting>();
  /** Agents with which what is kept was tried. */
  readonly #tried = new WeakSet<AcpConnection>();
  #under: UnderWay | undefined;
  /** What came of the last way. */
  #problem: string | undefined;

  constructor(parts: SignInParts) {
    this.#parts = parts;
  }

  /**
   * Resolves when what failed may be tried again. `again`: it was, and failed for the same reason.
   * @throws what was needed, when the person does not want to; the signal's reason
   */
  wait(key: SessionKey, needed: SignInNeeded, again: boolean, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      signal.throwIfAborted();
      const known = this.#waiting.get(key);
      const waiting = known ?? { needed, waiters: new Set() };
      const abort = (): void => {
        waiting.waiters.delete(waiter);
        reject(signal.reason);
        if (waiting.waiters.size === 0) this.#leave(key, signal.reason);
      };
      const over = (): void => signal.removeEventListener('abort', abort);
      const waiter: Waiter = {
        resolve: () => (over(), resolve()),
        reject: (reason) => (over(), reject(reason)),
      };
      waiting.waiters.add(waiter);
      signal.addEventListener('abort', abort, { once: true });
      if (known !== undefined) return;
      this.#waiting.set(key, waiting);
      if (!again && this.#waiting.size === 1) this.#problem = undefined;
      if (this.#under !== undefined) this.#ask(key, waiting);
      else void this.#open(key, waiting);
    });
  }

  /** Takes the answer to a question of ours; false: it is none. The router has settled it. */
  answer(key: SessionKey, { question, hash, outcome }: Extract<BackendCommand, { kind: 'question/answer' }>): boolean {
    const waiting = this.#waiting.get(key);
    if (waiting?.question === undefined || waiting.question.id !== question || waiting.question.hash !== hash)
      return false;
    delete waiting.question;
    const option = outcome.kind === 'selected' ? outcome.option : SIGN_IN.cancel;
    const under = this.#under;
    if (under !== undefined) {
      if (option === SIGN_IN.done) under.done();
      else under.control.abort(new GivenUp());
      return true;
    }
    const attempt = attemptOf(option, waiting.needed);
    if (attempt === undefined) this.#leave(key, waiting.needed);
    else this.#begin(attempt);
    return true;
  }

  /** The person does not wait for it any more; false: nobody waits in this session. */
  cancel(key: SessionKey): boolean {
    return this.#leave(key, new GivenUp());
  }

  /** Nobody waits for it any more. */
  abandon(why: unknown): void {
    for (const key of [...this.#waiting.keys()]) this.#leave(key, why);
  }

  /** First with what is kept, once for each agent that is started, and without a word. */
  async #open(key: SessionKey, waiting: Waiting): Promise<void> {
    const { agent, context, reach } = this.#parts;
    const { methods } = waiting.needed;
    const takes = methods.some(({ kind }) => kind === 'key' || kind === 'variables');
    const kept = takes ? ((await context.secrets?.of(agent.id)) ?? {}) : {};
    if (Object.keys(kept).length > 0) {
      const connection = await reach(new AbortController().signal).catch(() => undefined);
      if (connection !== undefined && !this.#tried.has(connection) && this.#under === undefined) {
        this.#tried.add(connection);
        if (this.#waiting.get(key) === waiting) return this.#begin({ kind: 'kept', methods });
      }
    }
    if (this.#waiting.get(key) === waiting) this.#ask(key, waiting);
  }

  #begin(attempt: Attempt): void {
    const control = new AbortController();
    const { promise: done, resolve } = Promise.withResolvers<void>();
    const under = { attempt, control, done: resolve };
    this.#under = under;
    this.#problem = undefined;
    this.#askAll();
    void attemptSignIn(this.#parts, attempt, done, control.signal).then(
      (told) => this.#end(attempt, told),
      (failure: unknown) => this.#back(attempt, failure),
    );
  }

  #end(attempt: Attempt, told: string | undefined): void {
    this.#under = undefined;
    this.#problem = told ?? `${this.#parts.agent.label} still asks for it.`;
    const all = [...this.#waiting];
    this.#waiting.clear();
    // Where it was seen that something is under way, its end is told.
    const news: readonly SessionEvent[] =
      wayOf(attempt) === undefined ? [] : [{ kind: 'notice', severity: 'info', title: WORDS.signedIn }];
    for (const [key, waiting] of all) this.#emit(key, [...settled(waiting), ...news]);
    this.#parts.takeUp();
    for (const [, { waiters }] of all) for (const { resolve } of waiters) resolve();
  }

  #back(attempt: Attempt, failure: unknown): void {
    this.#under = undefined;
    this.#problem = failure instanceof GivenUp ? undefined : sentence(failure);
    const { context, agent } = this.#parts;
    // What was kept is asked for anew then.
    if (attempt.kind === 'kept') context.log.info(`${agent.label} was not content with what is kept for it.`);
    this.#askAll();
  }

  #askAll(): void {
    for (const [key, waiting] of this.#waiting) this.#ask(key, waiting);
  }

  /** Asks what is to be asked now, in place of what was asked before. */
  #ask(key: SessionKey, waiting: Waiting): void {
    const before = settled(waiting);
    const way = this.#under && wayOf(this.#under.attempt);
    if (this.#under !== undefined && way === undefined) return this.#emit(key, before);
    const { agent, context } = this.#parts;
    const question = frozen({
      ...signInQuestion(agent, waiting.needed, {
        ...(way === undefined ? {} : { under: way }),
        ...(this.#problem === undefined ? {} : { problem: this.#problem }),
      }),
      id: context.clock.id(),
      at: context.clock.now(),
    });
    waiting.question = question;
    this.#emit(key, [...before, { kind: 'question/asked', question }]);
  }

  /** Nothing waits for it in this session any more. */
  #leave(key: SessionKey, why: unknown): boolean {
    const waiting = this.#waiting.get(key);
    if (waiting === undefined) return false;
    this.#waiting.delete(key);
    this.#emit(key, settled(waiting));
    for (const { reject } of waiting.waiters) reject(why);
    if (this.#waiting.size === 0) {
      this.#under?.control.abort(new GivenUp());
      this.#parts.takeUp();
    }
    return true;
  }

  #emit(key: SessionKey, events: readonly SessionEvent[]): void {
    if (events.length > 0)
      this.#parts.context.emit(
        key,
        events.map((event) => ({ event })),
      );
  }
}

/** The end of what was asked last, where nobody has answered it. */
const settled = (waiting: Waiting): readonly SessionEvent[] => {
  const { question } = waiting;
  if (question === undefined) return [];
  delete waiting.question;
  const outcome = { kind: 'cancelled' } as const;
  return [{ kind: 'question/settled', question: question.id, by: { kind: 'signed in' }, outcome }];
};
