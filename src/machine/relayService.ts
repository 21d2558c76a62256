/**
 * The relay of one process, a window or the background host: its wheel, its devices, its door.
 *
 * S1 It listens when somebody says so, and until then nothing of it is there for anybody.
 * S2 There is no wheel while nobody can come: `auto` switches it on with the first device beside the owner's own.
 * S3 Who began a pairing is asked whether the device comes in, and nobody else.
 * S4 A device that is revoked has nothing from then on: no socket, no page, no wheel, no terminal.
 */
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Clock } from '../base/clock.ts';
import { type Disposable, Disposables } from '../base/disposable.ts';
import type { Duplex } from '../base/duplex.ts';
import { Emitter, type Event } from '../base/event.ts';
import { Failure, sentence } from '../base/failure.ts';
import type { PairedDevice, PairingOffer, RelayAddresses, RelayState } from '../protocol/view/relay.ts';
import type { ToSurface } from '../protocol/view/messages.ts';
import type { Device } from '../relay/device.ts';
import { ViewGuard } from '../relay/guard.ts';
import { Lease } from '../relay/lease.ts';
import { Pairing, type PairingParts } from '../relay/pairing.ts';
import type { RelayLimits, RelayWorld } from '../relay/ports.ts';
import { Relay } from '../relay/relay.ts';
import { tellWheel } from '../relay/wheel.ts';
import type { Environment } from '../router/ports.ts';
import type { Devices } from './devices.ts';
import { OwnFolders } from './ownFolders.ts';
import type { TlsFiles } from './door/address.ts';
import type { DoorEndpoint } from './door/endpoint.ts';
import { type DoorListener, listenDoor } from './door/listen.ts';

export interface RelayOptions {
  /** An address of this machine. */
  readonly bind: string;
  /** 0: one that is free. */
  readonly port: number;
  readonly lease: 'auto' | 'on' | 'off';
  /** Devices may open terminals. */
  readonly terminals: boolean;
  /** Further names under which it is reached, such as those of a proxy: `host` or `host:port`. */
  readonly hosts: readonly string[];
  /** Of pages of others that may come. */
  readonly origins: readonly string[];
  /** Absolute paths of PEM files. */
  readonly tls?: { readonly cert: string; readonly key: string };
  /** Bytes of one message. */
  readonly messageBytes: number;
  readonly limits: RelayLimits;
}

/** A surface of a device, before its door. */
export interface PageVisitor {
  readonly device: Device;
  /** What it holds the wheel as: `Setup.me` of its door. */
  readonly client: string;
  readonly guard: ViewGuard;
}

type Door = Disposable & { readonly closed: Promise<void> };

export interface RelayServiceParts {
  readonly options: RelayOptions;
  readonly devices: Devices;
  /** Absolute folder of the page. */
  readonly page: string;
  /** What both ends of the process have in common; the rest is the service's own. */
  readonly world: Omit<RelayWorld, 'lease' | 'limits' | 'terminals'>;
  readonly environment: Pick<Environment, 'terminal'>;
  /** Absolute: our own folders and files, in which tokens stand. No device is given what is there. */
  readonly own: readonly string[];
  openDoor(surface: Duplex<unknown, ToSurface>, visitor: PageVisitor): Door;
  /** Further wires, as they are to be from the next start on. */
  endpoints?(): readonly DoorEndpoint[];
}

/** A code that lets one device in. */
export interface BegunPairing extends PairingOffer {
  /** With the device that was let in; undefined: the code has died, or the person said no. Never rejects. */
  readonly over: Promise<PairedDevice | undefined>;
}

const SHELL = process.platform === 'win32' ? 'windows' : 'posix';

/** Milliseconds that a device which the person let in gets to be written down. */
const WRITE_TIME = 5000;

interface RunningRelay {
  readonly relay: Relay;
  readonly door: DoorListener;
  readonly owned: Disposables;
}

