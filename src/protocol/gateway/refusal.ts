import { Failure } from '../../base/failure.ts';

/** We are not let in with what we showed, or did not show: the person is asked for a token. Source: the gateway protocol, §3. */
export const tokenRefused = (why: string): Failure =>
  new Failure('refused', 'The gateway does not take the token.', 'Connect again, and enter another one.', {
    cause: new Failure('unauthorized', why),
  });
