import type { Disposable } from '../../base/disposable.ts';
import { Emitter, type Event } from '../../base/event.ts';
import { baseOf, CLOSE } from '../../protocol/relay/names.ts';
import type { Device } from '../../relay/device.ts';
import { DOOR } from './limits.ts';
import { REFUSAL, type Refusal } from './refusal.ts';
import type { DoorSocket } from './socket.ts';

/** Every socket that is open, and whose it is. */
export class Sockets implements Disposable {
  readonly #open = new Set<DoorSocket>();
  /** By `client_id`. */
  readonly #clients = new Map<string, DoorSocket>();
  readonly #changed: Emitter<void>;

  constructor(onFailure: (failure: unknown) => void) {
    this.#changed = new Emitter(onFailure);
  }

  get size(): number {
    return this.#open.size;
  }

  /** Ids of the devices that have one. */
  get devices(): readonly string[] {
    return [...new Set([...this.#open].map(({ device }) => device.id))];
  }

  get onChanged(): Event<void> {
    return this.#changed.event;
  }

  /** Why one more of the device's is refused, where it is. */
  refusal(device: Device, client: string | undefined): Refusal | undefined {
    const base = client === undefined ? undefined : baseOf(client);
    let own = 0;
    for (const socket of this.#open) {
      const isOwn = socket.device.id === device.id;
      if (isOwn) own += 1;
      else if (base !== undefined && socket.client !== undefined && baseOf(socket.client) === base)
        return REFUSAL.client;
    }
    if (this.#open.size >= DOOR.sockets) return REFUSAL.full;
    return own >= DOOR.socketsOfDevice ? REFUSAL.device : undefined;
  }

  /** Before anybody serves it: an older socket of the same client is over by then. */
  add(socket: DoorSocket): void {
    const { client } = socket;
    if (client !== undefined) {
      this.#clients.get(client)?.close(CLOSE.replaced, 'a newer connection has this client_id');
      this.#clients.set(client, socket);
      socket.onOver(() => {
        if (this.#clients.get(client) === socket) this.#clients.delete(client);
      });
    }
    this.#open.add(socket);
    this.#changed.fire();
    void socket.closed.then(() => {
      this.#open.delete(socket);
      this.#changed.fire();
    });
  }

  revoked(device: string): void {
    for (const socket of this.#open)
      if (socket.device.id === device) socket.close(CLOSE.revoked, 'this device was revoked');
  }

  /** Says so to each. Resolves when all are closed. */
  async stop(): Promise<void> {
    const open = [...this.#open];
    for (const socket of open) socket.close(CLOSE.stops, 'the host stops');
    await Promise.all(open.map(({ closed }) => closed));
  }

  dispose(): void {
    void this.stop();
    this.#changed.dispose();
  }
}
