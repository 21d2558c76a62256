import { createHash } from 'node:crypto';
import { Failure } from '../../base/failure.ts';
import type { Outcome, Question } from '../../model/question.ts';
import { LIMITS } from '../../router/limits.ts';

/** A question without what is made from it. */
export type Draft = Omit<Question, 'hash'>;

/** SHA-256, hex, over everything that the person is shown. */
export const frozen = (draft: Draft): Question => {
  const { kind, title, tool, options, form } = draft;
  const shown = JSON.stringify([kind, title, tool ?? null, options, form ?? null]);
  return { ...draft, hash: createHash('sha256').update(shown).digest('hex') };
};

/** The questions of a session that its agent waits for. Each is answered exactly once. */
export class OpenQuestions {
  readonly #open = new Map<string, { readonly question: Question; readonly settle: (outcome: Outcome) => void }>();

  /** How many wait. */
  get waiting(): number {
    return this.#open.size;
  }

  /** Fails where too many wait already; otherwise settles when somebody has answered. */
  ask(question: Question): Promise<Outcome> {
    if (this.#open.size >= LIMITS.openQuestions) {
      throw new Failure('busy', `More than ${LIMITS.openQuestions} questions are waiting in this session.`);
    }
    return new Promise((settle) => this.#open.set(question.id, { question, settle }));
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
    if (outcome.kind === 'selected' && !open.question.options.some((option) => option.id === outcome.option)) {
      throw new Failure('invalid', 'The agent did not offer this answer.');
    }
    this.#open.delete(id);
    open.settle(outcome);
  }

  /** The agent withdrew it: nobody is answered. False when it was settled before. */
  withdraw(id: string): boolean {
    return this.#open.delete(id);
  }

  /** What the protocol wants on a cancelled turn. */
  cancelAll(): void {
    const open = [...this.#open.values()];
    this.#open.clear();
    for (const { settle } of open) settle({ kind: 'cancelled' });
  }

  /** The agent is gone: nobody is there to be answered, and whoever asks the person settles what is open. */
  forget(): void {
    this.#open.clear();
  }
}
