import type * as acp from '@agentclientprotocol/sdk';
import type { IncomingCall } from '../../base/rpc.ts';
import { isFields, isText, type Fields } from '../../model/fold/read.ts';
import { WORDS } from '../../model/fold/words.ts';
import type { Outcome, Question, QuestionOption } from '../../model/question.ts';
import { invalid, questionTool } from './ask.ts';
import { askPerson } from './asking.ts';
import type { AcpSession } from './session.ts';

/** `elicitation/create` (protocol §8): fields to be filled in, or a page to be opened. */
export const askElicitation = async (session: AcpSession, params: Fields, call: IncomingCall): Promise<unknown> => {
  const { message, toolCallId } = params;
  if (!isText(message)) throw invalid('message');
  const what = readWhat(params);
  const seen = isText(toolCallId) ? session.calls.get(toolCallId) : undefined;
  const outcome = await askPerson(session, call.signal, {
    kind: 'elicitation',
    title: message,
    ...(seen === undefined ? {} : { tool: questionTool(seen) }),
    options: ELICITATION_OPTIONS,
    ...what,
  });
  // From here on the agent tells by itself when the person has done there what was to be done.
  if (what.url !== undefined && outcome.kind === 'accepted') session.opened.set(what.url.id, message);
  return answerOf(outcome, what.url !== undefined);
};

/** `elicitation/complete`: what was asked for on a page is done. False: no such page is this session's. */
export const completeElicitation = (session: AcpSession, elicitation: string): boolean => {
  const question = session.questions.dismissUrl(elicitation);
  const message = question?.title ?? session.opened.get(elicitation);
  if (message === undefined) return false;
  session.opened.delete(elicitation);
  if (question !== undefined) {
    const by = { kind: 'agent gone' } as const;
    session.push({ kind: 'question/settled', question: question.id, by, outcome: { kind: 'cancelled' } });
  }
  session.push({ kind: 'notice', severity: 'info', title: WORDS.pageDone, description: message });
  return true;
};

/** The three ways out of an elicitation, which has no options of its own. */
export const ELICITATION_OPTIONS: readonly QuestionOption[] = [
  { id: 'accept', name: 'Submit', kind: 'allow_once' },
  { id: 'decline', name: 'Decline', kind: 'reject_once' },
  { id: 'cancel', name: 'Dismiss', kind: 'reject_once' },
];

export const readWhat = ({ mode, requestedSchema, elicitationId, url }: Fields): Pick<Question, 'form' | 'url'> => {
  if (mode === 'form') {
    if (!isSchema(requestedSchema)) throw invalid('requestedSchema');
    return { form: { schema: requestedSchema } };
  }
  if (mode !== 'url') throw invalid('mode');
  if (!isText(elicitationId)) throw invalid('elicitationId');
  const address = isText(url) && url.length <= LONGEST ? URL.parse(url) : null;
  // No other kind of address belongs to a page, since some start programs; and a name before the host looks like the host.
  if (address === null || !['https:', 'http:'].includes(address.protocol) || address.username !== '')
    throw invalid('url');
  return { url: { id: elicitationId, href: address.href } };
};

/** UTF-16 units; no browser opens a longer one. */
const LONGEST = 8192;

export const answerOf = (outcome: Outcome, isUrl: boolean): object => {
  switch (outcome.kind) {
    case 'accepted':
      return isUrl ? { action: 'accept' } : { action: 'accept', content: outcome.content };
    case 'declined':
      return { action: 'decline' };
    case 'cancelled':
      return { action: 'cancel' };
    case 'selected':
      // Without content nothing can be accepted.
      return { action: outcome.option === 'decline' ? 'decline' : 'cancel' };
  }
};

const isSchema = (schema: unknown): schema is acp.ElicitationSchema =>
  isFields(schema) && (schema['properties'] === undefined || isFields(schema['properties']));
