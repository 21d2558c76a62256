import { createHmac, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { listenHere, portOf } from '../../tools/listen.ts';
import { FlamecastFakeHost } from './host.ts';
import { FLAMECAST_DEFAULTS, type FlamecastOptions } from './options.ts';
import { FlamecastFakeSession, type Json, type Kept } from './session.ts';

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

const ok = (body: unknown, status = 200): Answer => ({ status, body });
const not = (status: number, error: unknown): Answer => ({ status, body: { error } });

/** A Flamecast server and its host, as the source of the protocol describes them, with what is wrong with them. */
export class FakeFlamecast implements AsyncDisposable {
  readonly options: FlamecastOptions;
  readonly sessions = new Map<string, FlamecastFakeSession>();
  readonly host: FlamecastFakeHost;
  /** Requests, as they came: method, path and body. */
  readonly asked: { readonly method: string; readonly path: string; readonly body: Json }[] = [];
  readonly templates: Json[] = [
    { id: 'demo', name: 'Demo agent', spawn: { command: 'demo', args: [] }, runtime: { provider: 'default' } },
  ];
  readonly instances = new Map<string, string>([['default', 'running']]);
  readonly files = new Map<string, string>([
    ['/work/README.md', '# Far away\n'],
    ['/work/src/main.ts', 'export const far = true;\n'],
    ['/work/vendor/lib.ts', 'export const lib = 1;\n'],
  ]);
  readonly #server: Server;
  readonly #streams = new Map<string, Set<ServerResponse>>();
  readonly #webhooks = new Map<string, readonly Json[]>();
  #seq = 0;
  /** Called when something more of a session was said. */
  told: ((session: FlamecastFakeSession) => void) | undefined;
  /** Where its host is said to be; undefined: where it is. */
  shownPort: number | undefined;
  /** What it says the address of its host is, whatever that is. */
  shownSocket: string | undefined;

  private constructor(options: FlamecastOptions) {
    this.options = options;
    this.host = new FlamecastFakeHost(options, (id) => this.sessions.get(id));
    this.#server = createServer((request, response) => void this.#serve(request, response));
    this.host.serve(this.#server, (request) => this.#mayEnter(request));
  }

  static async listen(options: Partial<FlamecastOptions> = {}, port = 0): Promise<FakeFlamecast> {
    const server = new FakeFlamecast({ ...FLAMECAST_DEFAULTS, ...options });
    await listenHere(server.#server, port);
    return server;
  }

  get port(): number {
    return portOf(this.#server);
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  session(id: string): FlamecastFakeSession {
    const session = this.sessions.get(id);
    if (session === undefined) throw new Error(`The fake has no session ${id}.`);
    return session;
  }

  open(agentName = 'Demo agent', id: string = randomUUID()): FlamecastFakeSession {
    let own = 0;
    const session = new FlamecastFakeSession({ id, agentName }, this.options, {
      next: () => (this.options.node ? (own += 1) : (this.#seq += 1)),
      tell: (of, kept) => this.#tell(of, kept),
    });
    this.sessions.set(id, session);
    this.host.lifecycle('session.created', id);
    return session;
  }

  /** A file is another one now, and the host of a session says so. */
  change(session: FlamecastFakeSession, path: string, content: string): void {
    const type = this.files.has(path) ? 'modified' : 'added';
    this.files.set(path, content);
    session.say('filesystem.changed', { changes: [{ path, type }] });
  }

  cut(): void {
    this.host.cut();
    for (const streams of this.#streams.values()) for (const stream of streams) stream.destroy();
  }

  /** The host begins to number anew; what was kept of its sessions is gone. */
  restart(): void {
    this.#seq = 0;
    for (const session of this.sessions.values()) session.kept = [];
    this.host.forget();
    this.cut();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const session of this.sessions.values()) session.release();
    this.cut();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #mayEnter({ headers }: IncomingMessage): boolean {
    return this.options.token === undefined || headers.authorization === `Bearer ${this.options.token}`;
  }

  #tell(session: FlamecastFakeSession, kept: Kept): void {
    this.host.tell(session, kept);
    for (const stream of this.#streams.get(session.id) ?? []) stream.write(streamed(session, kept));
    if (kept.event.type === 'permission_request') this.#call(session, kept);
    this.told?.(session);
  }

  /** The webhooks of a session, once each: a fake has no patience. */
  #call({ id }: FlamecastFakeSession, { seq, event }: Kept): void {
    for (const { url, secret } of this.#webhooks.get(id) ?? []) {
      const body = JSON.stringify({ sessionId: id, eventId: `e${seq}`, timestamp: event.timestamp, event });
      const signature = createHmac('sha256', String(secret)).update(body).digest('hex');
      const headers = { 'Content-Type': 'application/json', 'X-Flamecast-Signature': `sha256=${signature}` };
      fetch(String(url), { method: 'POST', headers, body }).catch(() => undefined);
    }
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', this.url);
    const text = await readBody(request);
    const method = request.method ?? 'GET';
    const body = (text === '' ? {} : JSON.parse(text)) as Json;
    this.asked.push({ method, path: url.pathname, body });
    const parts = url.pathname
      .split('/')
      .filter((part) => part !== '')
      .map(decodeURIComponent);
    if (!this.#mayEnter(request)) return reply(response, not(401, 'Unauthorized'));
    if (parts[0] !== 'api') return reply(response, not(404, 'Not found'));
    if (parts[1] === 'agents' && parts[3] === 'stream') return this.#stream(parts[2] ?? '', request, response);
    reply(response, await this.#answer(method, parts.slice(1), url.searchParams, body));
  }

  async #answer(
    method: string,
    [what, id, part, more]: readonly string[],
    query: URLSearchParams,
    body: Json,
  ): Promise<Answer> {
    if (what === 'health') return ok({ status: 'ok', sessions: this.sessions.size });
    if (what === 'agent-templates') return this.#template(method, id, body);
    if (what === 'runtimes') return this.#runtime(method, id, part, body);
    if (what !== 'agents') return not(404, 'Not found');
    if (id === undefined) return method === 'POST' ? this.#create(body) : ok(this.#active());
    const session = this.sessions.get(id);
    if (session === undefined) return not(404, 'Agent not found');
    switch (part) {
      case undefined:
        if (method !== 'DELETE') return ok(this.#shown(session));
        if (!session.active) return not(409, 'already-killed');
        session.terminate();
        this.host.lifecycle('session.terminated', id);
        return ok({ ok: true });
      case 'prompts':
        return await this.#prompt(session, body);
      case 'permissions':
        return session.answer(more ?? '', body)
          ? ok({ ok: true })
          : not(404, 'Permission not found or already resolved');
      case 'queue':
        return this.#queue(session, method, more, body);
      case 'files':
        return this.#file(query.get('path') ?? '');
      case 'fs':
        return ok(this.#listing(query.get('path') ?? '/work'));
      default:
        return not(404, 'Not found');
    }
  }

  #template(method: string, id: string | undefined, body: Json): Answer {
    if (method === 'GET') return ok(this.templates);
    if (method === 'POST') {
      const template = { runtime: { provider: 'default' }, ...body, id: `template-${this.templates.length}` };
      this.templates.push(template);
      return ok(template, 201);
    }
    const at = this.templates.findIndex((template) => template['id'] === id);
    if (at < 0) return not(404, 'Template not found');
    this.templates[at] = { ...this.templates[at], ...body };
    return ok(this.templates[at]);
  }

  #runtime(method: string, name: string | undefined, action: string | undefined, body: Json): Answer {
    const instance = (each: string): Json => {
      const status = this.instances.get(each) ?? 'stopped';
      const more = status === 'running' && !this.options.legacy ? { websocketUrl: this.#socketUrl() } : {};
      return { name: each, typeName: 'default', status, ...more };
    };
    if (name === undefined)
      return ok([{ typeName: 'default', onlyOne: false, instances: [...this.instances.keys()].map(instance) }]);
    if (action === 'start') {
      if (name !== 'default') return not(400, `Unknown runtime "${name}"`);
      const started = textIn(body['name']) ?? 'default';
      this.instances.set(started, 'running');
      return ok(instance(started), 201);
    }
    if (!this.instances.has(name)) return not(404, `Runtime instance "${name}" not found`);
    if (method === 'DELETE') this.instances.delete(name);
    else this.instances.set(name, action === 'pause' ? 'paused' : 'stopped');
    return ok({ ok: true });
  }

  #create(body: Json): Answer {
    const { agentTemplateId, spawn, name, webhooks, sessionId } = body;
    if ((agentTemplateId === undefined) === (spawn === undefined))
      return {
        status: 400,
        body: { success: false, error: { name: 'ZodError', message: 'exactly one of agentTemplateId / spawn' } },
      };
    const template = this.templates.find((each) => each['id'] === agentTemplateId);
    if (agentTemplateId !== undefined && template === undefined)
      return not(400, `Template "${textIn(agentTemplateId) ?? ''}" not found`);
    const session = this.open(textIn(name) ?? textIn(template?.['name']) ?? 'agent', textIn(sessionId));
    if (Array.isArray(webhooks)) this.#webhooks.set(session.id, webhooks as Json[]);
    return ok(this.#shown(session), 201);
  }

  async #prompt(session: FlamecastFakeSession, { text }: Json): Promise<Answer> {
    if (typeof text !== 'string') return not(400, "Missing 'text' field");
    try {
      const result = await session.prompt(text);
      return ok(result, result['queued'] === true ? 202 : 200);
    } catch (failure) {
      return not(500, failure instanceof Error ? failure.message : String(failure));
    }
  }

  #queue(session: FlamecastFakeSession, method: string, more: string | undefined, { order }: Json): Answer {
    // The host written in Go has no such route, and what it says is no JSON.
    if (!this.options.node) return not(404, 'Invalid response from session-host');
    if (more === 'pause' || more === 'resume') session.pause(more === 'pause');
    else if (method === 'DELETE' && more === undefined) return ok({ ok: true, cleared: session.clear() });
    else if (method === 'DELETE' && !session.remove(more ?? ''))
      return not(404, `Queue item "${more ?? ''}" not found or currently processing`);
    else if (method === 'PUT') {
      try {
        session.reorder(Array.isArray(order) ? order.map(String) : []);
      } catch (failure) {
        return not(400, failure instanceof Error ? failure.message : '');
      }
    } else if (method === 'GET') return ok(session.queue);
    return ok({ ok: true });
  }

  #file(path: string): Answer {
    if (path === '') return not(400, 'Missing path');
    if (!path.startsWith('/work')) return not(403, 'Path outside workspace');
    const content = this.files.get(path);
    return content === undefined
      ? not(404, `Cannot read: ${path}`)
      : ok({ path, content, truncated: false, maxChars: 100_000 });
  }

  #listing(path: string): Json {
    const below = [...this.files.keys()].filter((file) => file.startsWith(`${path}/`));
    const names = [...new Set(below.map((file) => file.slice(path.length + 1).split('/')[0] ?? ''))];
    const entries = names.map((name) => {
      const isFile = this.files.has(`${path}/${name}`);
      const git = name === 'vendor' ? { git: { branch: 'trunk', origin: 'https://git.example.net/vendor' } } : {};
      return { path: `${path}/${name}`, type: isFile ? 'file' : 'directory', ...git };
    });
    return { root: '/work', path, gitPath: '/work', entries, truncated: false, maxEntries: 10_000 };
  }

  #active(): readonly Json[] {
    return [...this.sessions.values()].filter(({ active }) => active).map((session) => this.#shown(session));
  }

  #shown(session: FlamecastFakeSession): Json {
    const { id, agentName, active, pending, queue, made } = session;
    const at = this.options.databaseDates ? '2026-11-20 21:43:51.05+00' : '2026-11-20T21:43:51.050Z';
    return {
      id,
      agentName,
      spawn: { command: 'demo', args: [] },
      startedAt: at,
      lastUpdatedAt: at,
      status: active ? 'active' : 'killed',
      logs: made.map(({ event }) => ({ timestamp: event.timestamp, type: event.type, data: event.data })),
      pendingPermission: pending ?? null,
      fileSystem: null,
      promptQueue: this.options.node ? queue : null,
      runtime: 'default',
      websocketUrl: this.options.legacy ? `${this.#socketUrl()}/${id}` : this.#socketUrl(),
    };
  }

  #socketUrl(): string {
    return this.shownSocket ?? `ws://127.0.0.1:${this.shownPort ?? this.port}/ws`;
  }

  #stream(id: string, request: IncomingMessage, response: ServerResponse): void {
    const session = this.sessions.get(id);
    if (session === undefined) return reply(response, not(404, 'Agent not found'));
    response.writeHead(200, { 'Content-Type': 'text/event-stream' });
    response.flushHeaders();
    const after = Number(request.headers['last-event-id'] ?? 0);
    for (const kept of session.kept) if (kept.seq > after) response.write(streamed(session, kept));
    const streams = this.#streams.get(id) ?? new Set();
    this.#streams.set(id, streams.add(response));
    response.on('close', () => streams.delete(response));
  }
}

const textIn = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

const streamed = ({ id }: FlamecastFakeSession, { seq, event }: Kept): string => {
  const data = JSON.stringify({ type: 'event', channel: `session:${id}`, sessionId: id, agentId: id, seq, event });
  return `event: ${event.type}\nid: ${seq}\ndata: ${data}\n\n`;
};

const reply = (response: ServerResponse, { status, body }: Answer): void => {
  response.writeHead(status, { 'Content-Type': 'application/json', 'Access-Control-Allow-Origin': '*' });
  response.end(JSON.stringify(body));
};

const readBody = async (request: IncomingMessage): Promise<string> => {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString('utf8');
};
