import { within } from '../../base/clock.ts';
import { Failure, PeerError, sentence } from '../../base/failure.ts';
import { RpcPeer, type Settled, type Trouble } from '../../base/rpc.ts';
import { isFields, isText } from '../../model/fold/read.ts';
import type { SessionKey } from '../../model/session.ts';
import { PROTOCOL_VERSION, readIntro, type AgentIntro } from '../../protocol/acp/agent.ts';
import { CLIENT_INFO } from '../../protocol/acp/client.ts';
import { clientCapabilities, type CapabilityOverride } from '../../protocol/acp/capabilities.ts';
import { agentFailure, answerError } from '../../protocol/acp/errors.ts';
import { AGENT, CLIENT } from '../../protocol/acp/methods.ts';
import { readOptions } from '../../protocol/acp/options.ts';
import { LIMITS } from '../../router/limits.ts';
import type { BackendContext, Process } from '../../router/ports.ts';
import type { AgentDefinition } from '../agent.ts';
import { requestHandlers } from './requests.ts';
import { AcpSession } from './session.ts';

/** How long the exit of an agent may come after the end of its output, ms. */
const EXIT_AFTER_END = 1000;

/** A running agent that has introduced itself, and the sessions that live in it. */
export class AcpConnection implements AsyncDisposable {
  readonly #definition: AgentDefinition;
  readonly #context: BackendContext;
  readonly #process: Process;
  readonly #peer: RpcPeer;
  readonly #sessions = new Map<string, AcpSession>();
  /** Sessions with events of the batch that is being handled. */
  readonly #gathering = new Set<AcpSession>();
  /** Updates for sessions whose id has not been told yet: some agents send them before the answer to session/new. */
  readonly #early = new Map<string, { payload: unknown; raw: string }[]>();
  #earlyCount = 0;
  #opening = 0;
  #unknownUpdates = 0;
  #intro: AgentIntro = readIntro(undefined);

