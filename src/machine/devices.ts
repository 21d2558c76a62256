/**
 * The devices that a person paired, in a file that only they can read.
 *
 * D1 No token is kept: its hash is, and a token is known again by that, in a time that tells nothing.
 * D2 A revoked device is told before anything else happens: whoever serves it closes its sockets at once.
 * D3 The last device that may drive is never revoked alone: it is the owner's own, so that every other one can be.
 * D4 A device that nobody has seen for 90 days is none any more.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { basename, dirname } from 'node:path';
import type { Clock } from '../base/clock.ts';
import { Emitter, type Event } from '../base/event.ts';
import { Failure, sentence } from '../base/failure.ts';
import type { Log } from '../base/log.ts';
import { CAPABILITIES, type Capability, type Device } from '../relay/device.ts';
import { diskTrouble, errnoOf, realDisk, writeWhole } from './disk.ts';
import { makePrivateFolder } from './privateFile.ts';

const VERSION = 1;
const MOST_DEVICES = 64;
/** Milliseconds without a sign of it, and of two signs between which nothing is written. */
const IDLE_TIME = 90 * 24 * 60 * 60 * 1000;
const SEEN_TIME = 60_000;
const TOKEN_BYTES = 32;

/** As it is listed. Times are wall time, ms since 1970. */
export interface KnownDevice extends Device {
  readonly createdAt: number;
  readonly lastSeenAt: number;
}

interface Kept extends KnownDevice {
  readonly hash: Buffer;
}

export interface DevicesParts {
  /** Absolute. Nobody else writes it. */
  readonly file: string;
  /** The owner's own programs: their token, and what this machine is called. */
  readonly owner: { readonly token: string; readonly name: string };
  readonly clock: Clock;
  readonly log: Log;
}

export class Devices {
  readonly #parts: DevicesParts;
  readonly #owner: Device;
  readonly #ownerHash: Buffer;
  readonly #revoked = new Emitter<string>();
  readonly #changed = new Emitter<void>();
  #kept: readonly Kept[];
  #written: Promise<void> = Promise.resolve();

  private constructor(parts: DevicesParts, kept: readonly Kept[]) {
    this.#parts = parts;
    this.#owner = { id: 'owner', name: parts.owner.name, capability: 'drive', owner: true };
    this.#ownerHash = hashOf(parts.owner.token);
    this.#kept = kept;
  }

  /** @throws Failure `invalid` for a file that nobody can read any more; `failed` */
  static async open(parts: DevicesParts): Promise<Devices> {
    return new Devices(parts, await readKept(parts.file));
  }

  /** Without the owner's own. */
  list(): readonly KnownDevice[] {
    return this.#living().map(({ hash: _hash, ...device }) => device);
  }

  /** The token's device. */
  find(token: string): Device | undefined {
    const told = hashOf(token);
    let found: Device | undefined = timingSafeEqual(told, this.#ownerHash) ? this.#owner : undefined;
    // All of them: how long it takes says nothing of which it is.
    for (const device of this.#living()) if (timingSafeEqual(told, device.hash)) found = deviceOf(device);
    return found;
  }

  /** The token is told this once, and to nobody else. @throws Failure `full`, `failed` */
  async add(name: string, capability: Capability): Promise<{ readonly device: Device; readonly token: string }> {
    const { clock } = this.#parts;
    const living = this.#living();
    if (living.length >= MOST_DEVICES)
      throw new Failure('full', `There are ${MOST_DEVICES} devices already.`, 'Revoke one that is not used any more.');
    const token = randomBytes(TOKEN_BYTES).toString('base64url');
    const now = clock.now();
    const kept: Kept = { id: clock.id(), name, capability, createdAt: now, lastSeenAt: now, hash: hashOf(token) };
    try {
      await this.#become([...living, kept]);
    } catch (failure) {
      // It does not know its token, and never will.
      this.#kept = this.#kept.filter((each) => each !== kept);
      this.#changed.fire();
      throw failure;
    }
    return { device: deviceOf(kept), token };
  }

  /** @throws Failure `unknown`; `last`, it is the owner's own; `failed`, it is revoked until a restart */
  async revoke(id: string): Promise<void> {
    const living = this.#living();
    if (id === this.#owner.id)
      throw new Failure(
        'last',
        `${this.#owner.name} is this machine itself, and is not revoked.`,
        'Stop the relay, or revoke all devices.',
      );
    const device = living.find((each) => each.id === id);
    if (device === undefined)
      throw new Failure('unknown', 'There is no such device.', 'Look at the list: it may have been revoked already.');
    const others = living.filter((each) => each !== device);
    await this.#become(others, [id]);
  }

  /** @throws Failure `failed`, they are revoked until a restart */
  async revokeAll(): Promise<void> {
    await this.#become(
      [],
      this.#living().map(({ id }) => id),
    );
  }

  /** Settles when what holds is on the disk, or could not be written. */
  written(): Promise<void> {
    return this.#written;
  }

  /** There was a sign of it, now. */
  seen(id: string): void {
    const now = this.#parts.clock.now();
    const device = this.#kept.find((each) => each.id === id);
    if (device === undefined || now - device.lastSeenAt < SEEN_TIME) return;
    const kept = this.#kept.map((each) => (each === device ? { ...each, lastSeenAt: now } : each));
    this.#become(kept).catch((failure: unknown) =>
      this.#parts.log.warn(`When a device was last seen could not be written: ${sentence(failure)}`),
    );
  }

  /** The id of one that was revoked; before it is written. */
  get onRevoked(): Event<string> {
    return this.#revoked.event;
  }

  get onChanged(): Event<void> {
    return this.#changed.event;
  }

  #living(): readonly Kept[] {
    const since = this.#parts.clock.now() - IDLE_TIME;
    return this.#kept.filter(({ lastSeenAt }) => lastSeenAt > since);
  }

