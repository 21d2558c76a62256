import type { Event } from '../../base/event.ts';
import type { Capability, Device } from '../../relay/device.ts';
import type { PairedDevice, PairingOffer, RelayAddresses, RelayState } from '../../protocol/view/relay.ts';
import type { DoorGuard } from '../../router/doorGuard.ts';

/** A device that has shown the code, and the most that it asks for. */
export interface AskingDevice extends Pick<Device, 'name'> {
  readonly want: Capability;
}

/** What the person lets it do; undefined: nothing. */
export type Confirm = (asking: AskingDevice, signal: AbortSignal) => Promise<Capability | undefined>;

export interface Pairing extends PairingOffer {
  /** With the device that was let in; undefined: the code is dead. Never rejects. */
  readonly over: Promise<PairedDevice | undefined>;
}

/** The relay of the process that the sessions live in: of this window, or of the background host of this machine. */
export interface RelayControl extends AsyncDisposable {
  /** As far as it is known at this moment. */
  readonly state: RelayState;
  readonly onChanged: Event<void>;
  /** What this window's own chat passes; undefined where nothing is asked, or the host asks for itself. */
  readonly guard: DoorGuard | undefined;
  /** The settings are others: where and how it listens holds from its next start on. */
  configure(): Promise<void>;
  look(signal: AbortSignal): Promise<RelayState>;
  /** @throws Failure why it does not listen */
  start(signal: AbortSignal): Promise<RelayAddresses>;
  stop(signal: AbortSignal): Promise<void>;
  /** A new code; the one before is dead, and this one is when the signal is aborted. @throws as `start` */
  pair(confirm: Confirm, signal: AbortSignal): Promise<Pairing>;
  /** Without an id all of them. @throws Failure `unknown`; `last`, for the last one that may drive */
  revoke(id: string | undefined, signal: AbortSignal): Promise<void>;
}

/** Of those that were paired. */
export const connectedDevices = ({ connected, devices }: RelayState): readonly PairedDevice[] =>
  devices.filter(({ id }) => connected.includes(id));

export const NOTHING: RelayState = { sockets: 0, connected: [], devices: [] };
