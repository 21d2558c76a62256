// A window as it mirrors the sessions of a background host.
import { HostBackend } from '../../src/backends/host.ts';
import { silent } from '../../src/base/log.ts';
import { systemClock } from '../../src/machine/clock.ts';
import { connectLocal } from '../../src/machine/localSocket.ts';
import type { SessionKey } from '../../src/model/session.ts';
import { SessionStore } from '../../src/router/store.ts';
import { noJournal } from '../../src/router/testing.ts';
import type { HostAddress } from './hostProcess.ts';

const never = new AbortController().signal;

/** @param heard gets every line that the host says */
export const openWindow = async ({ view, token }: HostAddress, heard?: (line: string) => void) => {
  const store = new SessionStore({ clock: systemClock, journal: noJournal, log: silent });
  const host = new HostBackend({
    store,
    clock: systemClock,
    log: silent,
    app: 'bench',
    device: 'editor',
    follows: () => false,
    connect: async (signal) => {
      const { lines, keepAlive, dispose } = await connectLocal(view, systemClock, signal);
      keepAlive();
      const readable = heard === undefined ? lines.readable : lines.readable.pipeThrough(overheard(heard));
      return { lines: { readable, writable: lines.writable }, token, close: dispose };
    },
  });
  await new Promise<void>((resolve) => {
    const listening = host.onListed(() => {
      listening.dispose();
      resolve();
    });
  });
  return {
    store,
    host,
    /** Resolves when the whole session stands in the store, and lets it go again. @returns the number of its events */
    async attach(key: SessionKey): Promise<number> {
      const { promise, resolve } = Promise.withResolvers<number>();
      const listening = store.onAppended(({ session }) => {
        if (session.key === key && session.older === undefined) resolve(session.at.seq);
      });
      await host.attach(key, never);
      const events = await promise;
      listening.dispose();
      host.release(key);
      return events;
    },
    async close(): Promise<void> {
      await host[Symbol.asyncDispose]();
      store.dispose();
    },
  };
};

const overheard = <Line>(hear: (line: string) => void): TransformStream<readonly Line[], readonly Line[]> =>
  new TransformStream({
    transform(lines, controller) {
      for (const line of lines) if (typeof line === 'string') hear(line);
      controller.enqueue(lines);
    },
  });
