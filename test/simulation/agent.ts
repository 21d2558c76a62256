import { Failure, PeerError } from '../../src/base/failure.ts';
import type { Emitted } from '../../src/model/event.ts';
import type { Question } from '../../src/model/question.ts';
import type { SessionKey } from '../../src/model/session.ts';
import type { Attached, AttachOptions, Backend, BackendCommand } from '../../src/router/ports.ts';
import { LIMITS } from '../../src/router/limits.ts';
import type { Decided } from '../../src/router/rules.ts';
import { question } from '../tools/sessions.ts';
import type { Watch } from './violation.ts';
import { updateOf } from './updates.ts';

/** How an agent takes what it is asked for. */
export interface Mood {
  opens: 'at once' | 'later' | 'fails';
  remembers: 'yes' | 'forgets' | 'fails';
  takes: 'at once' | 'later' | 'fails';
  cancels: 'told' | 'fails';
}

interface AgentSession {
  turn: string | undefined;
  readonly questions: Map<string, Question>;
}

/** What the agent of one process tells its world. */
export interface AgentParts {
  readonly watch: Watch;
  /** Numbers for what is said and asked: never the same twice. */
  next(): number;
  emit(key: SessionKey, events: readonly Emitted[]): void;
  /** What rules say of a call, where there are any. */
  decide(key: SessionKey, tool: string): Decided;
  /** The agent has a prompt. */
  received(key: SessionKey, command: Extract<BackendCommand, { kind: 'prompt' }>): void;
}

/** An agent that does what the simulation says of it, and holds us to what a backend is promised. */
export class SimulatedAgent implements Backend {
  readonly id = 'demo';
  readonly label = 'Demo';
  readonly owns = { history: 'us', queue: 'us', questions: 'us' } as const;
  readonly mood: Mood = { opens: 'at once', remembers: 'yes', takes: 'at once', cancels: 'told' };
  /** Cancels that it was told. */
  cancels = 0;
  readonly #parts: AgentParts;
  readonly #sessions = new Map<SessionKey, AgentSession>();
  /** Those that it is asked to open, or to take up again. */
  readonly #opening = new Set<SessionKey>();
  #waiting: { readonly go: () => void; readonly fail: (failure: Failure) => void }[] = [];

  constructor(parts: AgentParts) {
    this.#parts = parts;
  }

