import type { HostLine } from '../../src/backends/host/connection.ts';
import { type Duplex, linkedPair } from '../../src/base/duplex.ts';
import { Failure } from '../../src/base/failure.ts';
import { silent } from '../../src/base/log.ts';
import type { WireLine } from '../../src/base/rpcFrame.ts';
import type { ManualClock } from '../../src/base/testing.ts';
import { ViewServer } from '../../src/host/viewServer.ts';
import type { LineConnection } from '../../src/machine/lineConnection.ts';
import type { SessionKey } from '../../src/model/session.ts';
import type { HostAction, Setup } from '../../src/protocol/view/messages.ts';
import type { Answer, Asking, Offer } from '../../src/protocol/view/request.ts';
import { ViewDoor } from '../../src/router/door.ts';
import { Router } from '../../src/router/router.ts';
import { SessionStore } from '../../src/router/store.ts';
import { catalogueOf, noJournal } from '../../src/router/testing.ts';
import { RecordingBackend } from './backend.ts';
import { blank } from './sessions.ts';

const setup: Setup = { folder: true, trusted: true, agents: [{ id: 'demo', label: 'Demo' }] };

/** A host in this process, with a store and a backend of its own, behind lines that can be cut. */
export class LinkedHost {
  readonly store: SessionStore;
  readonly router: Router;
  readonly backend = new RecordingBackend();
  readonly acted: HostAction[] = [];
  /** What windows offered and answered. */
  readonly heard: (Offer | Answer)[] = [];
  /** Of the last window. */
  ask: (message: Asking) => void = () => undefined;
  readonly token = 'a token that nobody can guess';
  readonly #server: ViewServer;
  readonly #open = new Set<() => void>();
  /** Nobody is there. */
  gone = false;
  /** Sessions that begin are listed after they were closed. */
  kept = false;
  /** What its lines become on the way to the window. */
  rewrite: (line: string) => string = (line) => line;

  constructor(clock: ManualClock) {
    this.store = new SessionStore({ clock, journal: noJournal, log: silent });
    this.router = new Router({ store: this.store, clock, log: silent });
    this.router.add(this.backend);
    const catalogue = catalogueOf(this.store, () => this.kept);
    this.#server = new ViewServer({
      token: this.token,
      about: { app: '1.0.0', hostId: 'h', pid: 1, startedAt: 0 },
      messageBytes: 1024,
      clock,
      log: silent,
      openDoor: (surface, device) => {
        const door = new ViewDoor({
          store: this.store,
          catalogue,
          router: this.router,
          clock,
          log: silent,
          device,
          surface,
          strings: {},
          setup,
          act: () => Promise.resolve(),
          window: {
            act: (action) => {
              this.acted.push(action);
              return Promise.resolve(action.kind === 'session/open' ? 'k' : undefined);
            },
            hear: (message) => void this.heard.push(message),
          },
        });
        this.ask = (message) => door.ask(message);
        return door;
      },
    });
  }

  get windows(): number {
    return this.#server.windows;
  }

  /** A session in which nothing was said. */
  begin(key: SessionKey): void {
    this.store.open({ ...blank(), key });
    this.store.append(key, [{ event: { kind: 'link', link: { state: 'ready' } } }]);
  }

  /** @throws Failure `gone` */
  connect(token = this.token): HostLine {
    if (this.gone) throw new Failure('gone', 'Nobody answers.');
    const [window, host] = linkedPair<WireLine, string>() as unknown as [
      Duplex<WireLine, string>,
      Duplex<WireLine, string>,
    ];
    const { connection, cut } = cuttable(host, (line) => this.rewrite(line));
    this.#open.add(cut);
    this.#server.receive(connection);
    return { lines: window, token, close: cut };
  }

  cut(): void {
    for (const cut of this.#open) cut();
    this.#open.clear();
  }

  dispose(): void {
    this.#server.dispose();
    this.store.dispose();
  }
}

const cuttable = (
  { readable, writable }: Duplex<WireLine, string>,
  rewrite: (line: string) => string,
): { readonly connection: LineConnection; cut(): void } => {
  const closed = Promise.withResolvers<void>();
  const heard = new TransformStream<readonly WireLine[], readonly WireLine[]>();
  const said = new TransformStream<readonly string[], readonly string[]>({
    transform: (lines, controller) => controller.enqueue(lines.map(rewrite)),
  });
  const ending = new AbortController();
  const { signal } = ending;
  const toHost = readable.pipeTo(heard.writable, { signal }).catch(() => undefined);
  const toWindow = said.readable.pipeTo(writable, { signal, preventAbort: true }).catch(() => undefined);
  const cut = (): void => {
    ending.abort(new Error('cut'));
    closed.resolve();
    // As a socket ends: what was under way may be lost, and what comes then is the end.
    void Promise.all([toHost, toWindow]).then(() => writable.close().catch(() => undefined));
  };
  const lines = { readable: heard.readable, writable: said.writable };
  return {
    connection: { lines, allow: () => undefined, keepAlive: () => undefined, closed: closed.promise, dispose: cut },
    cut,
  };
};
