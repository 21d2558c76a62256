import { createServer, type Server } from 'node:http';
import { type WebSocket, WebSocketServer } from 'ws';
import { listenHere, portOf } from '../../tools/listen.ts';
import { GATEWAY_DEFAULTS, type GatewayOptions } from './options.ts';
import { GatewayFakeSession } from './session.ts';

type Json = Readonly<Record<string, unknown>>;

interface Client {
  readonly socket: WebSocket;
  id: string;
  isIn: boolean;
  readonly sessions: Set<string>;
}

const APPS = [
  { id: 'chat', name: 'Chat', isDefault: true },
  { id: 'coder', name: 'Coder', description: 'writes code', isDefault: false },
];
const LATER = new Set(['schema', 'config', 'tool-catalog', 'tool-confirm', 'tool-dispatch']);

/** A gateway as the source of the protocol describes it (§2 to §6), with what is wrong with it. */
export class FakeGateway implements AsyncDisposable {
  readonly options: GatewayOptions;
  readonly sessions = new Map<string, GatewayFakeSession>();
  /** What clients said, as it came. */
  readonly said: Json[] = [];
  readonly clients = new Set<Client>();
  /** Sessions that nobody may follow. */
  readonly denied = new Set<string>();
  /** Nobody gets in. */
  away = false;
  /** Who counts waits for this before the last number. */
  counting: Promise<void> = Promise.resolve();
  readonly #server: Server;
  readonly #sockets: WebSocketServer;
  #lost: number;

  private constructor(options: GatewayOptions) {
    this.options = options;
    this.#lost = options.loses;
    this.#server = createServer((_request, response) => void response.writeHead(404).end());
    this.#sockets = new WebSocketServer({ server: this.#server });
    this.#sockets.on('connection', (socket) => this.#connect(socket));
  }

  static async listen(options: Partial<GatewayOptions> = {}, port = 0): Promise<FakeGateway> {
    const gateway = new FakeGateway({ ...GATEWAY_DEFAULTS, ...options });
    await listenHere(gateway.#server, port);
    return gateway;
  }

  get url(): string {
    return `ws://127.0.0.1:${portOf(this.#server)}`;
  }

  session(key: string): GatewayFakeSession {
    const id = key.includes(':') ? key : `chat:${key}`;
    const known = this.sessions.get(id);
    if (known !== undefined) return known;
    const made = new GatewayFakeSession(id, this.options, (...told) => this.#tell(...told));
    this.sessions.set(id, made);
    return made;
  }

  cut(): void {
    for (const { socket } of this.clients) socket.terminate();
  }

  close(code: number): void {
    for (const { socket } of this.clients) socket.close(code, 'as it was told');
  }

  /** All sessions are gone, and everybody with them. */
  restart(): void {
    this.sessions.clear();
    this.close(1001);
  }

  /** So many of the next events get lost. */
  lose(many: number): void {
    this.#lost = many;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut();
    for (const session of this.sessions.values()) session.abort();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #connect(socket: WebSocket): void {
    if (this.away) return socket.terminate();
    const client: Client = { socket, id: '', isIn: false, sessions: new Set() };
    this.clients.add(client);
    socket.on('close', () => this.clients.delete(client));
    socket.on('error', () => undefined);
    socket.on('message', (data: Buffer) => {
      let message: unknown;
      try {
        message = JSON.parse(data.toString());
      } catch {
        return send(client, { type: 'error', code: 'INVALID_MESSAGE', message: 'Invalid message' });
      }
      this.#hear(client, message as Json);
    });
  }

  #hear(client: Client, message: Json): void {
    this.said.push(message);
    const { type } = message;
    if (type === 'ping') {
      if (!this.options.mute) send(client, { type: 'pong', timestamp: message['timestamp'] });
    } else if (type === 'connect') this.#greet(client, message);
    else if (!client.isIn) send(client, { type: 'error', code: 'UNAUTHORIZED', message: 'Connect first' });
    else if (type === 'req') this.#answer(client, message);
  }

  #greet(client: Client, { token, clientId }: Json): void {
    const { token: wanted, slow, old, version } = this.options;
    client.id = String(clientId);
    setTimeout(() => {
      if (wanted !== undefined && token !== wanted) {
        send(client, { type: 'error', code: 'AUTH_FAILED', message: 'Authentication failed' });
        return client.socket.close(4001, 'Authentication failed');
      }
      client.isIn = true;
      const apps = APPS.map(({ id }) => id);
      if (!old) send(client, { type: 'connected', gatewayId: 'fake', protocolVersion: version, apps, sessions: [] });
    }, slow);
  }