  private constructor(definition: AgentDefinition, context: BackendContext, process: Process) {
    this.#definition = definition;
    this.#context = context;
    this.#process = process;
    this.#peer = new RpcPeer({
      duplex: process.lines,
      requests: requestHandlers(this.#sessions, context.workspace),
      notifications: new Map([[CLIENT.update, (params, raw) => this.#update(params, raw)]]),
      onFlush: () => this.#flush(),
      onTrouble: (kind, what) => this.#trouble(kind, what),
      ending: (cause) => this.#ending(cause),
      onEnded: (failure) => this.#bury(failure),
      errorOf: answerError,
    });
  }

  /** Starts the agent and introduces us to it. Fails in words when it cannot be started or speaks another version. */
  static async open(
    definition: AgentDefinition,
    context: BackendContext,
    overrides: readonly CapabilityOverride[],
    signal: AbortSignal,
  ): Promise<AcpConnection> {
    const { command, args, env, node } = definition;
    const process = await context.environment.spawn(
      {
        command,
        args,
        cwd: startFolder(context),
        ...(env === undefined ? {} : { env }),
        ...(node === undefined ? {} : { node }),
      },
      signal,
    );
    const connection = new AcpConnection(definition, context, process);
    try {
      await connection.#introduce(overrides, signal);
      return connection;
    } catch (failure) {
      await connection[Symbol.asyncDispose]();
      throw failure;
    }
  }

  get intro(): AgentIntro {
    return this.#intro;
  }

  /** Settles when the agent is gone and every session of it has been told; never rejects. */
  get closed(): Promise<Failure> {
    return this.#peer.closed;
  }

  get peer(): RpcPeer {
    return this.#peer;
  }

  get label(): string {
    return this.#definition.label;
  }

  /** Why nothing can be asked of it any more, or undefined. */
  get ended(): Failure | undefined {
    return this.#peer.ended;
  }

  stderrTail(): string {
    return this.#process.stderrTail();
  }

  /** Whether the session's events wait for the end of the batch that is being handled. */
  gathers(session: AcpSession): boolean {
    if (this.#peer.dispatching) this.#gathering.add(session);
    return this.#peer.dispatching;
  }

  /** Opens a session. What it emits first is `session/opened`. */
  newSession(key: SessionKey, cwd: string, signal: AbortSignal): Promise<AcpSession> {
    return new Promise((resolve, reject) => {
      signal.throwIfAborted();
      // The agent opens it all the same, and few would understand a request that is taken back: it is closed afterwards.
      const abandon = (): void => reject(signal.reason);
      signal.addEventListener('abort', abandon, { once: true });
      this.#opening += 1;
      this.#peer.call(AGENT.newSession, { cwd, mcpServers: [] }, (settled) => {
        signal.removeEventListener('abort', abandon);
        this.#opening -= 1;
        try {
          resolve(this.#welcome(key, cwd, this.#answer(settled), signal.aborted));
        } catch (failure) {
          reject(failure);
        }
        if (this.#opening === 0) this.#dropEarly();
      });
    });
  }

  /** Sends a request that belongs to a session; fails in words. */
  async request(method: string, params: object, signal: AbortSignal): Promise<unknown> {
    try {
      return await this.#peer.request(method, params, signal);
    } catch (failure) {
      throw failure instanceof PeerError ? agentFailure(failure, this.label, this.#intro.authMethods) : failure;
    }
  }

  /** The session is closed here; the agent is told where it wants to know. */
  async close(session: AcpSession, signal: AbortSignal): Promise<void> {
    this.#sessions.delete(session.id);
    session.terminals.end();
    session.questions.cancelAll();
    session.closed = true;
    if (this.ended !== undefined) return;
    if (this.#intro.close) await this.request(AGENT.close, { sessionId: session.id }, signal);
    else if (session.turn !== undefined) this.#peer.notify(AGENT.cancel, { sessionId: session.id });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#peer.end(new Failure('stopped', `${this.label} was stopped.`, 'Start a new session.'));
    await this.#process[Symbol.asyncDispose]();
    await this.closed;
  }

  async #introduce(overrides: readonly CapabilityOverride[], signal: AbortSignal): Promise<void> {
    const answer = await this.request(
      AGENT.initialize,
      {
        protocolVersion: PROTOCOL_VERSION,
        clientCapabilities: clientCapabilities(...overrides),
        clientInfo: CLIENT_INFO,
      },
      signal,
    );
    this.#intro = readIntro(answer);
    const { protocolVersion } = this.#intro;
    if (protocolVersion === PROTOCOL_VERSION) return;
    throw new Failure(
      'version',
      `${this.label} speaks version ${String(protocolVersion)} of the Agent Client Protocol, and Wheelhouse speaks version ${PROTOCOL_VERSION}.`,
      `Install a version of ${this.label} that speaks version ${PROTOCOL_VERSION}.`,
    );
  }

  #answer(settled: Settled): unknown {
    if (settled.ok) return settled.result;
    throw agentFailure(settled.failure, this.label, this.#intro.authMethods);
  }

  #welcome(key: SessionKey, cwd: string, result: unknown, abandoned: boolean): AcpSession {
    const answer = isFields(result) ? result : {};
    const id = answer['sessionId'];
    if (!isText(id) || id === '') throw new Failure('agent error', `${this.label} opened a session without an id.`);
    if (this.#sessions.has(id)) {
      throw new Failure(
        'agent error',
        `${this.label} gave two sessions the same id (${id}), so they cannot be told apart.`,
        'Restart the agent.',
      );
    }
    const session = new AcpSession({ key, id, cwd, connection: this }, this.#context);
    if (abandoned) {
      void this.close(session, new AbortController().signal).catch((failure: unknown) =>
        this.#context.log.warn(sentence(failure)),
      );
      throw new Failure('cancelled', 'The session was given up before the agent had opened it.');
    }
    this.#sessions.set(id, session);
    session.options = readOptions(answer);
    const { name, title, version, image, embeddedContext } = this.#intro;
    session.push({
      kind: 'session/opened',
      agentSession: id,
      agent: {
        name: title ?? name ?? this.label,
        ...(version === undefined ? {} : { version }),
        image,
        embeddedContext,
      },
      options: session.options,
    });
    session.push({ kind: 'link', link: { state: 'ready' } });
    for (const { payload, raw } of this.#early.get(id) ?? []) session.take(payload, raw);
    this.#early.delete(id);
    return session;
  }

  #update(params: unknown, raw: string): void {
    if (!isFields(params) || !isText(params['sessionId'])) {
      this.#trouble('not a message', 'session/update without a sessionId');
      return;
    }
    const id = params['sessionId'];
    const session = this.#sessions.get(id);
    if (session !== undefined) {
      session.take(params['update'], raw);
    } else if (this.#opening > 0 && this.#earlyCount < LIMITS.earlyUpdates) {
      this.#earlyCount += 1;
      const early = this.#early.get(id) ?? [];
      early.push({ payload: params['update'], raw });
      this.#early.set(id, early);
    } else {
      this.#countUnknown();
    }
  }

  #dropEarly(): void {
    for (const updates of this.#early.values()) for (const _ of updates) this.#countUnknown();
    this.#early.clear();
    this.#earlyCount = 0;
  }

  #countUnknown(): void {
    this.#unknownUpdates += 1;
    if (isMilestone(this.#unknownUpdates)) {
      this.#context.log.warn(`${this.label} sent ${this.#unknownUpdates} updates for sessions that are not open.`);
    }
  }

  #flush(): void {
    if (this.#gathering.size === 0) return;
    const sessions = [...this.#gathering];
    this.#gathering.clear();
    for (const session of sessions) session.flush();
  }

  #trouble(kind: Trouble, what: string): void {
    const count = this.#peer.troubles(kind);
    // A line for each would let a noisy agent fill the log.
    if (isMilestone(count)) this.#context.log.warn(`${this.label}, ${kind} (${count} so far): ${what}`);
    if (kind !== 'line too long') return;
    const running = [...this.#sessions.values()].filter((session) => session.turn !== undefined);
    for (const session of running)
      session.push({ kind: 'gap', why: `A message of ${this.label} was too long and was skipped.` });
  }

  /** The exit says more than the end of the output, and comes a little later. */
  async #ending(cause: unknown): Promise<Failure> {
    await within(this.#context.clock, EXIT_AFTER_END, this.#process.exited);
    const exit = await Promise.race([this.#process.exited, Promise.resolve(undefined)]);
    const said = this.stderrTail().split('\n').slice(-5).join('\n').trim();
    const how =
      exit === undefined
        ? `closed its output${cause === undefined ? '' : ` (${sentence(cause)})`}`
        : exit.signal === null
          ? `ended with exit code ${exit.code ?? 'unknown'}`
          : `was ended by ${exit.signal}`;
    return new Failure(
      'agent gone',
      `${this.label} ${how}.${said === '' ? '' : ` It said: ${said}`}`,
      'Restart the agent, and look into its log.',
    );
  }

  /** Tells every session that its agent is gone. */
  #bury(failure: Failure): void {
    for (const session of this.#sessions.values()) {
      session.questions.forget();
      session.push({ kind: 'link', link: { state: 'failed', detail: failure.message } });
      session.terminals.end();
    }
    this.#sessions.clear();
  }
}

const isMilestone = (count: number): boolean => Number.isInteger(Math.log2(count));

/** Agents get their folder with each session; their own is that of the workspace, where there is one. */
const startFolder = (context: BackendContext): string => context.workspace.roots()[0] ?? '/';
