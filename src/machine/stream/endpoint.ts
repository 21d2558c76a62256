/**
 * The terminal sessions of a host behind its door: a socket for each viewer, and the requests beside it. Source: the
 * terminal stream protocol, §7 and §10.
 */
import { statfs } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../../base/clock.ts';
import { Failure } from '../../base/failure.ts';
import type { ListedStream, StreamHealth } from '../../protocol/terminal/messages.ts';
import type { Device } from '../../relay/device.ts';
import type { DoorEndpoint } from '../door/endpoint.ts';
import { REFUSAL, type Refusal, refuse, SAFE_HEADERS } from '../door/refusal.ts';
import { type Target } from '../door/guard.ts';
import { readBody } from './body.ts';
import { hearKeys, isFields } from './hearing.ts';
import { STREAM } from './limits.ts';
import { type NewStreams, readDescription } from './newStream.ts';
import type { TerminalStream } from './stream.ts';
import type { Streams } from './streams.ts';
import { StreamViewer } from './viewer.ts';

export interface StreamEndpointParts {
  readonly streams: Streams;
  readonly making: NewStreams;
  /** Devices that are not the owner's own are let in. */
  readonly open: boolean;
  /** Absolute: where what was said is kept. */
  readonly folder: string;
  readonly clock: Clock;
}

const PATH = '/terminal/';

/** What is asked of a session, or of all. */
interface Asked {
  readonly method: string;
  readonly device: Device;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

export const streamEndpoint = (parts: StreamEndpointParts): DoorEndpoint => {
  const rest = new StreamRequests(parts);
  const { streams, clock, open } = parts;
  return {
    path: PATH,
    binaryIsText: true,
    upgrade: (target, device) => {
      if (!mayEnter(device, open)) return CLOSED;
      const { stream, verb } = addressIn(target, streams);
      if (stream === undefined) return REFUSAL.path;
      return verb === 'stream' ? (socket) => void new StreamViewer({ stream, socket, clock }) : REFUSAL.path;
    },
    answer: async (target, device, request, response) => {
      if (!mayEnter(device, open)) return refuse(response, CLOSED);
      await rest.answer(target, { method: request.method ?? '', device, request, response });
    },
  };
};

const mayEnter = ({ owner }: Device, open: boolean): boolean => open || owner === true;

const CLOSED: Refusal = {
  status: 403,
  text: 'Terminals are switched off here for other devices: see relay.terminals.',
};
const WATCHES: Refusal = { status: 403, text: 'This device may watch, and not type.' };
const UNKNOWN: Refusal = { status: 404, text: 'There is no such terminal. It may have been deleted.' };

/** `sessions/ID/VERB` below the path; what is none of ours is nothing. */
const addressIn = (
  { path }: Target,
  streams: Streams,
): { readonly words: readonly string[]; readonly stream: TerminalStream | undefined; readonly verb: string } => {
  const words = path.slice(PATH.length).split('/');
  const [all, id = '', verb = ''] = words;
  return { words, stream: all === 'sessions' && words.length <= 3 ? streams.find(id) : undefined, verb };
};

class StreamRequests {
  readonly #parts: StreamEndpointParts;
  readonly #since: number;

  constructor(parts: StreamEndpointParts) {
    this.#parts = parts;
    this.#since = parts.clock.monotonic();
  }

  async answer(target: Target, asked: Asked): Promise<void> {
    const { words, stream, verb } = addressIn(target, this.#parts.streams);
    const [all] = words;
    if (all === 'health' && words.length === 1) return await this.#health(asked);
    if (all !== 'sessions' || words.length > 3) return refuse(asked.response, REFUSAL.path);
    if (words.length === 1) return await this.#sessions(asked);
    if (stream === undefined) return refuse(asked.response, UNKNOWN);
    await this.#session(stream, verb, asked);
  }

  async #sessions(asked: Asked): Promise<void> {
    if (asked.method === 'GET') return tell(asked, 200, this.#parts.streams.all.map(listed));
    if (asked.method === 'POST') return await this.#create(asked);
    refuse(asked.response, REFUSAL.method, { Allow: 'GET, POST' });
  }

  async #session(stream: TerminalStream, verb: string, asked: Asked): Promise<void> {
    const { method, response } = asked;
    switch (`${method} ${verb}`) {
      case 'PATCH ':
        return await this.#describe(stream, asked);
      case 'DELETE ':
        if (!mayDrive(asked)) return;
        await this.#parts.streams.delete(stream);
        return void response.writeHead(204, SAFE_HEADERS).end();
      case 'GET commands':
        // A shell has none that it could tell.
        return tell(asked, 200, []);
      case 'GET thumbnail':
        return tellText(asked, (await stream.draw()).shown(STREAM.thumbnail));
      case 'POST input':
        return await this.#type(stream, asked);
      case 'GET stream':
        return refuse(response, REFUSAL.noSocket);
      default:
        return refuse(response, VERBS.has(verb) ? REFUSAL.method : REFUSAL.path);
    }
  }

