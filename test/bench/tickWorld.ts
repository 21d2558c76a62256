// The same agent once as a window runs it itself, and once as it runs in the background host of a window.
import { AcpBackend } from '../../src/backends/acp.ts';
import { silent } from '../../src/base/log.ts';
import { systemClock } from '../../src/machine/clock.ts';
import { localEnvironment } from '../../src/machine/local.ts';
import type { SessionKey } from '../../src/model/session.ts';
import { Router } from '../../src/router/router.ts';
import type { SessionStore } from '../../src/router/store.ts';
import { noRules } from '../../src/router/testing.ts';
import type { HostAddress } from './hostProcess.ts';
import { openWindow } from './hostWindow.ts';
import { openKeep } from './keep.ts';
import { refuse } from './scriptedAgent.ts';

const never = new AbortController().signal;

export interface TickWorld {
  /**
   * So many events of the agent, milliseconds apart.
   * @returns for each how long it took from the agent to the window's store, ms
   */
  ticks(count: number, pause: number): Promise<readonly number[]>;
  close(): Promise<void>;
}

const worldOn = (store: SessionStore, router: Router, key: SessionKey, close: () => Promise<void>): TickWorld => ({
  async ticks(count, pause) {
    const delays: number[] = [];
    const listening = store.onAppended(({ logged }) => {
      const now = process.hrtime.bigint();
      for (const { event } of logged) {
        if (event.kind !== 'update' || event.update.sessionUpdate !== 'agent_message_chunk') continue;
        const { content } = event.update;
        if (content.type === 'text') delays.push(Number(now - BigInt(content.text)) / 1e6);
      }
    });
    await router.prompt(key, [{ type: 'text', text: `${count} ${pause}` }], 'editor', never);
    listening.dispose();
    if (delays.length !== count) throw new Error(`${delays.length} of ${count} events arrived.`);
    return delays;
  },
  close,
});

export const openOwn = async (root: string, agent: string): Promise<TickWorld> => {
  const environment = localEnvironment({
    label: 'bench',
    env: process.env,
    clock: systemClock,
    log: silent,
    forbiddenRoots: () => [],
  });
  const keep = openKeep(root);
  const router = new Router({ store: keep.store, clock: systemClock, log: silent });
  router.add(
    new AcpBackend(
      { id: 'tick', label: 'Tick', command: process.execPath, args: [agent] },
      {
        emit: keep.store.append.bind(keep.store),
        workspace: { roots: () => [root], place: refuse, readText: refuse, writeText: refuse },
        permissions: noRules,
        environment,
        clock: systemClock,
        log: silent,
      },
    ),
  );
  const key = await router.newSession({ backend: 'tick', cwd: root }, never);
  return worldOn(keep.store, router, key, async () => {
    await router.dispose();
    environment.dispose();
    await keep.close();
  });
};

export const openHosted = async (root: string, address: HostAddress): Promise<TickWorld> => {
  const { store, host, close } = await openWindow(address);
  const router = new Router({ store, clock: systemClock, log: silent });
  router.addRemote(host);
  const key = await host.open({ agent: 'tick', cwd: root, roots: [root] }, never);
  await new Promise<void>((resolve) => {
    const look = (): void => {
      if (store.get(key)?.link.state !== 'ready') return;
      listening.dispose();
      resolve();
    };
    const listening = store.onAppended(look);
    look();
  });
  return worldOn(store, router, key, async () => {
    await close();
    await router.dispose();
  });
};
