import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { listenHere, portOf } from '../../tools/listen.ts';
import { FakeClient } from './client.ts';
import { DEFAULTS, type FakeOptions } from './options.ts';
import { FakeSession, type Json } from './session.ts';
import { FakeTerminals } from './terminals.ts';

const PREFIX = '_chances/unstable/';
const DRIVES = new Set(['session/prompt', 'session/cancel', 'session/new', 'session/load', 'session/close']);

/** A relay as the source of the protocol describes it (§2 to §7), with what is wrong with it. */
export class FakeRelay implements AsyncDisposable {
  readonly options: FakeOptions;
  readonly sessions = new Map<string, FakeSession>();
  readonly clients = new Set<FakeClient>();
  readonly #server: Server;
  readonly #sockets: WebSocketServer;
  readonly #terminals: FakeTerminals;
  readonly #first: FakeSession;
  #claimed = false;
  #made = 0;
  #attaches = 0;
  #hostId = 'host-1';
  #holder: string | null = null;
  #epoch = 0;
  /** What a client said, as it came. */
  readonly said: Json[] = [];
  /** The query of each connection. */
  readonly queries: URLSearchParams[] = [];
  /** Every replay waits until it is let go: a slow line. */
  #held: PromiseWithResolvers<void> | undefined;

  private constructor(options: FakeOptions) {
    this.options = options;
    this.#first = this.#session('The first one');
    this.#terminals = new FakeTerminals(options);
    this.#server = createServer((_request, response) => void response.writeHead(404).end());
    this.#sockets = new WebSocketServer({ noServer: true });
    this.#server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head));
  }

