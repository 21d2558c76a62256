/** An automation of a person's, as the README tells them to write one: it believes nothing but signed bytes, and each once. */
import { createServer } from 'node:http';
import { Deliveries, verify } from '../../src/machine/webhooks.ts';
import { listenHere } from '../tools/listen.ts';

interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Receiver {
  readonly url: string;
  /** The bodies that were believed, in order. */
  readonly believed: string[];
  /** Why others were not. */
  readonly refused: ('signature' | 'again')[];
  /** Every body with its headers, as it came. */
  readonly came: { readonly body: Buffer; readonly headers: Readonly<Record<string, unknown>> }[];
  /** What the next deliveries are answered with, whatever they are; then 204. */
  readonly answers: Answer[];
  close(): Promise<void>;
}

/** `now`: by whose time a delivery is of today. */
export const startReceiver = async (secrets: readonly string[], now = Date.now): Promise<Receiver> => {
  const deliveries = new Deliveries({ now });
  const [believed, refused, came, answers]: [string[], Receiver['refused'], Receiver['came'], Answer[]] = [
    [],
    [],
    [],
    [],
  ];
  const judge = (body: Buffer, headers: Readonly<Record<string, unknown>>): Answer => {
    const signature = headers['x-flamecast-signature'];
    if (!verify(body, typeof signature === 'string' ? signature : undefined, secrets)) {
      refused.push('signature');
      return { status: 401 };
    }
    const forced = answers.shift();
    if (forced !== undefined) return forced;
    if (!deliveries.isNew(body)) {
      refused.push('again');
      return { status: 204 };
    }
    believed.push(body.toString());
    return { status: 204 };
  };
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const body = Buffer.concat(parts);
      came.push({ body, headers: request.headers });
      const { status, headers = {} } = judge(body, request.headers);
      response.writeHead(status, headers).end();
    });
  });
  const port = await listenHere(server);
  return {
    url: `http://127.0.0.1:${port}/hook`,
    believed,
    refused,
    came,
    answers,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
};
