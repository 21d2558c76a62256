/**
 * The relay: the sessions of this process for the person's other devices, and for any client that knows ACP. Sockets,
 * tokens and pairing are its owner's. Source: the relay protocol.
 */
import type { Disposable } from '../base/disposable.ts';
import type { Event } from '../base/event.ts';
import type { SessionKey } from '../model/session.ts';
import { CLOSE } from '../protocol/relay/names.ts';
import { Announcements } from './announcements.ts';
import { Client } from './client.ts';
import { handlersOf } from './handlers.ts';
import { Hub } from './hub.ts';
import { isLive, LiveSessions } from './live.ts';
import type { RelayClient, RelaySocket, RelayVisitor, RelayWorld } from './ports.ts';
import { Prompts } from './prompts.ts';
import { Requests } from './requests.ts';
import { Sessions } from './sessions.ts';
import { Switches } from './switches.ts';
import { RelayTerminals } from './terminals.ts';
import { RelayWorkspace } from './workspace.ts';

export class Relay implements Disposable {
  readonly #world: RelayWorld;
  readonly #hub: Hub;
  readonly #prompts: Prompts;
  readonly #announcements: Announcements;
  readonly #terminals: RelayTerminals;

  constructor(world: RelayWorld) {
    this.#world = world;
    this.#terminals = new RelayTerminals(world);
    this.#hub = new Hub({ world, terminals: this.#terminals, hear: (client, line) => requests.hear(client, line) });
    const hub = this.#hub;
    const live = new LiveSessions(hub);
    this.#prompts = new Prompts(hub, live);
    this.#announcements = new Announcements(hub, live);
    const sessions = new Sessions(hub, live);
    const switches = new Switches(hub);
    const workspace = new RelayWorkspace(world);
    const handlers = handlersOf({ hub, prompts: this.#prompts, sessions, switches, workspace });
    const requests = new Requests(hub, handlers);
  }

  /** How many are connected. */
  get clients(): number {
    return this.#hub.clients.length;
  }

  get onChanged(): Event<void> {
    return this.#hub.onChanged;
  }

  /** A newer socket of the same client takes the place of the older one. */
  open(visitor: RelayVisitor, socket: RelaySocket): RelayClient {
    const client = new Client(this.#hub, visitor, socket);
    this.#hub.client(client.name)?.close(CLOSE.replaced, 'A newer socket of this client took its place.');
    this.#hub.joined(client);
    if (client.plain) return client;
    const { session = this.#oldestLive(), lastSeq, host } = visitor;
    const asked = session !== undefined && session !== '';
    const key = asked && this.#hub.isListed(session) ? session : undefined;
    client.attach(key, { lastSeq, host }, asked && key === undefined);
    return client;
  }

  /** The device is no more: nothing is sent to it from now on. */
  revoked(device: string): void {
    for (const client of this.#hub.clients)
      if (client.device.id === device) client.close(CLOSE.revoked, 'This device was revoked.');
    this.#world.lease.revoke(device);
    this.#terminals.revoked(device);
  }

  dispose(): void {
    for (const client of this.#hub.clients) client.close(CLOSE.stops, 'The relay stops.');
    this.#announcements.dispose();
    this.#prompts.dispose();
    this.#terminals.dispose();
    this.#hub.dispose();
  }

  /** It plays the part of the session that the first relays had made before anybody came. */
  #oldestLive(): SessionKey | undefined {
    const { store } = this.#world;
    const live = store.all().filter((session) => isLive(session) && !store.isMirrored(session.key));
    return live.sort((a, b) => a.createdAt - b.createdAt)[0]?.key;
  }
}
