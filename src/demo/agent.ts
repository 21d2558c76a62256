import { isAbsolute } from 'node:path';
import {
  agent,
  methods,
  PROTOCOL_VERSION,
  RequestError,
  type AgentApp,
  type AgentContext,
  type ClientCapabilities,
  type InitializeResponse,
} from '@agentclientprotocol/sdk';
import { reason } from './content.ts';
import { DemoSession } from './session.ts';
import type { World } from './world.ts';

/** The demo agent's own version: it changes when its commands do. */
const version = '1.0.0';

/** An ACP agent without a model, a key or a network. Serves one connection. */
export function demoAgent(world: World): AgentApp {
  const sessions = new Sessions(world);
  const to = methods.agent;
  return (
    agent({ name: 'wheelhouse-demo' })
      .onConnect(({ signal }) => {
        signal.addEventListener('abort', () => sessions.cancelAll());
      })
      .onRequest(to.initialize, ({ params }) => sessions.initialize(params.clientCapabilities ?? {}))
      .onRequest(to.session.new, ({ params, client }) => sessions.create(params.cwd, client))
      .onRequest(to.session.list, ({ params }) => sessions.list(params.cwd ?? undefined))
      .onRequest(to.session.load, ({ params, client }) => sessions.load(params.sessionId, params.cwd, client))
      .onRequest(to.session.resume, ({ params, client }) => sessions.resume(params.sessionId, params.cwd, client))
      .onRequest(to.session.close, ({ params }) => sessions.close(params.sessionId))
      .onRequest(to.session.delete, ({ params }) => sessions.remove(params.sessionId))
      .onRequest(to.session.setMode, async ({ params }) => {
        await sessions.get(params.sessionId).configure('mode', params.modeId, 'mode');
      })
      .onRequest(to.session.setConfigOption, async ({ params }) => {
        const session = sessions.get(params.sessionId);
        await session.configure(params.configId, params.value, 'option');
        return { configOptions: session.state().configOptions };
      })
      .onRequest(to.session.prompt, ({ params }) => sessions.get(params.sessionId).prompt(params.prompt))
      // After the prompt's handler: messages are offered to the handlers in turn, each a step later than the one
      // before, so a cancel that stood in front would overtake a prompt that came just before it and find no turn.
      .onNotification(to.session.cancel, ({ params }) => sessions.find(params.sessionId)?.cancel())
  );
}

class Sessions {
  readonly #world: World;
  readonly #live = new Map<string, DemoSession>();
  #capabilities: ClientCapabilities = {};

  constructor(world: World) {
    this.#world = world;
  }

  initialize(capabilities: ClientCapabilities): InitializeResponse {
    this.#capabilities = capabilities;
    return {
      protocolVersion: PROTOCOL_VERSION,
      agentInfo: { name: 'wheelhouse-demo', title: 'Demo', version },
      agentCapabilities: {
        loadSession: true,
        promptCapabilities: { image: true, embeddedContext: true },
        sessionCapabilities: { list: {}, resume: {}, close: {}, delete: {} },
      },
      authMethods: [],
    };
  }

  find(sessionId: string): DemoSession | undefined {
    return this.#live.get(sessionId);
  }

  get(sessionId: string): DemoSession {
    const session = this.#live.get(sessionId);
    if (!session) throw RequestError.sessionNotFound(sessionId);
    return session;
  }

  create(cwd: string, client: AgentContext) {
    const session = new DemoSession(this.#world, this.#peer(client), absolute(cwd));
    return { sessionId: session.id, ...this.#opened(session) };
  }

  list(cwd: string | undefined) {
    const stored = this.#world.store.list().map(({ sessionId, cwd: folder, title, updatedAt }) => {
      return { sessionId, cwd: folder, updatedAt, title: title ?? null };
    });
    const known = new Set(stored.map((info) => info.sessionId));
    const unsaved = [...this.#live.values()].filter(({ id }) => !known.has(id)).map((session) => session.info());
    return { sessions: [...unsaved, ...stored].filter((info) => cwd === undefined || info.cwd === cwd) };
  }

  async load(sessionId: string, cwd: string, client: AgentContext) {
    const session = this.#reopen(sessionId, cwd, client);
    await session.replay();
    return this.#opened(session);
  }

  resume(sessionId: string, cwd: string, client: AgentContext) {
    return this.#opened(this.#reopen(sessionId, cwd, client));
  }

  close(sessionId: string): void {
    this.get(sessionId).cancel();
    this.#live.delete(sessionId);
  }

  remove(sessionId: string): void {
    this.find(sessionId)?.discard();
    this.#live.delete(sessionId);
    this.#world.store.remove(sessionId);
  }

  cancelAll(): void {
    for (const session of this.#live.values()) session.cancel();
  }

  #reopen(sessionId: string, cwd: string, client: AgentContext): DemoSession {
    const folder = absolute(cwd);
    const live = this.#live.get(sessionId);
    if (live) return live;
    const record = this.#world.store.read(sessionId);
    if (!record) throw RequestError.sessionNotFound(sessionId);
    return new DemoSession(this.#world, this.#peer(client), folder, record);
  }

  #opened(session: DemoSession) {
    this.#live.set(session.id, session);
    // The response leaves in the microtasks of this turn of the loop; what is sent in the next one stands behind it.
    setImmediate(() => {
      session
        .announce()
        .catch((error: unknown) => this.#world.complain(`Commands were not announced: ${reason(error)}`));
    });
    return session.state();
  }

  #peer(client: AgentContext) {
    return { client, capabilities: this.#capabilities };
  }
}

function absolute(cwd: string): string {
  if (isAbsolute(cwd)) return cwd;
  throw RequestError.invalidParams({ cwd }, `cwd must be an absolute path, and ${cwd} is not`);
}
