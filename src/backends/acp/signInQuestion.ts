import { WORDS } from '../../model/fold/words.ts';
import type { QuestionOption } from '../../model/question.ts';
import { SIGN_IN, type SignInWay } from '../../model/signIn.ts';
import type { AuthMethod } from '../../protocol/acp/authMethods.ts';
import type { SignInNeeded } from '../../protocol/acp/errors.ts';
import type { Whose } from '../../router/ports.ts';
import type { AgentDefinition } from '../agent.ts';
import type { Draft } from './openQuestions.ts';

/** What can be done about it, as it is carried out. */
export type Attempt =
  | { readonly kind: 'method'; readonly method: AuthMethod }
  /** With what the person has entered before. */
  | { readonly kind: 'kept'; readonly methods: readonly AuthMethod[] }
  /** In the agent itself: it names no way that we could go. */
  | { readonly kind: 'open' }
  /** The person has signed in somewhere else. */
  | { readonly kind: 'again' };

/** The way that a person sees; none for what takes no time. */
export const wayOf = (attempt: Attempt): SignInWay['kind'] | undefined => {
  switch (attempt.kind) {
    case 'method':
      return kindOf(attempt.method);
    case 'open':
      return 'terminal';
    case 'kept':
    case 'again':
      return undefined;
  }
};

/** What an answer to the question stands for; undefined for one that gives up. */
export const attemptOf = (option: string, { methods }: SignInNeeded): Attempt | undefined => {
  if (option === SIGN_IN.again) return { kind: 'again' };
  if (option === SIGN_IN.terminal) return { kind: 'open' };
  const method = methods.find((_, index) => optionOf(index) === option);
  return method && { kind: 'method', method };
};

/** What runs in the terminal. */
export interface Login {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly node?: boolean;
}

/** Undefined where nothing is to be run. */
export const loginOf = (attempt: Attempt, agent: AgentDefinition): Login | undefined => {
  const { command, args, node } = agent;
  const own = { command, ...(node === undefined ? {} : { node }) };
  if (attempt.kind === 'open') return { ...own, args: args.filter((arg) => !SPEAKS.test(arg)), env: {} };
  if (attempt.kind !== 'method') return undefined;
  const { method } = attempt;
  if (method.kind === 'terminal') return { ...own, args: [...args, ...method.args], env: method.env };
  return method.kind === 'command' ? { command: method.command, args: method.args, env: method.env } : undefined;
};

/** What makes agents speak ACP, and what a person in a terminal has no use for. */
const SPEAKS = /^(?:--?)?(?:experimental-)?(?:acp|stdio)$/u;

/** The question, without what is made when it is asked. */
export const signInQuestion = (
  agent: AgentDefinition,
  needed: SignInNeeded,
  now: { readonly under?: SignInWay['kind']; readonly problem?: string },
): Pick<Draft, 'kind' | 'title' | 'options' | 'signIn'> => ({
  kind: 'sign-in',
  title: WORDS.signIn,
  options: now.under === undefined ? chooseFrom(needed) : waitFor(now.under),
  signIn: { agent: agent.label, said: needed.said, ...now, ways: now.under === undefined ? waysOf(agent, needed) : [] },
});

const chooseFrom = ({ methods }: SignInNeeded): readonly QuestionOption[] => [
  ...methods.map(({ name }, index) => ({ id: optionOf(index), name, kind: GO })),
  ...(methods.some((method) => kindOf(method) === 'terminal')
    ? []
    : [{ id: SIGN_IN.terminal, name: WORDS.signInTerminal, kind: GO }]),
  { id: SIGN_IN.again, name: WORDS.signInAgain, kind: GO },
  CANCEL,
];

const waitFor = (under: SignInWay['kind']): readonly QuestionOption[] =>
  under === 'terminal' ? [{ id: SIGN_IN.done, name: WORDS.signInDone, kind: GO }, CANCEL] : [CANCEL];

const waysOf = (agent: AgentDefinition, needed: SignInNeeded): readonly SignInWay[] =>
  chooseFrom(needed).flatMap(({ id }): readonly SignInWay[] => {
    const attempt = attemptOf(id, needed);
    const kind = attempt && wayOf(attempt);
    if (attempt === undefined || kind === undefined) return [];
    const login = loginOf(attempt, agent);
    const method = attempt.kind === 'method' ? attempt.method : undefined;
    return [
      {
        option: id,
        kind,
        ...(method?.description === undefined ? {} : { description: method.description }),
        ...(login === undefined ? {} : { command: [login.command, ...login.args] }),
        ...(login === undefined || Object.keys(login.env).length === 0
          ? {}
          : { environment: Object.entries(login.env).map(([name, value]) => `${name}=${value}`) }),
        ...(method?.kind === 'variables' ? { values: method.values.map(({ name }) => name) } : {}),
      },
    ];
  });

const kindOf = ({ kind }: AuthMethod): SignInWay['kind'] => {
  switch (kind) {
    case 'agent':
      return 'agent';
    case 'terminal':
    case 'command':
      return 'terminal';
    case 'variables':
    case 'key':
      return 'values';
  }
};

/** Not the agent's own ids: one of those may be called as ours are. */
const optionOf = (index: number): string => `method ${index}`;

const GO = 'allow_once';
const CANCEL: QuestionOption = { id: SIGN_IN.cancel, name: WORDS.signInCancel, kind: 'reject_once' };

/** What a key is kept as that is handed over with `authenticate`; no variable can have this name. */
export const API_KEY = 'api-key';

export const whose = ({ id, label }: AgentDefinition): Whose => ({ id, label });
