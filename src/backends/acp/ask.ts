import type * as acp from '@agentclientprotocol/sdk';
import { PeerError } from '../../base/failure.ts';
import { RPC, type IncomingCall } from '../../base/rpc.ts';
import { isFields, isText, readLocations, readToolContent, type Fields } from '../../model/fold/read.ts';
import type { QuestionOption, QuestionTool } from '../../model/question.ts';
import { isToolCall } from '../../protocol/acp/update.ts';
import { askByRules } from './asking.ts';
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

/** A copy that no later update changes. */
export const questionTool = (call: acp.ToolCallUpdate): QuestionTool => ({
  call: call.toolCallId,
  toolKind: call.kind ?? 'other',
  content: readToolContent(call.content ?? []),
  locations: readLocations(call.locations ?? []),
  ...(call.rawInput === undefined ? {} : { rawInput: call.rawInput }),
});

/** Kinds that nobody knows are kept; an answer that nobody could give makes the request invalid. */
export const readQuestionOptions = (options: unknown): readonly QuestionOption[] => {
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

export const invalid = (name: string): PeerError => new PeerError(RPC.invalidParams, `Invalid params: ${name}`);
