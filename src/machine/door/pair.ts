import type { IncomingMessage, ServerResponse } from 'node:http';
import { capabilitiesOf } from '../../relay/device.ts';
import type { Pairing } from '../../relay/pairing.ts';
import type { Devices } from '../devices.ts';
import { DOOR } from './limits.ts';
import { REFUSAL, refuse, SAFE_HEADERS } from './refusal.ts';

/**
 * A device asks to be one of the person's. `known` is called when its request is whole: it is answered at once, or its code
 * was right and it waits for the person.
 */
export const pair = async (
  request: IncomingMessage,
  response: ServerResponse,
  { devices, pairing, known }: { readonly devices: Devices; readonly pairing: Pairing; known(): void },
): Promise<void> => {
  if (request.method !== 'POST') return refuse(response, REFUSAL.method, { Allow: 'POST' });
  // A form of another page cannot say this.
  const isJson = /^application\/json(?:\s*;|$)/iu.test(request.headers['content-type'] ?? '');
  const told = isJson ? await bodyOf(request) : undefined;
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  known();
  const granted = await pairing.try(told, gone.signal);
  if (granted === undefined || gone.signal.aborted) return refuse(response, REFUSAL.pairing);
  const { device, token } = await devices.add(granted.name, granted.capability);
  const answer = JSON.stringify({ deviceId: device.id, token, capabilities: capabilitiesOf(device.capability) });
  const headers = { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(answer) };
  response.writeHead(200, { ...SAFE_HEADERS, ...headers, Connection: 'close' });
  response.end(answer);
};

/** Undefined for what is no JSON, or too long. */
const bodyOf = async (request: IncomingMessage): Promise<unknown> => {
  const parts: Buffer[] = [];
  let length = 0;
  try {
    // It is still to be answered, whatever is left of it.
    for await (const part of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      length += part.length;
      if (length > DOOR.pairingBytes) return undefined;
      parts.push(part);
    }
    return JSON.parse(Buffer.concat(parts).toString('utf8'));
  } catch {
    return undefined;
  }
};
