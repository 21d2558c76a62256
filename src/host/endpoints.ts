/**
 * The wires behind the door of a host that are there beside the relay's and our own: whoever comes to one has passed the
 * door's guard and showed a token. One that the configuration does not want is not there at all: its path is 404.
 */
import type { Clock } from '../base/clock.ts';
import { sentence } from '../base/failure.ts';
import type { Event } from '../base/event.ts';
import type { Log } from '../base/log.ts';
import type { Devices } from '../machine/devices.ts';
import type { DoorEndpoint } from '../machine/door/endpoint.ts';
import type { Variables } from '../machine/environmentVariables.ts';
import type { Guard } from '../machine/guard.ts';
import type { RelayAddresses } from '../protocol/view/relay.ts';
import type { Device } from '../relay/device.ts';
import type { Environment } from '../router/ports.ts';
import type { Router } from '../router/router.ts';
import type { SessionStore } from '../router/store.ts';
import type { HostConfig } from './config.ts';

/** Under these names the line that says that a host is ready tells their addresses. */
export type WireName = 'environment' | 'terminal';

export interface HostWire extends AsyncDisposable {
  readonly name: WireName;
  /** What its address begins with: what comes to it first. */
  readonly scheme: 'ws' | 'http';
  readonly endpoint: DoorEndpoint;
  /** Something runs for which the host has to stay. */
  readonly isWorking: boolean;
  /** That may be another answer now; absent: whenever the sessions of the host change. */
  readonly onChanged?: Event<void>;
  /** Absent: whoever may answer questions may answer its own. @throws Failure why this device must not answer this question */
  admitAnswer?(device: Device, question: string): void;
}

/** What a wire is given of the host. */
export interface HostWireParts {
  readonly store: SessionStore;
  readonly router: Router;
  /** This machine: what is started there ends with the host, has no variable that is denied, and a terminal where there is one. */
  readonly environment: Environment;
  /** The same for what is started without it. */
  readonly guard: Pick<Guard, 'admit'>;
  variables(): Promise<Variables>;
  /** Absolute: the host's own folder, and whatever else is nobody's but ours. */
  readonly state: string;
  readonly own: readonly string[];
  /** Absolute: the folders that were named at the start. */
  readonly roots: readonly string[];
  /** As the host was started: no window changes what these wires may. */
  readonly config: HostConfig;
  readonly devices: Pick<Devices, 'onRevoked'>;
  /** Another one after each start. */
  readonly hostId: string;
  readonly clock: Clock;
  readonly log: Log;
}

/** A wire, unless the configuration wants none. */
type OpenWire = (parts: HostWireParts) => Promise<HostWire | undefined>;

/** Loaded when they are wanted. */
const WIRES: readonly OpenWire[] = [
  async (parts) => (await import('./execution.ts')).openExecution(parts),
  async (parts) => (await import('./terminalWire.ts')).openTerminalWire(parts),
];

export class HostEndpoints implements AsyncDisposable {
  readonly #wires: readonly HostWire[];
  readonly #log: Log;

  private constructor(wires: readonly HostWire[], log: Log) {
    this.#wires = wires;
    this.#log = log;
  }

  /** @throws Failure what keeps one of them from being there */
  static async open(parts: HostWireParts): Promise<HostEndpoints> {
    const wires: HostWire[] = [];
    for (const open of WIRES) {
      const wire = await open(parts);
      if (wire !== undefined) wires.push(wire);
    }
    return new HostEndpoints(wires, parts.log);
  }

  get all(): readonly DoorEndpoint[] {
    return this.#wires.map(({ endpoint }) => endpoint);
  }

  get isWorking(): boolean {
    return this.#wires.some(({ isWorking }) => isWorking);
  }

  /** Whether something runs may be another answer now. */
  get changes(): readonly Event<void>[] {
    return this.#wires.flatMap(({ onChanged }) => onChanged ?? []);
  }

  /** Where each of them is, behind a door that listens there. */
  addresses({ relay, app }: RelayAddresses): Readonly<Partial<Record<WireName, string>>> {
    const entries = this.#wires.map(({ name, scheme, endpoint }) => {
      const path = endpoint.path.replace(/\/$/u, '');
      return [name, new URL(path, scheme === 'ws' ? relay : app).href] as const;
    });
    return Object.fromEntries(entries);
  }

  /** @throws Failure why this device must not answer this question */
  admitAnswer(device: Device, question: string): void {
    for (const wire of this.#wires) wire.admitAnswer?.(device, question);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ends = await Promise.allSettled(this.#wires.map((wire) => wire[Symbol.asyncDispose]()));
    for (const end of ends)
      if (end.status === 'rejected') this.#log.error(`A wire of the host did not end cleanly: ${sentence(end.reason)}`);
  }
}
