import { createHash } from 'node:crypto';
import { Failure } from '../../base/failure.ts';
import { allows, type Outcome, type Question } from '../../model/question.ts';
import { LIMITS } from '../../router/limits.ts';
import type { AskedCall } from './askedCall.ts';

/** A question without what is made from it. */
export type Draft = Omit<Question, 'hash'>;

/** SHA-256, hex, over everything that the person is shown. */
export const frozen = (draft: Draft): Question => {
  const { kind, title, tool, guard, remember, options, form, url, signIn } = draft;
  const shown = JSON.stringify([
    kind,
    title,
    tool ?? null,
    guard ?? null,
    remember ?? null,
    options,
    form ?? null,
    url ?? null,
    ...(signIn === undefined ? [] : [signIn]),
  ]);
  return { ...draft, hash: createHash('sha256').update(shown).digest('hex') };
};

interface Open {
  readonly question: Question;
  readonly call: AskedCall | undefined;
  readonly settle: (outcome: Outcome) => void;
}

/** The questions of a session that its agent waits for. Each is answered exactly once. */
export class OpenQuestions {
  readonly #open = new Map<string, Open>();
  #looking = 0;
  #cancels = 0;

  /** How many wait. */
  get waiting(): number {
    return this.#open.size;
  }

  /** Counts one that is still looked into. @throws Failure `busy` where too many wait already */
  begin(): void {
    if (this.#open.size + this.#looking >= LIMITS.openQuestions) {
      throw new Failure('busy', `More than ${LIMITS.openQuestions} questions are waiting in this session.`);
    }
    this.#looking += 1;
  }

  /** What began is asked now, or not at all. */
  end(): void {
    this.#looking -= 1;
  }

  /** Settles when somebody has answered. */
  ask(question: Question, call?: AskedCall): Promise<Outcome> {
    return new Promise((settle) => this.#open.set(question.id, { question, call, settle }));
  }

  /** Hands an answer on. One that comes after the question is gone fails, unless it only says that it is gone. */
  answer(id: string, hash: string, outcome: Outcome): void {
    const open = this.#open.get(id);
    if (open === undefined) {
      if (outcome.kind === 'cancelled') return;
      throw new Failure('gone', 'The agent no longer waits for this answer.');
    }
    if (open.question.hash !== hash) {
      throw new Failure(
        'changed',
        'This answer was given to something else than what the agent asks.',
        'Look at the question again.',
      );
    }
    const option = outcome.kind === 'selected' && open.question.options.find(({ id }) => id === outcome.option);
    if (option === undefined) throw new Failure('invalid', 'The agent did not offer this answer.');
    // Whatever was let through until here: nothing that changed meanwhile is allowed.
    if (open.call?.changed === true && (option === false || allows(option)))
      throw new Failure('changed', 'The agent changed this after asking.', 'It can only be refused.');
    this.#open.delete(id);
    open.settle(outcome);
  }

  /** The agent withdrew it: nobody is answered. False when it was settled before. */
  withdraw(id: string): boolean {
    return this.#open.delete(id);
  }

  /** Done without us: whoever asked is answered as cancelled. Gives what is open no more. */
  dismissUrl(elicitation: string): Question | undefined {
    for (const { question, settle } of this.#open.values()) {
      if (question.url?.id !== elicitation) continue;
      this.#open.delete(question.id);
      settle({ kind: 'cancelled' });
      return question;
    }
    return undefined;
  }

  /** How often all were cancelled: what is still looked into is to be told from what is asked afterwards. */
  get cancels(): number {
    return this.#cancels;
  }

  /** What the protocol wants on a cancelled turn. */
  cancelAll(): void {
    this.#cancels += 1;
    const open = [...this.#open.values()];
    this.#open.clear();
    for (const { settle } of open) settle({ kind: 'cancelled' });
  }

  /** The agent is gone: nobody is there to be answered, and whoever asks the person settles what is open. */
  forget(): void {
    this.#open.clear();
  }
}
