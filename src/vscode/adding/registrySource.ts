import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../../base/failure.ts';
import { isFields, isText } from '../../model/fold/read.ts';
import { readRegistry, type Registry } from '../../protocol/registry/entry.ts';
import { type DownloadParts, fetchText } from '../../machine/download.ts';
import { REGISTRY_SNAPSHOT } from './registrySnapshot.ts';

/** The index, and where it is from. */
export interface KnownRegistry {
  readonly registry: Registry;
  /** When it was fetched, ms since 1970; undefined: it came with the extension. */
  readonly fetchedAt?: number;
}

export interface RegistrySourceParts extends DownloadParts {
  /** Absolute; made when something is kept in it. */
  readonly folder: string;
  /** Of the index. */
  readonly address: string;
}

const MOST_BYTES = 8_000_000;

/** The public registry as it was last looked up, and as it is now. Nothing is fetched unless it is asked for. */
export class RegistrySource {
  readonly #parts: RegistrySourceParts;

  constructor(parts: RegistrySourceParts) {
    this.#parts = parts;
  }

  get #file(): string {
    return join(this.#parts.folder, 'index.json');
  }

  /** What is known without the network: the last look at this address, else what came with the extension. */
  async known(): Promise<KnownRegistry> {
    const kept = await this.#kept();
    return kept ?? { registry: readRegistry(REGISTRY_SNAPSHOT) ?? { entries: [], unreadable: 0 } };
  }

  /**
   * Fetches the index, and keeps it for the next time.
   * @throws Failure in words; what was known stays
   */
  async lookUp(signal: AbortSignal): Promise<KnownRegistry> {
    const { address, clock, folder } = this.#parts;
    const text = await fetchText(address, MOST_BYTES, this.#parts, signal);
    const registry = readRegistry(parse(text));
    if (registry === undefined)
      throw new Failure(
        'invalid',
        `What ${address} answers is no registry.`,
        'Look at the setting wheelhouse.registry.',
      );
    const fetchedAt = clock.now();
    await mkdir(folder, { recursive: true, mode: 0o700 });
    // Another window may read it at the same time.
    const written = join(folder, `${clock.id()}.tmp`);
    await writeFile(written, JSON.stringify({ address, fetchedAt, text }), { mode: 0o600 });
    await rename(written, this.#file);
    return { registry, fetchedAt };
  }

  async #kept(): Promise<KnownRegistry | undefined> {
    const kept = parse(await readFile(this.#file, 'utf8').catch(() => ''));
    if (!isFields(kept) || kept['address'] !== this.#parts.address || !isText(kept['text'])) return undefined;
    const registry = readRegistry(parse(kept['text']));
    const { fetchedAt } = kept;
    return registry === undefined || typeof fetchedAt !== 'number' ? undefined : { registry, fetchedAt };
  }
}

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};
