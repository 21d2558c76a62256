import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { hostname } from 'node:os';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { EVENT } from '../../../src/protocol/environment/messages.ts';
import { listenHere, portOf } from '../../tools/listen.ts';
import { DEFAULTS, type FakeExecutionOptions } from './options.ts';
import { FakeProcesses, type Json } from './processes.ts';

const ACTIONS: Readonly<Record<string, readonly string[]>> = {
  bash: ['execute'],
  process: ['list', 'poll', 'log', 'write', 'send-keys', 'kill', 'clear', 'remove'],
  session: ['open', 'close', 'heartbeat'],
};

/** Where a failure arose: known hosts have lost the request's id in the first two, and in the second more than that. */
type Arose = 'schema' | 'session' | 'running';

/** What is answered instead of a result. */
class Refused extends Error {
  readonly code: string;
  readonly arose: Arose;

  constructor(code: string, message: string, arose: Arose) {
    super(message);
    this.code = code;
    this.arose = arose;
  }
}

/** A host of remote execution as the source of the protocol describes it (§3 to §8), with what is wrong with it (§5). */
export class FakeExecution implements AsyncDisposable {
  readonly options: FakeExecutionOptions;
  readonly sockets = new Set<WebSocket>();
  /** What was asked, as it came. */
  readonly said: Json[] = [];
  readonly #server: Server;
  readonly #upgrades = new WebSocketServer({ noServer: true });
  #processes: FakeProcesses;
  #session: { readonly id: string; timer: ReturnType<typeof setTimeout> } | undefined;
  #run = 1;

  private constructor(options: FakeExecutionOptions) {
    this.options = options;
    this.#processes = this.#fresh();
    this.#server = createServer((_request, response) => void response.writeHead(404).end());
    this.#server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head));
  }

  static async listen(options: Partial<FakeExecutionOptions> = {}, port = 0): Promise<FakeExecution> {
    const host = new FakeExecution({ ...DEFAULTS, ...options });
    await listenHere(host.#server, port);
    return host;
  }

  get port(): number {
    return portOf(this.#server);
  }

  get url(): string {
    return `ws://127.0.0.1:${this.port}/environment`;
  }

  get running(): number {
    return this.#processes.running;
  }

  get hasSession(): boolean {
    return this.#session !== undefined;
  }

  /** The actions of a tool that were asked, in order. */
  asked(tool: string): readonly unknown[] {
    return this.said.filter((request) => request['tool'] === tool).map((request) => request['action']);
  }

  cut(): void {
    for (const socket of this.sockets) socket.terminate();
  }

  close(code: number): void {
    for (const socket of this.sockets) socket.close(code, 'as it was told');
  }

  /** Another run of the host: what ran is gone, and so is the session. */
  restart(): void {
    this.#run += 1;
    this.expire();
    this.#processes = this.#fresh();
    this.cut();
  }

  /** The session ends, and what runs in it. */
  expire(): void {
    clearTimeout(this.#session?.timer);
    this.#session = undefined;
    this.#processes.end();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.expire();
    this.cut();
    this.#upgrades.close();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #fresh(): FakeProcesses {
    return new FakeProcesses({ cap: this.options.cap, counts: this.options.ours });
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const { pathname } = new URL(request.url ?? '/', 'http://fake');
    const refuse = (status: string): void => void socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\n\r\n`);
    if (pathname !== '/environment') return refuse('404 Not Found');
    if (request.headers.authorization !== `Bearer ${this.options.token}`) return refuse('401 Unauthorized');
    this.#upgrades.handleUpgrade(request, socket, head, (opened) => this.#connect(opened));
  }

  #connect(socket: WebSocket): void {
    this.sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => this.sockets.delete(socket));
    socket.on('message', (data: Buffer) => void this.#hear(socket, JSON.parse(data.toString()) as Json));
    if (this.options.ours) this.#send(socket, EVENT.hello, this.#hello());
  }

  #hello(): Json {
    const shells = { defaultShell: 'sh', supportedShells: ['sh'] };
    const can = { supportsPty: false, supportsSendKeys: true, supportsSoftKill: true, supportsProcessGroups: true };
    const runs = { platform: process.platform, arch: process.arch, hostname: hostname(), runtime: 'node' };
    const capabilities = { ...runs, ...shells, ...can, envCaseInsensitive: false, lineEndings: 'lf' };
    return { type: 'host.hello', envID: this.options.env, hostSessionID: this.#id, capabilities };
  }

  get #id(): string {
    return `run-${this.#run}`;
  }

  async #hear(socket: WebSocket, message: Json): Promise<void> {
    const payload = message['payload'] as Json;
    const event = this.options.tunnel ? (message['meta'] as Json)['event'] : message['event'];
    if (event !== EVENT.request) return;
    this.said.push(payload);
    const answer = await this.#answer(payload);
    if (answer === undefined) return;
    if (this.options.garbage) {
      socket.send('something of another protocol');
      socket.send(JSON.stringify({ event: 'nobody.knows.this', payload: {} }));
    }
    this.#send(socket, EVENT.response, this.options.extra ? extended(answer) : answer);
  }

  #send(socket: WebSocket, event: string, payload: unknown): void {
    const caller = { type: 'agent', agent_id: 'fake', owner_user_id: 7 };
    const meta = { target_agent_id: 'client', event, content_type: 'application/json' };
    const envelope = { type: 'ws_send', request_id: randomUUID(), meta, payload, caller };
    socket.send(JSON.stringify(this.options.tunnel ? envelope : { event, payload }));
  }

  /** Undefined: none at all, as known hosts do where a close or a heartbeat fails. */
  async #answer(request: Json): Promise<Json | undefined> {
    const { ours, old } = this.options;
    const { requestID, tool, action } = request;
    try {
      this.#check(request);
      const result = await this.#result(request);
      if (result === undefined) return undefined;
      const metadata = { ...result.metadata, hostSessionID: this.#id, envID: this.options.env, backend: 'remote' };
      const names = this.#names(tool, action);
      return { version: 1, requestID, ok: true, ...(old ? {} : names), result: { ...result, metadata } };
    } catch (failure) {
      const { code, message, arose } =
        failure instanceof Refused ? failure : new Refused('host_internal_error', String(failure), 'running');
      if (!ours && arose === 'session' && tool === 'session') return undefined;
      const known = arose === 'running';
      const named = (ours || known) && !old ? { tool, action } : {};
      const error = { code, message };
      return { version: 1, requestID: ours || known ? requestID : randomUUID(), ok: false, ...named, error };
    }
  }

  #names(tool: unknown, action: unknown): Json {
    const { wrongTool, wrongAction } = this.options;
    const other = tool === 'process' ? 'bash' : 'process';
    return { tool: wrongTool && tool !== 'session' ? other : tool, action: wrongAction ? 'another' : action };
  }

  /** In the order of §5. */
  #check(request: Json): void {
    const { ours, old, env } = this.options;
    const { version, tool, action, sessionID, envID } = request;
    const payload = request['payload'] as Json | undefined;
    const known = ACTIONS[String(tool)];
    if (version !== 1) throw this.#schema('version', 'Invalid input: expected 1', 'invalid_request');
    if (known === undefined || (old && tool === 'session'))
      throw this.#schema('tool', 'No matching discriminator', 'unsupported_tool');
    if (!known.includes(String(action))) throw this.#schema('action', 'Invalid input', 'unsupported_action');
    if (tool !== 'bash' && payload?.['action'] !== action)
      throw this.#schema('payload.action', 'Invalid input', 'invalid_request');
    if (tool === 'session' || old) return;
    if (typeof sessionID !== 'string')
      throw this.#schema('sessionID', 'Invalid input: expected string', 'session_required');
    if (sessionID !== this.#session?.id) throw new Refused('session_invalid', 'Session is not active.', 'session');
    this.#touch();
    if (envID === env) return;
    throw ours
      ? new Refused('env_not_found', `No environment ${String(envID)}.`, 'running')
      : new Refused('host_internal_error', `env mismatch: ${String(envID)}`, 'running');
  }

  /** A failure of the schema: known hosts answer with its own list of issues. */
  #schema(path: string, message: string, code: string): Refused {
    if (this.options.ours) return new Refused(code, message, 'schema');
    const issues = [{ code: 'invalid_type', path: path.split('.'), message }];
    return new Refused('host_internal_error', JSON.stringify(issues, undefined, 2), 'schema');
  }

