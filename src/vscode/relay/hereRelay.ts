import { Emitter } from '../../base/event.ts';
import { Failure } from '../../base/failure.ts';
import type { RelayOptions, RelayService } from '../../machine/relayService.ts';
import type { RelayAddresses, RelayState } from '../../protocol/view/relay.ts';
import type { DoorGuard } from '../../router/doorGuard.ts';
import { type Confirm, NOTHING, type Pairing, type RelayControl } from './control.ts';

/** A service with all that it holds, and what this window's chat passes while it is there. */
export interface OpenService extends AsyncDisposable {
  readonly service: RelayService;
  readonly guard: DoorGuard;
}

export interface HereRelayParts {
  /** @throws Failure `locked`, another window has it; why the devices cannot be read */
  open(): Promise<OpenService>;
  /** @throws Failure `settings` */
  options(): Promise<RelayOptions>;
  /** Where the window listened last: devices that were paired look for it there. */
  portBefore(): number | undefined;
  /** It listens there from now on; undefined: it was told to stop. */
  listens(port: number | undefined): void;
  readonly failed: (failure: unknown) => void;
}

/** The relay of this window. It is held while it listens, and for as long as something is asked of it. */
export class HereRelay implements RelayControl {
  readonly #parts: HereRelayParts;
  readonly #changed: Emitter<void>;
  #opening: Promise<OpenService> | undefined;
  #open: OpenService | undefined;
  #uses = 0;
  /** The next one waits for it: there is one at a time. */
  #closing: Promise<void> = Promise.resolve();

  constructor(parts: HereRelayParts) {
    this.#parts = parts;
    this.#changed = new Emitter(parts.failed);
  }

  get state(): RelayState {
    return this.#open?.service.state ?? NOTHING;
  }

  get onChanged(): Emitter<void>['event'] {
    return this.#changed.event;
  }

  get guard(): DoorGuard | undefined {
    return this.#open?.guard;
  }

  async configure(): Promise<void> {
    if (this.#opening !== undefined) await this.#use(async (service) => service.configure(await this.#parts.options()));
  }

  look(): Promise<RelayState> {
    return this.#use(async (service) => service.state);
  }

  start(): Promise<RelayAddresses> {
    return this.#use((service) => this.#start(service));
  }

  async stop(): Promise<void> {
    this.#parts.listens(undefined);
    if (this.#opening !== undefined) await this.#use((service) => service.stop());
  }

  pair(confirm: Confirm, signal: AbortSignal): Promise<Pairing> {
    return this.#use(async (service) => {
      await this.#start(service);
      const pairing = await service.pair(confirm);
      const cancel = (): void => service.cancelPairing(pairing);
      signal.addEventListener('abort', cancel, { once: true });
      void pairing.over.then(() => signal.removeEventListener('abort', cancel));
      return pairing;
    });
  }

  revoke(id: string | undefined): Promise<void> {
    return this.#use((service) => (id === undefined ? service.revokeAll() : service.revoke(id)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close();
    this.#changed.dispose();
  }

  async #start(service: RelayService): Promise<RelayAddresses> {
    const addresses = service.addresses ?? (await this.#listen(service));
    this.#parts.listens(Number(new URL(addresses.app).port));
    return addresses;
  }

  async #listen(service: RelayService): Promise<RelayAddresses> {
    const options = await this.#parts.options();
    const before = options.port === 0 ? this.#parts.portBefore() : undefined;
    if (before !== undefined) {
      service.configure({ ...options, port: before });
      try {
        return await service.start();
      } catch (failure) {
        if (!(failure instanceof Failure) || failure.code !== 'taken') throw failure;
      }
    }
    service.configure(options);
    return await service.start();
  }

  async #use<T>(run: (service: RelayService) => Promise<T>): Promise<T> {
    this.#uses += 1;
    try {
      return await run((await (this.#opening ??= this.#begin())).service);
    } finally {
      this.#uses -= 1;
      if (this.#uses === 0 && this.#open?.service.addresses === undefined) await this.#close();
    }
  }

  async #begin(): Promise<OpenService> {
    try {
      await this.#closing;
      const open = await this.#parts.open();
      open.service.onChanged(() => this.#changed.fire());
      return (this.#open = open);
    } catch (failure) {
      this.#opening = undefined;
      throw failure;
    }
  }

  #close(): Promise<void> {
    const opening = this.#opening;
    this.#opening = undefined;
    this.#open = undefined;
    if (opening === undefined) return this.#closing;
    const closed = opening.then(
      (open) => open[Symbol.asyncDispose](),
      () => undefined,
    );
    return (this.#closing = closed.catch(this.#parts.failed).then(() => this.#changed.fire()));
  }
}
