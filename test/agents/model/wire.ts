import type { ServerResponse } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import type { Answer, Asked, Said } from './script.ts';
import type { Json } from './tools.ts';

/** One way in which agents speak with a model: how a request is read, and an answer written. */
export interface ModelWire {
  read(body: Json, path: string): Asked;
  write(out: Out, answer: Answer, asked: Asked): Promise<void>;
  /** What an error looks like. */
  error(status: number): object;
}

export const isJson = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const listOf = (value: unknown): readonly Json[] => (Array.isArray(value) ? value.filter(isJson) : []);

export const jsonOf = (value: unknown): Json => (isJson(value) ? value : {});

/** The schema at the first of the places that has one. */
export const schemaOf = (...places: readonly unknown[]): Json | undefined => places.find(isJson);

/** The words in whatever a message holds: a text, or a list of blocks. */
export const textOf = (content: unknown): string => {
  if (typeof content === 'string') return content;
  if (isJson(content)) return textOf(content['text'] ?? content['content'] ?? content['output']);
  return Array.isArray(content) ? content.map(textOf).join('\n') : '';
};

export const said = (by: Said['by'], content: unknown, images = 0): Said => ({ by, text: textOf(content), images });

let count = 0;
export const newId = (prefix: string): string => `${prefix}_${(count += 1)}`;

/** Where an answer goes: events of a stream, or one object. */
export class Out {
  readonly #response: ServerResponse;

  constructor(response: ServerResponse) {
    this.#response = response;
  }

  json(value: unknown, status = 200): void {
    this.#response.writeHead(status, { 'content-type': 'application/json' });
    this.#response.end(JSON.stringify(value));
  }

  event(value: unknown, name?: string): void {
    if (!this.#response.headersSent) this.#response.writeHead(200, { 'content-type': 'text/event-stream' });
    const data = typeof value === 'string' ? value : JSON.stringify(value);
    this.#response.write(`${name === undefined ? '' : `event: ${name}\n`}data: ${data}\n\n`);
  }

  end(): void {
    this.#response.end();
  }

  /** Pieces one after the other, as a model has them; ends early when nobody listens any more. */
  async pieces(texts: readonly string[], milliseconds: number, write: (text: string) => void): Promise<void> {
    for (const text of texts) {
      if (this.#response.destroyed) return;
      write(text);
      await pause(milliseconds);
    }
  }
}
