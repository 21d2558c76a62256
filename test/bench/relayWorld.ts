// A relay on real sockets, and beside it what somebody would write who has a list of WebSockets and a loop.
import { createServer } from 'node:http';
import type { Socket } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import { silent } from '../../src/base/log.ts';
import { systemClock } from '../../src/machine/clock.ts';
import { bytesOf } from '../../src/machine/door/frames.ts';
import { DoorSocket } from '../../src/machine/door/socket.ts';
import type { Emitted } from '../../src/model/event.ts';
import type { SessionKey } from '../../src/model/session.ts';
import { Lease } from '../../src/relay/lease.ts';
import { RELAY_LIMITS, type RelayFrame } from '../../src/relay/ports.ts';
import { Relay } from '../../src/relay/relay.ts';
import { Router } from '../../src/router/router.ts';
import { SessionStore } from '../../src/router/store.ts';
import { catalogueOf, noJournal, openPlace } from '../../src/router/testing.ts';
import { listenHere } from '../tools/listen.ts';
import { cpuTimer } from './cpu.ts';

/** What arrives from an agent in one go. */
const AT_ONCE = 50;
/** So that a frame is about 300 bytes long. */
const WORDS = 'and so it goes on and on, '.repeat(4).slice(0, 92);

const now = (): number => performance.timeOrigin + performance.now();

/** What an agent says, with the time at which it does. */
const said = (number: number): object => ({
  sessionUpdate: 'agent_message_chunk',
  messageId: `m${number >> 6}`,
  content: { type: 'text', text: `sent ${now().toFixed(3)} ${WORDS}` },
});

