/**
 * The wheel: who drives. One for a whole relay. Coordination, not authorization: what a device may do at all is its
 * capability. Source: the relay protocol, §4 and §9.
 *
 * L1 At most one client holds it in one epoch.
 * L2 The epoch grows with each take-over and each release, and never falls while the process lives.
 * L3 Nothing but a take-over, a release and a revoked device takes it from its holder: no disconnect, no time.
 */
import { Emitter, type Event } from '../base/event.ts';
import { Failure } from '../base/failure.ts';

/** Who may hold it: the base of a client's id, of a device. */
export interface Driver {
  readonly client: string;
  readonly device: string;
  /** What a person calls the device. */
  readonly name: string;
}

export interface LeaseState {
  /** Off: anyone drives. */
  readonly enabled: boolean;
  readonly holder: Driver | undefined;
  readonly epoch: number;
}

/** As seen by one client. */
export type Wheel = 'off' | 'free' | 'mine' | 'theirs';

export class Lease {
  readonly #changed = new Emitter<LeaseState>();
  #state: LeaseState = { enabled: false, holder: undefined, epoch: 0 };

  get state(): LeaseState {
    return this.#state;
  }

  get onChanged(): Event<LeaseState> {
    return this.#changed.event;
  }

  /** Switched off, nobody holds it. */
  enable(enabled: boolean): void {
    if (enabled === this.#state.enabled) return;
    const { holder, epoch } = this.#state;
    this.#become({ enabled, holder: undefined, epoch: holder === undefined ? epoch : epoch + 1 });
  }

  /** How it stands for a client. One without an id, a plain ACP client, has what its device has. */
  wheel(client: string | undefined, device: string): Wheel {
    const { enabled, holder } = this.#state;
    if (!enabled) return 'off';
    if (holder === undefined) return 'free';
    const isSame = holder.device === device && (client === undefined || holder.client === client);
    return isSame ? 'mine' : 'theirs';
  }

  /** By doing something that wants it while nobody has it: the epoch stays. */
  claim(driver: Driver): void {
    if (!this.#state.enabled || this.#state.holder !== undefined) return;
    this.#become({ ...this.#state, holder: driver });
  }

  take(driver: Driver): LeaseState {
    if (this.#state.enabled) this.#become({ ...this.#state, holder: driver, epoch: this.#state.epoch + 1 });
    return this.#state;
  }

  /** Where nobody has it nothing changes. @throws Failure `wheel`, where somebody else has it */
  release(client: string): LeaseState {
    const { holder, epoch } = this.#state;
    if (holder === undefined) return this.#state;
    if (holder.client !== client) throw new Failure('wheel', `${holder.name} has the wheel.`, 'Take it first.');
    this.#become({ ...this.#state, holder: undefined, epoch: epoch + 1 });
    return this.#state;
  }

  /** The device is no more. */
  revoke(device: string): void {
    const { holder, epoch } = this.#state;
    if (holder?.device === device) this.#become({ ...this.#state, holder: undefined, epoch: epoch + 1 });
  }

  dispose(): void {
    this.#changed.dispose();
  }

  #become(state: LeaseState): void {
    this.#state = state;
    this.#changed.fire(state);
  }
}
