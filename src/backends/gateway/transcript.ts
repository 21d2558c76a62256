/**
 * A session behind a gateway, as events of ours: what it streams, in ACP's words. Source: the gateway protocol, §6.
 *
 * G1 A run ends once, however often that is said.
 * G2 What is streamed and then said whole is told once; what is said whole alone is told as well.
 * G3 A hole in the numbers is told where it is, and nothing is made up for it.
 * G4 What belongs to a run inside of a run stands under that, and neither begins nor ends a turn.
 */
import type { SessionEvent } from '../../model/event.ts';
import { countOf, type Fields, isFields, isText, textOf } from '../../model/fold/read.ts';
import type { Outcome } from '../../model/question.ts';
import type { Cursor } from '../../model/session.ts';
import { readUpdate } from '../../protocol/acp/update.ts';
import { ELSEWHERE, GatewayCalls, type GatewayCallsParts } from './calls.ts';
import { type Heard, readCursor, writeCursor } from './cursor.ts';
import { Nested } from './nested.ts';
import { Said, textOfAll } from './said.ts';
import { Sequence } from './sequence.ts';

interface Run {
  /** Unknown where we came into the middle of it. */
  readonly execution: string | undefined;
  readonly turn: string;
  /** Of a prompt of ours. */
  readonly isOurs: boolean;
}

/** What was under way when it was asked whether anything is. */
export interface Mark {
  readonly run: Run | undefined;
  readonly sent: readonly string[];
  readonly ends: number;
}

export class GatewayTranscript {
  readonly #sequence: Sequence;
  readonly #calls: GatewayCalls;
  readonly #said = new Said();
  readonly #nested = new Nested();
  /** Turns of prompts of ours whose run has not begun. */
  #sent: readonly string[] = [];
  #run: Run | undefined;
  /** Executions that have ended. */
  #ended = new Set<string>();
  /** The second end of the last run, which has nothing in it, is not here yet. */
  #owed = false;
  /** Something may be missing that no number has shown so far. */
  #doubt: boolean;
  #ends = 0;
  #joined = 0;
  #size: number | undefined;
  #heardAt: number | undefined;
  #events: SessionEvent[] = [];

  /** @param from as `cursor` was when it was heard last */
  constructor(parts: GatewayCallsParts, from?: Cursor) {
    const heard: Heard = readCursor(from);
    this.#sequence = new Sequence(heard.sequence);
    this.#calls = new GatewayCalls(parts, heard.open);
    this.#heardAt = heard.at;
    this.#doubt = false;
  }

  /** When the gateway said the last thing that was heard, by its own clock: ms since 1970. */
  get heardAt(): number | undefined {
    return this.#heardAt;
  }