  async #result(request: Json) {
    const payload = request['payload'] as Json;
    if (request['tool'] === 'session') return this.#ofSession(payload);
    if (request['tool'] === 'process') return await this.#processes.act(payload);
    return this.options.mute ? undefined : await this.#processes.execute(payload);
  }

  #ofSession({ action, sessionID, label }: Json): { title: string; metadata: Json; output: string } {
    const said = (status: string, id?: string, more: Json = {}) => {
      const metadata = { action, status, ...(id === undefined ? {} : { sessionID: id }), ...more };
      return { title: `Session ${status}`, metadata, output: `The session is ${status}.` };
    };
    if (action === 'open') return this.#open(said, label);
    if (sessionID !== this.#session?.id) throw new Refused('session_invalid', 'Session is not active.', 'session');
    this.#touch();
    if (action === 'heartbeat') return said('alive', this.#session?.id);
    this.expire();
    return said('closed', String(sessionID));
  }

  #open(
    said: (status: string, id?: string, more?: Json) => { title: string; metadata: Json; output: string },
    label: unknown,
  ): { title: string; metadata: Json; output: string } {
    const { ours, busy, refuse, errors } = this.options;
    const holder = { remoteAgentID: 'agent-of-somebody', remoteOwnerUserID: 7 };
    if (refuse && errors) throw new Refused('session_refused', 'Not allowed here.', 'running');
    if (refuse) return said('refused');
    if (busy && errors) throw new Refused('session_busy', 'Somebody has it.', 'running');
    if (busy) return ours ? said('busy') : said('busy', 'session-of-somebody', holder);
    // Known hosts say so to the holder itself, too.
    if (this.#session !== undefined) return said(ours ? 'opened' : 'busy', this.#session.id, ours ? {} : holder);
    this.#session = { id: randomUUID(), timer: setTimeout(() => undefined, 0) };
    this.#touch();
    return said('opened', this.#session.id, { label });
  }

  #touch(): void {
    if (this.#session === undefined) return;
    clearTimeout(this.#session.timer);
    this.#session.timer = setTimeout(() => this.expire(), this.options.idle);
  }
}

/** Keys that nobody knows, at every depth. */
const extended = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(extended);
  if (typeof value !== 'object' || value === null) return value;
  return { ...Object.fromEntries(Object.entries(value).map(([key, each]) => [key, extended(each)])), surprise: [1] };
};
