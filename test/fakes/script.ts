import { readFile } from 'node:fs/promises';
import process from 'node:process';
import { at, isObject, type Json, type Wire } from './wire.ts';

/**
 * A step of a script:
 * - `{ "send": MESSAGE }` writes one line. A string `"${METHOD.id}"` or `"${METHOD.params.a.b}"` in it stands for a part
 *   of the message with that method that was waited for last.
 * - `{ "wait": METHOD }` takes the next message with that method; `"response:ID"` the response to a request of ours.
 * - `{ "sleepUntil": METHOD }` goes on once such a message has arrived at all, and takes nothing.
 * - `{ "bytes": TEXT, "sizes": [3, 5], "encoding": "utf8" }` writes raw bytes, cut into pieces of these sizes (the last
 *   piece takes what is left), each in a write of its own. `encoding` is one of Buffer's.
 * - `{ "exit": CODE }` ends the process.
 */
export type Step =
  | { readonly send: Json }
  | { readonly wait: string }
  | { readonly sleepUntil: string }
  | { readonly bytes: string; readonly sizes?: readonly number[]; readonly encoding?: BufferEncoding }
  | { readonly exit: number };

export class Script {
  readonly #wire: Wire;
  readonly #steps: readonly Step[];
  readonly #arrived: Json[] = [];
  readonly #names = new Set<string>();
  readonly #taken = new Map<string, Json>();
  #wake: () => void = () => undefined;

  constructor(wire: Wire, steps: readonly Step[]) {
    this.#wire = wire;
    this.#steps = steps;
  }

  static async load(wire: Wire, file: string): Promise<Script> {
    const steps: unknown = JSON.parse(await readFile(file, 'utf8'));
    if (!Array.isArray(steps)) throw new Error(`${file} must hold a JSON array of steps`);
    return new Script(wire, steps as Step[]);
  }

  receive(message: Json): void {
    this.#arrived.push(message);
    this.#names.add(nameOf(message));
    this.#wake();
  }

  async play(): Promise<void> {
    for (const step of this.#steps) await this.#do(step);
  }

  async #do(step: Step): Promise<void> {
    if ('send' in step) await this.#wire.send(this.#filled(step.send) as Json);
    else if ('wait' in step) await this.#take(step.wait);
    else if ('sleepUntil' in step) await this.#until(() => this.#names.has(step.sleepUntil));
    else if ('bytes' in step) await this.#writePieces(Buffer.from(step.bytes, step.encoding), step.sizes ?? []);
    else if ('exit' in step) process.exit(step.exit);
    else throw new Error(`unknown step ${JSON.stringify(step)}`);
  }

  async #take(name: string): Promise<void> {
    await this.#until(() => this.#arrived.some((message) => nameOf(message) === name));
    const index = this.#arrived.findIndex((message) => nameOf(message) === name);
    const [message] = this.#arrived.splice(index, 1);
    if (message) this.#taken.set(name, message);
  }

  async #until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  async #writePieces(bytes: Buffer, sizes: readonly number[]): Promise<void> {
    let from = 0;
    for (const size of [...sizes, bytes.length]) {
      const piece = bytes.subarray(from, from + size);
      from += piece.length;
      if (piece.length > 0) await this.#wire.write(piece);
      // A turn of the loop between two writes, or the pipe would hand them over as one.
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
  }

  #filled(value: unknown): unknown {
    if (typeof value === 'string') return this.#reference(value);
    if (Array.isArray(value)) return value.map((item) => this.#filled(item));
    if (!isObject(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, this.#filled(item)]));
  }

  #reference(text: string): unknown {
    const [, name, path = ''] = /^\$\{([^.}]+)\.([^}]+)\}$/.exec(text) ?? [];
    if (name === undefined) return text;
    const message = this.#taken.get(name);
    if (!message) throw new Error(`${text} refers to a message that was not waited for`);
    return at(message, ...path.split('.'));
  }
}

function nameOf(message: Json): string {
  return typeof message['method'] === 'string' ? message['method'] : `response:${String(message['id'])}`;
}
