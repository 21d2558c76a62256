import type { Clock } from '../../base/clock.ts';
import type { SessionEvent } from '../../model/event.ts';
import type { SessionKey, SessionOption } from '../../model/session.ts';
import { modeOf, withConfig, withMode } from '../../model/fold/options.ts';
import { isFields } from '../../model/fold/read.ts';
import { WORDS } from '../../model/fold/words.ts';
import { FACTS, readUpdate } from '../../protocol/acp/update.ts';
import type { Gate } from '../../router/gate.ts';
import { LIMITS } from '../../router/limits.ts';
import type { BackendContext, FilesSession, Workspace } from '../../router/ports.ts';
import type { AskedCall } from './askedCall.ts';
import type { AcpConnection } from './connection.ts';
import { OpenQuestions } from './openQuestions.ts';
import { type Fill, Outgoing } from './outgoing.ts';
import { SeenCalls } from './seenCalls.ts';
import { sessionGate } from './sessionGate.ts';
import { Subagents } from './subagents.ts';
import { SessionTerminals } from './terminals.ts';
import { ToldTerminals } from './toldTerminals.ts';

/** One session of an agent: what has to be remembered between two messages, and the way out for its events. */
export class AcpSession {
  readonly key: SessionKey;
  /** The agent's own id for it. */
  readonly id: string;
  /** Absolute. */
  readonly cwd: string;
  readonly connection: AcpConnection;
  readonly clock: Clock;
  readonly calls = new SeenCalls();
  readonly questions = new OpenQuestions();
  /** Pages that the person has opened for the agent and that are not done: what was asked, by ACP's elicitationId. */
  readonly opened = new Map<string, string>();
  /** The calls that the person is asked about. */
  readonly asked = new Set<AskedCall>();
  readonly workspace: Workspace;
  readonly gate: Gate;
  readonly terminals: SessionTerminals;
  readonly subagents: Subagents;
  readonly #told: ToldTerminals;
  options: readonly SessionOption[] = [];
  /** Nothing that was said in it was taken yet: another new one would be the same. */
  untouched = false;
  #turn: string | undefined;
  /** Its turn was cancelled and has not ended: what the agent still asks is answered as cancelled at once. */
  cancelling = false;
  /** Nothing that a person could see has come in the turn. */
  wordless = false;
  /** Closed by a person: what still comes is nobody's. */
  closed = false;
  readonly #context: BackendContext;
  readonly #outgoing = new Outgoing();
  /** When something last happened in it, and when its silence was last told; on the monotonic clock, ms. */
  #heardAt: number;
  #toldAt = Number.NEGATIVE_INFINITY;
  #silent = false;

  constructor(about: Pick<AcpSession, 'key' | 'id' | 'cwd' | 'connection'>, context: BackendContext) {
    this.key = about.key;
    this.id = about.id;
    this.cwd = about.cwd;
    this.connection = about.connection;
    this.clock = context.clock;
    this.#context = context;
    this.#heardAt = context.clock.monotonic();
    const { key, cwd } = about;
    const note: FilesSession['note'] = (path, what) => this.#note(path, what);
    this.workspace = context.filesOf?.({ key, cwd, note }) ?? context.workspace;
    this.gate = sessionGate(this);
    this.terminals = new SessionTerminals(this, context);
    this.subagents = new Subagents(this);
    this.#told = new ToldTerminals(this);
  }

  /** Events of one batch of the agent's lines go out in one piece; any other goes out at once. */
  push(event: SessionEvent, raw?: string): void {
    if (this.closed) return;
    this.wordless &&= !isWord(event);
    if (this.#silent) {
      this.#silent = false;
      if (event.kind !== 'link') this.#outgoing.add({ event: { kind: 'link', link: { state: 'ready' } } });
    }
    this.#outgoing.add(raw === undefined ? { event } : { event, raw });
    if (!this.connection.gathers(this)) this.flush();
  }