  #answer(client: Client, { id, method, params }: Json): void {
    const ok = (payload?: unknown): void => send(client, { type: 'res', id, ok: true, payload });
    const not = (code: string, message: string): void =>
      send(client, { type: 'res', id, ok: false, error: { code: this.options.old ? 'METHOD_ERROR' : code, message } });
    const given = (params ?? {}) as Json;
    const key = typeof given['sessionId'] === 'string' ? given['sessionId'] : '';
    if (this.options.old && LATER.has(String(method))) return not('METHOD_ERROR', `Unknown method: ${String(method)}`);
    if (this.options.without.includes(String(method))) return not('METHOD_ERROR', `Unknown method: ${String(method)}`);
    switch (method) {
      case 'apps':
        return ok({ apps: APPS });
      case 'sessions':
        return ok({ sessions: [...this.sessions.values()].map(listed) });
      case 'status':
        return ok(this.#status(key));
      case 'subscribe':
        if (this.denied.has(key)) return not('GUARD_DENIED', 'Not for you');
        client.sessions.add(this.session(key).id);
        return ok();
      case 'unsubscribe':
        client.sessions.delete(this.session(key).id);
        return ok();
      case 'send':
        return this.#send(client, key, given, ok, not);
      case 'abort':
        if (!this.options.old) this.session(key).abort();
        return ok();
      case 'history':
        return ok(this.#history(key, given));
      case 'reset':
        this.session(key).reset();
        return ok();
      case 'close':
        this.sessions.delete(this.session(key).id);
        return ok();
      case 'tool-confirm': {
        const { callId, confirmed, always, reason } = given;
        this.session(key).confirm(String(callId), { confirmed, always, reason });
        return ok({ ok: true });
      }
      case 'config':
        return ok({ config: { model: 'fake', key: '***' } });
      case 'tool-catalog':
        return ok({ tools: [{ name: 'write_file', description: 'Writes a file', input: { type: 'object' } }] });
      case 'tool-dispatch':
        if (given['tool'] !== 'write_file') return not('NOT_FOUND_TOOL', 'Tool not found');
        return ok({ content: [{ type: 'text', text: 'dispatched' }] });
      case 'channel-subscribe':
        client.sessions.add(this.session(key).id);
        return ok({ ok: true });
      case 'channel': {
        const { channel, payload } = given;
        const event = { type: 'message', payload };
        this.#tell(this.session(key), 'channel', { channel, event });
        return ok({ ok: true });
      }
      case 'schema':
        return ok({ protocolVersion: '1.0', methods: this.#methods, events: [], errors: {} });
      case 'tasks:count':
        return void this.#stream(key, given, ok);
      default:
        return not('METHOD_ERROR', `Unknown method: ${String(method)}`);
    }
  }

  get #methods(): Json {
    return Object.fromEntries(Object.entries(SCHEMA).filter(([name]) => !this.options.without.includes(name)));
  }

  #status(key: string): Json {
    const apps = APPS.map(({ id }) => id);
    const gateway = { id: 'fake', uptime: 1, clients: this.clients.size, sessions: this.sessions.size, apps };
    const id = key.includes(':') ? key : `chat:${key}`;
    const session = this.sessions.get(id);
    if (session === undefined) return { gateway };
    return { gateway, session: { ...listed(session), isActive: session.active } };
  }

  #send(
    client: Client,
    key: string,
    { input, message }: Json,
    ok: (payload?: unknown) => void,
    not: (code: string, message: string) => void,
  ): void {
    const text = this.options.old || input === undefined ? message : textIn(input);
    if (typeof text !== 'string') return not('VALIDATION_REQUIRED', 'message is required');
    const session = this.session(key);
    client.sessions.add(session.id);
    // The key that this sender used stands on what comes of it.
    session.called = key;
    ok({ messageId: `msg-${session.kept.length + 1}` });
    void session.run(text);
  }

  #history(key: string, { limit, before }: Json): Json {
    if (!this.options.history) return { messages: [], hasMore: false };
    const all = this.session(key).kept;
    const end = typeof before === 'string' ? all.findIndex(({ id }) => id === before) : all.length;
    const from = Math.max(0, end - Number(limit ?? 50));
    return { messages: all.slice(from, end), hasMore: from > 0 };
  }

  async #stream(key: string, { upTo }: Json, ok: (payload?: unknown) => void): Promise<void> {
    const chunks = Array.from({ length: Number(upTo ?? 3) }, (_, at) => at + 1);
    const method = 'tasks:count';
    if (key !== '') {
      for (const chunk of chunks) {
        this.#tell(this.session(key), 'method:chunk', { method, chunk });
        // Of the last one it is told when it may come.
        if (chunk === chunks.length - 1) await this.counting;
      }
      this.#tell(this.session(key), 'method:end', { method });
    }
    ok({ streaming: true, chunks });
  }

  #tell(session: GatewayFakeSession, event: string, data: Json): void {
    if (this.#lost > 0) {
      this.#lost -= 1;
      return;
    }
    for (const client of this.clients)
      if (client.sessions.has(session.id)) send(client, { type: 'event', event, sessionId: session.called, data });
  }
}

const SCHEMA = {
  'tasks:count': {
    description: 'Counts, one after the other.',
    params: { type: 'object', properties: { upTo: { type: 'number' } }, required: ['upTo'] },
    builtin: false,
  },
  ...Object.fromEntries(
    [
      ...['send', 'abort', 'status', 'history', 'reset', 'close', 'apps', 'sessions', 'subscribe', 'unsubscribe'],
      ...['channel', 'channel-subscribe', 'schema', 'config', 'tool-catalog', 'tool-confirm', 'tool-dispatch'],
    ].map((name) => [name, { description: `Does “${name}”.`, builtin: true }]),
  ),
};

const listed = (session: GatewayFakeSession): Json => ({
  id: session.id,
  appId: session.id.split(':')[0],
  createdAt: '2026-11-20T00:00:00.000Z',
  lastActivityAt: '2026-11-20T00:00:00.000Z',
  messageCount: session.kept.length,
});

const textIn = (input: unknown): string => {
  const { messages } = input as { readonly messages?: readonly { readonly content?: readonly { text?: string }[] }[] };
  return (messages ?? []).flatMap(({ content }) => (content ?? []).map(({ text }) => text ?? '')).join('\n');
};

const send = ({ socket }: Client, message: Json): void => socket.send(JSON.stringify(message));
