/** A device that asks a host to run commands, frame by frame: it takes nothing for granted, and puts nothing right. */
import { WebSocket } from 'ws';
import {
  type BashPayload,
  EVENT,
  type ExecutionResponse,
  type HostHello,
  type ProcessPayload,
  type SessionPayload,
} from '../../src/protocol/environment/messages.ts';
import { until } from '../tools/until.ts';

type Ok = Extract<ExecutionResponse, { ok: true }>;
/** As it stands on the wire. */
type Frame = { readonly event: string; readonly payload: Readonly<Record<string, unknown>> };
/** The fields that some answer has. */
type Metadata = Readonly<Record<string, unknown>>;

export interface Answered {
  readonly title: string;
  readonly output: string;
  readonly metadata: Metadata;
}

export class ExecutionDevice {
  readonly frames: Frame[] = [];
  closed: number | undefined;
  #sessionID: string | undefined;
  #envID = '';
  #asked = 0;
  readonly #socket: WebSocket;

  private constructor(url: string, token: string) {
    this.#socket = new WebSocket(url, { headers: { authorization: `Bearer ${token}` } });
    this.#socket.on('message', (data: Buffer) => this.frames.push(JSON.parse(data.toString('utf8')) as Frame));
    this.#socket.on('close', (code) => (this.closed = code));
    this.#socket.on('error', () => undefined);
  }

  /** Connected, and greeted. */
  static async connect(url: string, token: string): Promise<ExecutionDevice> {
    const device = new ExecutionDevice(url, token);
    const [first] = await until('a greeting', () => {
      if (device.closed !== undefined) throw new Error(`closed with ${device.closed}`);
      return device.frames.length > 0 && device.frames;
    });
    if (first?.event !== EVENT.hello) throw new Error(`it greeted with ${JSON.stringify(first)}`);
    device.#envID = device.hello.envID;
    return device;
  }

  get hello(): HostHello {
    return this.frames[0]?.payload as unknown as HostHello;
  }

  get sessionID(): string {
    return this.#sessionID ?? '';
  }

  /** As whoever knows the id of a session says it. */
  set sessionID(id: string) {
    this.#sessionID = id;
  }

  say(message: string): void {
    this.#socket.send(message);
  }

  /** Without a word. */
  cut(): void {
    this.#socket.terminate();
  }

  /** A request with these fields in the place of the usual ones; undefined takes one out. */
  ask(fields: Readonly<Record<string, unknown>>): string {
    const requestID = `r${(this.#asked += 1)}`;
    const payload = { version: 1, requestID, envID: this.#envID, sessionID: this.#sessionID, ...fields };
    this.say(JSON.stringify({ event: EVENT.request, payload }));
    return requestID;
  }

  answer(requestID: string): ExecutionResponse | undefined {
    const found = this.frames.find(
      ({ event, payload }) => event === EVENT.response && payload['requestID'] === requestID,
    );
    return found?.payload as unknown as ExecutionResponse | undefined;
  }

  async answered(requestID: string): Promise<ExecutionResponse> {
    return await until(`the answer to ${requestID}`, () => this.answer(requestID));
  }

  async response(fields: Readonly<Record<string, unknown>>): Promise<ExecutionResponse> {
    return await this.answered(this.ask(fields));
  }

  /** The code by which it was refused. */
  async code(fields: Readonly<Record<string, unknown>>): Promise<string> {
    const response = await this.response(fields);
    if (response.ok) throw new Error(`it was done: ${JSON.stringify(response)}`);
    return response.error.code;
  }

  async session(payload: SessionPayload): Promise<Answered> {
    return resultOf(await this.response({ tool: 'session', action: payload.action, payload, sessionID: undefined }));
  }

  async open(label?: string): Promise<Answered> {
    const opened = await this.session({ action: 'open', ...(label === undefined ? {} : { label }) });
    const { sessionID } = opened.metadata;
    if (typeof sessionID === 'string') this.#sessionID = sessionID;
    return opened;
  }

  async bash(command: string, more: Partial<BashPayload> = {}): Promise<Answered> {
    const payload = { command, description: 'a test', ...more };
    return resultOf(await this.response({ tool: 'bash', action: 'execute', payload }));
  }

  /** The id of a process in the background. */
  async background(command: string): Promise<string> {
    const { metadata } = await this.bash(command, { background: true });
    return String(metadata['processId']);
  }

  async process(payload: ProcessPayload): Promise<Answered> {
    return resultOf(await this.response({ tool: 'process', action: payload.action, payload }));
  }
}

const resultOf = (response: ExecutionResponse): Answered => {
  if (!response.ok) throw new Error(`${response.error.code}: ${response.error.message}`);
  return (response satisfies Ok).result as unknown as Answered;
};
