import type { Disposable } from '../../base/disposable.ts';
import { sentence } from '../../base/failure.ts';
import { wholeUpTo } from '../../base/wholeText.ts';
import { readTyped } from '../../protocol/terminal/input.ts';
import type { StreamInput, ToStream } from '../../protocol/terminal/messages.ts';

interface KeyboardParts {
  /** Whether it hears input where its output goes. */
  isOurs(): boolean;
  send(message: ToStream): void;
  /** Else each is a request of its own. @throws Failure why it did not arrive */
  type(input: StreamInput, signal: AbortSignal): Promise<void>;
  /** What was typed did not arrive; `why` is empty where there is nothing to say of that. */
  lost(why: string): void;
}

/** UTF-16 units of one message, and of what may wait to be typed. */
const PIECE = 64 * 1024;
const MOST = 1024 * 1024;

/** What a person types, in its order: the next request is made when the last was answered. */
export class StreamKeyboard implements Disposable {
  readonly #parts: KeyboardParts;
  readonly #ending = new AbortController();
  #waiting = '';
  #isTyping = false;
  /** It was told that nothing arrives. */
  #isLost = false;

  constructor(parts: KeyboardParts) {
    this.#parts = parts;
  }

  /** It can be typed in again. */
  begin(): void {
    this.#isLost = false;
  }

  type(text: string): void {
    if (this.#parts.isOurs() && !this.#isTyping) return this.#sendText(text);
    if (this.#waiting.length + text.length > MOST) return this.lose('');
    this.#waiting += text;
    if (!this.#isTyping) void this.#typeAll();
  }

  /** Typed while nobody hears it: nothing of it is kept, since nobody knows what it would do to whatever runs by then. */
  lose(why: string): void {
    this.#waiting = '';
    if (this.#isLost) return;
    this.#isLost = true;
    this.#parts.lost(why);
  }

  dispose(): void {
    this.#waiting = '';
    this.#ending.abort();
  }

  #sendText(text: string): void {
    for (let at = 0; at < text.length;) {
      const end = wholeUpTo(text, at + PIECE);
      this.#parts.send({ type: 'input', data: text.slice(at, end) });
      at = end;
    }
  }

  async #typeAll(): Promise<void> {
    this.#isTyping = true;
    const { signal } = this.#ending;
    try {
      while (this.#waiting !== '') {
        const text = this.#waiting;
        this.#waiting = '';
        for (const input of readTyped(text)) await this.#parts.type(input, signal);
        this.#isLost = false;
      }
    } catch (failure) {
      if (!signal.aborted) this.lose(sentence(failure));
    } finally {
      this.#isTyping = false;
    }
  }
}
