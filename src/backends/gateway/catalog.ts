import type { AgentFacts } from '../../model/session.ts';
import { parseKey } from '../../protocol/gateway/keys.ts';
import type { GatewayMethod } from '../../protocol/gateway/schema.ts';
import type { GatewayLine } from './line.ts';
import { defaultApp, type GatewayApp, type GatewaySession, listApps, listMethods, listSessions } from './server.ts';

/** What a gateway has and can, as it was told last. */
export class GatewayCatalog {
  apps: readonly GatewayApp[] = [];
  methods: readonly GatewayMethod[] = [];
  /** Undefined: it does not tell which it has. */
  #sessions: readonly GatewaySession[] | undefined;

  get sessions(): readonly GatewaySession[] {
    return this.#sessions ?? [];
  }

  get defaultApp(): string {
    return defaultApp(this.apps);
  }

  /** Of a connection that has just been made. @throws Failure */
  async read(line: GatewayLine, signal: AbortSignal): Promise<void> {
    [this.apps, this.methods] = await Promise.all([listApps(line, signal), listMethods(line, signal)]);
    await this.list(line, signal);
  }

  /** @throws Failure */
  async list(line: GatewayLine, signal: AbortSignal): Promise<void> {
    this.#sessions = await listSessions(line, this.defaultApp, signal);
  }

  /** One that does not tell which it has may have any. */
  has(session: string): boolean {
    return this.#sessions === undefined || this.#sessions.some(({ id }) => id === session);
  }

  /** What it says of itself for a session that is opened. */
  factsOf(session: string): AgentFacts {
    const { app } = parseKey(session, this.defaultApp);
    const name = this.apps.find(({ id }) => id === app)?.name ?? app;
    return { name, image: false, embeddedContext: false };
  }
}
