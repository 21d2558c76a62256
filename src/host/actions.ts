import type { Agents } from '../backends/agents.ts';
import { Failure } from '../base/failure.ts';
import type { Action, HostAction, HostSettings } from '../protocol/view/messages.ts';
import type { Catalogue } from '../router/catalogue.ts';
import type { Router } from '../router/router.ts';
import type { SessionStore } from '../router/store.ts';
import { actOnAgents } from './agents.ts';
import type { RelayAction } from './relay.ts';
import type { HostSessions } from './sessions.ts';

export interface HostActionsParts {
  readonly store: SessionStore;
  readonly catalogue: Catalogue;
  readonly router: Router;
  readonly agents: Agents;
  readonly sessions: HostSessions;
  /** @throws Failure `usage` */
  configure(settings: HostSettings): void;
  /** Somebody wants the host to end. */
  stop(): void;
}

/** What is asked of a host, whoever asks. */
export class HostActions {
  readonly #parts: HostActionsParts;

  constructor(parts: HostActionsParts) {
    this.#parts = parts;
  }

  /** Of what a page asks for, what only the host can do. @throws Failure `unsupported`, `gone`, or why not */
  async act(action: Action, signal: AbortSignal): Promise<void> {
    const { store, catalogue, router, agents } = this.#parts;
    if (action.kind === 'session/take') {
      await catalogue.wake(action.key, signal);
      return;
    }
    if (action.kind !== 'agent/restart') throw new Failure('unsupported', 'This is done by the window.');
    const session = store.get(action.key);
    if (session === undefined) throw new Failure('gone', 'This session is closed.', 'Start a new one.');
    // One that was read from disk has lost nothing that another session of this agent has.
    if (session.link.state === 'disconnected') await router.resume(session.key, signal);
    else await agents.restart(session.backend, signal);
  }

  /** What the owner's own windows ask. @throws Failure why not */
  async actOnHost(action: Exclude<HostAction, RelayAction>, signal: AbortSignal): Promise<string | void> {
    const { catalogue, router, agents, sessions } = this.#parts;
    switch (action.kind) {
      case 'session/open':
        return await sessions.open(action);
      case 'session/resume':
        await catalogue.wake(action.key, signal);
        return await router.resume(action.key, signal);
      case 'session/mark': {
        const { pinned, archived } = action;
        const flags = { ...(pinned === undefined ? {} : { pinned }), ...(archived === undefined ? {} : { archived }) };
        return await catalogue.mark(action.key, flags);
      }
      case 'session/erase':
        return await catalogue.erase(action.key);
      case 'configure':
        return this.#parts.configure(action);
      case 'agents':
      case 'agent/restart':
      case 'agent/stop':
      case 'agent/sign out':
        return await actOnAgents(agents, action, signal);
      case 'stop':
        return this.#parts.stop();
    }
  }
}