  async #create(asked: Asked): Promise<void> {
    if (!mayDrive(asked)) return;
    const { streams, making } = this.#parts;
    const body = await readBody(asked.request);
    // Without a body: a shell.
    if (body !== undefined && !isFields(body)) return refuse(asked.response, BODY);
    const gone = new AbortController();
    asked.response.once('close', () => gone.abort());
    try {
      const stream = await streams.start(await making.read(body ?? {}, asked.device, gone.signal));
      tell(asked, 201, listed(stream));
    } catch (failure) {
      if (!(failure instanceof Failure)) throw failure;
      const text = failure.next === undefined ? failure.message : `${failure.message} ${failure.next}`;
      refuse(asked.response, { status: failure.code === 'full' ? 503 : 400, text });
    }
  }

  async #describe(stream: TerminalStream, asked: Asked): Promise<void> {
    if (!mayDrive(asked)) return;
    const body = await readBody(asked.request);
    const description = isFields(body) ? readDescription(body['description']) : undefined;
    if (description === undefined) return refuse(asked.response, BODY);
    if (isFields(body) && body['description'] !== undefined) this.#parts.streams.describe(stream, description);
    tell(asked, 200, { id: stream.id, description: stream.description });
  }

  async #type(stream: TerminalStream, asked: Asked): Promise<void> {
    if (!mayDrive(asked)) return;
    const heard = hearKeys(await readBody(asked.request));
    if (heard.kind === 'bad') return refuse(asked.response, { status: 400, text: `${heard.message}.` });
    if (heard.kind === 'paste') stream.paste(heard.text);
    else stream.write(heard.text);
    asked.response.writeHead(204, SAFE_HEADERS).end();
  }

  async #health(asked: Asked): Promise<void> {
    if (asked.method !== 'GET') return refuse(asked.response, REFUSAL.method, { Allow: 'GET' });
    const { streams, clock, folder } = this.#parts;
    const disk = await statfs(folder).catch(() => undefined);
    const all = streams.all;
    const warnings = all.flatMap(({ name, isPlain, buffer: { trouble } }) => [
      ...(isPlain ? [`“${name}” runs over pipes: no pseudo-terminal was to be had.`] : []),
      ...(trouble === undefined ? [] : [`What “${name}” says is not kept: ${trouble}`]),
    ]);
    const health: StreamHealth = {
      ok: warnings.length === 0,
      uptime: Math.floor((clock.monotonic() - this.#since) / 1000),
      sessions: all.length,
      sessionIds: all.map(({ id }) => id),
      bufferMb: rounded(all.reduce((sum, { buffer }) => sum + buffer.bytes, 0) / 2 ** 20),
      diskFreeGb: disk === undefined ? 0 : rounded((disk.bavail * disk.bsize) / 2 ** 30),
      warnings,
    };
    tell(asked, 200, health);
  }
}

const BODY: Refusal = { status: 400, text: 'This body cannot be understood.' };

const VERBS: ReadonlySet<string> = new Set(['', 'commands', 'thumbnail', 'input', 'stream']);

/** Says so where not. */
const mayDrive = ({ device, response }: Asked): boolean => {
  if (device.capability === 'drive') return true;
  refuse(response, WATCHES);
  return false;
};

const listed = ({ id, name, description, state, lastOutputAt, isRunning }: TerminalStream): ListedStream => ({
  id,
  name,
  description,
  state: state.value,
  lastOutputAt: lastOutputAt === undefined ? '' : new Date(lastOutputAt).toISOString(),
  ...(isRunning ? {} : { ended: true }),
});

const tell = (asked: Asked, status: number, value: unknown): void =>
  send(asked, status, 'application/json', JSON.stringify(value));

const tellText = (asked: Asked, text: string): void => send(asked, 200, 'text/plain; charset=utf-8', text);

const send = ({ response }: Asked, status: number, type: string, text: string): void => {
  const headers = { 'Content-Type': type, 'Content-Length': Buffer.byteLength(text) };
  response.writeHead(status, { ...SAFE_HEADERS, ...headers }).end(text);
};

const rounded = (value: number): number => Math.round(value * 100) / 100;
