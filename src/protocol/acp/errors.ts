import { Failure, PeerError } from '../../base/failure.ts';
import { RPC } from '../../base/rpc.ts';
import { isFields, isText } from '../../model/fold/read.ts';
import type { TurnError } from '../../model/session.ts';

/** ACP's own error codes (protocol §5), beside those of JSON-RPC. */
export const ACP_ERROR = { authRequired: -32000, notFound: -32002 } as const;

/** What an agent's error says to a person: the details where it gives them (protocol §5). */
export const errorMessage = (error: PeerError): string => {
  const { data } = error;
  const said = isFields(data) ? [data['details'], data['message']] : [data];
  const words = said.find((text) => isText(text) && text.trim() !== '');
  if (isText(words)) return words;
  return error.message.trim() === '' ? `The agent answered with error ${error.code}.` : unwrapped(error.message);
};

/** Some hand on what their model's service answered as it is: `{"error":{"code":400,"message":"…"}}`. */
const unwrapped = (message: string): string => {
  if (!message.startsWith('{')) return message;
  try {
    const value: unknown = JSON.parse(message);
    const error = isFields(value) && isFields(value['error']) ? value['error'] : value;
    return isFields(error) && isText(error['message']) ? error['message'] : message;
  } catch {
    return message;
  }
};

/** Why a turn failed, and what to do where that is known. */
export const turnError = (failure: PeerError | Failure, authMethods: readonly string[]): TurnError => {
  if (failure instanceof Failure) {
    return { message: failure.message, ...(failure.next === undefined ? {} : { next: failure.next }) };
  }
  const error = { message: errorMessage(failure), code: failure.code };
  return failure.code === ACP_ERROR.authRequired ? { ...error, next: signInAdvice(authMethods) } : error;
};

/** An agent's error to a request of ours, in words. */
export const agentFailure = (failure: PeerError | Failure, label: string, authMethods: readonly string[]): Failure => {
  if (failure instanceof Failure) return failure;
  if (failure.code !== ACP_ERROR.authRequired) {
    return new Failure('agent error', `${label}: ${errorMessage(failure)}`, undefined, { cause: failure });
  }
  return new Failure('sign in', `${label} asks you to sign in.`, signInAdvice(authMethods), { cause: failure });
};

const signInAdvice = (authMethods: readonly string[]): string =>
  authMethods.length === 0
    ? 'Sign in with the agent’s own command line, then try again.'
    : `Sign in with the agent’s own command line, then try again. It offers: ${authMethods.join(', ')}.`;

/** How our own failure is answered to the agent. */
export const answerError = (failure: Failure): PeerError => {
  switch (failure.code) {
    case 'not found':
      return new PeerError(ACP_ERROR.notFound, failure.message);
    case 'busy':
      return new PeerError(RPC.busy, failure.message);
    case 'invalid':
      return new PeerError(RPC.invalidParams, told(failure));
    case 'cancelled':
      return new PeerError(RPC.cancelled, failure.message);
    default:
      return new PeerError(RPC.internal, told(failure));
  }
};

/** An agent has only the message to go on. */
const told = ({ message, next }: Failure): string => (next === undefined ? message : `${message} ${next}`);
