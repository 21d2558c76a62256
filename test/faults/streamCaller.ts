// A viewer of a host's terminals as the protocol has it, that takes nothing for granted and keeps all that it saw.
import { once } from 'node:events';
import { WebSocket } from 'ws';
import type { FromStream, ToStream } from '../../src/protocol/terminal/messages.ts';
import { until } from '../tools/until.ts';

export interface SeenFrame {
  readonly seq: number;
  readonly text: string;
}

/** The requests beside the sockets. */
export class StreamHost {
  /** Such as `http://127.0.0.1:4141/terminal`. */
  readonly address: string;
  readonly #token: string;

  constructor(address: string, token: string) {
    this.address = address;
    this.#token = token;
  }

  async ask(method: string, path: string, body?: unknown): Promise<{ readonly status: number; readonly text: string }> {
    const answer = await fetch(`${this.address}${path}`, {
      method,
      headers: { Authorization: `Bearer ${this.#token}`, 'Content-Type': 'application/json' },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    return { status: answer.status, text: await answer.text() };
  }

  async get(path: string): Promise<unknown> {
    const { status, text } = await this.ask('GET', path);
    if (status !== 200) throw new Error(`GET ${path} was answered with ${status}: ${text}`);
    return JSON.parse(text);
  }

  /** Resolves with its id. */
  async start(options: object = {}): Promise<string> {
    const { status, text } = await this.ask('POST', '/sessions', options);
    if (status !== 201) throw new Error(`It was not started: ${status} ${text}`);
    return (JSON.parse(text) as { readonly id: string }).id;
  }

  look(id: string): StreamCaller {
    return new StreamCaller(`${this.address.replace('http', 'ws')}/sessions/${id}/stream`, this.#token);
  }

  /** Open, and it has said what it has. */
  async resume(id: string, lastSeq: number | null = null): Promise<StreamCaller> {
    const caller = await this.open(id);
    caller.say({ type: 'resume', lastSeq });
    return caller;
  }

  async open(id: string): Promise<StreamCaller> {
    const caller = this.look(id);
    await once(caller.socket, 'open');
    return caller;
  }
}

export class StreamCaller {
  readonly socket: WebSocket;
  readonly frames: SeenFrame[] = [];
  readonly messages: FromStream[] = [];
  /** In the order in which it came: numbers of frames, and types of messages. */
  readonly order: (number | string)[] = [];
  text = '';
  /** False: of output it keeps nothing. */
  keeps = true;
  closed: number | undefined;
  /** The status by which it was refused. */
  refused: number | undefined;

  constructor(address: string, token: string) {
    this.socket = new WebSocket(address, {
      perMessageDeflate: false,
      headers: { Authorization: `Bearer ${token}` },
    });
    this.socket.on('error', () => undefined);
    this.socket.on('unexpected-response', (_request, response) => {
      this.refused = response.statusCode;
      this.socket.terminate();
    });
    this.socket.on('close', (code) => (this.closed = code));
    this.socket.on('message', (data: Buffer, isBinary: boolean) => this.#see(data, isBinary));
  }

  get seqs(): readonly number[] {
    return this.frames.map(({ seq }) => seq);
  }

  get last(): number {
    return this.frames.at(-1)?.seq ?? 0;
  }

  say(message: ToStream | object | string, binary = false): void {
    this.socket.send(Buffer.from(typeof message === 'string' ? message : JSON.stringify(message)), { binary });
  }

  type(data: string): void {
    this.say({ type: 'input', data });
  }

  async saw(text: string): Promise<void> {
    await until(`“${text}”`, () => this.text.includes(text));
  }

  async told<Type extends FromStream['type']>(type: Type, count = 1): Promise<Extract<FromStream, { type: Type }>> {
    return await until(type, () => {
      const all = this.messages.filter(
        (message): message is Extract<FromStream, { type: Type }> => message.type === type,
      );
      return all[count - 1];
    });
  }

  /** Its picture as text. */
  async snapshot(): Promise<{ readonly seq: number; readonly text: string }> {
    const before = this.messages.filter(({ type }) => type === 'snapshot').length;
    this.say({ type: 'snapshot-request' });
    const { seq, data } = await this.told('snapshot', before + 1);
    return { seq, text: Buffer.from(data, 'base64').toString('utf8') };
  }

  async leave(): Promise<void> {
    this.socket.terminate();
    await until('its end', () => this.closed !== undefined);
  }

  #see(data: Buffer, isBinary: boolean): void {
    if (isBinary && !this.keeps) return;
    if (isBinary) {
      const frame = { seq: Number(data.readBigUInt64BE(0)), text: data.subarray(8).toString('utf8') };
      this.frames.push(frame);
      this.order.push(frame.seq);
      this.text += frame.text;
      return;
    }
    const message = JSON.parse(data.toString('utf8')) as FromStream;
    this.messages.push(message);
    this.order.push(message.type);
  }
}
