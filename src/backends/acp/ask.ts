import type * as acp from '@agentclientprotocol/sdk';
import { PeerError } from '../../base/failure.ts';
import { RPC, type IncomingCall } from '../../base/rpc.ts';
import { isFields, isText, readLocations, readToolContent, type Fields } from '../../model/fold/read.ts';
import type { ElicitationForm, Outcome, QuestionOption, QuestionTool } from '../../model/question.ts';
import { isToolCall } from '../../protocol/acp/update.ts';
import { askByRules, askPerson } from './asking.ts';
import type { AcpSession } from './session.ts';

/**
 * `session/request_permission` (protocol §3): becomes a question, and its answer the response. A rule that speaks answers
 * at once; the question is told all the same, so that everybody sees what was answered by which rule.
 */
export const askPermission = async (session: AcpSession, params: Fields, call: IncomingCall): Promise<unknown> => {
  const { toolCall, options } = params;
  if (!isFields(toolCall) || !isToolCall(toolCall)) throw invalid('toolCall');
  const offered = readQuestionOptions(options);
  const before = session.calls.get(toolCall.toolCallId);
  const seen = session.calls.asked(toolCall);
  const outcome = await askByRules(session, call.signal, {
    title: seen.title ?? seen.name ?? seen.kind ?? '',
    tool: questionTool(seen),
    options: offered,
    seen,
    before,
  });
  return {
    outcome: outcome.kind === 'selected' ? { outcome: 'selected', optionId: outcome.option } : { outcome: 'cancelled' },
  };
};

/** `elicitation/create` (protocol §8), the form; an address to open is not taken, and not advertised. */
export const askElicitation = async (session: AcpSession, params: Fields, call: IncomingCall): Promise<unknown> => {
  const { mode, message, requestedSchema, toolCallId } = params;
  if (mode !== 'form') throw invalid('mode');
  if (!isText(message)) throw invalid('message');
  if (!isSchema(requestedSchema)) throw invalid('requestedSchema');
  const seen = isText(toolCallId) ? session.calls.get(toolCallId) : undefined;
  const form: ElicitationForm = { schema: requestedSchema };
  const outcome = await askPerson(session, call.signal, {
    kind: 'elicitation',
    title: message,
    ...(seen === undefined ? {} : { tool: questionTool(seen) }),
    options: ELICITATION_OPTIONS,
    form,
  });
  return elicitationAnswer(outcome);
};

/** The three ways out of a form, which has no options of its own. */
const ELICITATION_OPTIONS: readonly QuestionOption[] = [
  { id: 'accept', name: 'Submit', kind: 'allow_once' },
  { id: 'decline', name: 'Decline', kind: 'reject_once' },
  { id: 'cancel', name: 'Dismiss', kind: 'reject_once' },
];

const elicitationAnswer = (outcome: Outcome): object => {
  switch (outcome.kind) {
    case 'accepted':
      return { action: 'accept', content: outcome.content };
    case 'declined':
      return { action: 'decline' };
    case 'cancelled':
      return { action: 'cancel' };
    case 'selected':
      // Without content nothing can be accepted.
      return { action: outcome.option === 'decline' ? 'decline' : 'cancel' };
  }
};

/** A copy that no later update changes. */
const questionTool = (call: acp.ToolCallUpdate): QuestionTool => ({
  call: call.toolCallId,
  toolKind: call.kind ?? 'other',
  content: readToolContent(call.content ?? []),
  locations: readLocations(call.locations ?? []),
  ...(call.rawInput === undefined ? {} : { rawInput: call.rawInput }),
});

/** Kinds that nobody knows are kept; an answer that nobody could give makes the request invalid. */
const readQuestionOptions = (options: unknown): readonly QuestionOption[] => {
  if (!Array.isArray(options)) throw invalid('options');
  const read = options.flatMap((option: unknown): QuestionOption[] => {
    if (!isFields(option)) return [];
    const { optionId, name, kind } = option;
    return isText(optionId)
      ? [{ id: optionId, name: isText(name) ? name : optionId, kind: isText(kind) ? kind : '' }]
      : [];
  });
  if (read.length === 0) throw invalid('options');
  return read;
};

const isSchema = (schema: unknown): schema is acp.ElicitationSchema =>
  isFields(schema) && (schema['properties'] === undefined || isFields(schema['properties']));

const invalid = (name: string): PeerError => new PeerError(RPC.invalidParams, `Invalid params: ${name}`);