export class RelayService implements AsyncDisposable {
  readonly #parts: RelayServiceParts;
  readonly #clock: Clock;
  readonly #lease = new Lease();
  readonly #pairing: Pairing;
  readonly #owned = new Disposables();
  readonly #changed: Emitter<void>;
  #options: RelayOptions;
  /** What is started or stopped after one another. */
  #last: Promise<unknown> = Promise.resolve();
  #running: RunningRelay | undefined;
  #confirm: PairingParts['confirm'] | undefined;
  /** The last one that was made. */
  #code: string | undefined;

  constructor(parts: RelayServiceParts) {
    const { world, devices } = parts;
    this.#parts = parts;
    this.#options = parts.options;
    this.#clock = world.clock;
    const failed = (failure: unknown): void => world.log.error(`A listener of the relay failed: ${sentence(failure)}`);
    this.#changed = this.#owned.add(new Emitter(failed));
    this.#owned.add(this.#lease);
    this.#owned.add(tellWheel(this.#lease, world.store));
    this.#pairing = this.#owned.add(
      new Pairing({
        clock: world.clock,
        random: randomBytes,
        confirm: async (request, signal) => await this.#confirm?.(request, signal),
      }),
    );
    this.#owned.add(devices.onRevoked((id) => this.#revoked(id)));
    this.#owned.add(devices.onChanged(() => this.#look()));
  }

  get state(): RelayState {
    const listening = this.addresses;
    return {
      ...(listening === undefined ? {} : { listening }),
      sockets: this.#running?.door.sockets ?? 0,
      connected: this.#running?.door.connected ?? [],
      devices: this.devices,
    };
  }

  /** Where it listens. */
  get addresses(): RelayAddresses | undefined {
    return this.#running && addressesOf(this.#running.door);
  }

  /** Without the owner's own. */
  get devices(): readonly PairedDevice[] {
    return this.#parts.devices.list().map(({ id, name, capability, createdAt, lastSeenAt }) => ({
      id,
      name,
      capability,
      createdAt,
      lastSeenAt,
    }));
  }

  /** Its state has changed. */
  get onChanged(): Event<void> {
    return this.#changed.event;
  }

  /** For a door of the owner's own surfaces, such as a window's. */
  guard(client: string, device: Device): ViewGuard {
    return new ViewGuard(this.#lease, device, client);
  }

  /** Where and how it listens holds from the next start on. */
  configure(options: RelayOptions): void {
    this.#options = options;
    this.#look();
  }

  /** Listens, unless it does. @throws Failure `unreadable`, and as {@link listenDoor} does: it does not listen */
  start(): Promise<RelayAddresses> {
    return this.#after(async () => {
      const running = (this.#running ??= await this.#start());
      this.#look();
      return addressesOf(running.door);
    });
  }

  /** Closes the door, with everybody who came through it. */
  stop(): Promise<void> {
    return this.#after(async () => {
      const running = this.#running;
      this.#running = undefined;
      this.#pairing.cancel();
      running?.owned.dispose();
      this.#look();
      await running?.door.closed;
    });
  }

  /**
   * Makes a code, of which there is one at a time, and listens for the device that shows it.
   * @throws as {@link start}
   */
  async pair(confirm: PairingParts['confirm']): Promise<BegunPairing> {
    const { app, fingerprint } = await this.start();
    // Who waits for another device waits in vain.
    this.#pairing.cancel();
    const { promise: over, resolve } = Promise.withResolvers<PairedDevice | undefined>();
    const before = new Set(this.devices.map(({ id }) => id));
    const owned = new Disposables();
    let asked = false;
    const end = (device?: PairedDevice): void => {
      owned.dispose();
      resolve(device);
    };
    this.#confirm = async (request, signal) => {
      asked = true;
      signal.addEventListener('abort', () => end(), { once: true });
      const capability = await confirm(request, signal).catch(() => undefined);
      if (capability === undefined) end();
      else owned.add(this.#clock.after(WRITE_TIME, () => end()));
      return capability;
    };
    const { code, expiresAt } = this.#pairing.begin();
    this.#code = code;
    owned.add(
      // In the moment in which a code is used up it is not known yet that somebody is asked.
      this.#pairing.onChanged(() => queueMicrotask(() => (asked ? undefined : end()))),
    );
    owned.add(
      this.#parts.devices.onChanged(() => {
        const device = this.devices.find(({ id }) => !before.has(id));
        if (asked && device !== undefined) end(device);
      }),
    );
    const url = `${app}#pair=${code}`;
    return { code, url, expiresAt, ...(fingerprint === undefined ? {} : { fingerprint }), over };
  }

  /** The code is dead, unless another one is by now. */
  cancelPairing({ code }: Pick<BegunPairing, 'code'>): void {
    if (this.#code === code) this.#pairing.cancel();
  }

  /** @throws Failure `unknown`, `last`, `failed` */
  async revoke(id: string): Promise<void> {
    await this.#parts.devices.revoke(id);
  }

  /** @throws Failure `failed` */
  async revokeAll(): Promise<void> {
    await this.#parts.devices.revokeAll();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    this.#owned.dispose();
  }

  #after<T>(run: () => Promise<T>): Promise<T> {
    const done = this.#last.then(run, run);
    this.#last = done.catch(() => undefined);
    return done;
  }

  async #start(): Promise<RunningRelay> {
    const { world, devices, page, environment, own, openDoor, endpoints } = this.#parts;
    const { bind, port, hosts, origins, messageBytes, terminals, limits, tls: files } = this.#options;
    const tls = await readTls(this.#options);
    const owned = new Disposables();
    const relay = owned.add(
      new Relay({
        ...new OwnFolders([...own, ...(files === undefined ? [] : [files.key])]).around(world),
        lease: this.#lease,
        limits,
        ...(terminals ? { terminals: { terminal: (...asked) => environment.terminal(...asked), shell: SHELL } } : {}),
      }),
    );
    try {
      const door = owned.add(
        await listenDoor({
          bind,
          port,
          hosts,
          origins,
          messageBytes,
          ...(tls === undefined ? {} : { tls }),
          devices,
          pairing: this.#pairing,
          page,
          endpoints: endpoints?.() ?? [],
          clock: world.clock,
          log: world.log,
          relay: (visitor, socket) => relay.open(visitor, socket),
          view: (device, surface) => openDoor(surface, this.#visitor(device)),
        }),
      );
      owned.add(door.onChanged(() => this.#changed.fire()));
      world.log.info(`The relay listens on ${door.relay}.`);
      return { relay, door, owned };
    } catch (failure) {
      owned.dispose();
      throw failure;
    }
  }

  #visitor(device: Device): PageVisitor {
    const client = `page-${device.id}`;
    return { device, client, guard: this.guard(client, device) };
  }

  #revoked(id: string): void {
    this.#running?.relay.revoked(id);
    this.#lease.revoke(id);
  }

  #look(): void {
    if (this.#owned.ended) return;
    const { lease } = this.#options;
    const wanted = lease === 'on' || (lease === 'auto' && this.#parts.devices.list().length > 0);
    this.#lease.enable(wanted && this.#running !== undefined);
    this.#changed.fire();
  }
}

const addressesOf = ({ relay, app, fingerprint }: DoorListener): RelayAddresses => ({
  relay,
  app,
  ...(fingerprint === undefined ? {} : { fingerprint }),
});

/** @throws Failure `unreadable` */
const readTls = async ({ tls }: RelayOptions): Promise<TlsFiles | undefined> => {
  if (tls === undefined) return undefined;
  const [cert, key] = await Promise.all([readPem(tls.cert), readPem(tls.key)]);
  return { cert, key };
};

const readPem = async (path: string): Promise<string> => {
  try {
    return await readFile(path, 'utf8');
  } catch (failure) {
    const next = 'Look at the settings of the relay.';
    throw new Failure('unreadable', `${path} cannot be read: ${sentence(failure)}`, next, { cause: failure });
  }
};
