/** The only way out of the webview, and the only place that knows how its host is spoken to. */
import { Failure } from '../src/base/failure.ts';
import type { Command } from '../src/model/event.ts';
import type { SessionKey } from '../src/model/session.ts';
import { type Action, type FromSurface, type ToSurface, VIEW_VERSION } from '../src/protocol/view/messages.ts';

/** What VS Code gives to a webview, once. */
export interface Host {
  /** May throw a {@link Failure} where nobody can be reached. */
  postMessage(message: unknown): void;
  getState(): unknown;
  setState(state: unknown): unknown;
}

interface Waiting {
  readonly resolve: (text: string | undefined) => void;
  readonly reject: (failure: Failure) => void;
}

export class Bridge {
  readonly #host: Host;
  readonly #waiting = new Map<number, Waiting>();
  #nextId = 1;

  constructor(host: Host) {
    this.#host = host;
  }

  get state(): unknown {
    return this.#host.getState();
  }

  save(state: unknown): void {
    this.#host.setState(state);
  }

  hello(): void {
    this.post({ type: 'hello', version: VIEW_VERSION });
  }

  post(message: Exclude<FromSurface, { type: 'command' | 'do' | 'large' }>): void {
    this.#host.postMessage(message);
  }

  /** Resolves when the core has taken the command; rejects with a {@link Failure} in words for a person. */
  async command(key: SessionKey, command: Command): Promise<void> {
    await this.#ask((id) => ({ type: 'command', id, key, command }));
  }

  async act(action: Action): Promise<void> {
    await this.#ask((id) => ({ type: 'do', id, action }));
  }

  /** A text that is kept apart from the session. */
  async large(key: SessionKey, name: string): Promise<string> {
    return (await this.#ask((id) => ({ type: 'large', id, key, name }))) ?? '';
  }

  /** What was asked will not be answered any more. */
  lose(failure: Failure): void {
    for (const { reject } of this.#waiting.values()) reject(failure);
    this.#waiting.clear();
  }

  settle(result: Extract<ToSurface, { type: 'result' }>): void {
    const waiting = this.#waiting.get(result.id);
    this.#waiting.delete(result.id);
    if (result.failure === undefined) waiting?.resolve(result.text);
    else waiting?.reject(new Failure('refused', result.failure.message, result.failure.next));
  }

  #ask(message: (id: number) => FromSurface): Promise<string | undefined> {
    const id = this.#nextId;
    this.#nextId += 1;
    return new Promise<string | undefined>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#host.postMessage(message(id));
    });
  }
}
