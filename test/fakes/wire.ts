import type { Readable, Writable } from 'node:stream';

export type Json = Record<string, unknown>;

export interface Reply {
  readonly result?: unknown;
  readonly error?: { readonly code: number; readonly message: string };
}

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** `value.a.b`, undefined where something on the way is no object. */
export function at(value: unknown, ...keys: string[]): unknown {
  return keys.reduce<unknown>((found, key) => (isObject(found) ? found[key] : undefined), value);
}

/** Newline-delimited JSON by hand, so that a fake can also write what no library would let it write. */
export class Wire {
  readonly #output: Writable;
  readonly #pending = new Map<string, (reply: Reply) => void>();
  #requests = 0;

  constructor(output: Writable) {
    this.#output = output;
  }

  /** Resolves when the pipe takes more. */
  async write(bytes: string | Uint8Array): Promise<void> {
    if (this.#output.write(bytes)) return;
    await new Promise<void>((resolve) => this.#output.once('drain', resolve));
  }

  async send(message: Json): Promise<void> {
    await this.write(line(message));
  }

  async respond(id: unknown, result: unknown): Promise<void> {
    await this.send({ id, result });
  }

  async respondWithError(id: unknown, code: number, message: string, data?: unknown): Promise<void> {
    await this.send({ id, error: { code, message, ...(data !== undefined && { data }) } });
  }

  async notify(method: string, params: unknown): Promise<void> {
    await this.send({ method, params });
  }

  /** The line of a request, and the promise of its reply, for those who write several lines at once. */
  prepareRequest(method: string, params: unknown): { readonly line: string; readonly reply: Promise<Reply> } {
    const id = `fake-${(this.#requests += 1)}`;
    const reply = new Promise<Reply>((resolve) => this.#pending.set(id, resolve));
    return { line: line({ id, method, params }), reply };
  }

  async request(method: string, params: unknown): Promise<Reply> {
    const prepared = this.prepareRequest(method, params);
    await this.write(prepared.line);
    return prepared.reply;
  }

  /** Hands a response to whoever asked; false when the message is none or nobody did. */
  settle(message: Json): boolean {
    const id = String(message['id']);
    const resolve = this.#pending.get(id);
    if (!resolve || 'method' in message) return false;
    this.#pending.delete(id);
    resolve(message);
    return true;
  }
}

export function line(message: Json): string {
  return `${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`;
}

/** The lines of a stream, split on bytes so that a character cut in two by the pipe stays whole. */
export async function* linesOf(input: Readable): AsyncGenerator<string> {
  let rest = Buffer.alloc(0);
  for await (const chunk of input) {
    rest = Buffer.concat([rest, chunk as Uint8Array]);
    for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
      yield rest.subarray(0, end).toString('utf8');
      rest = rest.subarray(end + 1);
    }
  }
  if (rest.length > 0) yield rest.toString('utf8');
}
