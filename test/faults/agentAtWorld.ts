import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { AcpBackend } from '../../src/backends/acp.ts';
import { agentsAt } from '../../src/backends/agentsAt.ts';
import type { FarAddressOf } from '../../src/backends/environmentSettings.ts';
import type { Log } from '../../src/base/log.ts';
import { systemClock } from '../../src/machine/clock.ts';
import { AgentAt } from '../../src/machine/remote/agentAt.ts';
import { agentAtContext } from '../../src/machine/remote/agentAtContext.ts';
import { agentLink } from '../../src/machine/remote/agentLink.ts';
import { eachEntry, type Entry } from '../../src/model/entry.ts';
import type { Session, SessionKey } from '../../src/model/session.ts';
import type { BackendContext, Workspace } from '../../src/router/ports.ts';
import { Router } from '../../src/router/router.ts';
import { SessionStore } from '../../src/router/store.ts';
import { noJournal, noRules } from '../../src/router/testing.ts';
import { FakeAgentServer } from '../fakes/agentAt/server.ts';
import type { FakeServerOptions } from '../fakes/agentAt/options.ts';
import { said } from '../fakes/core.ts';
import { until } from '../tools/until.ts';
import { FrameProxy } from './frameProxy.ts';

export const never = new AbortController().signal;
const CWD = fileURLToPath(new URL('.', import.meta.url));

/** What must not be touched where the agent has files of its own. */
const nothingHere: Workspace = {
  roots: () => [CWD],
  place: () => Promise.reject(new Error('a file of this machine')),
  readText: () => Promise.reject(new Error('a file of this machine')),
  writeText: () => Promise.reject(new Error('a file of this machine')),
};

export type Address = Partial<FarAddressOf<'acp'>> & { readonly secret?: string; readonly over?: 'socket' | 'http' };

/** A window's part of an agent at an address: a router, a store, the agent's backend, and its connection. */
export const windowOn = (
  url: string,
  { secret, over: _, ...more }: Address = {},
  extras: Partial<BackendContext> = {},
) => {
  const lines: string[] = [];
  const write = (line: string): void => void lines.push(line);
  const log: Log = { debug: write, info: write, warn: write, error: write };
  const address: FarAddressOf<'acp'> = {
    id: 'far',
    label: 'Far',
    kind: 'acp',
    url,
    folder: CWD,
    headers: {},
    files: 'there',
    ...more,
  };
  const [definition] = agentsAt({ addresses: new Map([['far', address]]) }, new Set()).agents;
  if (definition === undefined) throw new Error('no definition');
  const store = new SessionStore({ clock: systemClock, journal: noJournal, log });
  const router = new Router({ store, clock: systemClock, log });
  const states: string[] = [];
  const at: AgentAt = new AgentAt({
    label: address.label,
    connect: agentLink({ ...address, secret: async () => secret }, systemClock),
    clock: systemClock,
    log,
    start: async (signal) => {
      await backend.start(signal);
      void router.resumeAll('far', never);
    },
    lost: () => void router.resumeAll('far', never),
    changed: () => void states.push(at.state),
  });
  const context: BackendContext = {
    emit: store.append.bind(store),
    workspace: nothingHere,
    permissions: noRules,
    environment: {
      label: 'here',
      spawn: () => Promise.reject(new Error('a process of this machine')),
      terminal: () => Promise.reject(new Error('a terminal of this machine')),
    },
    clock: systemClock,
    log,
    ...extras,
  };
  const backend = new AcpBackend(
    definition,
    agentAtContext(address, context, async () => ({ spawn: (__, signal) => at.spawn(signal) })),
  );
  router.add(backend);
  onTestFinished(async () => {
    await at[Symbol.asyncDispose]();
    await router.dispose();
  });
  const session = (key: SessionKey): Session => {
    const found = store.get(key);
    if (found === undefined) throw new Error('The session is gone.');
    return found;
  };
  return {
    at,
    backend,
    router,
    store,
    states,
    lines,
    session,
    entries: (key: SessionKey): readonly Entry[] => [...eachEntry(session(key).entries)],
    said: (key: SessionKey): string => said([...eachEntry(session(key).entries)]),
    open: () => router.newSession({ backend: 'far', cwd: CWD }, never),
    prompt: (key: SessionKey, text: string) => router.prompt(key, [{ type: 'text', text }], 'desk', never),
    ready: (key: SessionKey) => until('the session', () => session(key).link.state === 'ready'),
  };
};

/** The same on a fake, through a proxy that can cut. */
export const farWorld = async (options: Partial<FakeServerOptions> = {}, address: Address = {}) => {
  const server = await FakeAgentServer.listen(options);
  const proxy = await FrameProxy.listen(1, server.port);
  onTestFinished(async () => {
    await proxy[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });
  const url = (address.over === 'http' ? server.webUrl : server.url).replace(String(server.port), String(proxy.port));
  return { server, proxy, ...windowOn(url, address) };
};
