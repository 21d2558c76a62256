/** How sessions are opened in a host, and the folders that they may work in. */
import { stat } from 'node:fs/promises';
import type { McpServer } from '@agentclientprotocol/sdk';
import { Failure, sentence } from '../base/failure.ts';
import type { Log } from '../base/log.ts';
import type { SessionKey } from '../model/session.ts';
import type { HostAction } from '../protocol/view/messages.ts';
import type { RelayWorld } from '../relay/ports.ts';
import type { Router } from '../router/router.ts';
import type { SessionStore } from '../router/store.ts';
import { telling } from '../router/telling.ts';

export interface HostSessionsParts {
  readonly store: SessionStore;
  readonly router: Pick<Router, 'newSession' | 'perform'>;
  readonly log: Log;
  /** Named at the start, absolute. */
  readonly roots: readonly string[];
  defaultAgent(): string;
  /** Whether the agent runs on another machine, where no folder of this one is. */
  isFar(agent: string): boolean;
  /** Aborted when the host ends. */
  readonly ending: AbortSignal;
}

type Opening = Extract<HostAction, { kind: 'session/open' }>;

export class HostSessions {
  readonly #parts: HostSessionsParts;
  readonly #named: Set<string>;
  /** What who opened a session handed over for it. */
  readonly #servers = new Map<SessionKey, readonly McpServer[]>();

  constructor(parts: HostSessionsParts) {
    this.#parts = parts;
    this.#named = new Set(parts.roots);
  }

  /** Those that were named. */
  get named(): readonly string[] {
    return [...this.#named];
  }

  /** Those, and the ones that sessions work in: a session goes on when the window that named its folder is gone. */
  roots(): readonly string[] {
    const here = this.#parts.store.all().filter(({ machine }) => machine === undefined);
    return [...new Set([...this.#named, ...here.map(({ cwd }) => cwd)])];
  }

  serversOf(key: SessionKey): readonly McpServer[] {
    return this.#servers.get(key) ?? [];
  }

  /** Answered as soon as the session is there: what becomes of it, it tells itself. @throws Failure `invalid`, or why not */
  async open(action: Omit<Opening, 'kind'>): Promise<SessionKey> {
    const { store, router, log, defaultAgent, isFar, ending } = this.#parts;
    const { agent = defaultAgent(), cwd, title, roots, fork } = action;
    for (const folder of isFar(agent) ? roots : [cwd, ...roots]) await requireFolder(folder);
    for (const folder of roots) this.#named.add(folder);
    const { promise: opened, resolve } = Promise.withResolvers<SessionKey>();
    const from = { ...(title === undefined ? {} : { title }), ...(fork === undefined ? {} : { fork }) };
    const ready = telling(store, resolve, () => router.newSession({ backend: agent, cwd, ...from }, ending));
    ready.catch((failure: unknown) => log.info(`A session was not opened: ${sentence(failure)}`));
    return await Promise.race([opened, ready]);
  }

  /** In the folder that was named first. */
  async openFirst(agent: string | undefined): Promise<SessionKey> {
    const [cwd] = this.#named;
    if (cwd === undefined) throw new Failure('invalid', 'There is no folder to work in.');
    return await this.open({ cwd, roots: [], ...(agent === undefined ? {} : { agent }) });
  }

  /** The same for a device, which waits until the agent has it. */
  async openFor(...[options, opened, signal]: Parameters<RelayWorld['newSession']>): Promise<SessionKey> {
    const { agent, cwd, mcpServers = [] } = options;
    const { store, router, ending } = this.#parts;
    await requireFolder(cwd);
    const told = (key: SessionKey): void => {
      if (mcpServers.length > 0) this.#servers.set(key, mcpServers);
      opened(key);
    };
    const either = AbortSignal.any([signal, ending]);
    return await telling(store, told, () => router.newSession({ backend: agent, cwd }, either));
  }

  /** Ends the agent of a session; what is kept of it sleeps. */
  async sleep(key: SessionKey, signal: AbortSignal): Promise<void> {
    await this.#parts.router.perform(key, { kind: 'close' }, 'host', signal);
    this.#servers.delete(key);
  }
}

/** @throws Failure `invalid` */
export const requireFolder = async (path: string): Promise<void> => {
  const about = await stat(path).catch(() => undefined);
  if (about?.isDirectory() !== true) throw new Failure('invalid', `${path} is no folder of this machine.`);
};
