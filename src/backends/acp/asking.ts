import type * as acp from '@agentclientprotocol/sdk';
import { within } from '../../base/clock.ts';
import type { SessionEvent } from '../../model/event.ts';
import { isFields } from '../../model/fold/read.ts';
import type { Outcome, Question, QuestionOption, QuestionTool } from '../../model/question.ts';
import type { Rule } from '../../model/rule.ts';
import type { Shell } from '../../router/commandLine.ts';
import { LIMITS } from '../../router/limits.ts';
import { rememberOffer } from '../../router/rememberOffer.ts';
import type { RuledAction, RuledPlace } from '../../router/rules.ts';
import { toolAction } from '../../router/toolAction.ts';
import { AskedCall } from './askedCall.ts';
import { type Draft, frozen } from './openQuestions.ts';
import type { AcpSession } from './session.ts';

/** What is asked by us; `action` is what a rule would be made of. */
export interface OurDraft extends Omit<Draft, 'id' | 'at' | 'remember' | 'stale'> {
  readonly action?: RuledAction;
}

/** Asks the person, whatever the rules say. @throws Failure `busy` */
export const askPerson = async (session: AcpSession, signal: AbortSignal, draft: OurDraft): Promise<Outcome> => {
  if (session.cancelling) return CANCELLED;
  const { action, ...said } = draft;
  session.questions.begin();
  session.questions.end();
  const remember = action && rememberOffer(action, draft.options, draft.guard);
  const question = frozen({
    ...said,
    ...(remember === undefined ? {} : { remember }),
    id: session.clock.id(),
    at: session.clock.now(),
  });
  const answered = session.questions.ask(question);
  session.push({ kind: 'question/asked', question });
  withdrawWith(session, question, signal);
  return await answered;
};

/** What an agent asks permission for. */
export interface AgentDraft {
  readonly title: string;
  readonly tool: QuestionTool;
  readonly options: readonly QuestionOption[];
  /** The call as it is shown, and as the agent had described it until then. */
  readonly seen: acp.ToolCallUpdate;
  readonly before: acp.ToolCallUpdate | undefined;
}

/**
 * Has a rule answer, or the person where none speaks. Where the paths lead is found out first; what the agent says
 * meanwhile waits, so that the question stands where it was asked. @throws Failure `busy`
 */
export const askByRules = async (session: AcpSession, signal: AbortSignal, draft: AgentDraft): Promise<Outcome> => {
  if (session.cancelling) return CANCELLED;
  const { title, tool, options, seen, before } = draft;
  const [id, at] = [session.clock.id(), session.clock.now()];
  session.questions.begin();
  const { cancels } = session.questions;
  const call = new AskedCall(id, seen, before);
  session.asked.add(call);
  const tell = session.hold();
  try {
    const action = await ruledAction(session, withInput(tool, before), signal);
    session.questions.end();
    if (session.questions.cancels !== cancels || session.connection.ended !== undefined || signal.aborted) {
      tell([]);
      return CANCELLED;
    }
    const remember = rememberOffer(action, options);
    const question = frozen({
      kind: 'permission',
      title,
      tool,
      options,
      ...(remember === undefined ? {} : { remember }),
      id,
      at,
    });
    const asked: SessionEvent = { kind: 'question/asked', question };
    const ruled = call.changed ? undefined : answerByRule(session, action, options);
    if (ruled !== undefined) {
      const { rule, outcome } = ruled;
      tell([
        { event: asked },
        { event: { kind: 'question/settled', question: id, by: { kind: 'rule', rule }, outcome } },
      ]);
      return outcome;
    }
    const answered = session.questions.ask(question, call);
    tell([{ event: asked }]);
    withdrawWith(session, question, signal);
    return await answered;
  } finally {
    session.asked.delete(call);
  }
};

const CANCELLED: Outcome = { kind: 'cancelled' };

/** Only for this once: what the agent would keep for itself, no rule of ours could revoke. */
const answerByRule = (
  session: AcpSession,
  action: RuledAction,
  options: readonly QuestionOption[],
): { readonly rule: Rule; readonly outcome: Outcome } | undefined => {
  const { decision, rule } = session.context.permissions.decide(session.key, action);
  if (rule === undefined || decision === undefined || decision === 'ask') return undefined;
  const kinds = decision === 'allow' ? ['allow_once'] : ['reject_once', 'reject_always'];
  const [option] = kinds.flatMap((kind) => options.find((offered) => offered.kind === kind) ?? []);
  return option && { rule, outcome: { kind: 'selected', option: option.id } };
};

/** The agent takes it back, or is gone: nobody is asked any more. */
const withdrawWith = (session: AcpSession, { id }: Question, signal: AbortSignal): void => {
  signal.addEventListener('abort', () => {
    if (!session.questions.withdraw(id)) return;
    session.push({ kind: 'question/settled', question: id, by: { kind: 'agent gone' }, outcome: CANCELLED });
  });
};

/** What a request leaves out of the input still holds: a folder that was told before it, for one. */
const withInput = (tool: QuestionTool, before: acp.ToolCallUpdate | undefined): QuestionTool =>
  isFields(tool.rawInput) && isFields(before?.rawInput)
    ? { ...tool, rawInput: { ...before.rawInput, ...tool.rawInput } }
    : tool;

export const SHELL: Shell = process.platform === 'win32' ? 'windows' : 'posix';

const ruledAction = async (session: AcpSession, call: QuestionTool, signal: AbortSignal): Promise<RuledAction> => {
  const { tool, paths, argv } = toolAction(call, session.cwd, session.context.environment.shell ?? SHELL);
  if (paths === undefined) return { tool, places: [nowhere('')], ...(argv === undefined ? {} : { argv }) };
  if (argv === undefined) return { tool, places: await lookAt(session, paths, signal) };
  const [home, ...places] = await lookAt(session, [session.cwd, ...paths], signal);
  const elsewhere = places.some(({ root }) => root !== home?.root);
  return { tool, places, argv, ...(elsewhere ? { elsewhere } : {}) };
};

/** Where the paths lead; what cannot be found out in time lies outside of everything. */
const lookAt = async (
  { context, clock }: AcpSession,
  paths: readonly string[],
  signal: AbortSignal,
): Promise<readonly RuledPlace[]> => {
  let places: readonly RuledPlace[] | undefined;
  const looking = Promise.all(
    paths.map((path) => context.workspace.place(path, signal).catch(() => nowhere(path))),
  ).then((found) => {
    places = found;
  });
  if (paths.length > 0) await within(clock, LIMITS.lookAtPlaces, looking);
  return places ?? paths.map(nowhere);
};

const nowhere = (path: string): RuledPlace => ({ path, real: path, inside: false });
