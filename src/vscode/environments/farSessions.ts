import { createHash } from 'node:crypto';
import * as vscode from 'vscode';
import { type Disposable, Disposables } from '../../base/disposable.ts';
import type { Event } from '../../base/event.ts';
import { sentence } from '../../base/failure.ts';
import type { LinkState } from '../../base/reconnecting.ts';
import type { AgentFacts, Owns, SessionKey } from '../../model/session.ts';
import type { Backend } from '../../router/ports.ts';
import { telling } from '../../router/telling.ts';
import type { Core } from '../core.ts';
import type { NewSession } from '../coreParts.ts';

/** A session that lives elsewhere and is kept here from when somebody first looks at it. */
export interface FarSession {
  /** As the far side calls it. */
  readonly id: string;
  readonly title: string;
  readonly cwd: string;
  readonly agent: AgentFacts;
  readonly owns?: Owns;
}

interface FarBackend extends Backend {
  readonly state: LinkState;
  readonly onChanged: Event<void>;
}

/**
 * The sessions of one backend of another machine in this window: each is kept here once it was opened, and follows the far
 * side for as long as that is connected.
 */
export class FarSessions implements Disposable {
  readonly #core: Core;
  readonly #backend: string;
  readonly #owned = new Disposables();
  #wasConnected = false;

  /** The router has the backend from now on, until this ends. */
  constructor(core: Core, backend: FarBackend) {
    this.#core = core;
    this.#backend = backend.id;
    const follow = (): void => this.#follow(backend.state === 'connected');
    this.#owned.add(core.router.add(backend));
    this.#owned.add(backend.onChanged(follow));
    // One that was read from disk has heard nothing since.
    this.#owned.add(core.store.onListed(follow));
  }

  /** Whether a session that is open here is of this backend. */
  has(key: SessionKey): boolean {
    return this.#core.store.get(key)?.backend === this.#backend;
  }

  /** Takes those up again that are open in this window and have lost the far side. */
  #follow(isConnected: boolean): void {
    const isNew = !this.#wasConnected;
    this.#wasConnected = isConnected;
    if (!isConnected) return;
    for (const { key, backend, link } of this.#core.store.all()) {
      // What failed with the last connection may do with this one; and is tried once.
      const isLost = link.state === 'disconnected' || (isNew && link.state === 'failed');
      if (backend !== this.#backend || !isLost || link.forgotten === true) continue;
      this.#core.router
        .resume(key, this.#core.signal)
        .catch((failure: unknown) => this.#core.logs.main.info(`A session is not followed: ${sentence(failure)}`));
    }
  }

  /** Shows it, and keeps it here from now on. @throws Failure why it cannot be */
  async open(session: FarSession): Promise<void> {
    const known = this.#known(session.id);
    if (known === undefined) await this.adopt(session).opened;
    await vscode.commands.executeCommand('wheelhouse.openSession', known ?? this.#keyOf(session.id));
  }

  adopt({ id: agentSession, ...about }: FarSession): NewSession {
    const { router, store, signal } = this.#core;
    const wanted = { ...about, key: this.#keyOf(agentSession), backend: this.#backend, agentSession };
    let key: SessionKey | undefined;
    const opened = telling(
      store,
      (told) => (key = told),
      () => router.adopt(wanted, signal),
    );
    return { key, opened };
  }

  /** What it is called here, where it is kept here and has a name. */
  titleOf(id: string): string | undefined {
    const key = this.#known(id);
    const title = key === undefined ? undefined : this.#core.catalogue.get(key)?.title;
    return title === '' ? undefined : title;
  }

  dispose(): void {
    this.#owned.dispose();
  }

  #known(id: string): SessionKey | undefined {
    // One that was begun afresh goes on under the key of the one before.
    const awake = this.#core.store
      .all()
      .find(({ backend, agentSession }) => backend === this.#backend && agentSession === id);
    if (awake !== undefined) return awake.key;
    const key = this.#keyOf(id);
    return this.#core.catalogue.get(key) === undefined ? undefined : key;
  }

  /** The same in each window, and fit for the name of a file. */
  #keyOf(id: string): SessionKey {
    const hash = createHash('sha256').update(`${this.#backend}\0${id}`).digest('base64url');
    return hash.slice(0, 22) as SessionKey;
  }
}
