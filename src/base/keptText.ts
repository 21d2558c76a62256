import { type Disposable, toDisposable } from './disposable.ts';

/** Text for whoever listens; what comes before anybody does is kept for the first. */
export class KeptText {
  readonly #listeners = new Set<(text: string) => void>();
  #kept = '';

  take(text: string): void {
    if (this.#listeners.size === 0) this.#kept += text;
    for (const listener of this.#listeners) listener(text);
  }

  listen(listener: (text: string) => void): Disposable {
    this.#listeners.add(listener);
    const kept = this.#kept;
    this.#kept = '';
    if (kept !== '') listener(kept);
    return toDisposable(() => this.#listeners.delete(listener));
  }
}
