/**
 * What a door of our own surfaces lets one client do. What a device may do at all holds for every session; the wheel is
 * that of the sessions that live here.
 */
import { Failure } from '../base/failure.ts';
import type { FromWindow } from '../protocol/view/messages.ts';
import type { DoorGuard } from '../router/doorGuard.ts';
import { authorize, viewKind } from './authorize.ts';
import type { Capability, Device } from './device.ts';
import type { Driver, Lease } from './lease.ts';

export class ViewGuard implements DoorGuard {
  readonly #lease: Lease;
  readonly #device: Device;
  readonly #driver: Driver;

  /** `client`: what it holds the wheel as. */
  constructor(lease: Lease, device: Device, client: string) {
    this.#lease = lease;
    this.#device = device;
    this.#driver = { client, device: device.id, name: device.name };
  }

  admit(message: FromWindow, elsewhere: boolean): void {
    const { client, device } = this.#driver;
    const wheel = elsewhere ? 'off' : this.#lease.wheel(client, device);
    const kind = viewKind(message);
    const verdict = authorize(kind, this.#device, wheel);
    if (verdict === 'capability') throw kind === 'owner' ? ownersOnly() : incapable(this.#device.capability);
    if (verdict === 'wheel') throw driven(this.#lease);
    if (verdict === 'claim') this.#lease.claim(this.#driver);
  }

  control(command: 'control/take' | 'control/release'): void {
    if (!this.#lease.state.enabled) throw new Failure('unsupported', 'Nothing here needs the wheel.');
    if (command === 'control/take') this.#lease.take(this.#driver);
    else this.#lease.release(this.#driver.client);
  }
}

const MAY: Readonly<Record<Capability, string>> = {
  watch: 'This device may only watch.',
  answer: 'This device may only watch, and answer questions.',
  drive: 'This device may not do that.',
};

const incapable = (capability: Capability): Failure =>
  new Failure('capability', MAY[capability], 'To do more with it, pair it again.');

const ownersOnly = (): Failure =>
  new Failure('capability', 'This can only be done on the machine itself.', 'Do it in the editor there.');

const driven = (lease: Lease): Failure =>
  new Failure('wheel', `${lease.state.holder?.name ?? 'Another device'} has the wheel.`, 'Take the wheel first.');
