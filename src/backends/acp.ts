import type { Event } from '../base/event.ts';
import { Failure } from '../base/failure.ts';
import type { Owns, SessionKey } from '../model/session.ts';
import { errorMessage, SignInNeeded } from '../protocol/acp/errors.ts';
import { AGENT } from '../protocol/acp/methods.ts';
import type {
  Attached,
  AttachOptions,
  Backend,
  BackendCommand,
  BackendContext,
  CreateOptions,
} from '../router/ports.ts';
import type { AcpConnection } from './acp/connection.ts';
import { type AgentFigures, type AgentState, Launcher, type Reached } from './acp/launcher.ts';
import { type Opening, refusalOf } from './acp/opening.ts';
import { mcpServersFor } from './acp/mcpServers.ts';
import { Prompts } from './acp/prompts.ts';
import { Renewal } from './acp/renewal.ts';
import type { AcpSession } from './acp/session.ts';
import { setOption } from './acp/setOption.ts';
import { SignIn } from './acp/signIn.ts';
import type { AgentDefinition } from './agent.ts';

/**
 * An agent that speaks ACP on its own input and output: one child for all of its sessions, started by the first of
 * them. One that has ended is not used again; the next session starts another.
 */
export class AcpBackend implements Backend {
  readonly id: string;
  readonly label: string;
  readonly machine?: string;
  readonly owns: Owns = { history: 'us', queue: 'us', questions: 'us' };
  readonly #context: BackendContext;
  readonly #launcher: Launcher;
  readonly #sessions = new Map<SessionKey, AcpSession>();
  readonly #renewal: Renewal;
  readonly #signIn: SignIn;
  readonly #prompts: Prompts;

