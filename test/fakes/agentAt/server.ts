import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import process from 'node:process';
import type { Duplex } from 'node:stream';
import { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { ndJsonStream } from '@agentclientprotocol/sdk';
import { createNodeHttpHandler } from '@agentclientprotocol/sdk/experimental/node';
import { AcpServer } from '@agentclientprotocol/sdk/experimental/server';
import { type WebSocket, WebSocketServer } from 'ws';
import { listenHere, portOf } from '../../tools/listen.ts';
import { linesOf } from '../wire.ts';
import type { FakeServerOptions } from './options.ts';

type Child = ChildProcessByStdio<Writable, Readable, null>;

const DEFAULTS: FakeServerOptions = {
  token: '',
  header: 'authorization',
  status: 0,
  redirect: '',
  begins: undefined,
  pretty: false,
  joined: false,
  mute: false,
  keep: false,
  tls: undefined,
  program: fileURLToPath(new URL('../agent.ts', import.meta.url)),
  args: [],
};
/** Longer than what a client of ours takes at all. */
const LONG = 33 * 1024 * 1024;

/** An agent behind a WebSocket, and on the same port behind streamable HTTP as the SDK serves it. */
export class FakeAgentServer implements AsyncDisposable {
  readonly options: FakeServerOptions;
  readonly #server: Server;
  readonly #sockets = new WebSocketServer({ noServer: true });
  readonly #http: AcpServer;
  readonly #children = new Set<Child>();
  readonly #open = new Set<WebSocket>();
  #kept: Child | undefined;
  /** Nobody is let in any more. */
  refuses = false;
  /** Methods that agents behind sockets were called by, in order. */
  readonly methods: string[] = [];
  /** Of each request, whatever became of it. */
  readonly headers: IncomingMessage['headers'][] = [];

  private constructor(options: FakeServerOptions) {
    this.options = options;
    this.#http = new AcpServer({ agent: { connect: (stream) => this.#serve(stream) } });
    const handle = createNodeHttpHandler(this.#http);
    const answer = (request: IncomingMessage, response: ServerResponse): void => {
      const refusal = this.#refusalOf(request);
      if (refusal === undefined) handle(request, response);
      else response.writeHead(refusal, this.#redirect).end();
    };
    const { tls } = options;
    this.#server = tls === undefined ? createServer(answer) : createSecureServer(tls, answer);
    this.#server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head));
  }

  static async listen(options: Partial<FakeServerOptions> = {}, port = 0): Promise<FakeAgentServer> {
    const server = new FakeAgentServer({ ...DEFAULTS, ...options });
    await listenHere(server.#server, port);
    return server;
  }

  get port(): number {
    return portOf(this.#server);
  }

  /** Of the WebSocket. */
  get url(): string {
    return `ws${this.options.tls === undefined ? '' : 's'}://127.0.0.1:${this.port}/acp`;
  }

  /** Of streamable HTTP. */
  get webUrl(): string {
    return this.url.replace(/^ws/u, 'http');
  }

  get connections(): number {
    return this.#open.size;
  }

  cut(): void {
    for (const socket of this.#open) socket.terminate();
    this.#server.closeAllConnections();
  }

  /** Ends all sockets with a number. */
  close(code: number): void {
    for (const socket of this.#open) socket.close(code, 'as it was told');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.cut();
    await this.#http.close();
    await closed;
    await Promise.all([...this.#children].map(end));
  }

  /** The status that it is turned away with. */
  #refusalOf({ headers }: IncomingMessage): number | undefined {
    this.headers.push(headers);
    const { status, redirect, token, header } = this.options;
    if (redirect !== '') return 307;
    if (status !== 0) return status;
    const shown = headers[header];
    if (token !== '' && shown !== (header === 'authorization' ? `Bearer ${token}` : token)) return 401;
    return this.refuses ? 503 : undefined;
  }

  get #redirect(): Record<string, string> {
    const { redirect } = this.options;
    return redirect === '' ? {} : { location: redirect };
  }

  #start(): Child {
    const { program, args } = this.options;
    const child = spawn(process.execPath, [program, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
    child.stdin.on('error', () => undefined);
    this.#children.add(child);
    child.once('exit', () => this.#children.delete(child));
    return child;
  }

  #serve(stream: ReturnType<typeof ndJsonStream>): { readonly closed: Promise<unknown> } {
    const child = this.#start();
    const own = ndJsonStream(Writable.toWeb(child.stdin), Readable.toWeb(child.stdout) as ReadableStream<Uint8Array>);
    const over = (): void => void end(child);
    void stream.readable.pipeTo(own.writable).then(over, over);
    void own.readable.pipeTo(stream.writable).catch(() => undefined);
    return { closed: once(child, 'exit') };
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const refusal = this.#refusalOf(request);
    if (refusal === undefined)
      return this.#sockets.handleUpgrade(request, socket, head, (opened) => this.#take(opened));
    const more = Object.entries(this.#redirect).map(([name, value]) => `${name}: ${value}\r\n`);
    socket.end(`HTTP/1.1 ${refusal} Refused\r\nconnection: close\r\n${more.join('')}\r\n`);
  }

  #take(socket: WebSocket): void {
    this.#open.add(socket);
    const { keep, begins, mute } = this.options;
    if (begins === 'garbage') socket.send('Welcome to my agent! {"method":');
    if (begins === 'binary') socket.send(Buffer.from('{"jsonrpc":"2.0"}'));
    if (begins === 'long') socket.send('x'.repeat(LONG));
    const child = (keep ? this.#kept : undefined) ?? this.#start();
    if (keep) this.#kept = child;
    if (!mute) void this.#pass(child, socket);
    socket.on('error', () => undefined);
    socket.on('message', (data: Buffer) => {
      const { method } = JSON.parse(data.toString());
      if (typeof method === 'string') this.methods.push(method);
      if (!mute) child.stdin.write(`${data.toString()}\n`);
    });
    socket.once('close', () => {
      this.#open.delete(socket);
      if (!keep) void end(child);
    });
  }

  /** What a kept agent says goes to whoever came last. */
  async #pass(child: Child, socket: WebSocket): Promise<void> {
    if (child.stdout.listenerCount('data') > 0) return;
    const { pretty, joined, keep } = this.options;
    const to = (): WebSocket | undefined => (keep ? [...this.#open].at(-1) : socket);
    let waiting: string[] = [];
    const flush = (): void => {
      to()?.send(waiting.join('\n'));
      waiting = [];
    };
    for await (const line of linesOf(child.stdout)) {
      if (pretty) to()?.send(JSON.stringify(JSON.parse(line), undefined, 2));
      else if (!joined) to()?.send(line);
      else if (waiting.push(line) === 1) setImmediate(flush);
    }
    // An agent that ended takes its connection along.
    to()?.close(1011, 'the agent has ended');
  }
}

const end = async (child: Child): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
};
