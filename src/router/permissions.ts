/**
 * The rules of the sessions of this process: what they decide, and how they come and go.
 *
 * A session's own rules stand in its fold; those that outlive it are kept by whoever has the disk and the settings.
 */
import type { Clock } from '../base/clock.ts';
import { Failure } from '../base/failure.ts';
import { allows, type Question, type QuestionOption, type Remember } from '../model/question.ts';
import type { Decision, Rule } from '../model/rule.ts';
import type { Session, SessionKey } from '../model/session.ts';
import { LIMITS } from './limits.ts';
import type { Answered } from './questions.ts';
import { type Decided, decide, machineId, type RuledAction } from './rules.ts';
import type { SessionStore } from './store.ts';

/** What asks for a decision. */
export interface Decides {
  decide(session: SessionKey, action: RuledAction): Decided;
}

/** Rules that outlive a session. What is kept or revoked counts from the call on; the promise says whether it lasts. */
export interface KeptRules {
  /** Of the folders that a session in `cwd` works in, and of the machine. */
  of(cwd: string): readonly Rule[];
  /** @throws Failure why it could not be stored; the rule does not hold then */
  keep(rule: Rule, cwd: string): Promise<void>;
  /** False: there is no such rule. @throws Failure why it could not be taken out; the rule still holds then */
  revoke(rule: string): Promise<boolean>;
}

export const noKeptRules: KeptRules = {
  of: () => [],
  keep: () => Promise.reject(new Failure('unsupported', 'Rules that outlive a session are not kept here.')),
  revoke: () => Promise.resolve(false),
};

export class Permissions implements Decides {
  readonly #store: SessionStore;
  readonly #clock: Clock;
  readonly #kept: KeptRules;

  constructor(parts: { readonly store: SessionStore; readonly clock: Clock; readonly kept: KeptRules }) {
    this.#store = parts.store;
    this.#clock = parts.clock;
    this.#kept = parts.kept;
  }

  decide(key: SessionKey, action: RuledAction): Decided {
    const session = this.#store.get(key);
    // What the far side owns is the far side's to answer.
    if (session === undefined || session.owns.questions === 'them') return {};
    const kept = this.#kept.of(session.cwd);
    return decide(
      [...session.rules, ...(session.wary === true ? kept.filter(({ decision }) => decision !== 'allow') : kept)],
      action,
    );
  }

  /** Makes a rule of an answer that was offered to be kept; see {@link offered}. It holds when this returns. */
  async remember(session: Session, { question, option }: Answered, remember: Remember): Promise<void> {
    const { tool, match, decision } = offered(question, option, remember);
    const { scope } = remember;
    // The same names are other files on another machine.
    if (session.machine !== undefined && scope !== 'session')
      throw new Failure(
        'invalid',
        `A rule for ${session.machine} holds in its session alone.`,
        'Keep it for the session.',
      );
    const id = scope === 'machine' ? machineId({ tool, match, decision }) : this.#clock.id();
    const rule: Rule = { id, scope, tool, match, decision };
    if (scope !== 'session') return this.#kept.keep(rule, session.cwd);
    if (session.rules.length >= LIMITS.sessionRules)
      throw new Failure('full', `This session has ${LIMITS.sessionRules} rules already.`, 'Revoke some of them.');
    this.#change(session.key, (rules) => [...rules, rule]);
  }

  /** @throws Failure `gone` where no such rule holds, or why it could not be taken out */
  async revoke(session: Session, rule: string): Promise<void> {
    if (session.rules.some(({ id }) => id === rule))
      return this.#change(session.key, (rules) => rules.filter(({ id }) => id !== rule));
    if (!(await this.#kept.revoke(rule))) throw new Failure('gone', 'This rule was revoked already.');
  }

  #change(key: SessionKey, change: (rules: readonly Rule[]) => readonly Rule[]): void {
    const rules = change(this.#store.get(key)?.rules ?? []);
    this.#store.append(key, [{ event: { kind: 'rules/changed', rules } }]);
  }
}

/** The rule that was offered and is chosen. @throws Failure `invalid` where it was not offered */
export const offered = (
  question: Question,
  option: QuestionOption | undefined,
  { match: place }: Remember,
): { readonly tool: string; readonly match: NonNullable<Rule['match']>; readonly decision: Decision } => {
  const offer = question.remember;
  const match = offer?.matches[place];
  const may = option?.kind === 'allow_once' ? offer?.allow : option?.kind === 'reject_once' && offer?.refuse;
  if (offer === undefined || match === undefined || option === undefined || may !== true)
    throw new Failure('invalid', 'This answer cannot be kept as a rule.', 'Answer it without.');
  return { tool: offer.tool, match, decision: allows(option) ? 'allow' : 'deny' };
};
