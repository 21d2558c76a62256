import { Failure, PeerError } from '../../base/failure.ts';
import type { Command } from '../../model/event.ts';
import { AGENT } from '../../protocol/acp/methods.ts';
import { CODE, META, RELAY } from '../../protocol/relay/names.ts';
import { optionRequest } from '../acp/setOption.ts';
import { type RelayLine, refusal } from './line.ts';
import { readRows } from './listed.ts';
import { resultOf } from './requests.ts';
import type { FollowedSession } from './session.ts';
import { requestOf, turnOf } from './turns.ts';

type Of<Kind extends Command['kind']> = Extract<Command, { kind: Kind }>;

/** Who asks: the relay's name for the session, and our `client_id` on its connection. */
interface Where {
  readonly session: string;
  readonly client: string;
}

/**
 * What a person asks of a session of a relay, in the relay's words. Resolves when it was taken there.
 * @throws Failure `offline`, `wheel`, `unknown`, `unsupported`, or the relay's own refusal
 */
export const performThere = async (
  followed: FollowedSession,
  where: Where,
  command: Command,
  signal: AbortSignal,
): Promise<void> => {
  const line = followed.online();
  const sessionId = where.session;
  switch (command.kind) {
    case 'prompt':
      requireWheel(followed);
      return await prompt(followed, line, where, command, signal);
    case 'cancel':
      requireWheel(followed);
      // It has no answer; and a line that is refused without an answer would be passed over in silence.
      line.notify(AGENT.cancel, { sessionId });
      return await line.settled(signal);
    case 'question/answer':
      return await answer(followed, command, signal);
    case 'option/set':
      requireWheel(followed);
      return await setOption(followed, line, sessionId, command, signal);
    case 'queue/remove':
      return await withdraw(line, where, command, signal);
    case 'control/take':
      return await ask(line, RELAY.takeControl, {}, signal);
    case 'control/release':
      return await ask(line, RELAY.releaseControl, {}, signal);
    case 'close':
      requireWheel(followed);
      return await ask(line, 'session/close', { sessionId }, signal);
    default:
      throw new Failure('unsupported', 'This cannot be done from here.', 'Do it where the session lives.');
  }
};

/** Has the far side bring the agent back. */
export const loadThere = async (followed: FollowedSession, session: string, signal: AbortSignal): Promise<void> => {
  const { last_seq: lastSeq, host_id: hostId } = followed.transcript.query;
  const from = { lastSeq: Number(lastSeq), ...(hostId === undefined ? {} : { hostId }) };
  const params = { sessionId: session, cwd: followed.session.cwd, mcpServers: [], _meta: { [META.relay]: from } };
  await ask(followed.online(), AGENT.load, params, signal);
};

/** The far side refuses as well; what it would drop without a word is told here. */
const requireWheel = ({ transcript, session }: FollowedSession): void => {
  const { lease, holder } = transcript.wheel;
  if (!lease || holder === undefined || transcript.isOurs(holder)) return;
  throw new Failure('wheel', `${session.control.name ?? holder} has the wheel.`, 'Take the wheel first.');
};

const ask = async (line: RelayLine, method: string, params: object, signal: AbortSignal): Promise<void> => {
  await line.request(method, params, signal).catch((failure: unknown) => {
    throw refusal(failure);
  });
};

const prompt = async (
  followed: FollowedSession,
  line: RelayLine,
  { session, client }: Where,
  { prompt: blocks }: Of<'prompt'>,
  signal: AbortSignal,
): Promise<void> => {
  const isModern = followed.intro?.modern === true;
  if (!isModern) await requireThere(line, session, signal);
  const { id, answer: answered } = line.begin(AGENT.prompt, { sessionId: session, prompt: blocks }, signal);
  const over = answered.then(
    () => undefined,
    (failure: unknown) => failure,
  );
  if (isModern) {
    const taken = followed.taken(turnOf({ client, requestId: id }));
    const failure = await Promise.race([over, taken.promise]).finally(taken.forget);
    if (failure !== undefined) throw refusal(failure);
    return;
  }
  followed.push(followed.transcript.began(id, blocks));
  // What becomes of it is told by its turn.
  await line.settled(signal);
};

/** An older server gives what is meant for a session that is gone to another one, without a word. */
const requireThere = async (line: RelayLine, session: string, signal: AbortSignal): Promise<void> => {
  const answered = await line.request(RELAY.listSessions, {}, signal).catch((failure: unknown) => {
    if (isUnknownMethod(failure)) return undefined;
    throw refusal(failure);
  });
  if (answered === undefined || readRows(answered).some(({ id }) => id === session)) return;
  throw new Failure('gone', 'The relay does not have this session any more.');
};

const answer = async (
  followed: FollowedSession,
  { question, hash, outcome, remember }: Of<'question/answer'>,
  signal: AbortSignal,
): Promise<void> => {
  if (remember !== undefined)
    throw new Failure('unsupported', 'Rules for this session are made where it lives.', 'Answer without a rule.');
  const open = followed.transcript.question(question);
  if (open === undefined) throw new Failure('gone', 'This question is not open any more.');
  if (open.question.hash !== hash)
    throw new Failure('changed', 'What is asked is not what this answer was given to.', 'Read the question again.');
  await followed.answer(question, outcome, (line) => line.answer(open.id, resultOf(open, outcome)), signal);
};

const setOption = async (
  followed: FollowedSession,
  line: RelayLine,
  sessionId: string,
  { option: id, value }: Of<'option/set'>,
  signal: AbortSignal,
): Promise<void> => {
  const option = followed.session.options.find((candidate) => candidate.id === id);
  if (option === undefined) throw new Failure('invalid', 'The agent does not offer this option any more.');
  const { method, params } = optionRequest(option, value);
  await ask(line, method, { sessionId, ...params }, signal);
};

/** Only a prompt of this very client: those of others are theirs. */
const withdraw = async (
  line: RelayLine,
  { client }: Where,
  { id }: Of<'queue/remove'>,
  signal: AbortSignal,
): Promise<void> => {
  const requestId = requestOf(id, client);
  if (requestId === undefined)
    throw new Failure('unsupported', 'This message is of another device.', 'Take it back there.');
  line.notify('$/cancel_request', { requestId });
  await line.settled(signal);
};

/** Whether a relay does not know the method at all. */
export const isUnknownMethod = (failure: unknown): boolean =>
  failure instanceof PeerError && failure.code === CODE.unknownMethod;
