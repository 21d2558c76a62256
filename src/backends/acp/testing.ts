import { posix } from 'node:path';
import { linkedPair } from '../../base/duplex.ts';
import { Failure } from '../../base/failure.ts';
import type { WireLine } from '../../base/rpcFrame.ts';
import { manualClock } from '../../base/testing.ts';
import type { Emitted, SessionEvent } from '../../model/event.ts';
import type { Rule } from '../../model/rule.ts';
import type { SessionKey } from '../../model/session.ts';
import type {
  BackendContext,
  Environment,
  ExitStatus,
  Place,
  Process,
  SpawnOptions,
  Terminal,
  TerminalOptions,
} from '../../router/ports.ts';
import { decide } from '../../router/rules.ts';
import { AcpBackend } from '../acp.ts';
import type { AgentDefinition } from '../agent.ts';

export type Message = Readonly<Record<string, unknown>>;

const exitLater = () => {
  let resolve: (status: ExitStatus) => void = () => undefined;
  const promise = new Promise<ExitStatus>((settle) => (resolve = settle));
  return { promise, resolve };
};

/** The agent's end of a line, in a test's hands. */
export class ScriptedAgent {
  readonly options: SpawnOptions;
  /** What it said to stderr. */
  stderr = '';
  ended = false;
  readonly #exit = exitLater();
  readonly #writer: WritableStreamDefaultWriter<readonly WireLine[]>;
  readonly #reader: ReadableStreamDefaultReader<readonly string[]>;
  readonly #unread: Message[] = [];
  readonly process: Process;

  constructor(options: SpawnOptions) {
    this.options = options;
    const [ours, theirs] = linkedPair<WireLine, string>();
    this.#writer = theirs.writable.getWriter();
    this.#reader = theirs.readable.getReader();
    this.process = {
      pid: 1,
      lines: ours,
      stderrTail: () => this.stderr,
      exited: this.#exit.promise,
      [Symbol.asyncDispose]: () => this.exit({ code: null, signal: 'SIGTERM' }),
    };
  }

  /** The next message of the client, whatever it is. */
  async hear(): Promise<Message> {
    while (this.#unread.length === 0) {
      const { done, value } = await this.#reader.read();
      if (done) throw new Error('The client hung up.');
      this.#unread.push(...value.map((line) => JSON.parse(line) as Message));
    }
    return this.#unread.shift() ?? {};
  }

  /** The next message, which has to be the one with this method, or an answer where none is given. */
  async next(method?: string): Promise<Message & { readonly params: Message }> {
    const message = await this.hear();
    if (message['method'] !== method)
      throw new Error(`Expected ${method ?? 'an answer'}, and got ${JSON.stringify(message)}`);
    return message as Message & { readonly params: Message };
  }

  /** Says these lines, as one batch. */
  async sayLines(lines: readonly WireLine[]): Promise<void> {
    await this.#writer.write(lines);
  }

  /** Says all of it in one batch. */
  async say(...messages: readonly (Message | WireLine)[]): Promise<void> {
    await this.#writer.write(
      messages.map((message) =>
        typeof message === 'string' || 'skippedBytes' in message
          ? (message as WireLine)
          : JSON.stringify({ jsonrpc: '2.0', ...message }),
      ),
    );
  }

  /** Takes the request of this method and answers it; returns its params. */
  async answer(method: string, result: unknown): Promise<Message> {
    const { id, params } = await this.next(method);
    await this.say({ id, result });
    return params;
  }

  async exit(status: ExitStatus): Promise<void> {
    if (this.ended) return;
    this.exits(status);
    await this.hangUp();
  }

  /** Its process ends, and something that it left behind holds its output open. */
  exits(status: ExitStatus): void {
    this.ended = true;
    this.#exit.resolve(status);
  }

  /** Closes its input, and lives on. */
  async deafen(): Promise<void> {
    await this.#reader.cancel();
  }

  /** Closes its output, and lives on. */
  async hangUp(): Promise<void> {
    await this.#writer.close().catch(() => undefined);
  }
}

/** A terminal in a test's hands. */
class ScriptedTerminal implements Terminal {
  readonly pid = 1;
  readonly kind: Terminal['kind'] = 'pipes';
  readonly options: TerminalOptions;
  killed = 0;
  disposed = false;
  readonly #exit = exitLater();
  readonly exited = this.#exit.promise;
  #listener: (text: string) => void = () => undefined;

  constructor(options: TerminalOptions) {
    this.options = options;
  }

  onData(listener: (text: string) => void): { dispose(): void } {
    this.#listener = listener;
    return { dispose: () => undefined };
  }

  print(text: string): void {
    this.#listener(text);
  }

  end(status: ExitStatus): void {
    this.#exit.resolve(status);
  }

  write(): void {}
  resize(): void {}

  kill(): void {
    this.killed += 1;
    this.end({ code: null, signal: 'SIGTERM' });
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.disposed = true;
    this.end({ code: null, signal: 'SIGKILL' });
    return Promise.resolve();
  }
}

export const intro: Message = {
  protocolVersion: 1,
  agentInfo: { name: 'scripted', title: 'Scripted', version: '1.2.3' },
  agentCapabilities: { promptCapabilities: { image: true }, sessionCapabilities: { close: {} } },
  authMethods: [{ id: 'key', name: 'API key' }, { id: 'web' }],
};