  /** Those that it has, in the order in which it got them. */
  get sessions(): readonly SessionKey[] {
    return [...this.#sessions.keys()];
  }

  has(key: SessionKey): boolean {
    return this.#sessions.has(key);
  }

  /** The turn that it works on. */
  turn(key: SessionKey): string | undefined {
    return this.#sessions.get(key)?.turn;
  }

  runs(key: SessionKey): boolean {
    return this.turn(key) !== undefined;
  }

  asks(key: SessionKey): readonly Question[] {
    return [...(this.#sessions.get(key)?.questions.values() ?? [])];
  }

  async create(key: SessionKey, options: { readonly afresh?: true }, signal: AbortSignal): Promise<void> {
    await this.#open(key, this.mood.opens, signal);
    const notice = { kind: 'notice', severity: 'warning', title: 'It starts afresh.' } as const;
    this.#begin(key, options.afresh ? [{ event: notice }] : []);
  }

  async attach(key: SessionKey, _: string, { haveHistory }: AttachOptions, signal: AbortSignal): Promise<Attached> {
    await this.#open(key, this.mood.remembers === 'fails' ? 'fails' : this.mood.opens, signal);
    if (this.mood.remembers === 'forgets') return { kind: 'forgotten', why: 'It does not remember this.' };
    this.#sessions.set(key, { turn: undefined, questions: new Map() });
    if (!haveHistory) this.#parts.emit(key, [{ event: { kind: 'reset', why: 'It tells its history.' } }]);
    return { kind: 'attached' };
  }

  async perform(key: SessionKey, command: BackendCommand): Promise<void> {
    const session = this.#sessions.get(key);
    if (command.kind === 'close') {
      this.#sessions.delete(key);
      return;
    }
    if (command.kind === 'prompt') return this.#take(key, session, command);
    if (command.kind === 'cancel') {
      this.cancels += 1;
      session?.questions.clear();
      if (this.mood.cancels === 'fails') throw new PeerError(-32603, 'It cannot be cancelled.');
      return;
    }
    if (command.kind === 'question/answer') this.#answer(session, command);
  }

  async stop(): Promise<void> {
    this.die();
    await Promise.resolve();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  /** What waited for it opens, or not. */
  open(well: boolean): boolean {
    const waiting = this.#waiting.shift();
    if (waiting === undefined) return false;
    if (well) waiting.go();
    else waiting.fail(new Failure('agent', 'It could not start.'));
    return true;
  }

  say(key: SessionKey, kind: number, count: number): void {
    const events = Array.from({ length: count }, (_, index) => updateOf(kind + index, this.#parts.next()));
    this.tell(key, events);
  }

  tell(key: SessionKey, events: readonly Emitted[]): void {
    this.#parts.emit(key, events);
  }

  /** False: too many wait already. */
  ask(key: SessionKey, kind: Question['kind']): boolean {
    if (this.asks(key).length >= LIMITS.openQuestions) return false;
    const number = this.#parts.next();
    const asked = { ...question(`q${number}`, { hash: `h${number}`, at: number }), kind };
    const schema = { type: 'object' as const, properties: { color: { type: 'string' as const } }, required: ['color'] };
    this.#ask(key, kind === 'permission' ? asked : { ...asked, form: { schema } });
    return true;
  }

  /** Something that a rule may answer: as a backend does it, which asks the rules of its own process. */
  askByRules(key: SessionKey, tool: string): boolean {
    if (this.asks(key).length >= LIMITS.openQuestions) return false;
    const number = this.#parts.next();
    const plain = question(`q${number}`, { hash: `h${number}`, at: number });
    const asked: Question = {
      ...plain,
      tool: { call: plain.id, content: [], locations: [], ...plain.tool, toolKind: tool },
    };
    const { decision, rule } = this.#parts.decide(key, tool);
    if (rule === undefined || decision !== 'allow') this.#ask(key, asked);
    else
      this.#parts.emit(key, [
        { event: { kind: 'question/asked', question: asked } },
        {
          event: {
            kind: 'question/settled',
            question: asked.id,
            by: { kind: 'rule', rule },
            outcome: { kind: 'selected', option: 'yes' },
          },
        },
      ]);
    return true;
  }

  /** The same id with another content: what counts is what was shown first. */
  askAgain(key: SessionKey, nth: number): boolean {
    const open = this.asks(key);
    const known = open[nth % Math.max(1, open.length)];
    if (known === undefined) return false;
    this.#parts.emit(key, [
      { event: { kind: 'question/asked', question: { ...known, hash: 'other', title: 'Worse?' } } },
    ]);
    return true;
  }

  withdraw(key: SessionKey, nth: number): boolean {
    const open = this.asks(key);
    const known = open[nth % Math.max(1, open.length)];
    if (known === undefined) return false;
    this.#sessions.get(key)?.questions.delete(known.id);
    const by = { kind: 'agent gone' } as const;
    const event = { kind: 'question/settled', question: known.id, by, outcome: { kind: 'cancelled' } } as const;
    this.#parts.emit(key, [{ event }]);
    return true;
  }

  end(key: SessionKey, reason: string): void {
    const session = this.#sessions.get(key);
    const turn = session?.turn;
    if (session === undefined || turn === undefined) return;
    session.turn = undefined;
    const error = reason === 'failed' ? { error: { message: 'It failed.', code: 1 } } : {};
    this.#parts.emit(key, [{ event: { kind: 'turn/ended', turn, reason, ...error } }]);
  }

  /** Its process ends. */
  die(): void {
    const sessions = [...this.#sessions];
    this.#sessions.clear();
    for (const { fail } of this.#waiting.splice(0)) fail(new Failure('agent', 'The agent is gone.'));
    for (const [key, { turn }] of sessions) {
      const events: Emitted[] =
        turn === undefined ? [] : [{ event: { kind: 'turn/ended', turn, reason: 'agent gone' } }];
      this.#parts.emit(key, [...events, { event: { kind: 'link', link: { state: 'failed', detail: 'It is gone.' } } }]);
    }
  }

  async #open(key: SessionKey, way: Mood['opens'], signal: AbortSignal): Promise<void> {
    this.#parts.watch.check('I8', !this.#opening.has(key), () => `${key} is opened twice at once`);
    this.#opening.add(key);
    await this.#gate(way, signal).finally(() => this.#opening.delete(key));
  }

  #begin(key: SessionKey, more: readonly Emitted[]): void {
    this.#sessions.set(key, { turn: undefined, questions: new Map() });
    const agent = { name: 'A', image: false, embeddedContext: false };
    const agentSession = `a${this.#parts.next()}`;
    this.#parts.emit(key, [...more, { event: { kind: 'session/opened', agentSession, agent, options: [] } }]);
  }

  #ask(key: SessionKey, asked: Question): void {
    this.#sessions.get(key)?.questions.set(asked.id, asked);
    this.#parts.emit(key, [{ event: { kind: 'question/asked', question: asked } }]);
  }

  #take(
    key: SessionKey,
    session: AgentSession | undefined,
    command: Extract<BackendCommand, { kind: 'prompt' }>,
  ): Promise<void> {
    if (session === undefined) return Promise.reject(new Failure('agent', 'The agent is gone.'));
    const { watch } = this.#parts;
    watch.check('I8', session.turn === undefined, () => `prompt ${command.turn} came while ${session.turn} runs`);
    this.#parts.received(key, command);
    if (this.mood.takes === 'fails') return Promise.reject(new PeerError(-32603, 'It wants no prompt.'));
    session.turn = command.turn;
    return this.#gate(this.mood.takes, new AbortController().signal).catch(() => undefined);
  }

  #answer(session: AgentSession | undefined, command: Extract<BackendCommand, { kind: 'question/answer' }>): void {
    const { question: id, hash, outcome } = command;
    const asked = session?.questions.get(id);
    // What the agent has withdrawn or lost meanwhile is refused by a backend.
    if (session === undefined || asked === undefined) throw new Failure('gone', 'The agent no longer waits for this.');
    session.questions.delete(id);
    const offered = outcome.kind !== 'selected' || asked.options.some((option) => option.id === outcome.option);
    this.#parts.watch.check('I5', offered && asked.hash === hash, () => `${id} got an answer that was not given to it`);
  }

  #gate(way: 'at once' | 'later' | 'fails', signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.reject(new Failure('cancelled', 'It was given up.'));
    if (way === 'at once') return Promise.resolve();
    if (way === 'fails') return Promise.reject(new Failure('agent', 'It does not start.'));
    return new Promise((go, fail) => {
      this.#waiting.push({ go, fail });
      signal.addEventListener('abort', () => fail(new Failure('cancelled', 'It was given up.')), { once: true });
    });
  }
}