  /** How far it was heard: what a transcript that goes on from here is made with. */
  get cursor(): Cursor {
    return writeCursor({ sequence: this.#sequence.last, at: this.#heardAt, open: this.#calls.open });
  }

  get mark(): Mark {
    return { run: this.#run, sent: this.#sent, ends: this.#ends };
  }

  /** A prompt of ours is on its way: the next run that begins is its. */
  sent(turn: string): void {
    this.#sent = [...this.#sent, turn];
  }

  /** It did not get there; or nobody knows whether it did. */
  unsent(turn: string, isCertain: boolean): void {
    this.#sent = this.#sent.filter((each) => each !== turn);
    if (!isCertain) this.#doubt = true;
  }

  /** The connection was lost: what is under way goes on there, and is not heard. */
  cut(): void {
    this.#sequence.cut();
    this.#doubt ||= this.#run !== undefined || this.#sent.length > 0;
    this.#owed = false;
  }

  /** That something is missing here is told by who calls this. */
  missed(): void {
    this.#sequence.forgive();
    this.#said.break();
    this.#doubt = false;
  }

  /** The far side says whether anything runs, as it was when it was asked: `mark`. */
  settle(mark: Mark, isActive: boolean): readonly SessionEvent[] {
    this.#events = [];
    if (isActive) {
      // Between the answer and this moment it may have ended, and another prompt may have been sent.
      const isSame = mark.ends === this.#ends && mark.sent.length === this.#sent.length;
      if (this.#run === undefined && isSame) this.#join(undefined);
      return this.#events;
    }
    const run = this.#run !== undefined && this.#run === mark.run ? [this.#run.turn] : [];
    const sent = this.#sent.filter((turn) => mark.sent.includes(turn));
    const turns = [...run, ...sent];
    if (run.length > 0) this.#run = undefined;
    this.#sent = this.#sent.filter((turn) => !sent.includes(turn));
    if (turns.length > 0) this.#tellDoubt();
    if (this.#run === undefined) this.#push(...this.#calls.abandon());
    this.#push(...turns.map((turn) => ({ kind: 'turn/ended', turn, reason: 'unknown', error: CUT }) as const));
    return this.#events;
  }

  /** Nothing of it goes on any more: the gateway has it no longer, or keeps nothing of what was said. */
  over(): readonly SessionEvent[] {
    const { mark } = this;
    this.#doubt = false;
    return this.settle(mark, false);
  }

  /** The session was begun anew there: what runs is over, and numbers begin with the first. */
  reset(): readonly SessionEvent[] {
    const events = this.over();
    this.#sequence.restart();
    this.#ended.clear();
    return events;
  }

  answering(call: string, outcome: Outcome): void {
    this.#calls.answering(call, outcome);
  }

  unanswered(call: string): void {
    this.#calls.unanswered(call);
  }

  /** An answer of ours to a confirmation was taken. */
  answered(call: string, outcome: Outcome): readonly SessionEvent[] {
    return this.#calls.answered(call, outcome);
  }

  /** One event of the wire; total. */
  hear(name: string, data: unknown): readonly SessionEvent[] {
    this.#events = [];
    const fields = isFields(data) ? data : {};
    const { sequence, timestamp } = fields;
    const at = isText(timestamp) ? Date.parse(timestamp) : Number.NaN;
    if (!Number.isNaN(at)) this.#heardAt = at;
    const number = Number.isSafeInteger(sequence) && Number(sequence) > 0 ? Number(sequence) : undefined;
    const nested = this.#nested.of(fields);
    if (nested !== undefined) {
      if (number !== undefined) this.#sequence.inner(number);
      this.#takeNested(nested, name, fields);
    } else if (number === undefined || this.#isNew(number, name)) this.#take(name, fields);
    return this.#events;
  }

  /** Whether it was not heard before; says what is missing before it. */
  #isNew(sequence: number, name: string): boolean {
    // Nothing was heard of it before, and something runs already: no hole shows that.
    if (this.#sequence.last === 0 && sequence > 1) this.#tellDoubt();
    const numbered = this.#sequence.take(sequence, name);
    if (numbered.kind === 'known') return false;
    this.#doubt = false;
    if (numbered.kind === 'next') return true;
    this.#said.break();
    if (numbered.kind === 'hole')
      this.#push({ kind: 'gap', why: 'The gateway does not say this part again.', lost: numbered.lost });
    if (numbered.kind === 'afresh') {
      this.#ended.clear();
      this.#push({ kind: 'gap', why: 'The gateway counts anew: it was started again, or the session was reset.' });
    }
    return true;
  }

  #tellDoubt(): void {
    if (!this.#doubt) return;
    this.#doubt = false;
    this.#sequence.forgive();
    this.#said.break();
    this.#push({ kind: 'gap', why: 'The connection was cut during this run, and the gateway does not say it again.' });
  }

  #push(...events: readonly SessionEvent[]): void {
    this.#events.push(...events);
  }

  #take(name: string, data: Fields): void {
    switch (name) {
      case 'execution_start':
        return this.#begin(textOf(data['executionId']) ?? '');
      case 'execution_end':
        return this.#end(data);
      case 'entry_committed':
        return this.#committed(data);
      case 'error':
      case 'engine_error':
        return this.#fail(data);
      case 'context_update':
        return this.#context(data);
      case 'usage':
        return this.#usage(isFields(data['usage']) ? data['usage'] : data);
      case 'channel':
        return this.#channel(data);
      default:
        return this.#takeOther(name, data);
    }
  }

  #takeOther(name: string, data: Fields): void {
    const call = textOf(data['callId']);
    const events = this.#said.take(name, data) ?? (call === undefined ? undefined : this.#calls.take(name, call, data));
    if (events === undefined) {
      if (!PASSED_OVER.has(name)) this.#push({ kind: 'unknown', name, value: data });
      return;
    }
    const execution = textOf(data['executionId']);
    // Said in a run whose beginning nobody heard.
    if (events.length > 0 && this.#run === undefined && execution !== undefined) this.#join(execution);
    this.#push(...events);
  }

  /** Who sent ours has told that its turn began. */
  #begin(execution: string): void {
    if (this.#run !== undefined && (this.#run.execution ?? execution) === execution) {
      this.#run = { ...this.#run, execution };
      return;
    }
    if (this.#ended.has(execution)) return;
    // One at a time: the end of the one before was not heard.
    if (this.#run !== undefined) this.#close(this.#run, 'unknown', CUT.message);
    const [sent, ...later] = this.#sent;
    this.#sent = later;
    this.#said.begin(execution);
    this.#calls.begin();
    this.#start({ execution, turn: sent ?? execution, isOurs: sent !== undefined });
  }

  /** A run that we came into the middle of. One that belongs to a prompt of ours is that one's. */
  #join(execution: string | undefined): void {
    if (execution !== undefined && this.#ended.has(execution)) return;
    const [sent, ...later] = this.#sent;
    this.#sent = later;
    this.#joined += 1;
    const turn = sent ?? `${execution ?? 'run'} (${this.#sequence.last}.${this.#joined})`;
    this.#start({ execution, turn, isOurs: sent !== undefined });
  }

  #start(run: Run): void {
    this.#run = run;
    if (!run.isOurs) this.#push({ kind: 'turn/started', turn: run.turn, prompt: [], device: ELSEWHERE });
  }

  /** The second one has nothing in it. */
  #end(data: Fields): void {
    const execution = textOf(data['executionId']);
    if (execution === undefined && this.#owed) {
      this.#owed = false;
      return;
    }
    // What began it was lost on its way.
    if (this.#run === undefined && this.#sent.length > 0 && execution !== undefined) this.#join(execution);
    const run = this.#run;
    if (run === undefined || (execution ?? run.execution ?? '') !== (run.execution ?? execution ?? '')) return;
    if (execution === undefined) this.#tellDoubt();
    this.#owed = execution !== undefined;
    const { error } = data;
    if (isFields(error) && isText(error['message'])) this.#close({ ...run, execution }, 'failed', error['message']);
    else this.#close({ ...run, execution: execution ?? run.execution }, reasonOf(data));
  }

  #close({ execution, turn }: Run, reason: string, message?: string): void {
    this.#run = undefined;
    this.#ends += 1;
    this.#nested.clear();
    if (execution !== undefined) this.#ended = new Set([...this.#ended, execution].slice(-MOST_ENDED));
    this.#push(...this.#calls.abandon());
    this.#push({ kind: 'turn/ended', turn, reason, ...(message === undefined ? {} : { error: { message } }) });
  }

  /** What somebody else has asked is said by this alone, and often after it was answered. */
  #committed({ entry }: Fields): void {
    const message = isFields(entry) && isFields(entry['message']) ? entry['message'] : entry;
    if (!isFields(message) || message['role'] !== 'user' || this.#run?.isOurs === true) return;
    const text = textOfAll(message['content']);
    if (text === '') return;
    if (this.#said.any)
      this.#push({ kind: 'notice', severity: 'info', title: 'This was asked elsewhere.', description: text });
    else this.#push(readUpdate({ sessionUpdate: 'user_message_chunk', content: { type: 'text', text } }));
  }

  /** The failure of a whole run is said without anything that the events of one have, and nothing may follow it. */
  #fail(data: Fields): void {
    const { error } = data;
    const message = (isFields(error) ? textOf(error['message']) : textOf(data['message'])) ?? 'The agent failed.';
    if (isFields(error) || data['sequence'] !== undefined) {
      this.#push({ kind: 'notice', severity: 'error', title: message });
      return;
    }
    const [sent, ...later] = this.#sent;
    this.#tellDoubt();
    if (this.#run !== undefined) this.#close(this.#run, 'failed', message);
    else if (sent !== undefined) {
      this.#sent = later;
      this.#close({ execution: undefined, turn: sent, isOurs: true }, 'failed', message);
    } else this.#push({ kind: 'notice', severity: 'error', title: message });
  }

  /** What somebody has published in the session. */
  #channel({ channel, event }: Fields): void {
    const { payload } = isFields(event) ? event : {};
    const description = payload === undefined ? '' : (textOf(payload) ?? JSON.stringify(payload));
    this.#push({ kind: 'notice', severity: 'info', title: textOf(channel) ?? 'channel', description });
  }

  #context(data: Fields): void {
    this.#size = countOf(data['contextWindow']) ?? countOf(data['maxTokens']) ?? this.#size;
    this.#usage(data);
  }

  /** Of how much, only the other event has said. */
  #usage(data: Fields): void {
    const used = countOf(data['inputTokens']) ?? countOf(data['totalTokens']) ?? countOf(data['tokens']);
    if (used !== undefined && this.#size !== undefined && this.#size > 0)
      this.#push(readUpdate({ sessionUpdate: 'usage_update', used, size: this.#size }));
  }

  #takeNested(id: string, name: string, data: Fields): void {
    const call = textOf(data['callId']);
    // A run inside of another asks the same person, and what was asked about is shown to its end.
    const isAsked = name.startsWith('tool_confirmation_') || (call !== undefined && this.#calls.knows(call));
    if (call !== undefined && isAsked) this.#push(...(this.#calls.take(name, call, data) ?? []));
    else this.#push(...this.#nested.take(id, name, data));
  }
}

const CUT = { message: 'The connection was cut during this turn, and it ended meanwhile.' };

/** So many last runs are known to be over. */
const MOST_ENDED = 16;

/** What tells nothing that was not told already, or is the gateway's own matter. */
const PASSED_OVER: ReadonlySet<string> = new Set([
  ...['execution', 'tick_start', 'tick_end', 'tick', 'message_end', 'content_start', 'content_end'],
  ...['reasoning_start', 'reasoning_end', 'tool_call_delta', 'tool_call_end', 'result'],
  ...['compiled', 'model_request', 'provider_request', 'provider_response', 'model_response'],
  ...['fork_start', 'fork_end', 'spawn_start', 'spawn_end', 'method:chunk', 'method:end', 'config:changed'],
]);

/** In ACP's words, where there is one. */
const reasonOf = ({ aborted, stopReason }: Fields): string => {
  if (aborted === true) return 'cancelled';
  switch (stopReason) {
    case 'max_tokens':
    case 'length':
      return 'max_tokens';
    case 'refusal':
    case 'content_filter':
      return 'refusal';
    case 'max_ticks':
      return 'max_turn_requests';
    default:
      return 'end_turn';
  }
};
