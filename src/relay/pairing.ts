/**
 * How a device becomes one of the person's. Source: the relay protocol, §9, pairing.
 *
 * R1 One code at a time, of 40 random bits, for 120 s: dead after five wrong tries or a right one, whatever comes of that.
 * R2 No device comes of a code alone: the person at the host confirms each, by its name and by what it wants.
 * R3 Whoever is refused learns nothing: a wrong code, a dead one, none at all and a person who says no look alike.
 */
import { abortable } from '../base/abortable.ts';
import type { Clock } from '../base/clock.ts';
import type { Disposable } from '../base/disposable.ts';
import { Emitter, type Event } from '../base/event.ts';
import { Failure } from '../base/failure.ts';
import { makeVisible } from '../base/visibleText.ts';
import { CAPABILITIES, type Capability } from './device.ts';

/** Milliseconds that a code lives, and that the person has to confirm a device. */
export const CODE_TIME = 120_000;
export const CONFIRM_TIME = 120_000;
const WRONG_TRIES = 5;
/** Of a device's name, in UTF-16 units. */
const NAME_LENGTH = 64;

/** No I, L, O or U: nothing that is taken for another one, and no words. Each stands for five bits. */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const CODE_LENGTH = 8;

export interface PairingCode {
  /** In two groups, as a person reads it: `7K3M-Q2ZD`. */
  readonly code: string;
  /** Wall time, ms since 1970. */
  readonly expiresAt: number;
}

/** A device that wants to be one of the person's. */
export interface PairingRequest {
  /** As it calls itself: one line, with a picture for whatever has none. */
  readonly name: string;
  /** The most of what it asked for. */
  readonly want: Capability;
}

export interface PairingParts {
  readonly clock: Clock;
  /** So many bytes that nobody can guess. */
  random(bytes: number): Uint8Array;
  /** Asks the person at the host: what the device may do, or undefined for no. The signal: nobody waits for it any more. */
  confirm(request: PairingRequest, signal: AbortSignal): Promise<Capability | undefined>;
}

interface Live extends PairingCode {
  readonly plain: string;
  readonly timer: Disposable;
  wrong: number;
}

export class Pairing implements Disposable {
  readonly #parts: PairingParts;
  readonly #changed = new Emitter<void>();
  readonly #asking = new Set<AbortController>();
  #live: Live | undefined;

  constructor(parts: PairingParts) {
    this.#parts = parts;
  }

  /** The code that a device may come with. */
  get current(): PairingCode | undefined {
    return this.#live === undefined ? undefined : { code: this.#live.code, expiresAt: this.#live.expiresAt };
  }

  /** There is another code, or none any more. */
  get onChanged(): Event<void> {
    return this.#changed.event;
  }

  /** A new code; the one before is dead. */
  begin(): PairingCode {
    const { clock, random } = this.#parts;
    this.#live?.timer.dispose();
    const plain = Array.from(random(CODE_LENGTH), (byte) => ALPHABET.charAt(byte & 31)).join('');
    this.#live = {
      plain,
      code: `${plain.slice(0, CODE_LENGTH / 2)}-${plain.slice(CODE_LENGTH / 2)}`,
      expiresAt: clock.now() + CODE_TIME,
      timer: clock.after(CODE_TIME, () => this.#kill()),
      wrong: 0,
    };
    this.#changed.fire();
    return { code: this.#live.code, expiresAt: this.#live.expiresAt };
  }

  /** The code is dead, and who waits for the person is refused. */
  cancel(): void {
    for (const asking of this.#asking) asking.abort(cancelled());
    this.#kill();
  }

  /**
   * What a device said. Undefined: it is refused, and is not told why. Waits for the person once the code was right; the
   * signal: the device is gone.
   */
  async try(
    request: unknown,
    signal: AbortSignal,
  ): Promise<{ readonly name: string; readonly capability: Capability } | undefined> {
    const told = read(request);
    if (told === undefined || !this.#use(told.code)) return undefined;
    const capability = await this.#confirmed({ name: told.name, want: told.want }, signal);
    return capability === undefined ? undefined : { name: told.name, capability };
  }

  dispose(): void {
    this.cancel();
    this.#changed.dispose();
  }

  /** Says whether it was the code, which is used up then. */
  #use(code: string): boolean {
    const live = this.#live;
    if (live === undefined) return false;
    const isRight = isSame(code, live.plain);
    live.wrong += isRight ? 0 : 1;
    if (isRight || live.wrong >= WRONG_TRIES) this.#kill();
    return isRight;
  }

  #kill(): void {
    if (this.#live === undefined) return;
    this.#live.timer.dispose();
    this.#live = undefined;
    this.#changed.fire();
  }

  async #confirmed(request: PairingRequest, signal: AbortSignal): Promise<Capability | undefined> {
    const asking = new AbortController();
    const gone = (): void => asking.abort(signal.reason);
    if (signal.aborted) return undefined;
    signal.addEventListener('abort', gone, { once: true });
    const timer = this.#parts.clock.after(CONFIRM_TIME, () => asking.abort(cancelled()));
    this.#asking.add(asking);
    try {
      return await abortable(this.#parts.confirm(request, asking.signal), asking.signal);
    } catch (failure) {
      if (asking.signal.aborted) return undefined;
      throw failure;
    } finally {
      timer.dispose();
      this.#asking.delete(asking);
      signal.removeEventListener('abort', gone);
    }
  }
}

const read = (
  request: unknown,
): { readonly code: string; readonly name: string; readonly want: Capability } | undefined => {
  if (typeof request !== 'object' || request === null) return undefined;
  const { code, name, want } = request as Readonly<Record<string, unknown>>;
  if (typeof code !== 'string' || typeof name !== 'string' || !Array.isArray(want)) return undefined;
  const most = CAPABILITIES.findLast((capability) => want.includes(capability));
  // Cut between the halves of a character, one of them would be left.
  const cut = makeVisible(name.slice(0, NAME_LENGTH), 'one')
    .slice(0, NAME_LENGTH)
    .replace(/\p{Cs}$/u, '');
  const shown = cut.trim();
  if (most === undefined || shown === '') return undefined;
  return { code: asMade(code), name: shown, want: most };
};

/** However a person wrote it down. */
const asMade = (code: string): string =>
  code
    .slice(0, 4 * CODE_LENGTH)
    .toUpperCase()
    .replace(/[\s-]/gu, '')
    .replaceAll('O', '0')
    .replace(/[IL]/gu, '1');

/** In a time that tells nothing of how much of it is right. */
const isSame = (told: string, code: string): boolean => {
  let different = told.length ^ code.length;
  for (let at = 0; at < code.length; at += 1) different |= told.charCodeAt(at) ^ code.charCodeAt(at);
  return different === 0;
};

const cancelled = (): Failure => new Failure('cancelled', 'Nobody waits for this device any more.');
