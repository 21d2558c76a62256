/**
 * What devices want to change of the files that are protected, and what a person at the host has said to that.
 *
 * A1 A person allows a change, not a file: these words in the place of those, once, by that device.
 * A2 Nobody is asked twice about one file at a time, nor about more than a few files: whoever floods is refused.
 */
import { sentence } from '../base/failure.ts';
import type { Log } from '../base/log.ts';
import type { Device } from './device.ts';
import type { ProtectedChange } from './ports.ts';

/** Questions that a person has before them, and allowed changes that have not come yet. */
const ASKING = 3;
const ALLOWED = 16;

interface Asked {
  readonly change: ProtectedChange;
  readonly device: string;
}

export interface AskedChangesParts {
  /** Shows the person the change. Whether they allow it. Rejects where nobody can be asked. */
  ask(change: ProtectedChange, device: Device, signal: AbortSignal): Promise<boolean>;
  readonly log: Log;
  /** Aborted when nobody edits any more. */
  readonly ending: AbortSignal;
}

export class AskedChanges {
  readonly #parts: AskedChangesParts;
  /** By the real path. */
  readonly #asking = new Set<string>();
  #allowed: readonly Asked[] = [];

  constructor(parts: AskedChangesParts) {
    this.#parts = parts;
  }

  allowed(change: ProtectedChange, device: Device): boolean {
    const found = this.#allowed.find((one) => one.device === device.id && isSame(one.change, change));
    if (found === undefined) {
      void this.#ask(change, device);
      return false;
    }
    this.#allowed = this.#allowed.filter((one) => one !== found);
    return true;
  }

  async #ask(change: ProtectedChange, device: Device): Promise<void> {
    const { real, path } = change.place;
    const { log, ending } = this.#parts;
    if (this.#asking.has(real) || this.#asking.size >= ASKING || ending.aborted) return;
    this.#asking.add(real);
    try {
      if (!(await this.#parts.ask(change, device, ending))) return;
      this.#allowed = [...this.#allowed, { change, device: device.id }].slice(-ALLOWED);
    } catch (failure) {
      log.warn(`Nobody was asked whether “${device.name}” may change ${path}: ${sentence(failure)}`);
    } finally {
      this.#asking.delete(real);
    }
  }
}

const isSame = (one: ProtectedChange, other: ProtectedChange): boolean =>
  one.place.real === other.place.real && one.before === other.before && one.after === other.after;