export const openRelayWorld = async () => {
  const store = new SessionStore({ clock: systemClock, journal: noJournal, log: silent });
  const router = new Router({ store, clock: systemClock, log: silent });
  const relay = new Relay({
    hostId: 'bench',
    store,
    router,
    catalogue: catalogueOf(store),
    lease: new Lease(),
    clock: systemClock,
    log: silent,
    limits: RELAY_LIMITS,
    roots: () => [],
    place: openPlace,
    defaultAgent: () => 'none',
    newSession: () => Promise.reject(new Error('There is no agent.')),
    sleep: () => Promise.resolve(),
  });
  const doors = new Map<string, DoorSocket>();
  const naive = new Set<WebSocket>();
  /** What the anchor of a replay sends, by the session. */
  const written = new Map<string, Buffer>();
  const connections = new Set<Socket>();
  const http = createServer();
  http.on('connection', (socket) => connections.add(socket.once('close', () => connections.delete(socket))));
  const upgrades = new WebSocketServer({ noServer: true, clientTracking: false, perMessageDeflate: false });
  http.on('upgrade', (request, carrier, head) => {
    upgrades.handleUpgrade(request, carrier, head, (socket) => {
      const { pathname, searchParams } = new URL(request.url ?? '', 'http://localhost');
      const session = searchParams.get('session_id') ?? '';
      if (pathname === '/written') return void carrier.write(written.get(session) ?? '');
      if (pathname === '/naive') {
        naive.add(socket);
        socket.once('close', () => naive.delete(socket));
        return socket.send('{}');
      }
      const client = searchParams.get('client_id') ?? '';
      const device = { id: client, name: client, capability: 'drive' } as const;
      const door = new DoorSocket({ socket, raw: carrier, device, client, clock: systemClock });
      doors.set(client, door);
      const visitor = { device, client, session, lastSeq: Number(searchParams.get('last_seq') ?? 0), host: undefined };
      const joined = relay.open(visitor, door);
      door.onMessage((text) => joined.receive(text));
      door.onOver(() => {
        doors.delete(client);
        joined.dispose();
      });
    });
  });
  const port = await listenHere(http);

  let numbers = 0;
  const append = (key: SessionKey, count: number): void => {
    for (let left = count; left > 0; left -= 1) {
      numbers += 1;
      const events: readonly Emitted[] = [{ event: { kind: 'update', update: said(numbers) as never } }];
      store.append(key, events);
    }
  };
  const drained = (clients: readonly string[]): Promise<unknown> =>
    Promise.all(clients.flatMap((client) => doors.get(client)?.drained() ?? []));

  return {
    session(name: string): SessionKey {
      const key = name as SessionKey;
      const owns = { history: 'us', queue: 'us', questions: 'us' } as const;
      store.open({ key, backend: 'none', agentLabel: 'None', title: '', cwd: '/w', owns });
      return key;
    },
    url: (client: string, session: SessionKey, lastSeq: number): string =>
      `ws://127.0.0.1:${port}/acp?client_id=${client}&session_id=${session}&last_seq=${lastSeq}`,
    naiveUrl: (index: number): string => `ws://127.0.0.1:${port}/naive?${index}`,
    writtenUrl: (session: SessionKey): string => `ws://127.0.0.1:${port}/written?session_id=${session}`,
    head: (key: SessionKey): number => store.get(key)?.at.seq ?? 0,
    append,
    /** As fast as whoever looks can read it. */
    async fill(key: SessionKey, count: number): Promise<void> {
      for (let left = count; left > 0; left -= AT_ONCE) {
        append(key, AT_ONCE);
        await drained([...doors.keys()]);
      }
    },
    /** Deliveries for each second that the processor worked for it. */
    async fanOut(key: SessionKey, clients: readonly string[], events: number): Promise<number> {
      const spent = cpuTimer();
      for (let left = events; left > 0; left -= AT_ONCE) {
        append(key, AT_ONCE);
        await drained(clients);
      }
      return (events * clients.length * 1000) / spent();
    },
    /** The same for a loop over sockets, which hears of the same events from the same store. */
    async naive(key: SessionKey, events: number): Promise<number> {
      let gone: (() => void) | undefined;
      const listening = store.onAppended((appended) => {
        if (appended.key !== key) return;
        for (const { seq, event } of appended.logged) {
          const params = { sessionId: key, update: event.kind === 'update' ? event.update : event };
          const text = JSON.stringify({ rseq: seq, jsonrpc: '2.0', method: 'session/update', params });
          for (const socket of naive) socket.send(text, gone);
        }
      });
      const spent = cpuTimer();
      for (let left = events; left > 0; left -= AT_ONCE) {
        append(key, AT_ONCE - 1);
        const last = new Promise<void>((resolve) => (gone = resolve));
        append(key, 1);
        await last;
        gone = undefined;
      }
      listening.dispose();
      return (events * naive.size * 1000) / spent();
    },
    /** One event each time that the loop has come round, and so many milliseconds between two. */
    async tick(key: SessionKey, events: number, pause: number): Promise<void> {
      for (let left = events; left > 0; left -= 1) {
        append(key, 1);
        await new Promise((done) => setTimeout(done, pause));
      }
    },
    unsent: (client: string): number => doors.get(client)?.unsent.frames ?? 0,
    drained,
    /** What a device of the session gets that has nothing of it, as bytes that only have to be written. */
    write(key: SessionKey): number {
      const frames: RelayFrame[] = [];
      const client = relay.open(
        {
          device: { id: 'w', name: 'w', capability: 'watch' },
          client: 'w',
          session: key,
          lastSeq: 0,
          host: undefined,
        },
        {
          send: (more) => void frames.push(...more),
          unsent: { bytes: 0, frames: 0 },
          whenDrained: () => undefined,
          close: () => undefined,
        },
      );
      client.dispose();
      const bytes = Buffer.concat(frames.map(bytesOf));
      written.set(key, bytes);
      return bytes.length;
    },
    async close(): Promise<void> {
      relay.dispose();
      for (const socket of connections) socket.destroy();
      await new Promise((done) => http.close(done));
      await router.dispose();
      store.dispose();
    },
  };
};
