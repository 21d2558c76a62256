import type { IncomingMessage } from 'node:http';
import { STREAM } from './limits.ts';

/** The JSON of a request; null for what is none or too long, undefined where there is no body at all. */
export const readBody = async (request: IncomingMessage): Promise<unknown> => {
  const parts: Buffer[] = [];
  let length = 0;
  try {
    // It is still to be answered, whatever is left of it.
    for await (const part of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      length += part.length;
      if (length > STREAM.body) return null;
      parts.push(part);
    }
    return length === 0 ? undefined : JSON.parse(Buffer.concat(parts).toString('utf8'));
  } catch {
    return null;
  }
};