/** A place without links; what is called `.env` is protected. */
const placeIn = (root: string, text: string): Place => {
  const path = posix.normalize(text);
  const inside = path === root || path.startsWith(`${root}/`);
  return {
    path,
    real: path,
    inside,
    ...(inside ? { root, relative: path.slice(root.length + 1) } : {}),
    ...(path.endsWith('/.env') ? { protectedBy: '**/.env' } : {}),
  };
};

/** What is not in the test's hands. */
type Real = Partial<Pick<BackendContext, 'workspace' | 'filesOf'> & Pick<Environment, 'terminal' | 'where'>>;

/** A backend over agents and a workspace in a test's hands. */
export const scriptedWorld = (definition: Partial<AgentDefinition> = {}, real: Real = {}) => {
  const clock = manualClock();
  const agents: ScriptedAgent[] = [];
  const terminals: ScriptedTerminal[] = [];
  const batches: { readonly key: SessionKey; readonly events: readonly Emitted[] }[] = [];
  const logged: string[] = [];
  const files = new Map<string, string>();
  const rules: Rule[] = [];
  const log = (message: string): void => void logged.push(message);
  const waiting: ((agent: ScriptedAgent) => void)[] = [];
  const context: BackendContext = {
    emit: (key, events) => void batches.push({ key, events }),
    clock,
    log: { debug: log, info: log, warn: log, error: log },
    workspace: real.workspace ?? {
      roots: () => ['/ws'],
      place: (path) => Promise.resolve({ ...placeIn('/ws', path), kind: files.has(path) ? 'file' : 'folder' }),
      readText: ({ path }) => {
        const text = files.get(path);
        return text === undefined
          ? Promise.reject(new Failure('not found', `There is no ${path}.`))
          : Promise.resolve(text);
      },
      writeText: ({ path }, content) => {
        files.set(path, content);
        return Promise.resolve('written');
      },
    },
    ...(real.filesOf === undefined ? {} : { filesOf: real.filesOf }),
    permissions: { decide: (_, action) => decide(rules, action) },
    environment: {
      label: 'scripted',
      spawn(options) {
        const agent = new ScriptedAgent(options);
        agents.push(agent);
        waiting.shift()?.(agent);
        return Promise.resolve(agent.process);
      },
      terminal(options) {
        const terminal = new ScriptedTerminal(options);
        terminals.push(terminal);
        return Promise.resolve(terminal);
      },
      ...(real.terminal === undefined ? {} : { terminal: real.terminal }),
      ...(real.where === undefined ? {} : { where: real.where }),
    },
  };
  const backend = new AcpBackend(
    { id: 'scripted', label: 'Agent', command: 'agent', args: [], ...definition },
    context,
  );
  return {
    backend,
    context,
    clock,
    agents,
    terminals,
    batches,
    logged,
    files,
    /** What the person decided beforehand. */
    rules,
    /** The agent that is started next. */
    started: () => new Promise<ScriptedAgent>((resolve) => waiting.push(resolve)),
    events: (key: SessionKey): SessionEvent[] =>
      batches.filter((batch) => batch.key === key).flatMap(({ events }) => events.map(({ event }) => event)),
  };
};

export type ScriptedWorld = ReturnType<typeof scriptedWorld>;

export const never = new AbortController().signal;

export const keyOf = (name: string): SessionKey => name as SessionKey;

/** A world with one agent and an open session `k`, which the agent calls `s`. */
export const openWorld = async (session: Message = {}, definition: Partial<AgentDefinition> = {}, real: Real = {}) => {
  const world = scriptedWorld(definition, real);
  const started = world.started();
  const created = world.backend.create(keyOf('k'), { cwd: '/ws/project' }, never);
  const agent = await started;
  await agent.answer('initialize', intro);
  await agent.answer('session/new', { sessionId: 's', ...session });
  await created;
  return { ...world, agent, key: keyOf('k') };
};

export const update = (payload: Message, sessionId = 's'): Message => ({
  method: 'session/update',
  params: { sessionId, update: payload },
});

export const chunk = (text: string): Message => ({
  sessionUpdate: 'agent_message_chunk',
  content: { type: 'text', text },
});

export const text = (words: string) => [{ type: 'text', text: words } as const];

/** What happened to a session: the kinds of its events, those of ACP's updates among them. */
export const kinds = (world: ScriptedWorld, key = keyOf('k')): string[] =>
  world.events(key).map((event) => (event.kind === 'update' ? event.update.sessionUpdate : event.kind));

/** What the link of a session said, one after the other: the detail while it is not there yet, else its state. */
export const stages = (world: Pick<ScriptedWorld, 'events'>, key = keyOf('k')): string[] =>
  world.events(key).flatMap((event) => {
    if (event.kind !== 'link') return [];
    const { state, detail } = event.link;
    return [state === 'connecting' ? (detail ?? state) : state];
  });

/** Passes when everything that the agent said before has been handled. */
export const probe = async ({ agent }: { readonly agent: ScriptedAgent }): Promise<void> => {
  await agent.say({ id: 'probe', method: 'no/such' });
  const answer = await agent.next();
  if (answer['id'] !== 'probe') throw new Error(`The client said ${JSON.stringify(answer)}`);
};

export const permission = (
  id: number | string,
  toolCall: object = { toolCallId: 't1', title: 'Write a file', kind: 'edit' },
) => ({
  id,
  method: 'session/request_permission',
  params: {
    sessionId: 's',
    toolCall,
    options: [
      { optionId: 'yes', name: 'Yes', kind: 'allow_once' },
      { optionId: 'no', name: 'No', kind: 'reject_once' },
    ],
  },
});
