/**
 * Who may answer what.
 *
 * Q1 A question is settled once. The first valid answer wins; a later one is told who won.
 * Q2 An answer counts for what was shown: its hash is the question's, its option was offered.
 * Q3 Apart from a person's answer a question is settled by the turn's cancel or by the agent's end, and then it is
 *    `cancelled`: no timeout, disconnect or fault ever allows anything.
 * Q4 What the far side owns is the far side's to settle.
 * Q5 What the agent has changed after asking can only be refused, and nothing is kept of that answer.
 */
import type { Disposable } from '../base/disposable.ts';
import { Failure } from '../base/failure.ts';
import type { Command, Emitted, SessionEvent } from '../model/event.ts';
import { allows, type Outcome, type Question, type QuestionOption, type Settler } from '../model/question.ts';
import { ruleText } from '../model/rule.ts';
import type { Session } from '../model/session.ts';
import { offered } from './permissions.ts';
import type { Appended, SessionStore } from './store.ts';

export type Answer = Extract<Command, { kind: 'question/answer' }>;

export interface Answered {
  readonly question: Question;
  readonly option: QuestionOption | undefined;
}

export class Questions implements Disposable {
  readonly #store: SessionStore;
  readonly #subscription: Disposable;

  constructor(store: SessionStore) {
    this.#store = store;
    this.#subscription = store.onAppended((appended) => this.#follow(appended));
  }

  /**
   * Settles the question with a person's answer, or leaves it as it is.
   * @returns the question, and the option that was chosen, where it is one
   * @throws Failure `answered`, `gone`, `changed` or `invalid`
   */
  answer(session: Session, answer: Answer, device: string): Answered {
    const question = session.questions.find((open) => open.id === answer.question);
    if (question === undefined) throw tooLate(session, answer.question);
    if (answer.hash !== question.hash) {
      throw new Failure('changed', 'What is asked is not what this answer was given to.', 'Read the question again.');
    }
    const why = objection(question, answer);
    if (why !== undefined) throw new Failure('invalid', why, 'Choose one of the answers that are offered.');
    const option = optionOf(question, answer.outcome);
    if (question.stale === true && (answer.remember !== undefined || option === undefined || allows(option)))
      throw new Failure('changed', 'The agent changed this after asking.', 'It can only be refused.');
    // Before anything is settled: an answer that cannot be kept as it was meant is not given.
    if (answer.remember !== undefined) offered(question, option, answer.remember);
    const by: Settler = { kind: 'person', device };
    this.#store.append(session.key, [{ event: settled(question, by, answer.outcome) }]);
    return { question, option };
  }

  dispose(): void {
    this.#subscription.dispose();
  }

  #follow({ key }: Appended): void {
    // What is true now counts, since another listener may have gone on: a link that is back keeps its questions.
    const session = this.#store.get(key);
    if (session === undefined || session.owns.questions === 'them') return;
    const { state } = session.link;
    if (state !== 'failed' && state !== 'disconnected') return;
    this.#store.append(key, cancelled(session, { kind: 'agent gone' }));
  }
}

/** Who won, as the session itself remembers it: so it is known after a reload too. */
const tooLate = ({ settled: known }: Session, question: string): Failure => {
  const by = known.findLast(({ id }) => id === question)?.by;
  switch (by?.kind) {
    case undefined:
      return new Failure('gone', 'This question is not open.');
    case 'person':
      return new Failure('answered', `This was already answered on “${by.device}”.`);
    case 'rule':
      return new Failure('answered', `This was already answered by your rule “${ruleText(by.rule)}”.`);
    case 'turn cancelled':
      return new Failure('answered', 'This question ended when the turn was cancelled.');
    case 'agent gone':
      return new Failure('answered', 'This question ended because the agent is gone.');
    case 'signed in':
      return new Failure('answered', 'Signing in went on in another session of this agent.');
  }
};

/** Settles all open questions of the session, with an answer that allows nothing. */
export const cancelled = (session: Session, by: Settler): readonly Emitted[] =>
  session.questions.map((question) => ({ event: settled(question, by, { kind: 'cancelled' }) }));

const settled = (question: Question, by: Settler, outcome: Outcome): SessionEvent => ({
  kind: 'question/settled',
  question: question.id,
  by,
  outcome,
});

const optionOf = ({ options }: Question, outcome: Outcome): QuestionOption | undefined =>
  outcome.kind === 'selected' ? options.find(({ id }) => id === outcome.option) : undefined;

/** Why the outcome is no answer to the question, or undefined when it is one. */
const objection = (question: Question, { outcome, dismiss }: Answer): string | undefined => {
  if (outcome.kind === 'selected') {
    const offered = question.options.some((option) => option.id === outcome.option);
    return offered ? undefined : 'This answer was not offered.';
  }
  if (question.kind === 'permission' && outcome.kind === 'cancelled' && dismiss === true) return undefined;
  if (question.kind !== 'elicitation') return 'This question is answered with one of its options.';
  if (outcome.kind !== 'accepted') return undefined;
  if (question.url !== undefined)
    return Object.keys(outcome.content).length === 0 ? undefined : 'An address is opened, and not filled in.';
  if (question.form === undefined) return 'This question has no form that could be filled in.';
  const { properties, required } = question.form.schema;
  if (Object.keys(outcome.content).some((name) => !Object.hasOwn(properties ?? {}, name))) {
    return 'The answer has a field that was not asked for.';
  }
  const missing = (required ?? []).some((name) => !Object.hasOwn(outcome.content, name));
  return missing ? 'A field that is required has no answer.' : undefined;
};
