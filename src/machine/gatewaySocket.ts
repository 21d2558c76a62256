/** The way to a gateway, and what an end of it means. Source: the gateway protocol, §3. */
import type { Clock } from '../base/clock.ts';
import type { Link } from '../base/duplex.ts';
import { Failure } from '../base/failure.ts';
import { GATEWAY_CLOSE } from '../protocol/gateway/read.ts';
import { tokenRefused } from '../protocol/gateway/refusal.ts';
import { farSocketFailure } from './webOrigin.ts';
import { connectWebSocket, SocketClosed, textOnly } from './websocket.ts';

/** @throws Failure `refused`, somebody has to do something first; `lost`, it is tried again */
export const connectGateway = async (
  way: Parameters<typeof connectWebSocket>[0],
  clock: Clock,
  signal: AbortSignal,
): Promise<Link<string>> => {
  try {
    const link = textOnly(await connectWebSocket(way, clock, signal));
    return { messages: link.messages, closed: link.closed.then(meaningOf), end: () => link.end() };
  } catch (failure) {
    signal.throwIfAborted();
    throw farSocketFailure(failure, 'gateway');
  }
};

/** What the wire's own codes mean for what happens next. */
const meaningOf = (failure: Failure): Failure => {
  const code = failure instanceof SocketClosed ? failure.number : undefined;
  if (code === GATEWAY_CLOSE.refused) return tokenRefused(failure.message);
  if (code === GATEWAY_CLOSE.overflow)
    return new Failure('lost', 'The gateway had more to say than was read in time.', 'It is tried again.', {
      cause: failure,
    });
  return farSocketFailure(failure, 'gateway');
};