  static async listen(options: Partial<FakeOptions> = {}, port = 0): Promise<FakeRelay> {
    const relay = new FakeRelay({ ...DEFAULTS, ...options });
    await listenHere(relay.#server, port);
    return relay;
  }

  get port(): number {
    return portOf(this.#server);
  }

  get url(): string {
    return `ws://127.0.0.1:${this.port}/acp`;
  }

  /** The session that was there before any client. */
  get first(): FakeSession {
    return this.#first;
  }

  get holder(): string | null {
    return this.#holder;
  }

  session(id: string): FakeSession {
    const session = this.sessions.get(id);
    if (session === undefined) throw new Error(`The fake has no session ${id}.`);
    return session;
  }

  cut(): void {
    for (const { socket } of this.clients) socket.terminate();
  }

  /** Ends all connections with a number. */
  close(code: number): void {
    for (const { socket } of this.clients) socket.close(code, 'as it was told');
  }

  /** What comes after a welcome waits until `goOn`. */
  hold(): void {
    this.#held = Promise.withResolvers<void>();
  }

  goOn(): void {
    this.#held?.resolve();
    this.#held = undefined;
  }

  /** Another process: other numbers under the same ids. */
  restart(): void {
    this.#hostId = `host-${Number(this.#hostId.slice(5)) + 1}`;
    const fresh = [...this.sessions.values()].map(({ id, title }) => new FakeSession(id, title, this.options));
    for (const session of fresh) this.sessions.set(session.id, session);
    this.cut();
  }

  /** Says welcome once more, in the middle of a connection, from where a client would be. */
  welcomeAgain(lastSeq: (session: FakeSession) => number): void {
    for (const client of this.clients) this.#greet(client, client.view, lastSeq(client.view), false);
  }

  /** Another device takes the wheel. */
  take(client: string): void {
    this.#holder = client;
    this.#epoch += 1;
    this.#tellControl();
  }

  revoke(session: string): void {
    this.sessions.delete(session);
    const params = { sessionId: session, state: 'deleted', busy: false, waiting: false };
    this.#everywhere({ method: `${PREFIX}session_changed`, params });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.goOn();
    this.cut();
    this.#sockets.close();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #session(title: string): FakeSession {
    this.#made += 1;
    const session = new FakeSession(`session-${this.#made}`, title, this.options);
    this.sessions.set(session.id, session);
    return session;
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://fake');
    const refuse = (status: string): void => void socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\n\r\n`);
    if (pathname !== '/acp') return refuse('404 Not Found');
    if (request.headers.authorization !== `Bearer ${this.options.token}`) return refuse('401 Unauthorized');
    this.queries.push(searchParams);
    this.#sockets.handleUpgrade(request, socket, head, (opened) => this.#connect(opened, searchParams));
  }

  #connect(socket: WebSocket, query: URLSearchParams): void {
    const { modern, old, ignoreHost } = this.options;
    const wanted = query.get('session_id') ?? '';
    const found = this.sessions.get(wanted);
    // An id that nobody knows falls back to the default one, silently (§3).
    const session = (old ? undefined : found) ?? this.sessions.get(this.#first.id) ?? this.#first;
    const client = new FakeClient(socket, query.get('client_id') ?? undefined, session);
    const host = query.get('host_id');
    const isOther = modern && !ignoreHost && host !== null && host !== this.#hostId;
    this.clients.add(client);
    socket.on('error', () => undefined);
    socket.on('close', () => this.#detach(client));
    const held = this.#held?.promise;
    socket.on('message', (data: Buffer) => {
      // What it asks is answered behind its replay.
      if (held === undefined) this.#hear(client, data.toString());
      else void held.then(() => this.#hear(client, data.toString()));
    });
    this.#greet(client, session, Number(query.get('last_seq') ?? 0), isOther, modern && found === undefined);
    this.#terminals.attach(client);
  }

  #greet(client: FakeClient, session: FakeSession, lastSeq: number, isOther: boolean, nowhere = false): void {
    const { modern, lease } = this.options;
    const reset = isOther || session.isReset(lastSeq);
    this.#attaches += 1;
    const welcome = {
      type: 'relay_welcome',
      epoch: this.#attaches,
      headSeq: nowhere ? 0 : session.headSeq,
      reset,
      busy: session.busy,
      pendingPermissionIds: [...session.open.keys()],
      lease,
      holder: this.#holder,
      controlEpoch: this.#epoch,
      ...(modern ? { hostId: this.#hostId, sessionId: nowhere ? null : session.id, oldestSeq: session.oldest } : {}),
    };
    client.send(`${JSON.stringify(welcome)}\n`);
    if (nowhere) return;
    const replay = (): void => {
      for (const text of session.after(reset ? 0 : lastSeq)) client.send(text);
      for (const { line } of session.open.values()) client.send(line);
      session.viewers.add(client);
    };
    if (this.#held === undefined) replay();
    else void this.#held.promise.then(replay);
  }

  #detach(client: FakeClient): void {
    this.clients.delete(client);
    // Where it was attached, and not what it viewed last (§6, 1).
    client.attached.viewers.delete(client);
    this.#terminals.detach(client, this.clients);
  }

  #hear(client: FakeClient, message: string): void {
    for (const line of message.split('\n')) if (line.trim() !== '') this.#take(client, JSON.parse(line) as Json);
  }

  #take(client: FakeClient, message: Json): void {
    this.said.push(message);
    const { id, method } = message;
    if (typeof method !== 'string') return this.#answer(client, message);
    const params = (message['params'] ?? {}) as Json;
    if (DRIVES.has(method) && !this.#mayDrive(client, id)) return;
    const named = method.startsWith(PREFIX) ? method.slice(PREFIX.length) : undefined;
    if (named?.startsWith('terminal_') === true) return this.#terminals.take(client, named, id, params);
    const session = this.#sessionOf(client, params);
    switch (method) {
      case 'initialize':
        return this.#initialize(client, session, id, params);
      case 'session/new':
        return this.#new(client, id);
      case 'session/load':
        return this.#load(client, id, params);
      case 'session/prompt':
        return session.prompt(client.id ?? '', id, (params['prompt'] ?? []) as unknown[], client.mayQueue);
      case 'session/cancel':
        return session.cancel();
      case '$/cancel_request':
        return session.withdraw(params['requestId']);
    }
    if (named === 'list_sessions' && !this.options.old) return this.#list(client, id);
    if (named === 'take_control' && this.options.lease) return this.#takeControl(client, id);
    if (named === 'release_control' && this.options.lease && this.options.modern) return this.#release(client, id);
    // The driver does not know it; its answer is on the ring like all that it says.
    if (id !== undefined) session.frame({ id, error: { code: -32601, message: `Method not found: ${method}` } });
  }

  /** One that is not there is passed on to the default one (§6, 3). */
  #sessionOf(client: FakeClient, { sessionId }: Json): FakeSession {
    if (this.options.old || typeof sessionId !== 'string') return client.view;
    return this.sessions.get(sessionId) ?? this.sessions.get(this.#first.id) ?? this.#first;
  }

  #initialize(client: FakeClient, session: FakeSession, id: unknown, params: Json): void {
    const { modern, lease } = this.options;
    const asked = (params['clientCapabilities'] ?? {}) as { readonly _meta?: Json };
    client.mayQueue = modern && asked._meta?.['wheelhouse.queue'] === true;
    const meta = {
      workspaceQueries: false,
      workspaceEdits: false,
      terminal: true,
      lease,
      sessions: true,
      roots: ['/'],
    };
    const agentCapabilities = { loadSession: true, ...(modern ? { _meta: { 'wheelhouse.relay': meta } } : {}) };
    const result = { protocolVersion: 1, agentCapabilities, authMethods: [] };
    if (modern) client.reply(id, { result });
    else session.frame({ id, result });
  }

  #new(client: FakeClient, id: unknown): void {
    const { modern, old, loseNew } = this.options;
    const isFirst = !this.#claimed;
    this.#claimed = true;
    if (!isFirst && loseNew) return;
    const session = (isFirst && !modern) || old ? this.#first : this.#session(`Session ${this.#made + 1}`);
    client.view = session;
    session.viewers.add(client);
    if (modern) client.reply(id, { result: { sessionId: session.id } });
    else session.frame({ id, result: { sessionId: session.id } });
    const told = { sessionId: session.id, state: 'live', busy: false, waiting: false };
    if (modern) this.#everywhere({ method: `${PREFIX}session_changed`, params: told });
  }

  #load(client: FakeClient, id: unknown, { sessionId }: Json): void {
    const session = this.sessions.get(String(sessionId));
    if (session === undefined) {
      client.reply(id, { error: { code: -32602, message: 'unknown session' } });
      return;
    }
    if (client.view !== session) {
      client.view = session;
      for (const text of session.after(0)) client.send(text);
      session.viewers.add(client);
    }
    if (this.options.modern) client.reply(id, { result: {} });
    else session.frame({ id, result: {} });
  }

  #list(client: FakeClient, id: unknown): void {
    const sessions = [...this.sessions.values()].map(({ id: session, title, busy, open }) => ({
      id: session,
      title,
      updatedAt: '2026-11-20T10:00:00Z',
      busy,
      ...(this.options.modern ? { cwd: '/', agent: 'Fake', live: true, waiting: open.size > 0 } : {}),
    }));
    client.reply(id, { result: { sessions } });
  }

  #answer(client: FakeClient, { id, result }: Json): void {
    const name = String(id);
    const owner = [...this.sessions.values()].find(({ open }) => open.has(name));
    if (owner === undefined) return;
    const outcome = ((result ?? {}) as { readonly outcome?: Json }).outcome ?? {};
    // It bears the id that the server gave (§6, 8).
    if (!this.#mayDrive(client, id)) return;
    const option = outcome['optionId'];
    owner.open.get(name)?.answered(typeof option === 'string' ? option : undefined);
    owner.settled(name, outcome, client.id ?? null);
  }

  #mayDrive(client: FakeClient, id: unknown): boolean {
    if (!this.options.lease || client.id === undefined) return true;
    const name = this.#nameOf(client);
    if (this.#holder === null) {
      this.#holder = name;
      this.#tellControl();
    }
    if (this.#holder === name) return true;
    const message = 'not the controller — a lease is active; take control first';
    client.reply(id, { error: { code: -32010, message } });
    return false;
  }

  #nameOf(client: FakeClient): string {
    return this.options.modern ? client.base : (client.id ?? '');
  }

  #takeControl(client: FakeClient, id: unknown): void {
    this.take(this.#nameOf(client));
    client.reply(id, { result: { holder: this.#holder, controlEpoch: this.#epoch } });
  }

  #release(client: FakeClient, id: unknown): void {
    if (this.#holder === this.#nameOf(client)) {
      this.#holder = null;
      this.#epoch += 1;
      this.#tellControl();
    }
    client.reply(id, { result: { holder: this.#holder, controlEpoch: this.#epoch } });
  }

  /** On the ring of every session (§6, 6). */
  #tellControl(): void {
    const params = { lease: this.options.lease, holder: this.#holder, controlEpoch: this.#epoch };
    for (const session of this.sessions.values()) session.frame({ method: `${PREFIX}control`, params });
  }

  #everywhere(message: Json): void {
    for (const client of this.clients) client.send(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
  }
}
