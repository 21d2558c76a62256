import type { Log } from './log.ts';

/** What stands in the place of a secret. */
export const MASK = '<secret>';

/** Of the length of a secret: shorter ones are words that stand in any text. */
export const LEAST = 6;

/** Texts that are kept out of all that is said. */
export class Concealed {
  readonly #values = new Set<string>();

  /** From now on. Shorter ones stand in any text. */
  add(value: string): void {
    if (value.length < LEAST) return;
    this.#values.add(value);
    this.#values.add(JSON.stringify(value).slice(1, -1));
  }

  mask(text: string): string {
    let masked = text;
    for (const value of this.#values) masked = masked.replaceAll(value, MASK);
    return masked;
  }

  around(log: Log): Log {
    return {
      debug: (message) => log.debug(this.mask(message)),
      info: (message) => log.info(this.mask(message)),
      warn: (message) => log.warn(this.mask(message)),
      error: (message) => log.error(this.mask(message)),
    };
  }
}
