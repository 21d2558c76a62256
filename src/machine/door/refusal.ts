import { type OutgoingHttpHeaders, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';

/** What is said to whoever is not let in: the same for every cause of its kind. */
export interface Refusal {
  readonly status: number;
  readonly text: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const retry = { 'Retry-After': '60' };

export const REFUSAL = {
  path: { status: 404, text: 'There is nothing here.' },
  moved: { status: 308, text: 'It is at /app/.', headers: { Location: '/app/' } },
  guard: { status: 403, text: 'Not from here.' },
  pairing: { status: 403, text: 'This device was not paired.' },
  method: { status: 405, text: 'Not this way.' },
  noSocket: { status: 426, text: 'A WebSocket is wanted here.', headers: { Upgrade: 'websocket' } },
  token: { status: 401, text: 'A token is wanted here.', headers: { 'WWW-Authenticate': 'Bearer' } },
  tokens: { status: 429, text: 'There were too many wrong tokens. Wait a minute.', headers: retry },
  query: { status: 400, text: 'This address cannot be understood.' },
  client: { status: 409, text: 'Another device uses this client_id.' },
  device: { status: 429, text: 'This device has too many connections.', headers: retry },
  failed: { status: 500, text: 'This could not be done.' },
  full: { status: 503, text: 'There are too many connections.', headers: retry },
} as const satisfies Readonly<Record<string, Refusal>>;

/** On everything: nobody keeps it, guesses its type, or takes it for a page that may be framed. */
export const SAFE_HEADERS = {
  'Cache-Control': 'no-store',
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'X-Frame-Options': 'DENY',
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
} as const;

const headersOf = ({ text, headers }: Refusal) => ({
  Connection: 'close',
  'Content-Type': 'text/plain; charset=utf-8',
  'Content-Length': String(Buffer.byteLength(text)),
  ...SAFE_HEADERS,
  ...headers,
});

/** What else was sent is not read: the connection ends with this. */
export const refuse = (response: ServerResponse, refusal: Refusal, more: OutgoingHttpHeaders = {}): void => {
  response.writeHead(refusal.status, { ...headersOf(refusal), ...more });
  response.end(response.req.method === 'HEAD' ? '' : refusal.text);
};

/** The same where a socket was asked for. */
export const refuseUpgrade = (socket: Duplex, refusal: Refusal): void => {
  const lines = Object.entries(headersOf(refusal)).map(([name, value]) => `${name}: ${value}`);
  const head = [`HTTP/1.1 ${refusal.status} ${STATUS_CODES[refusal.status] ?? ''}`, ...lines];
  socket.once('finish', () => socket.destroy());
  socket.end(`${head.join('\r\n')}\r\n\r\n${refusal.text}`);
};
