import { createHash } from 'node:crypto';
import { type Disk, errnoOf, writeWhole } from './disk.ts';

/**
 * Large texts of one session, each stored once under the name of its content. They are stored before anything that
 * names them, and removed when nothing does any more.
 */
export class Blobs {
  readonly #disk: Disk;
  readonly #folder: string;
  readonly #id: () => string;
  readonly #waiting = new Map<string, Uint8Array>();
  /** Of those that wait, the ones that nobody else has. */
  readonly #only = new Set<string>();
  readonly #stored = new Set<string>();
  #made = false;

  constructor(disk: Disk, folder: string, id: () => string) {
    this.#disk = disk;
    this.#folder = folder;
    this.#id = id;
  }

  /** Stored by the next `store`. JSON keeps what UTF-8 alone would not: halves of characters. */
  add(text: string): string {
    const bytes = Buffer.from(JSON.stringify(text));
    const name = nameOf(bytes);
    if (!this.#stored.has(name)) this.#waiting.set(name, bytes);
    return name;
  }

  /** As `add`, of a text that nobody keeps beside: it waits over failures, until it is stored. */
  keep(text: string): string {
    const name = this.add(text);
    if (this.#waiting.has(name)) this.#only.add(name);
    return name;
  }

  async store(): Promise<void> {
    if (this.#waiting.size === 0) return;
    if (!this.#made) {
      await this.#disk.makeFolder(this.#folder);
      for (const name of await this.#disk.list(this.#folder)) if (isName(name)) this.#stored.add(name);
      this.#made = true;
    }
    for (const [name, bytes] of this.#waiting) {
      // Whole files alone have such a name, so one that is there is the same.
      if (!this.#stored.has(name)) await writeWhole(this.#disk, this.#folder, name, [bytes], this.#id());
      this.#stored.add(name);
      this.#waiting.delete(name);
      this.#only.delete(name);
    }
  }

  /** After a failure nothing is known of what is stored, and whoever names a text adds it again. */
  forget(): void {
    for (const name of this.#waiting.keys()) if (!this.#only.has(name)) this.#waiting.delete(name);
    this.#stored.clear();
    this.#made = false;
  }

  /** Undefined: it is not there, or is not what it was. A disk that cannot be read now may be readable later: that rejects. */
  async read(name: string): Promise<string | undefined> {
    if (!isName(name)) return undefined;
    const waiting = this.#waiting.get(name);
    if (waiting !== undefined) return textIn(waiting);
    const bytes = await this.#disk.read(`${this.#folder}/${name}`).catch((failure: unknown) => {
      if (errnoOf(failure) === 'ENOENT') return undefined;
      throw failure;
    });
    if (bytes === undefined || nameOf(bytes) !== name) return undefined;
    return textIn(bytes);
  }

  /** Removes what is not named any more, asked for each in its turn. One that cannot be removed is removed the next time. */
  async keepOnly(isNamed: (name: string) => boolean): Promise<void> {
    const files = await this.#disk.list(this.#folder).catch((failure: unknown) => {
      if (errnoOf(failure) === 'ENOENT') return [];
      throw failure;
    });
    for (const file of files) {
      if (isNamed(file) || this.#waiting.has(file)) continue;
      this.#stored.delete(file);
      await this.#disk.remove(`${this.#folder}/${file}`);
    }
  }
}

/** With its name it is what `add` made of a text. */
const textIn = (bytes: Uint8Array): string | undefined => {
  const text: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'));
  return typeof text === 'string' ? text : undefined;
};

const nameOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

const isName = (name: string): boolean => /^[0-9a-f]{64}$/u.test(name);
