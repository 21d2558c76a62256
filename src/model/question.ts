import type * as acp from '@agentclientprotocol/sdk';
import type { ToolContent } from './entry.ts';
import type { Rule, RuleMatch, RuleScope } from './rule.ts';
import type { SignInView } from './signIn.ts';

/**
 * Anything that waits for a person: one thing, whatever asked it.
 *
 * It is frozen when asked: what is shown later is this copy, and `hash` names its content, so that an answer given to
 * what was seen can never be used for something else.
 */
export interface Question {
  readonly id: string;
  /** `sign-in` is ours: the agent wants to know who the person is before it goes on. */
  readonly kind: 'permission' | 'elicitation' | 'sign-in';
  /** One line, as the agent wrote it; shown as plain text only. */
  readonly title: string;
  /** SHA-256, hex, of everything that is shown. */
  readonly hash: string;
  /** Wall time, ms since 1970. */
  readonly at: number;
  readonly tool?: QuestionTool;
  /** Why it is we who ask, and not the agent: nothing that a rule allows goes past it. */
  readonly guard?: QuestionGuard;
  /** The rules that an answer may be kept as; absent where none may be made of it. */
  readonly remember?: RememberOffer;
  /** The answers that may be given, in the agent's own order and words. */
  readonly options: readonly QuestionOption[];
  /** Elicitation only: `form` shows fields, `url` shows an address that is opened on consent. */
  readonly form?: ElicitationForm;
  readonly url?: ElicitationUrl;
  /** Of a `sign-in` always. */
  readonly signIn?: SignInView;
  /** The agent has changed what it asked about: what is shown is no longer what would be done, so it can only be refused. */
  readonly stale?: true;
}

/**
 * What a rule would say that is made of an answer: shown to the letter before it is made. `allow` and `refuse` say which
 * answers may be kept: never one that the agent itself offers to keep.
 */
export interface RememberOffer {
  readonly tool: string;
  /** From the narrowest to the widest; an answer names one by its place here. */
  readonly matches: readonly RuleMatch[];
  readonly allow: boolean;
  readonly refuse: boolean;
}

/** Which of the rules that were offered an answer is kept as, and for how long: `match` is its place in the offer. */
export interface Remember {
  readonly scope: RuleScope;
  readonly match: number;
}

/**
 * `outside`: the path leads out of the folders of the workspace. `protected`: what stands there is run or obeyed by
 * programs. `unsaved`: the person's own edits stand in the way. `lost`: what wrote the file went away in the middle of it.
 * `rule`: a rule of the person wants to be asked.
 */
export interface QuestionGuard {
  readonly kind: 'outside' | 'protected' | 'unsaved' | 'lost' | 'rule';
  /** Where the path really leads, the pattern that protects it, or the rule's id. */
  readonly detail: string;
}

export interface QuestionOption {
  readonly id: string;
  readonly name: string;
  /** ACP's permission option kind. One that nobody knows counts as a refusal: meaning comes from the kind, never from the name. */
  readonly kind: string;
}

/** The tool call as it stood when the question was asked. */
export interface QuestionTool {
  readonly call: string;
  readonly toolKind: string;
  readonly content: readonly ToolContent[];
  readonly locations: readonly acp.ToolCallLocation[];
  readonly rawInput?: unknown;
}

export interface ElicitationForm {
  readonly schema: acp.ElicitationSchema;
}

/** A page of somebody's on which the agent wants something to be done. */
export interface ElicitationUrl {
  /** ACP's elicitationId: the agent tells under it that it is done. */
  readonly id: string;
  /** Whole and in its normal form, `http` or `https`: what is shown is what is opened. */
  readonly href: string;
}

/** What was answered. `cancelled` is the turn's or the agent's end, or a dismissed elicitation; never an allow. */
export type Outcome =
  | { readonly kind: 'selected'; readonly option: string }
  | { readonly kind: 'accepted'; readonly content: Readonly<Record<string, unknown>> }
  | { readonly kind: 'declined' }
  | { readonly kind: 'cancelled' };

/** Who settled a question. No other cause exists: no timeout, disconnect, crash or parse error ever answers. */
export type Settler =
  | { readonly kind: 'person'; readonly device: string }
  /** The rule as it was then: it may have been revoked since. */
  | { readonly kind: 'rule'; readonly rule: Rule }
  | { readonly kind: 'turn cancelled' }
  | { readonly kind: 'agent gone' }
  /** Signing in went on, or succeeded, in another session of the agent. */
  | { readonly kind: 'signed in' };

/** A question that is open no more, and who settled it. */
export interface SettledQuestion {
  readonly id: string;
  readonly by: Settler;
}

export const allows = (option: Pick<QuestionOption, 'kind'>): boolean =>
  option.kind === 'allow_once' || option.kind === 'allow_always';
