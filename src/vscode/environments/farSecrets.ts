import type { FarAddress } from '../../backends/environmentSettings.ts';
import { sentence } from '../../base/failure.ts';
import type { Log } from '../../base/log.ts';
import { originOf } from '../../machine/webOrigin.ts';

/** Whose secret it is. */
export type SecretOwner = Pick<FarAddress, 'kind' | 'id' | 'url'>;

interface FarSecretsParts {
  readonly storage: {
    get(key: string): PromiseLike<string | undefined>;
    store(key: string, value: string): PromiseLike<void>;
    delete(key: string): PromiseLike<void>;
  };
  readonly log: Log;
  /** Keeps it out of all that is logged. */
  conceal(secret: string): void;
}

/**
 * What environments know us by, in the secret storage of this machine and nowhere else.
 *
 * A secret belongs to the origin that it was entered for: where the setting names another one, there is none, and it is
 * asked for anew. Each environment has one entry that names its origin, so that nothing is left behind by a change.
 */
export class FarSecrets {
  readonly #parts: FarSecretsParts;
  /** Those that could not be stored, for as long as the window lives. */
  readonly #once = new Map<string, Kept>();

  constructor(parts: FarSecretsParts) {
    this.#parts = parts;
  }

  /** Undefined where there is none for this very origin. Never rejects. */
  async of(owner: SecretOwner): Promise<string | undefined> {
    const kept = this.#once.get(keyOf(owner)) ?? (await this.#read(owner)) ?? (await this.#migrated(owner));
    if (kept === undefined || kept.origin !== originOf(owner.url)) return undefined;
    this.#parts.conceal(kept.secret);
    return kept.secret;
  }

  /** For this origin from now on; false: it could not be stored, and is forgotten with the window. */
  async keep(owner: SecretOwner, secret: string): Promise<boolean> {
    this.#parts.conceal(secret);
    const kept: Kept = { origin: originOf(owner.url) ?? '', secret };
    try {
      await this.#parts.storage.store(keyOf(owner), JSON.stringify(kept));
      this.#once.delete(keyOf(owner));
      return true;
    } catch (failure) {
      this.#parts.log.warn(`The secret of ${owner.id} could not be stored: ${sentence(failure)}`);
      this.#once.set(keyOf(owner), kept);
      return false;
    }
  }

  /** @throws why it could not be deleted */
  async forget(owner: Pick<SecretOwner, 'kind' | 'id'>): Promise<void> {
    this.#once.delete(keyOf(owner));
    await this.#parts.storage.delete(keyOf(owner));
    if (owner.kind === 'relay') await this.#parts.storage.delete(beforeOrigins(owner));
  }

  async #read(owner: SecretOwner): Promise<Kept | undefined> {
    return readKept(await this.#stored(keyOf(owner)));
  }

  /** What an earlier version kept for a relay by its id alone was sent to whatever address that id had. */
  async #migrated(owner: SecretOwner): Promise<Kept | undefined> {
    const secret = owner.kind === 'relay' ? await this.#stored(beforeOrigins(owner)) : undefined;
    if (secret === undefined) return undefined;
    if (await this.keep(owner, secret)) await this.#parts.storage.delete(beforeOrigins(owner));
    return { origin: originOf(owner.url) ?? '', secret };
  }

  async #stored(key: string): Promise<string | undefined> {
    try {
      return await this.#parts.storage.get(key);
    } catch (failure) {
      this.#parts.log.warn(`A secret cannot be read: ${sentence(failure)}`);
      return undefined;
    }
  }
}

interface Kept {
  readonly origin: string;
  readonly secret: string;
}

const readKept = (text: string | undefined): Kept | undefined => {
  try {
    const value: unknown = JSON.parse(text ?? 'null');
    if (typeof value !== 'object' || value === null || !('origin' in value) || !('secret' in value)) return undefined;
    const { origin, secret } = value;
    return typeof origin === 'string' && typeof secret === 'string' ? { origin, secret } : undefined;
  } catch {
    // The reason would hold some of the text.
    return undefined;
  }
};

const keyOf = ({ kind, id }: Pick<SecretOwner, 'kind' | 'id'>): string => `wheelhouse.environment.${kind}.${id}`;

const beforeOrigins = ({ id }: Pick<SecretOwner, 'id'>): string => `wheelhouse.relay.${id}`;
