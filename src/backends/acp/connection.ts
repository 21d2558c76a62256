import { within } from '../../base/clock.ts';
import { Failure, PeerError, sentence } from '../../base/failure.ts';
import { excerpt } from '../../base/log.ts';
import { RpcPeer, type Settled, type Trouble } from '../../base/rpc.ts';
import type { SessionEvent } from '../../model/event.ts';
import { isFields, isText } from '../../model/fold/read.ts';
import { WORDS } from '../../model/fold/words.ts';
import { PROTOCOL_VERSION, readIntro, type AgentIntro } from '../../protocol/acp/agent.ts';
import { CLIENT_INFO } from '../../protocol/acp/client.ts';
import { clientCapabilities, type CapabilityOverride } from '../../protocol/acp/capabilities.ts';
import { agentFailure, answerError } from '../../protocol/acp/errors.ts';
import { AGENT, CLIENT } from '../../protocol/acp/methods.ts';
import { readOptions } from '../../protocol/acp/options.ts';
import type { BackendContext, Process } from '../../router/ports.ts';
import type { AgentDefinition } from '../agent.ts';
import { pastIsOverAfter } from '../quirks/quirk.ts';
import { EarlyUpdates } from './early.ts';
import { completeElicitation } from './elicitation.ts';
import { methodOf, type Opening, otherFolders, paramsOf } from './opening.ts';
import { Observation } from './observation.ts';
import { requestHandlers } from './requests.ts';
import { AcpSession } from './session.ts';
import { variablesOf } from './signInAttempt.ts';
import { Silence } from './silence.ts';

/** How far an agent is on its way to a session, in the words that a person reads. */
export type Stage = 'starting' | 'initializing' | 'opening the session';

