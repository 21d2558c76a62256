/** The only way out of the webview, and the only place that knows how its host is spoken to. */
import { Failure } from '../src/base/failure.ts';
import type { Command } from '../src/model/event.ts';
import type { SessionKey } from '../src/model/session.ts';
import { type Action, type FromSurface, type ToSurface, VIEW_VERSION } from '../src/protocol/view/messages.ts';

/** What VS Code gives to a webview, once. */
export interface Host {
  postMessage(message: unknown): void;
  getState(): unknown;
  setState(state: unknown): unknown;
}

interface Waiting {
  readonly resolve: () => void;
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

  post(message: Exclude<FromSurface, { type: 'command' | 'do' }>): void {
    this.#host.postMessage(message);
  }

  /** Resolves when the core has taken the command; rejects with a {@link Failure} in words for a person. */
  command(key: SessionKey, command: Command): Promise<void> {
    return this.#ask((id) => ({ type: 'command', id, key, command }));
  }

  act(action: Action): Promise<void> {
    return this.#ask((id) => ({ type: 'do', id, action }));
  }

  settle(result: Extract<ToSurface, { type: 'result' }>): void {
    const waiting = this.#waiting.get(result.id);
    this.#waiting.delete(result.id);
    if (result.failure === undefined) waiting?.resolve();
    else waiting?.reject(new Failure('refused', result.failure.message, result.failure.next));
  }

  #ask(message: (id: number) => FromSurface): Promise<void> {
    const id = this.#nextId;
    this.#nextId += 1;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#host.postMessage(message(id));
    });
  }
}
