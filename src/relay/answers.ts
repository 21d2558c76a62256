/**
 * What clients answer to our requests. Source: the relay protocol, §9, "requests to clients".
 *
 * The first valid answer settles; one that is too late, or an error, changes nothing and is not answered; one that was
 * not offered is refused under the request's own id, which stays open.
 */
import { Failure } from '../base/failure.ts';
import type { RpcId } from '../base/rpcFrame.ts';
import { type Fields, isFields, isText } from '../model/fold/read.ts';
import type { Outcome, Question } from '../model/question.ts';
import type { Session } from '../model/session.ts';
import type { Client } from './client.ts';
import type { Hub } from './hub.ts';
import { errorOf, invalid } from './refusal.ts';

export interface OpenRequest {
  readonly session: Session;
  readonly question: Question;
}

/** Undefined: it was never asked, or is settled. */
export const openRequest = (hub: Hub, id: RpcId): OpenRequest | undefined => {
  const { store } = hub.world;
  for (const session of store.all()) {
    if (store.isMirrored(session.key)) continue;
    const question = session.questions.find((open) => open.id === id && open.kind !== 'sign-in');
    if (question !== undefined) return { session, question };
  }
  return undefined;
};

export const answer = async (
  hub: Hub,
  client: Client,
  { session, question }: OpenRequest,
  result: unknown,
): Promise<void> => {
  const { id, hash, kind } = question;
  const outcome = isFields(result) ? (kind === 'elicitation' ? readAction(result) : readOutcome(result)) : undefined;
  if (outcome === undefined) return client.refuse(id, invalid('This is no answer to what was asked.'));
  hub.answering.set(id, client.name);
  try {
    hub.world.admitAnswer?.(client.device, id);
    const answered = { kind: 'question/answer', question: id, hash, outcome } as const;
    const command = outcome.kind === 'cancelled' ? { ...answered, dismiss: true as const } : answered;
    await hub.world.router.perform(session.key, command, client.device.name, new AbortController().signal);
  } catch (failure) {
    // Somebody was faster: who that was is told to everybody.
    if (failure instanceof Failure && (failure.code === 'answered' || failure.code === 'gone')) return;
    const stillOpen = openRequest(hub, id) !== undefined;
    const refusal = errorOf(failure);
    if (stillOpen) client.refuse(id, invalid(refusal.message));
    else hub.world.log.info(`An answer of a device did not reach the agent: ${refusal.message}`);
  } finally {
    hub.answering.delete(id);
  }
};

const readOutcome = ({ outcome }: Fields): Outcome | undefined => {
  if (!isFields(outcome)) return undefined;
  const { outcome: kind, optionId } = outcome;
  if (kind === 'cancelled') return { kind };
  return kind === 'selected' && isText(optionId) ? { kind, option: optionId } : undefined;
};

const readAction = ({ action, content }: Fields): Outcome | undefined => {
  if (action === 'accept') return { kind: 'accepted', content: isFields(content) ? content : {} };
  if (action === 'decline') return { kind: 'declined' };
  return action === 'cancel' ? { kind: 'cancelled' } : undefined;
};
