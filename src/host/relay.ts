/** The relay of a host, and what its windows and the command line ask of it. */
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../base/clock.ts';
import { type Disposable, toDisposable } from '../base/disposable.ts';
import { Failure } from '../base/failure.ts';
import type { Log } from '../base/log.ts';
import { Devices } from '../machine/devices.ts';
import type { BegunPairing, RelayOptions, RelayService } from '../machine/relayService.ts';
import type { HostAction } from '../protocol/view/messages.ts';
import type { Paired, RelayState } from '../protocol/view/relay.ts';
import type { Device } from '../relay/device.ts';
import { LIMITS } from '../router/limits.ts';
import type { HostConfig } from './config.ts';
import { DEFAULT_RELAY, type RelayConfig, relayLimits } from './relayConfig.ts';
import type { AttachedWindow } from './windows.ts';

/** What was said when the host was started, which no window changes. */
export type RelayFlags = Partial<Pick<RelayConfig, 'bind' | 'port' | 'lease'>>;

/** Bytes of a message on the relay's wire. */
const MESSAGE_BYTES = 16 * 1024 * 1024;

export const relayOptions = ({ relay, limits }: HostConfig, flags: RelayFlags): RelayOptions => ({
  ...DEFAULT_RELAY,
  ...relay,
  ...flags,
  messageBytes: limits.messageBytes ?? MESSAGE_BYTES,
  limits: relayLimits(limits.relay),
});

/** Bytes of a message of a window. */
export const windowBytes = ({ limits }: HostConfig): number => limits.messageBytes ?? LIMITS.windowLine;

/** Who does what the owner's own windows do. */
export const OWNER: Device = { id: 'owner', name: hostname(), capability: 'drive', owner: true };

export const openDevices = (parts: {
  readonly state: string;
  readonly token: string;
  readonly clock: Clock;
  readonly log: Log;
}): Promise<Devices> => {
  const { state, token, clock, log } = parts;
  return Devices.open({ file: join(state, 'devices.json'), owner: { token, name: OWNER.name }, clock, log });
};

export type RelayAction = Extract<HostAction, { kind: keyof typeof ACTIONS }>;

const ACTIONS = {
  'relay/start': true,
  'relay/stop': true,
  'relay/state': true,
  'pair/begin': true,
  'pair/wait': true,
  'pair/cancel': true,
  devices: true,
  'device/revoke': true,
} as const;

export const isRelayAction = (action: HostAction): action is RelayAction => Object.hasOwn(ACTIONS, action.kind);

/** What one window asks; when it goes, so does the code that it has shown. */
export class WindowRelay implements Disposable {
  readonly #service: RelayService;
  readonly #window: Pick<AttachedWindow, 'ask'>;
  readonly #tell: (state: RelayState) => void;
  #following: Disposable = toDisposable(() => undefined);
  #begun: BegunPairing | undefined;

  constructor(parts: {
    readonly service: RelayService;
    readonly window: Pick<AttachedWindow, 'ask'>;
    tell(state: RelayState): void;
  }) {
    this.#service = parts.service;
    this.#window = parts.window;
    this.#tell = (state) => parts.tell(state);
  }

  /** @throws Failure what kept it from being done */
  async act(action: RelayAction): Promise<string | void> {
    const service = this.#service;
    switch (action.kind) {
      case 'relay/start':
        return JSON.stringify(await service.start());
      case 'relay/stop':
        return await service.stop();
      case 'relay/state':
        this.#following.dispose();
        this.#following = service.onChanged(() => this.#tell(service.state));
        return JSON.stringify(service.state);
      case 'pair/begin':
        return await this.#begin();
      case 'pair/wait':
        return await this.#wait();
      case 'pair/cancel':
        return this.#cancel();
      case 'devices':
        return JSON.stringify(service.devices);
      case 'device/revoke':
        return await (action.device === undefined ? service.revokeAll() : service.revoke(action.device));
    }
  }

  dispose(): void {
    this.#following.dispose();
    this.#cancel();
  }

  async #begin(): Promise<string> {
    const begun = await this.#service.pair(async ({ name, want }, signal) => {
      const { result } = await this.#window.ask({ kind: 'device/admit', name, want }, ['admitted'], {}, signal);
      return result.capability;
    });
    this.#begun = begun;
    const { over: _over, ...offer } = begun;
    return JSON.stringify(offer);
  }

  async #wait(): Promise<string> {
    if (this.#begun === undefined) throw new Failure('none', 'This window has made no code.');
    const device = await this.#begun.over;
    return JSON.stringify({ ...(device === undefined ? {} : { device }) } satisfies Paired);
  }

  #cancel(): void {
    // Another window may have made another code since.
    if (this.#begun !== undefined) this.#service.cancelPairing(this.#begun);
  }
}
