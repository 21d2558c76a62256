// Two clients that come back to a gateway with many sessions: ours, and a bare WebSocket that sends and parses the same.
import { once } from 'node:events';
import { WebSocket } from 'ws';
import { GatewayBackend } from '../../src/backends/gateway.ts';
import { silent } from '../../src/base/log.ts';
import { systemClock } from '../../src/machine/clock.ts';
import { connectGateway } from '../../src/machine/gatewaySocket.ts';
import type { SessionKey } from '../../src/model/session.ts';

const never = new AbortController().signal;

export interface Size {
  readonly url: string;
  readonly sessions: number;
  /** Of each session, after each time that the client has come back. */
  readonly events: number;
}

interface Way {
  /** Loses the connection, makes it anew, and resolves when every session has told all that it has to tell. */
  comeBack(): Promise<void>;
  close(): Promise<void>;
}

export const openOurs = async ({ url, sessions, events }: Size): Promise<Way> => {
  let left = 0;
  let over: (() => void) | undefined;
  let cut: (() => void) | undefined;
  const backend = new GatewayBackend({
    id: 'gate',
    label: 'gate',
    clock: systemClock,
    log: silent,
    device: 'bench',
    token: () => Promise.resolve('secret'),
    // What becomes of the events is measured elsewhere.
    emit: (_key, emitted) => {
      for (const { event } of emitted) if (event.kind === 'turn/ended' && (left -= 1) === 0) over?.();
    },
    connect: async (signal) => {
      const link = await connectGateway({ url }, systemClock, signal);
      cut = () => link.end();
      return link;
    },
  });
  backend.onChanged(() => {
    if (backend.state === 'reconnecting') queueMicrotask(() => backend.retry());
  });
  await backend.reach(never);
  left = sessions;
  const first = new Promise<void>((resolve) => (over = resolve));
  for (let at = 0; at < sessions; at += 1)
    await backend.attach(`s${at}` as SessionKey, `chat:s${at}`, { cwd: '/', haveHistory: true }, never);
  if (events > 0) await first;
  return {
    async comeBack() {
      left = sessions;
      const all = new Promise<void>((resolve) => (over = resolve));
      cut?.();
      await all;
    },
    close: () => backend[Symbol.asyncDispose](),
  };
};

export const openBare = ({ url, sessions, events }: Size): Way => {
  const connect = { type: 'connect', clientId: 'bare', token: 'secret', protocolVersion: '1.0', metadata: {} };
  let socket: WebSocket | undefined;
  return {
    async comeBack() {
      socket?.terminate();
      const next = new WebSocket(url, { perMessageDeflate: false });
      socket = next;
      await once(next, 'open');
      let number = 0;
      const ask = (method: string, params: object): void =>
        next.send(JSON.stringify({ type: 'req', id: `${(number += 1)}`, method, params }));
      let left = sessions * events;
      await new Promise<void>((resolve) => {
        next.on('message', (data: Buffer) => {
          const { type } = JSON.parse(data.toString()) as { readonly type?: string };
          if (type === 'connected') {
            for (const method of ['apps', 'schema', 'sessions']) ask(method, {});
            for (const method of ['subscribe', 'history', 'status'])
              for (let at = 0; at < sessions; at += 1) ask(method, { sessionId: `chat:s${at}` });
          } else if (type === 'event' && (left -= 1) === 0) resolve();
        });
        next.send(JSON.stringify(connect));
      });
    },
    close() {
      socket?.terminate();
      return Promise.resolve();
    },
  };
};
