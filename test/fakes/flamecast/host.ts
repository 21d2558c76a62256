import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import type { FlamecastOptions } from './options.ts';
import type { FlamecastFakeSession, Json, Kept } from './session.ts';

interface Client {
  readonly socket: WebSocket;
  readonly channels: Set<string>;
}

/** The sockets of the fake's one host. Every event of a session, and of terminals that belong to none, goes out by it. */
export class FlamecastFakeHost {
  readonly said: Json[] = [];
  readonly clients = new Set<Client>();
  /** Nobody gets in. */
  away = false;
  readonly #options: FlamecastOptions;
  readonly #session: (id: string) => FlamecastFakeSession | undefined;
  readonly #sockets = new WebSocketServer({ noServer: true });
  /** How many were made. */
  connections = 0;
  #terminals = 0;
  #terminalSeq = 0;
  #keptOfTerminals: (Json & { readonly seq: number })[] = [];

  constructor(options: FlamecastOptions, session: (id: string) => FlamecastFakeSession | undefined) {
    this.#options = options;
    this.#session = session;
  }

  serve(server: Server, mayEnter: (request: IncomingMessage) => boolean): void {
    server.on('upgrade', (request: IncomingMessage, carrier: Duplex, head: Buffer) => {
      const refused = this.#options.noSocket || this.away || !mayEnter(request);
      if (refused)
        return void carrier.end(
          `HTTP/1.1 ${this.away ? 503 : this.#options.noSocket ? 404 : 401} No\r\nContent-Length: 0\r\n\r\n`,
        );
      this.#sockets.handleUpgrade(request, carrier, head, (socket) => this.#connect(socket, request.url ?? ''));
    });
  }

  tell(session: FlamecastFakeSession, kept: Kept): void {
    for (const client of this.clients)
      if (this.#options.legacy || this.#hears(client, session)) this.#send(client, session, kept);
  }

  lifecycle(type: 'session.created' | 'session.terminated', sessionId: string): void {
    for (const client of this.clients) send(client, { type, sessionId, agentId: sessionId });
  }

  /** Its terminals have ended with it, and are counted anew. */
  forget(): void {
    this.#terminalSeq = 0;
    this.#keptOfTerminals = [];
  }

  cut(): void {
    for (const { socket } of this.clients) socket.terminate();
  }

  #connect(socket: WebSocket, url: string): void {
    const client: Client = { socket, channels: new Set() };
    this.clients.add(client);
    socket.on('close', () => this.clients.delete(client));
    socket.on('error', () => undefined);
    socket.on('message', (data) => this.#read(client, Buffer.isBuffer(data) ? data.toString('utf8') : ''));
    this.connections += 1;
    if (!this.#options.legacy) return send(client, { type: 'connected', connectionId: `c${this.connections}` });
    const session = this.#session(url.split('/').at(-1) ?? '');
    if (session === undefined) return;
    if (session.running) send(client, { type: 'connected', sessionId: 'acp-1' });
    for (const kept of session.kept) this.#send(client, session, kept);
  }

  #read(client: Client, text: string): void {
    let message: Json;
    try {
      message = JSON.parse(text) as Json;
    } catch {
      return this.#options.node
        ? send(client, { type: 'error', message: 'Invalid message' })
        : client.socket.terminate();
    }
    this.said.push(message);
    const { action, channel, sessionId } = message;
    switch (action) {
      case 'ping':
        if (!this.#options.mute && !this.#options.legacy) send(client, { type: 'pong' });
        return;
      case 'subscribe':
        return this.#subscribe(client, typeof channel === 'string' ? channel : '', message['since']);
      case 'unsubscribe':
        client.channels.delete(String(channel));
        return send(client, { type: 'unsubscribed', channel });
      case 'cancel':
        if (!this.#options.node) return send(client, { type: 'error', message: 'cancel not yet implemented' });
        return this.#session(String(sessionId))?.release();
      case 'terminal.create':
      case 'terminal.input':
      case 'terminal.resize':
      case 'terminal.kill':
        return this.#terminal(client, action, message);
      default:
        if (this.#options.node) send(client, { type: 'error', message: `Invalid message format` });
    }
  }

  #subscribe(client: Client, channel: string, since: unknown): void {
    if (client.channels.size >= this.#options.subscriptions)
      return send(client, { type: 'error', message: 'Max subscriptions (100) exceeded', channel });
    const [kind, id = ''] = channel.split(':');
    const session = kind === 'session' ? this.#session(id) : undefined;
    client.channels.add(channel);
    const from = typeof since === 'number' ? since : 0;
    // What happens in this very moment is told at once, and again with what was before.
    if (this.#options.crossed) session?.say('rpc', LIVE);
    for (const kept of session?.kept ?? [])
      if (kept.seq > from && session !== undefined) this.#send(client, session, kept);
    if (channel === 'terminals') for (const said of this.#keptOfTerminals) if (said.seq > from) send(client, said);
    send(client, { type: 'subscribed', channel });
  }

  #hears({ channels }: Client, { id }: FlamecastFakeSession): boolean {
    return channels.has('agents') || channels.has(`session:${id}`);
  }

  #send(client: Client, { id }: FlamecastFakeSession, { seq, event }: Kept): void {
    if (this.#options.legacy) return send(client, { type: 'event', timestamp: event.timestamp, event });
    const kind = event.type.split('.')[0];
    const sub = kind === 'terminal' || kind === 'queue' ? `:${kind}` : '';
    send(client, { type: 'event', channel: `session:${id}${sub}`, sessionId: id, agentId: id, seq, event });
  }

  /** Of the runtime: what is told of them names no session. */
  #terminal(client: Client, action: string, { terminalId, data }: Json): void {
    const tell = (type: string, more: Json): void => {
      this.#terminalSeq += 1;
      const event = { type, data: more, timestamp: new Date().toISOString() };
      const channel = `terminals:${String(more['terminalId'])}`;
      const said = { type: 'event', channel, seq: this.#terminalSeq, event };
      this.#keptOfTerminals.push(said);
      for (const each of this.clients) if (each.channels.has('terminals')) send(each, said);
    };
    if (action === 'terminal.create') {
      this.#terminals += 1;
      const id = `rt-${this.#terminals}`;
      tell('terminal.started', { terminalId: id, command: data ?? '/bin/sh' });
      return tell('terminal.data', { terminalId: id, data: '$ ' });
    }
    if (typeof terminalId !== 'string') return send(client, { type: 'error', message: `${action}: no such terminal` });
    if (action === 'terminal.input')
      tell('terminal.data', { terminalId, data: String(data).replaceAll('\r', '\r\n$ ') });
    if (action === 'terminal.kill') tell('terminal.exit', { terminalId, exitCode: 0 });
  }
}

const LIVE = {
  method: 'session/update',
  direction: 'agent_to_client',
  phase: 'notification',
  payload: { update: { sessionUpdate: 'agent_message_chunk', content: { type: 'text', text: '(live)' } } },
};

const send = ({ socket }: Client, message: Json): void => socket.send(JSON.stringify(message));
