import { PeerError } from '../../base/failure.ts';
import type { Clock } from '../../base/clock.ts';
import type { RpcId } from '../../base/rpcFrame.ts';
import type { SessionEvent } from '../../model/event.ts';
import { type Fields, isFields, isText } from '../../model/fold/read.ts';
import type { Outcome, Question } from '../../model/question.ts';
import { CLIENT } from '../../protocol/acp/methods.ts';
import { isToolCall } from '../../protocol/acp/update.ts';
import { type Heard, idText } from '../../relay/decode.ts';
import { questionTool, readQuestionOptions } from '../acp/ask.ts';
import { answerOf, ELICITATION_OPTIONS, readWhat } from '../acp/elicitation.ts';
import { frozen } from '../acp/openQuestions.ts';
import type { SeenCalls } from '../acp/seenCalls.ts';

export type Asked = Extract<Heard, { kind: 'asked' }>;

/** A question of the far side that waits here. */
export interface OpenRequest {
  /** As the far side calls it. */
  readonly id: RpcId;
  readonly question: Question;
}

/** What is asked, as a question; undefined where nobody could answer it. */
export const questionOf = (
  { id, method, params }: Asked,
  calls: SeenCalls,
  clock: Pick<Clock, 'now'>,
): Question | undefined => {
  const about = { id: idText(id), at: clock.now() };
  try {
    if (method === CLIENT.requestPermission) {
      const { toolCall, options } = params;
      if (!isFields(toolCall) || !isToolCall(toolCall)) return undefined;
      const seen = calls.asked(toolCall);
      const title = seen.title ?? seen.name ?? seen.kind ?? '';
      const offered = readQuestionOptions(options);
      return frozen({ ...about, kind: 'permission', title, tool: questionTool(seen), options: offered });
    }
    if (method !== CLIENT.elicit || !isText(params['message'])) return undefined;
    const { message, toolCallId } = params;
    const seen = isText(toolCallId) ? calls.get(toolCallId) : undefined;
    const tool = seen === undefined ? {} : { tool: questionTool(seen) };
    const what = readWhat(params);
    return frozen({ ...about, kind: 'elicitation', title: message, ...tool, options: ELICITATION_OPTIONS, ...what });
  } catch (failure) {
    if (failure instanceof PeerError) return undefined;
    throw failure;
  }
};

/** What is asked there and can be answered only there, as a word about it. */
export const signInNotice = ({ question }: Fields): SessionEvent | undefined => {
  if (!isFields(question) || question['kind'] !== 'sign-in' || !isText(question['title'])) return undefined;
  const description = 'Sign in on the machine where the session lives; then it goes on.';
  return { kind: 'notice', severity: 'warning', title: question['title'], description };
};

/** The result that the far side waits for. */
export const resultOf = ({ question }: OpenRequest, outcome: Outcome): object => {
  if (question.kind === 'elicitation') return answerOf(outcome, question.url !== undefined);
  if (outcome.kind === 'selected') return { outcome: { outcome: 'selected', optionId: outcome.option } };
  return { outcome: { outcome: 'cancelled' } };
};