  async #become(kept: readonly Kept[], revoked: readonly string[] = []): Promise<void> {
    this.#kept = kept;
    for (const id of revoked) this.#revoked.fire(id);
    this.#changed.fire();
    // One after the other, and each writes what holds by then.
    const written = this.#written.then(() => this.#write());
    this.#written = written.catch(() => undefined);
    await written;
  }

  async #write(): Promise<void> {
    const { file, clock } = this.#parts;
    const devices = this.#kept.map(({ hash, ...device }) => ({ ...device, hash: hash.toString('base64') }));
    const text = `${JSON.stringify({ version: VERSION, devices }, undefined, 2)}\n`;
    try {
      await makePrivateFolder(dirname(file));
      await writeWhole(realDisk, dirname(file), basename(file), [Buffer.from(text)], clock.id());
    } catch (failure) {
      throw new Failure('failed', `The list of devices cannot be written. ${diskTrouble(failure)}`, undefined, {
        cause: failure,
      });
    }
  }
}

const deviceOf = ({ id, name, capability }: Kept): Device => ({ id, name, capability });

const hashOf = (token: string): Buffer => createHash('sha256').update(token).digest();

const readKept = async (file: string): Promise<readonly Kept[]> => {
  let text: string;
  try {
    text = Buffer.from(await realDisk.read(file)).toString('utf8');
  } catch (failure) {
    if (errnoOf(failure) === 'ENOENT') return [];
    throw new Failure('failed', `${file} cannot be read. ${diskTrouble(failure)}`, undefined, { cause: failure });
  }
  const kept = parse(text);
  // To begin anew with none would be to forget what was revoked, and who was paired, without a word.
  if (kept === undefined)
    throw new Failure(
      'invalid',
      `${file} is no list of devices that this version can read.`,
      'Delete it: then every device is paired again.',
    );
  return kept;
};

const parse = (text: string): readonly Kept[] | undefined => {
  try {
    const { version, devices } = JSON.parse(text) as { readonly version?: unknown; readonly devices?: unknown };
    if (version !== VERSION || !Array.isArray(devices)) return undefined;
    const kept = devices.map(keptOf);
    return kept.every((device) => device !== undefined) ? kept : undefined;
  } catch {
    return undefined;
  }
};

const keptOf = (value: unknown): Kept | undefined => {
  if (typeof value !== 'object' || value === null) return undefined;
  const { id, name, capability, createdAt, lastSeenAt, hash } = value as Readonly<Record<string, unknown>>;
  const known = CAPABILITIES.find((each) => each === capability);
  if (typeof id !== 'string' || typeof name !== 'string' || known === undefined || typeof hash !== 'string')
    return undefined;
  if (typeof createdAt !== 'number' || typeof lastSeenAt !== 'number') return undefined;
  const bytes = Buffer.from(hash, 'base64');
  return bytes.length === 32 ? { id, name, capability: known, createdAt, lastSeenAt, hash: bytes } : undefined;
};
