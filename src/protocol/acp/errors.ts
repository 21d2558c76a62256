import { Failure, PeerError } from '../../base/failure.ts';
import { RPC } from '../../base/rpc.ts';
import { isFields, isText } from '../../model/fold/read.ts';
import type { TurnError } from '../../model/session.ts';
import { readAuthMethods, type AuthMethod } from './authMethods.ts';

/** ACP's own error codes (protocol §5), beside those of JSON-RPC. */
export const ACP_ERROR = { authRequired: -32000, notFound: -32002 } as const;

/** What an agent's error says to a person: the details where it gives them (protocol §5), in whatever shape it does. */
export const errorMessage = ({ code, message, data }: PeerError): string =>
  wordsIn(data) ??
  wordsIn(message) ??
  (code === 0 ? 'The agent answered with an error and said no more.' : `The agent answered with error ${code}.`);

/** Where agents, and the services behind them, put their words. The first that holds any counts. */
const PLACES = ['details', 'message', 'error', 'errors', 'detail', 'reason'] as const;
/** An error in an error in an error is a loop more often than a message. */
const DEPTH = 4;

const wordsIn = (value: unknown, depth = 0): string | undefined => {
  if (depth > DEPTH) return undefined;
  if (isText(value)) return value.trim() === '' ? undefined : unwrapped(value, depth);
  if (Array.isArray(value)) return wordsIn(value[0], depth + 1);
  if (!isFields(value)) return undefined;
  for (const place of PLACES) {
    const words = wordsIn(value[place], depth + 1);
    if (words !== undefined) return words;
  }
  return undefined;
};

/** Some hand on what their model's service answered as it is: `{"error":{"code":400,"message":"…"}}`. */
const unwrapped = (text: string, depth: number): string => {
  if (!/^[{[]/u.test(text.trimStart())) return text;
  try {
    return wordsIn(JSON.parse(text), depth + 1) ?? text;
  } catch {
    return text;
  }
};

/** The agent wants to know who the person is before it does anything: what it said, and the ways that it offers. */
export class SignInNeeded extends Failure {
  /** Plain text, in the agent's words. */
  readonly said: string;
  readonly methods: readonly AuthMethod[];

  constructor(answer: PeerError, label: string, methods: readonly AuthMethod[]) {
    super('sign in', `${label} asks you to sign in.`, 'Try again, and choose how.', { cause: answer });
    this.said = errorMessage(answer);
    // Some tell with the error what they did not tell before, and one that refuses `initialize` could not tell before.
    const told = isFields(answer.data) ? readAuthMethods(answer.data['authMethods']) : [];
    this.methods = methods.length === 0 ? told : methods;
  }
}

/** Why a turn failed, and what to do where that is known. */
export const turnError = (failure: PeerError | Failure): TurnError => {
  if (failure instanceof Failure) {
    return { message: failure.message, ...(failure.next === undefined ? {} : { next: failure.next }) };
  }
  return { message: errorMessage(failure), code: failure.code };
};

/** An agent's error to a request of ours, in words. */
export const agentFailure = (
  failure: PeerError | Failure,
  label: string,
  authMethods: readonly AuthMethod[],
): Failure => {
  if (failure instanceof Failure) return failure;
  return failure.code === ACP_ERROR.authRequired
    ? new SignInNeeded(failure, label, authMethods)
    : new Failure('agent error', `${label}: ${errorMessage(failure)}`, undefined, { cause: failure });
};

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
