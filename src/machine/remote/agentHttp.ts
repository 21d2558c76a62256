import { createHttpStream } from '@agentclientprotocol/sdk/experimental/http-client';
import type { Link } from '../../base/duplex.ts';
import { Failure } from '../../base/failure.ts';
import { farSocketFailure } from '../webOrigin.ts';
import { type AgentFetch, agentFetch } from './agentFetch.ts';
import { LONGEST } from './agentLink.ts';

/**
 * Streamable HTTP as the SDK speaks it, with our own way of making a request: nothing goes out before the first message,
 * the answer to which says whether there is an agent.
 */
export const httpLink = (to: AgentFetch, signal: AbortSignal): Link<string> => {
  signal.throwIfAborted();
  const ending = new AbortController();
  const fetch = agentFetch(to, ending.signal);
  const { readable, writable } = createHttpStream(to.url, {
    fetch,
    headers: { ...to.headers },
    maxMessageBytes: LONGEST,
  });
  const reader = readable.getReader();
  const writer = writable.getWriter();
  // It is told by the reader.
  writer.closed.catch(() => undefined);
  const { promise: closed, resolve } = Promise.withResolvers<Failure>();
  const end = (): void => {
    resolve(ended());
    // It takes its leave of the server before that.
    const left = (): void => ending.abort(ended());
    reader.cancel().then(left, left);
  };
  const messages = {
    readable: new ReadableStream<readonly string[]>({
      async pull(controller) {
        try {
          const { done, value } = await reader.read();
          if (!done) return controller.enqueue([JSON.stringify(value)]);
          resolve(ended());
        } catch (failure) {
          resolve(farSocketFailure(failure, 'agent'));
        }
        controller.close();
      },
      cancel: end,
    }),
    writable: new WritableStream<readonly string[]>({
      async write(lines) {
        for (const line of lines) await writer.write(JSON.parse(line));
      },
      close: () => writer.close().catch(() => undefined),
      abort: end,
    }),
  };
  return { messages, closed, end };
};

const ended = (): Failure => new Failure('ended', 'The connection was ended here.');