  constructor(agent: AgentDefinition, context: BackendContext) {
    this.id = agent.id;
    this.label = agent.label;
    if (context.machine !== undefined) this.machine = context.machine;
    this.#context = context;
    this.#launcher = new Launcher(agent, context);
    this.#renewal = new Renewal({
      launcher: this.#launcher,
      emit: context.emit,
      sessions: this.#sessions,
      open: (session) => this.#openAgain(session),
    });
    this.#signIn = new SignIn({
      agent,
      context,
      reach: (signal) => this.#launcher.connect(() => undefined, signal),
      stop: () => this.#renewal.stop(),
      takeUp: () => this.#renewal.takeUp(),
    });
    const [renewal, signIn] = [this.#renewal, this.#signIn];
    this.#prompts = new Prompts({ label: agent.label, context, sessions: this.#sessions, renewal, signIn });
  }

  get state(): AgentState {
    return this.#launcher.state;
  }

  /** What a person may want to know of its process. */
  get figures(): AgentFigures {
    return this.#launcher.figures;
  }

  get onChanged(): Event<void> {
    return this.#launcher.onChanged;
  }

  /** The last lines of its stderr; those of the one before, when it has ended. */
  stderrTail(): string {
    return this.#launcher.stderrTail();
  }

  async create(key: SessionKey, options: CreateOptions, signal: AbortSignal): Promise<void> {
    const { cwd, afresh, fork } = options;
    const opening: Opening =
      fork === undefined
        ? { key, cwd, how: 'new', ...(afresh === undefined ? {} : { afresh }) }
        : { key, cwd, how: 'fork', id: fork.agentSession, title: fork.title };
    await this.#withAgent(key, (connection) => this.#open(connection, opening, signal), signal);
  }

  /** The ladder: take it up again, else have it told and take from that what is missing here, else say so. */
  attach(key: SessionKey, id: string, options: AttachOptions, signal: AbortSignal): Promise<Attached> {
    return this.#withAgent(key, (connection) => this.#attach(connection, key, id, options, signal), signal);
  }

  async #attach(
    connection: AcpConnection,
    key: SessionKey,
    id: string,
    { cwd, haveHistory }: AttachOptions,
    signal: AbortSignal,
  ): Promise<Attached> {
    const { resume, load } = connection.intro;
    const resuming: readonly Opening[] = resume ? [{ key, cwd, id, how: 'resume' }] : [];
    const loading: readonly Opening[] = load ? [{ key, cwd, id, how: 'load', wanted: !haveHistory }] : [];
    // Taken up without being told, a session of which nothing is here would have no past.
    const rungs = haveHistory ? [...resuming, ...loading] : [...loading, ...resuming];
    let said = '';
    for (const rung of rungs) {
      try {
        if (rung.how === 'load') this.#context.emit(key, [{ event: { kind: 'link', link: { state: 'replaying' } } }]);
        await this.#open(connection, rung, signal);
        return { kind: 'attached' };
      } catch (failure) {
        const refusal = refusalOf(failure);
        if (refusal === undefined) throw failure;
        said = ` It said: ${errorMessage(refusal)}`;
        this.#context.log.info(`${this.label} refused session/${rung.how} (${refusal.code}): ${refusal.message}`);
      }
    }
    const why =
      rungs.length === 0
        ? `${this.label} cannot take up a session again after it has ended.`
        : `${this.label} does not remember this session.${said}`;
    return { kind: 'forgotten', why: `${why} What was said stays readable; a new prompt starts afresh.` };
  }

  async stop(): Promise<void> {
    this.#signIn.abandon(new Failure('stopped', `${this.label} was stopped.`));
    await this.#launcher.stop();
  }

  /** Resolves when the agent has introduced itself. */
  async start(signal: AbortSignal): Promise<void> {
    await this.#launcher.connect(() => undefined, signal);
  }

  /** Has the agent forget who the person is; starts it for that. False: it said that it cannot. */
  async signOut(signal: AbortSignal): Promise<boolean> {
    const connection = await this.#launcher.connect(() => undefined, signal);
    if (connection.intro.logout) await connection.request(AGENT.logout, {}, signal);
    return connection.intro.logout;
  }

  async perform(key: SessionKey, command: BackendCommand, signal: AbortSignal): Promise<void> {
    if (command.kind === 'question/answer' && this.#signIn.answer(key, command)) return;
    const waited = (command.kind === 'cancel' || command.kind === 'close') && this.#signIn.cancel(key);
    const session = this.#sessions.get(key);
    if (waited && command.kind === 'cancel' && session?.turn === undefined) return;
    if (command.kind === 'close') {
      this.#sessions.delete(key);
      await session?.connection.close(session, signal);
      return;
    }
    if (session === undefined)
      throw new Failure('gone', `${this.label} does not have this session any more.`, 'Start a new session.');
    const ended = session.connection.ended;
    if (command.kind === 'question/answer') {
      // An agent that is gone waits for nothing.
      if (ended === undefined) session.questions.answer(command.question, command.hash, command.outcome);
      return;
    }
    if (ended !== undefined) throw ended;
    if (command.kind === 'prompt') this.#prompts.take(session, command.turn, command.prompt);
    else if (command.kind === 'cancel') this.#cancel(session);
    else if (command.kind === 'option/set') await this.#setOption(key, command, signal);
    else throw new Failure('invalid', `${this.label} keeps no queue of prompts.`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#launcher[Symbol.asyncDispose]();
    this.#signIn.abandon(new Failure('stopped', `${this.label} was stopped.`));
  }

  async #setOption(
    key: SessionKey,
    command: Extract<BackendCommand, { kind: 'option/set' }>,
    signal: AbortSignal,
  ): Promise<void> {
    await this.#signedIn(
      key,
      async () => {
        await this.#renewal.settled(key);
        const session = this.#sessions.get(key);
        if (session !== undefined) await setOption(session, command, signal);
      },
      signal,
    );
  }

  /** In an agent that was started anew for the person's signing in. */
  async #openAgain(session: AcpSession): Promise<Attached> {
    const { key, id, cwd, untouched } = session;
    const { signal } = new AbortController();
    if (!untouched) return await this.attach(key, id, { cwd, haveHistory: true }, signal);
    await this.create(key, { cwd }, signal);
    return { kind: 'attached' };
  }

  /** Has the person sign in when that is what it fails for, and does it again. */
  async #signedIn<T>(key: SessionKey, run: () => Promise<T>, signal: AbortSignal): Promise<T> {
    for (let again = false; ;) {
      const { count } = this.#renewal;
      try {
        return await run();
      } catch (failure) {
        if (failure instanceof Failure && failure.code === 'stopped' && this.#renewal.count !== count) continue;
        if (!(failure instanceof SignInNeeded)) throw failure;
        await this.#signIn.wait(key, failure, again, signal);
        again = true;
      }
    }
  }

  #cancel(session: AcpSession): void {
    session.cancelling = session.turn !== undefined;
    session.connection.peer.notify(AGENT.cancel, { sessionId: session.id });
    session.questions.cancelAll();
  }

  /**
   * Does something at the running agent. One that others use may have died without our knowing it: what was asked of it
   * first when it did is asked once more, of another one.
   */
  #withAgent<T>(key: SessionKey, run: (agent: AcpConnection) => Promise<T>, signal: AbortSignal): Promise<T> {
    return this.#signedIn(
      key,
      () =>
        this.#once(key, run, signal).catch((failure: unknown) => {
          if (failure instanceof SignInNeeded) this.#tell(key, 'signing in');
          throw failure;
        }),
      signal,
    );
  }

  async #once<T>(key: SessionKey, run: (agent: AcpConnection) => Promise<T>, signal: AbortSignal): Promise<T> {
    const { isShared } = this.#launcher;
    try {
      return await run(await this.#connectFor(key, signal));
    } catch (failure) {
      if (!isShared || !(failure instanceof Failure) || failure.code !== 'agent gone') throw failure;
      return await run(await this.#connectFor(key, signal));
    }
  }

  /** The running agent, for a session that is told how far it is. */
  async #connectFor(key: SessionKey, signal: AbortSignal): Promise<AcpConnection> {
    const reached: Reached = (detail, again) => this.#tell(key, detail, again);
    const connection = await this.#launcher.connect(reached, signal);
    reached('opening the session');
    return connection;
  }

  #tell(key: SessionKey, detail: string, again?: number): void {
    const link = { state: 'connecting', detail, ...(again === undefined ? {} : { again }) } as const;
    this.#context.emit(key, [{ event: { kind: 'link', link } }]);
  }

  async #open(connection: AcpConnection, opening: Opening, signal: AbortSignal): Promise<void> {
    const { mcpServers } = this.#context;
    const servers = mcpServers && (await mcpServersFor(connection, opening, { ...this.#context, mcpServers }));
    await connection.open(
      servers === undefined ? opening : { ...opening, mcpServers: servers },
      (session) => {
        session.untouched = opening.how === 'new';
        this.#sessions.set(opening.key, session);
      },
      signal,
    );
  }
}
