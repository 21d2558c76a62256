import type { Decision, NoticeEntry } from '../entry.ts';
import {
  allows,
  type Outcome,
  type Question,
  type QuestionGuard,
  type QuestionOption,
  type QuestionTool,
  type RememberOffer,
  type Settler,
} from '../question.ts';
import type { Draft } from './draft.ts';
import { forgetAsked, noteAsked } from './milestone.ts';
import { countOf, defined, type Fields, isFields, isText, listOf, readLocations, readToolContent } from './read.ts';
import { isMatch, readRule } from './rule.ts';
import { readSignIn } from './signIn.ts';
import { decide, foldQuestionTool } from './tool.ts';
import { WORDS } from './words.ts';

/** Settled questions of which is known who settled them. */
const REMEMBERED = 64;

export const foldQuestionAsked = (draft: Draft, event: Fields): boolean => {
  const question = readQuestion(event['question'], draft.at);
  if (question === undefined) return false;
  const { session } = draft;
  // It is frozen when asked: asked again under the same id, it is still what was shown first.
  if (session.questions.some((open) => open.id === question.id)) return true;
  session.questions = [...session.questions, question];
  noteAsked(draft, question.id);
  foldQuestionTool(draft, question);
  return true;
};

export const foldQuestionChanged = (draft: Draft, event: Fields): boolean => {
  const id = event['question'];
  if (!isText(id)) return false;
  const { session } = draft;
  if (session.questions.some((open) => open.id === id && open.stale === undefined))
    session.questions = session.questions.map((open) => (open.id === id ? { ...open, stale: true } : open));
  return true;
};

export const foldQuestionSettled = (draft: Draft, event: Fields): boolean => {
  const id = event['question'];
  if (!isText(id)) return false;
  const { session } = draft;
  const question = session.questions.find((open) => open.id === id);
  if (question === undefined) return true;
  session.questions = session.questions.filter((open) => open !== question);
  const by = readSettler(event['by']);
  session.settled = [...session.settled.slice(1 - REMEMBERED), { id, by }];
  if (by.kind === 'rule') forgetAsked(draft, id);
  const outcome = readOutcome(event['outcome']);
  const decision = decisionOf(question, outcome, by, draft.at);
  // What comes of signing in is told by what the agent does next.
  if (question.kind === 'sign-in') return true;
  const { tool } = question;
  if (question.kind === 'permission' && tool !== undefined && decide(draft, tool.call, decision)) return true;
  draft.add(noticeOf(question, outcome, decision));
  return true;
};

const decisionOf = (question: Question, outcome: Outcome, by: Settler, at: number): Decision => {
  const common = { by: nameOf(by), ...(by.kind === 'rule' ? { rule: by.rule } : {}), at };
  if (outcome.kind === 'declined') return { outcome: 'rejected', ...common };
  if (outcome.kind !== 'selected') return { outcome: 'cancelled', ...common };
  const option = question.options.find((offered) => offered.id === outcome.option);
  // An option that was never offered allows nothing.
  if (option === undefined) return { outcome: 'rejected', ...common };
  return { outcome: allows(option) ? 'allowed' : 'rejected', option: option.name, ...common };
};

const nameOf = (by: Settler): string => (by.kind === 'person' ? by.device : by.kind === 'rule' ? by.rule.id : by.kind);

/** What stands in the transcript where there is no tool call to write the decision on. */
const noticeOf = (
  question: Question,
  outcome: Outcome,
  decision: Decision,
): Omit<NoticeEntry, 'id' | 'seq' | 'changed' | 'at'> => {
  const lines = [question.title];
  if (decision.option !== undefined) lines.push(decision.option);
  if (question.url !== undefined) lines.push(question.url.href);
  if (outcome.kind === 'accepted') {
    for (const [name, value] of Object.entries(outcome.content)) lines.push(`${name}: ${wordsOf(value)}`);
  }
  return {
    kind: 'notice',
    severity: 'info',
    title: titleOf(question, outcome, decision),
    description: lines.join('\n'),
  };
};