  flush(): void {
    // Once for a batch: asking the clock for each event would be a good part of what an event costs.
    this.#heardAt = this.clock.monotonic();
    const events = this.#outgoing.take();
    if (events.length > 0) this.#context.emit(this.key, events);
  }

  /** A place in the order of events for what is not known yet; what comes after it waits. */
  hold(): Fill {
    const fill = this.#outgoing.hold();
    return (events) => {
      fill(events);
      if (!this.connection.gathers(this)) this.flush();
    };
  }

  /** Nothing more will be known: the agent is gone. */
  giveUp(): void {
    this.#outgoing.giveUp();
    this.questions.forget();
  }

  /** Takes the payload of a `session/update` that came on the line `raw`. */
  take(payload: unknown, raw: string): void {
    if (this.subagents.take(payload, raw)) return;
    const event = readUpdate(payload);
    if (event.kind === 'options/changed') {
      this.options = withConfig(this.options, event.options);
      this.push({ kind: 'options/changed', options: this.options }, raw);
      return;
    }
    if (event.kind === 'update') {
      const { update } = event;
      switch (update.sessionUpdate) {
        case 'tool_call':
        case 'tool_call_update':
          this.push(event, raw);
          this.#told.note(update);
          this.calls.note(update);
          for (const asked of this.asked)
            if (asked.note(update)) this.push({ kind: 'question/changed', question: asked.question });
          return;
        case 'current_mode_update':
          // The fold does the same: this copy is for what the agent is asked next.
          this.options = withMode(this.options, modeOf(update));
          break;
        default:
      }
    }
    this.push(event, raw);
  }

  /** The turn that runs. */
  get turn(): string | undefined {
    return this.#turn;
  }

  beginTurn(turn: string): void {
    this.#turn = turn;
    this.cancelling = false;
    this.wordless = true;
    this.#heardAt = this.clock.monotonic();
    this.connection.silence.begin(this);
  }

  /** What was remembered for the turn is not needed any more. */
  endTurn(): void {
    this.#turn = undefined;
    this.cancelling = false;
    this.connection.silence.end(this);
    this.calls.clear();
    this.#told.clear();
  }

  /** When its silence has to be told, if it lasts that long; on the monotonic clock, ms. */
  silenceDue(): number {
    // While a person is asked, nothing can come from the agent.
    if (this.questions.waiting > 0) this.#heardAt = this.clock.monotonic();
    return Math.max(this.#heardAt + LIMITS.silence, this.#toldAt + LIMITS.silencePause);
  }

  tellSilence(): void {
    const heardAt = this.#heardAt;
    this.#toldAt = this.clock.monotonic();
    this.push({ kind: 'link', link: { state: 'ready', silent: Math.round((this.#toldAt - heardAt) / 1000) } });
    this.#heardAt = heardAt;
    this.#silent = true;
  }

  /** In the card of the call that it is about; what was only read is told nowhere else. */
  #note(path: string, what: Parameters<FilesSession['note']>[1]): void {
    const locations = [{ path }];
    if (what === 'torn')
      return this.push({ kind: 'notice', severity: 'warning', title: WORDS.torn, locations, description: path });
    const call = this.calls.naming(path);
    if (call !== undefined) this.push({ kind: 'call/noted', call, note: WORDS.onDisk });
    else if (what === 'written')
      this.push({ kind: 'notice', severity: 'info', title: WORDS.onDisk, locations, description: path });
  }

  get context(): Pick<BackendContext, 'workspace' | 'permissions' | 'environment'> {
    return this.#context;
  }

  setOptions(options: readonly SessionOption[]): void {
    this.options = options;
    this.push({ kind: 'options/changed', options });
  }
}

/** What stands in the transcript: not how the session is, and no text that is there for its `_meta` alone. */
const isWord = (event: SessionEvent): boolean => {
  if (event.kind !== 'update') return event.kind !== 'link' && event.kind !== 'options/changed';
  const { sessionUpdate, content }: { readonly sessionUpdate: string; readonly content?: unknown } = event.update;
  return isFields(content) ? content['text'] !== '' : !FACTS.has(sessionUpdate);
};