/** How the way to an agent that is no child of ours ends: it has no exit that would say more. */
const REACHED: ReadonlySet<string> = new Set(['lost', 'refused', 'ended']);

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
  /** Updates for sessions that are being opened: some agents send them before the answer to session/new. */
  readonly #early = new EarlyUpdates();
  readonly silence: Silence;
  readonly observed = new Observation();
  /** A session is being told what came before it was there. */
  #welcoming = false;
  #leaving = false;
  #unknownUpdates = 0;
  #intro: AgentIntro = readIntro(undefined);

  private constructor(definition: AgentDefinition, context: BackendContext, process: Process) {
    this.#definition = definition;
    this.#context = context;
    this.#process = process;
    this.silence = new Silence(context.clock);
    this.#peer = new RpcPeer({
      duplex: process.lines,
      requests: this.observed.watching(requestHandlers((id) => this.#sessions.get(id) ?? this.#parentOf(id))),
      notifications: new Map([
        [CLIENT.update, (params, raw) => this.#update(params, raw)],
        [CLIENT.elicited, (params) => this.#elicited(params)],
      ]),
      onFlush: () => this.#flush(),
      onTrouble: (kind, what) => this.#trouble(kind, what),
      ending: (cause) => this.#ending(cause),
      onEnded: (failure) => this.#bury(failure),
      errorOf: answerError,
      onUnheard: () => void this.#deaf(),
      ...(context.tap === undefined ? {} : { tap: context.tap }),
    });
    void process.exited.then(() => (this.#leaving = true));
  }

  /** Starts the agent and introduces us to it. Fails in words when it cannot be started or speaks another version. */
  static async open(
    definition: AgentDefinition,
    context: BackendContext,
    overrides: readonly CapabilityOverride[],
    reached: (stage: Stage) => void,
    signal: AbortSignal,
  ): Promise<AcpConnection> {
    reached('starting');
    const { id, label, command, args, env, node } = definition;
    const entered = variablesOf((await context.secrets?.of(id)) ?? {});
    const process = await context.environment.spawn(
      {
        command,
        args,
        cwd: startFolder(context),
        agent: { id, label },
        env: { ...env, ...entered },
        ...(node === undefined ? {} : { node }),
      },
      signal,
    );
    const connection = new AcpConnection(definition, context, process);
    reached('initializing');
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

  /** It is gone, or on its way out: what is asked of it now would be lost. `closed` settles soon. */
  get leaving(): boolean {
    return this.#leaving || this.ended !== undefined;
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  stderrTail(): string {
    return this.#process.stderrTail();
  }

  /** Whether the session's events wait for the end of the batch that is being handled. */
  gathers(session: AcpSession): boolean {
    const gathers = this.#peer.dispatching || this.#welcoming;
    if (gathers) this.#gathering.add(session);
    return gathers;
  }

  /**
   * Opens a session. What it emits first is `session/opened`, or what replaces everything before; `take` is called
   * before that, since whoever hears of the session may use it at once.
   */
  open(opening: Opening, take: (session: AcpSession) => void, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      signal.throwIfAborted();
      // The agent opens it all the same, and few would understand a request that is taken back: it is closed afterwards.
      const abandon = (): void => reject(signal.reason);
      signal.addEventListener('abort', abandon, { once: true });
      this.#early.begin(opening.how === 'load' ? opening : undefined);
      const { workspace } = this.#context;
      const others = this.#intro.additionalDirectories ? otherFolders(workspace.roots(), opening.cwd) : [];
      const welcome = (settled: Settled): void => {
        signal.removeEventListener('abort', abandon);
        try {
          this.#welcome(opening, this.#answer(settled), signal.aborted, take);
          resolve();
        } catch (failure) {
          reject(failure);
        }
        const unwanted = this.#early.end(opening.how === 'load' ? opening.id : undefined);
        for (let count = 0; count < unwanted; count += 1) this.#countUnknown();
      };
      this.#peer.call(methodOf(opening), paramsOf(opening, others), (settled) => {
        const quiet = pastIsOverAfter(this.#intro.name);
        if (opening.how !== 'load' || !settled.ok || quiet === undefined) welcome(settled);
        else this.#early.whenQuiet(opening.id, quiet, this.#context.clock, () => this.#late(welcome, settled));
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
    this.silence.end(session);
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
    this.observed.introduced(answer);
    const { protocolVersion } = this.#intro;
    if (protocolVersion === PROTOCOL_VERSION) return;
    throw new Failure(
      'version',
      `${this.label} speaks ${versionWords(protocolVersion)} of the Agent Client Protocol, and Wheelhouse speaks version ${PROTOCOL_VERSION}.`,
      `Install a version of ${this.label} that speaks version ${PROTOCOL_VERSION}.`,
    );
  }

  #answer(settled: Settled): unknown {
    if (settled.ok) return settled.result;
    throw agentFailure(settled.failure, this.label, this.#intro.authMethods);
  }

  #welcome(opening: Opening, result: unknown, abandoned: boolean, take: (session: AcpSession) => void): void {
    const answer = isFields(result) ? result : {};
    const id = opening.how === 'new' || opening.how === 'fork' ? answer['sessionId'] : opening.id;
    if (!isText(id) || id === '') throw new Failure('agent error', `${this.label} opened a session without an id.`);
    if (this.#sessions.has(id)) {
      throw new Failure(
        'agent error',
        `${this.label} gave two sessions the same id (${id}), so they cannot be told apart.`,
        'Restart the agent.',
      );
    }
    const session = new AcpSession({ key: opening.key, id, cwd: opening.cwd, connection: this }, this.#context);
    if (abandoned) {
      void this.close(session, new AbortController().signal).catch((failure: unknown) =>
        this.#context.log.warn(sentence(failure)),
      );
      throw new Failure('cancelled', 'The session was given up before the agent had opened it.');
    }
    this.#sessions.set(id, session);
    take(session);
    const early = this.#early.of(id);
    const past = opening.how === 'load' && opening.wanted;
    if (past) {
      session.push({ kind: 'reset', why: `${this.label} told the session from its beginning.` });
      for (const { payload, raw } of early) session.take(payload, raw);
      session.endTurn();
    }
    session.options = readOptions(answer);
    session.push(this.#opened(session));
    if (opening.how === 'new' && opening.afresh === true) session.push(AFRESH);
    if (opening.how === 'fork') session.push(forkedFrom(opening.title));
    session.push({ kind: 'link', link: { state: 'ready' } });
    if (!past) for (const { payload, raw } of early) session.take(payload, raw);
  }

  /** Not in the batch of the answer: what it tells of the past is gathered all the same, and it may have ended meanwhile. */
  #late(welcome: (settled: Settled) => void, settled: Settled): void {
    this.#welcoming = true;
    welcome(this.ended === undefined ? settled : { ok: false, failure: this.ended });
    this.#welcoming = false;
    this.#flush();
  }

  #opened({ id, options }: AcpSession): SessionEvent {
    const { name, title, version, image, embeddedContext, fork } = this.#intro;
    const about = {
      name: title ?? name ?? this.label,
      ...(version === undefined ? {} : { version }),
      ...(fork ? { fork } : {}),
    };
    return { kind: 'session/opened', agentSession: id, agent: { ...about, image, embeddedContext }, options };
  }

  #update(params: unknown, raw: string): void {
    if (!isFields(params) || !isText(params['sessionId'])) {
      this.#trouble('not a message', 'session/update without a sessionId');
      return;
    }
    const id = params['sessionId'];
    const session = this.#sessions.get(id);
    this.observed.update(params['update']);
    if (session !== undefined) {
      session.take(params['update'], raw);
    } else if (this.#parentOf(id) !== undefined) {
      this.#parentOf(id)?.subagents.takeOf(id, params['update'], raw);
    } else if (!this.#early.take(id, { payload: params['update'], raw })) {
      this.#countUnknown();
    }
  }

  /** It names no session, and an id that nobody knows is to be ignored (protocol §8). */
  #elicited(params: unknown): void {
    const id = isFields(params) ? params['elicitationId'] : undefined;
    if (isText(id)) [...this.#sessions.values()].some((session) => completeElicitation(session, id));
  }

  /** The session whose helper has this id. */
  #parentOf(id: string): AcpSession | undefined {
    return [...this.#sessions.values()].find(({ subagents }) => subagents.has(id));
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
    this.#leaving = true;
    if (cause instanceof Failure && REACHED.has(cause.code))
      return new Failure(cause.code === 'refused' ? cause.code : 'agent gone', cause.message, cause.next, { cause });
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

  /** It has closed its input. Mostly it is about to end, and then its end says more; else nobody can reach it any more. */
  async #deaf(): Promise<void> {
    this.#leaving = true;
    await within(this.#context.clock, EXIT_AFTER_END, this.closed);
    const message = `${this.label} closed its input, and hears nothing any more.`;
    this.#peer.end(new Failure('agent gone', message, 'Restart the agent, and look into its log.'));
  }

  /** Tells every session that its agent is gone. */
  #bury(failure: Failure): void {
    for (const session of this.#sessions.values()) {
      session.giveUp();
      session.push({ kind: 'link', link: { state: 'failed', detail: failure.message } });
      session.terminals.end();
    }
    this.#sessions.clear();
    this.silence.dispose();
  }
}

const forkedFrom = (description: string): SessionEvent => ({
  kind: 'notice',
  severity: 'info',
  title: WORDS.forked,
  description,
});

const AFRESH: SessionEvent = { kind: 'notice', severity: 'warning', title: WORDS.afresh };

/** Whatever stands where a number should: an agent may send anything there, and any amount of it. */
const versionWords = (version: unknown): string =>
  version === undefined || version === null ? 'no version' : `version ${excerpt(JSON.stringify(version), 40)}`;

const isMilestone = (count: number): boolean => Number.isInteger(Math.log2(count));

/** Agents get their folder with each session; their own is that of the workspace, where there is one. */
const startFolder = (context: BackendContext): string => context.workspace.roots()[0] ?? '/';