const titleOf = (question: Question, outcome: Outcome, decision: Decision): string => {
  switch (outcome.kind) {
    case 'accepted':
      return question.url === undefined ? WORDS.accepted : WORDS.opened;
    case 'selected':
      if (question.kind === 'elicitation') return WORDS.accepted;
      return decision.outcome === 'allowed' ? WORDS.allowed : WORDS.rejected;
    case 'declined':
      return WORDS.declined;
    case 'cancelled':
      return WORDS.dismissed;
  }
};

const wordsOf = (value: unknown): string =>
  Array.isArray(value) ? value.map((item: unknown) => wordOf(item)).join(', ') : wordOf(value);

const wordOf = (value: unknown): string =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : '…';

const KINDS: ReadonlySet<unknown> = new Set<Question['kind']>(['permission', 'elicitation', 'sign-in']);
const isKind = (value: unknown): value is Question['kind'] => KINDS.has(value);

const readQuestion = (value: unknown, at: number): Question | undefined => {
  if (!isFields(value)) return undefined;
  const { id, kind, title, hash } = value;
  if (!isText(id) || !isText(title) || !isText(hash) || !isKind(kind)) return undefined;
  const signIn = readSignIn(value['signIn']);
  if (kind === 'sign-in' && signIn === undefined) return undefined;
  return {
    id,
    kind,
    title,
    hash,
    at: countOf(value['at']) ?? at,
    options: (listOf(value['options']) ?? []).filter(isOption),
    ...defined({
      tool: readTool(value['tool']),
      guard: readGuard(value['guard']),
      remember: readOffer(value['remember']),
      form: isForm(value['form']) ? value['form'] : undefined,
      url: readUrl(value['url']),
      signIn,
    }),
  };
};

const isOption = (value: unknown): value is QuestionOption =>
  isFields(value) && isText(value['id']) && isText(value['name']) && isText(value['kind']);

const isForm = (value: unknown): value is NonNullable<Question['form']> => isFields(value) && isFields(value['schema']);

const readUrl = (value: unknown): Question['url'] =>
  isFields(value) && isText(value['id']) && isText(value['href'])
    ? { id: value['id'], href: value['href'] }
    : undefined;

const readTool = (value: unknown): QuestionTool | undefined => {
  if (!isFields(value) || !isText(value['call'])) return undefined;
  const { call, toolKind, rawInput } = value;
  return {
    call,
    toolKind: isText(toolKind) ? toolKind : 'other',
    content: readToolContent(listOf(value['content']) ?? []),
    locations: readLocations(listOf(value['locations']) ?? []),
    ...(rawInput === undefined ? {} : { rawInput }),
  };
};

const guards: ReadonlySet<unknown> = new Set<QuestionGuard['kind']>([
  'outside',
  'protected',
  'unsaved',
  'lost',
  'rule',
]);
const isGuardKind = (value: unknown): value is QuestionGuard['kind'] => guards.has(value);

const readGuard = (value: unknown): QuestionGuard | undefined => {
  if (!isFields(value)) return undefined;
  const { kind, detail } = value;
  return isGuardKind(kind) && isText(detail) ? { kind, detail } : undefined;
};

const readOffer = (value: unknown): RememberOffer | undefined => {
  if (!isFields(value) || !isText(value['tool'])) return undefined;
  const matches = listOf(value['matches']);
  if (matches === undefined || !matches.every(isMatch)) return undefined;
  return { tool: value['tool'], matches, allow: value['allow'] === true, refuse: value['refuse'] === true };
};

/** What cannot be read allows nothing. */
const readOutcome = (value: unknown): Outcome => {
  if (isFields(value)) {
    const { kind, option, content } = value;
    if (kind === 'selected' && isText(option)) return { kind, option };
    if (kind === 'accepted' && isFields(content)) return { kind, content };
    if (kind === 'declined') return { kind };
  }
  return { kind: 'cancelled' };
};

const readSettler = (value: unknown): Settler => {
  if (isFields(value)) {
    const { kind, device, rule } = value;
    if (kind === 'person' && isText(device)) return { kind, device };
    const read = kind === 'rule' ? readRule(rule) : undefined;
    if (read !== undefined) return { kind: 'rule', rule: read };
    if (kind === 'turn cancelled' || kind === 'signed in') return { kind };
  }
  return { kind: 'agent gone' };
};
