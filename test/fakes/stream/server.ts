import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { listenHere, portOf } from '../../tools/listen.ts';
import { DEFAULTS, type FakeStreamOptions } from './options.ts';
import { FakeStreamSession } from './session.ts';

const KEYS: Readonly<Record<string, string>> = { Enter: '\r', BSpace: '\u007f', 'C-c': '\u0003', Tab: '\t' };

interface Answer {
  readonly status: number;
  readonly body?: unknown;
}

/** A server of terminals as the source of the protocol describes it, with what is wrong with it. */
export class FakeStreams implements AsyncDisposable {
  readonly options: FakeStreamOptions;
  readonly sessions = new Map<string, FakeStreamSession>();
  readonly #server: Server;
  readonly #sockets = new WebSocketServer({ noServer: true });
  #made = 0;
  #code: string | undefined;
  /** What was asked for, one line each. */
  readonly asked: string[] = [];
  /** Addresses as they were asked for, with whatever stood in them. */
  readonly addresses: string[] = [];

  private constructor(options: FakeStreamOptions) {
    this.options = options;
    this.#code = options.code;
    this.make('main');
    this.#server = createServer((request, response) => void this.#answer(request, response));
    this.#server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head));
  }

  static async listen(options: Partial<FakeStreamOptions> = {}, port = 0): Promise<FakeStreams> {
    const server = new FakeStreams({ ...DEFAULTS, ...options });
    await listenHere(server.#server, port);
    return server;
  }

  get port(): number {
    return portOf(this.#server);
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/`;
  }

  /** The session that was there before any client. */
  get first(): FakeStreamSession {
    return this.session('main');
  }

  session(id: string): FakeStreamSession {
    const session = this.sessions.get(id);
    if (session === undefined) throw new Error(`The fake has no session ${id}.`);
    return session;
  }

  make(name?: string): FakeStreamSession {
    const id = name ?? `term-${(this.#made += 1)}`;
    const session = new FakeStreamSession(id, id, this.options);
    this.sessions.set(id, session);
    return session;
  }

  cut(): void {
    for (const session of this.sessions.values()) session.cut();
  }

  /** Another process: nobody is connected any more, and it counts anew. */
  restart(): void {
    for (const session of this.sessions.values()) session.recount(true);
    this.cut();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets.clients) socket.terminate();
    this.#sockets.close();
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #isKnown({ headers }: IncomingMessage): boolean {
    const { token } = this.options;
    return token === undefined || headers.authorization === `Bearer ${token}`;
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.addresses.push(request.url ?? '');
    const refuse = (status: string): void => void socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\n\r\n`);
    if (!this.#isKnown(request)) return refuse(this.options.ours ? '401 Unauthorized' : '403 Forbidden');
    const id = /^\/sessions\/([^/?]+)\/stream$/u.exec(request.url ?? '')?.[1];
    if (id === undefined) return refuse('404 Not Found');
    const found = this.sessions.get(decodeURIComponent(id));
    if (this.options.ours && (found === undefined || found.gone)) return refuse('404 Not Found');
    this.#sockets.handleUpgrade(request, socket, head, (opened) => {
      // Elsewhere nobody looks whether there is such a session.
      const session = found ?? new FakeStreamSession(id, id, this.options);
      if (found === undefined) session.gone = true;
      session.attach(opened);
    });
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.asked.push(`${request.method} ${request.url}`);
    this.addresses.push(request.url ?? '');
    const { status, body } = await this.#reply(request);
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(body === undefined ? undefined : JSON.stringify(body));
  }

  async #reply(request: IncomingMessage): Promise<Answer> {
    const told = await bodyOf(request);
    const { method, url = '' } = request;
    if (url === '/pair' && method === 'POST') return this.#pair(told);
    if (!this.#isKnown(request)) return { status: this.options.ours ? 401 : 403 };
    if (url === '/sessions') return method === 'POST' ? this.#create(told) : { status: 200, body: this.#list() };
    const [, id = '', rest = ''] = /^\/sessions\/([^/]+)(\/input)?$/u.exec(url) ?? [];
    const session = this.sessions.get(decodeURIComponent(id));
    if (session === undefined || session.gone) return { status: 404 };
    if (method === 'DELETE' && rest === '') {
      session.end(0);
      this.sessions.delete(session.id);
      return { status: 204 };
    }
    if (method !== 'POST' || rest === '') return { status: 405 };
    const { type, name, data } = told;
    session.pane.type(type === 'key' ? (KEYS[String(name)] ?? `<${String(name)}>`) : String(data));
    return { status: 204 };
  }

  #list(): readonly object[] {
    return [...this.sessions.values()].filter(({ gone }) => !gone).map(({ listed }) => listed);
  }

  #create({ name }: Readonly<Record<string, unknown>>): Answer {
    const { id } = this.make(typeof name === 'string' ? name : undefined);
    return { status: 201, body: { id, name: id } };
  }

  #pair({ pairingToken }: Readonly<Record<string, unknown>>): Answer {
    if (this.#code === undefined || pairingToken !== this.#code) return { status: 403 };
    this.#code = undefined;
    return { status: 200, body: { bearerToken: this.options.token ?? '', sidecarId: 'fake' } };
  }
}

const bodyOf = async (request: IncomingMessage): Promise<Readonly<Record<string, unknown>>> => {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  const value: unknown = text === '' ? {} : JSON.parse(text);
  return typeof value === 'object' && value !== null ? { ...value } : {};
};
