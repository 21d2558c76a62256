import { readFile } from 'node:fs/promises';
import { client, type ClientConnection, methods, type SessionNotification } from '@agentclientprotocol/sdk';
import { createWebSocketStream, type WebSocketConstructor } from '@agentclientprotocol/sdk/experimental/ws-client';
import { type RawData, WebSocket } from 'ws';
import { until } from '../tools/until.ts';
import type { HostWorld, Ready, Running } from './hostWorld.ts';

export const tokenOf = async (ready: Ready): Promise<string> => (await readFile(ready.tokenFile, 'utf8')).trim();

/** The SDK's own client, which knows ACP and nothing more, and every line that it was sent. */
export class PlainClient {
  readonly lines: string[] = [];
  readonly updates: SessionNotification[] = [];
  /** Titles of what it was asked. */
  readonly asked: string[] = [];
  readonly connection: ClientConnection;

  /** `answer`: the kind of the option that it takes; without it the person never answers. */
  constructor(url: string, token: string, answer?: string) {
    const { lines } = this;
    const Recording = class extends WebSocket {
      constructor(...args: ConstructorParameters<typeof WebSocket>) {
        super(...args);
        this.on('message', (data) => lines.push(textOf(data)));
      }
    } as unknown as WebSocketConstructor;
    const headers = { authorization: `Bearer ${token}` };
    this.connection = client({ name: 'plain' })
      .onNotification(methods.client.session.update, ({ params }) => void this.updates.push(params))
      .onRequest(methods.client.session.requestPermission, async ({ params }) => {
        this.asked.push(params.toolCall.title ?? '');
        const option = params.options.find(({ kind }) => kind === answer);
        if (option === undefined) return await new Promise<never>(() => undefined);
        return { outcome: { outcome: 'selected', optionId: option.optionId } };
      })
      .connect(createWebSocketStream(url, { headers, WebSocket: Recording }));
  }

  /** What the agent said in a session. */
  said(sessionId: string): string {
    const own = this.updates.filter((each) => each.sessionId === sessionId);
    return own
      .map(({ update }) =>
        update.sessionUpdate === 'agent_message_chunk' && update.content.type === 'text' ? update.content.text : '',
      )
      .join('');
  }

  async initialize() {
    return await this.connection.agent.request(methods.agent.initialize, {
      protocolVersion: 1,
      clientCapabilities: {},
    });
  }

  async session(cwd: string): Promise<string> {
    const { sessionId } = await this.connection.agent.request(methods.agent.session.new, { cwd, mcpServers: [] });
    return sessionId;
  }

  async prompt(sessionId: string, text: string) {
    const prompt = [{ type: 'text' as const, text }];
    return await this.connection.agent.request(methods.agent.session.prompt, { sessionId, prompt });
  }
}

const textOf = (data: RawData): string => (Buffer.isBuffer(data) ? data.toString('utf8') : '');

type Frame = Readonly<Record<string, unknown>>;

/** A device that speaks the relay's wire. */
export class DeviceClient {
  readonly frames: Frame[] = [];
  readonly #socket: WebSocket;
  /** The code that it was closed with, and when. */
  closed: { readonly code: number; readonly at: number } | undefined;
  /** What an upgrade was answered with that was refused. */
  status: number | undefined;

  constructor(url: string, token: string, protocols: readonly string[] = []) {
    const bearer = protocols.length === 0 ? { headers: { authorization: `Bearer ${token}` } } : {};
    this.#socket = new WebSocket(url, [...protocols], bearer);
    this.#socket.on('message', (data) => {
      for (const line of textOf(data).split('\n')) if (line !== '') this.frames.push(JSON.parse(line) as Frame);
    });
    this.#socket.on('close', (code) => (this.closed = { code, at: performance.now() }));
    this.#socket.on('unexpected-response', (_request, response) => {
      this.status = response.statusCode ?? 0;
      response.destroy();
    });
    this.#socket.on('error', () => undefined);
  }

  get open(): boolean {
    return this.#socket.readyState === WebSocket.OPEN;
  }

  say(frame: object): void {
    this.#socket.send(JSON.stringify(frame));
  }

  end(): void {
    this.#socket.close();
  }

  /** Resolves when it may speak. */
  async ready(): Promise<void> {
    await until('a connection', () => {
      if (this.status !== undefined) throw new Error(`it was refused with ${this.status}`);
      return this.open;
    });
  }

  /** The first frame that is such a one, now or later. */
  async hear(what: string, is: (frame: Frame) => boolean): Promise<Frame> {
    return await until(what, () => {
      if (this.status !== undefined) throw new Error(`it was refused with ${this.status}`);
      return this.frames.find(is);
    });
  }

  /** Asks, and waits for what answers it. */
  async ask(id: string | number, method: string, params: object): Promise<Frame> {
    await this.ready();
    this.say({ jsonrpc: '2.0', id, method, params });
    return await this.hear(`the answer to ${method}`, (frame) => frame['id'] === id && !('method' in frame));
  }
}

export interface PairedDevice {
  readonly deviceId: string;
  readonly token: string;
  readonly capabilities: readonly string[];
}

export const postPair = (ready: Ready, body: object): Promise<Response> =>
  fetch(new URL('/pair', ready.app), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });

/** The code that a running `pair --json` shows. */
export const codeOf = async (pairing: Running): Promise<string> => {
  const line = await until('a code', () => {
    if (pairing.child.exitCode !== null) throw new Error(pairing.stderr);
    return pairing.lines[0];
  });
  return (JSON.parse(line) as { readonly code: string }).code;
};

/** A device that the person let in. */
export const pairDevice = async (
  world: HostWorld,
  ready: Ready,
  name: string,
  want: 'watch' | 'answer' | 'drive' = 'drive',
): Promise<PairedDevice> => {
  const pairing = world.run('pair', '--json', '--yes', '--state', world.state);
  const response = await postPair(ready, { code: await codeOf(pairing), name, want: [want] });
  if (response.status !== 200) throw new Error(`paired with ${response.status}`);
  await pairing.ended;
  return (await response.json()) as PairedDevice;
};
