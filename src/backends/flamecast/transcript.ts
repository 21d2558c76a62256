/**
 * A session behind a Flamecast server, as events of ours. Source: the Flamecast protocol, §5 to §8.
 *
 * T1 A turn begins and ends once, whichever of its several messages says so first; what still comes after its end counts.
 * T2 A question is open as long as the far side says so; whoever answered it, here or there, it is answered.
 * T3 What is said twice, as the agent's own message and as a callback's copy, is told once.
 */
import type { Clock } from '../../base/clock.ts';
import type { SessionEvent } from '../../model/event.ts';
import { countOf, type Fields, isFields, isText, listOf, textOf } from '../../model/fold/read.ts';
import type { Outcome, Question } from '../../model/question.ts';
import type { TerminalView } from '../../model/session.ts';
import { isToolKind } from '../../protocol/acp/toolKinds.ts';
import { isToolCall, readUpdate } from '../../protocol/acp/update.ts';
import {
  type FlamecastPermission,
  type FlamecastQueue,
  readPermission,
  readQueue,
} from '../../protocol/flamecast/domain.ts';
import { questionTool, readQuestionOptions } from '../acp/ask.ts';
import { frozen } from '../acp/openQuestions.ts';
import { SeenCalls } from '../acp/seenCalls.ts';

export interface FlamecastTranscriptParts {
  /** What this device is called here. */
  readonly device: string;
  readonly clock: Pick<Clock, 'now' | 'id'>;
  /** Its queue is kept there. */
  readonly queueThere: boolean;
}

/** Of a terminal's output, so many of the last UTF-16 units are shown in the transcript. */
const TAIL = 8192;
/** Who is not us. */
const ELSEWHERE = 'another device';

export class FlamecastTranscript {
  readonly #parts: FlamecastTranscriptParts;
  readonly #calls = new SeenCalls();
  /** Open questions, by the far side's ids, which are ours as well. */
  readonly #open = new Map<string, Question>();
  /** Those that an answer of ours is on its way to. */
  readonly #answering = new Set<string>();
  readonly #settled = new Set<string>();
  readonly #terminals = new Map<string, TerminalView>();
  /** Prompts of ours that have not begun there: the turn that each is, and what it says. */
  #sent: readonly { readonly turn: string; readonly text: string; readonly begun: boolean }[] = [];
  #turn: string | undefined;
  /** The far side has told that it began. */
  #heardBegin = false;
  /** The connection was lost before that: where its beginning is not told any more, more may be missing. */
  #cutBefore = false;
  /** Its answer, where that came before what happened in it. */
  #result: { readonly turn: string; readonly result: unknown } | undefined;
  /** The agent's own messages come: a callback's copies of them are passed over. */
  #hearsAgent = false;
  #isOver = false;
  #events: SessionEvent[] = [];

  constructor(parts: FlamecastTranscriptParts) {
    this.#parts = parts;
  }

  get running(): string | undefined {
    return this.#turn;
  }

  /** A prompt of ours is on its way. `begun`: its turn has been told already. */
  sent(turn: string, text: string, begun: boolean): void {
    this.#sent = [...this.#sent, { turn, text, begun }];
    if (!begun) return;
    this.#turn = turn;
    this.#heardBegin = false;
  }

  /** Nothing is heard until the connection is back, and what happened meanwhile is not told by every host. */
  cut(): void {
    this.#cutBefore = this.#turn !== undefined && !this.#heardBegin;
  }

  /** The far side did not take it: it has not begun, whatever runs there. */
  refused(turn: string, message: string): readonly SessionEvent[] {
    return this.#collect(() => this.#unsend(turn, message));
  }

  /** Nobody knows whether it got there, and nothing of it was heard since. */
  lost(turn: string, why: string): readonly SessionEvent[] {
    return this.#collect(() => {
      if (this.#sent.some((each) => each.turn === turn))
        this.#unsend(turn, `It is not known whether this arrived: ${why}`);
    });
  }

  /**
   * Its answer came: the turn is over, unless that was told already, or what happened in it is still to be told: then
   * `true`, and {@link giveUp} ends it if that never comes.
   */
  answeredPrompt(turn: string, result: unknown): { readonly events: readonly SessionEvent[]; readonly waits: boolean } {
    if (this.#turn !== turn) return { events: [], waits: false };
    if (!this.#heardBegin) {
      this.#result = { turn, result };
      return { events: [], waits: true };
    }
    return { events: this.#collect(() => this.#endTurn(result)), waits: false };
  }

  /** What happened in it is not waited for any longer. */
  giveUp(turn: string): readonly SessionEvent[] {
    return this.#collect(() => {
      if (this.#result?.turn === turn && this.#turn === turn) this.#endTurn(this.#result.result);
    });
  }

  /** Whatever tells of it from now on tells of our answer. */
  answering(question: string): void {
    this.#answering.add(question);
  }

  notAnswering(question: string): void {
    this.#answering.delete(question);
  }

  /** An answer of ours was taken. */
  answered(question: string, outcome: Outcome): readonly SessionEvent[] {
    return this.#collect(() => this.#settle(question, outcome, this.#parts.device));
  }

  /** It was answered elsewhere, and what was said nobody has told. */
  answeredElsewhere(question: string): readonly SessionEvent[] {
    this.#answering.delete(question);
    return this.#collect(() => this.#settle(question, { kind: 'cancelled' }, ELSEWHERE));
  }

  /** All that was told is told anew. */
  forget(): void {
    this.#calls.clear();
    this.#open.clear();
    this.#settled.clear();
    this.#terminals.clear();
    this.#turn = undefined;
    this.#cutBefore = false;
    this.#hearsAgent = false;
    this.#isOver = false;
  }

  /** The host was started again: what ran in it ended with it, but for what was sent since. */
  newLife(): readonly SessionEvent[] {
    return this.#collect(() => {
      if (this.#heardBegin) this.#endTurn({ error: { message: 'The host knows nothing of this turn any more.' } });
      this.#cutBefore = false;
      for (const question of [...this.#open.keys()]) this.#settle(question, { kind: 'cancelled' }, ELSEWHERE);
      this.#push(GAP);
    });
  }

  /** What waits for an answer there, as the server has said it, perhaps before the last events; nothing else does. */
  pending(permission: FlamecastPermission): readonly SessionEvent[] {
    if (this.#settled.has(permission.request)) return [];
    return this.#collect(() => {
      for (const id of this.#open.keys())
        if (id !== permission.request) this.#settle(id, { kind: 'cancelled' }, ELSEWHERE);
      this.#ask(permission);
    });
  }

  queue(queue: FlamecastQueue): readonly SessionEvent[] {
    return this.#collect(() => this.#tellQueue(queue));
  }

  /** One event of the wire; total. */
  hear(type: string, data: Fields): readonly SessionEvent[] {
    return this.#collect(() => this.#take(type, data));
  }

  #collect(run: () => void): readonly SessionEvent[] {
    this.#events = [];
    run();
    return this.#events;
  }

  #push(event: SessionEvent): void {
    this.#events.push(event);
  }

  #take(type: string, data: Fields): void {
    switch (type) {
      case 'rpc':
        return this.#rpc(data);
      case 'permission_request': {
        const asked = readPermission(data);
        return asked === undefined ? undefined : this.#ask(asked);
      }
      case 'permission_approved':
      case 'permission_rejected':
      case 'permission_responded':
      case 'permission_cancelled':
        return this.#answered(data);
      case 'queue.updated': {
        const queue = readQueue(data);
        return queue === undefined ? undefined : this.#tellQueue(queue);
      }
      case 'agent_message':
        return this.#hearsAgent ? undefined : this.#update(data['sessionUpdate'] ?? data['update']);
      case 'end_turn':
        return this.#endTurn(data['promptResponse']);
      case 'error':
        return this.#push({ kind: 'notice', severity: 'error', title: textOf(data['message']) ?? 'The agent failed.' });
      case 'session_end':
      case 'session.terminated':
        return this.#over(data);
      case 'terminal.started':
      case 'terminal.data':
      case 'terminal.exit':
        return this.#terminal(type, data);
      default:
      // Shown elsewhere, as files are; told already; or of a later version.
    }
  }

  /** What the host and the agent say to each other, in ACP's own words. */
  #rpc({ method, phase, payload }: Fields): void {
    const params = isFields(payload) ? payload : {};
    if (method === 'session/update' && isFields(params['update'])) {
      this.#hearsAgent = true;
      return this.#update(params['update']);
    }
    if (method === 'session/prompt') return phase === 'response' ? this.#endTurn(params) : this.#beginTurn(params);
    // Asked in a message of its own, which names it; what this one says more of the call is shown with that.
    if (method === 'session/request_permission' && phase === 'request' && isFields(params['toolCall'])) {
      if (isToolCall(params['toolCall'])) this.#calls.note(params['toolCall']);
    }
  }

  #update(update: unknown): void {
    if (isFields(update) && isToolCall(update)) this.#calls.note(update);
    this.#push(readUpdate(update));
  }

  #beginTurn({ prompt }: Fields): void {
    const blocks = listOf(prompt) ?? [];
    const text = textIn(blocks);
    const ours = this.#sent.find((each) => each.text === text) ?? this.#sent.find(({ begun }) => begun);
    if (ours !== undefined) this.#sent = this.#sent.filter((each) => each !== ours);
    if (this.#turn !== undefined && ours === undefined) return;
    this.#heardBegin = true;
    this.#cutBefore = false;
    if (ours?.begun === true) return;
    this.#turn = ours?.turn ?? this.#parts.clock.id();
    this.#push({
      kind: 'turn/started',
      turn: this.#turn,
      prompt: blocks.flatMap((block) =>
        isFields(block) && isText(block['text']) ? [{ type: 'text', text: block['text'] } as const] : [],
      ),
      device: ours === undefined ? ELSEWHERE : this.#parts.device,
    });
  }

  #endTurn(result: unknown, otherwise = 'end_turn'): void {
    const turn = this.#turn;
    if (turn === undefined) return;
    if (this.#cutBefore) this.#push(GAP);
    this.#turn = undefined;
    this.#heardBegin = false;
    this.#cutBefore = false;
    this.#result = undefined;
    this.#sent = this.#sent.filter((each) => each.turn !== turn);
    const { stopReason, error } = isFields(result) ? result : {};
    if (isFields(error) && isText(error['message']))
      this.#push({ kind: 'turn/ended', turn, reason: 'failed', error: { message: error['message'] } });
    else this.#push({ kind: 'turn/ended', turn, reason: isText(stopReason) ? stopReason : otherwise });
  }

  #ask(asked: FlamecastPermission): void {
    if (this.#open.has(asked.request)) return;
    const seen = this.#calls.asked({
      toolCallId: asked.call,
      ...(asked.title === '' ? {} : { title: asked.title }),
    });
    // Nobody could answer it.
    if (asked.options.length === 0) return this.#push({ kind: 'unknown', name: 'permission_request', value: asked });
    const options = readQuestionOptions(asked.options);
    const question = frozen({
      id: asked.request,
      at: this.#parts.clock.now(),
      kind: 'permission',
      title: seen.title ?? asked.title,
      tool: questionTool({
        ...seen,
        ...(asked.kind === undefined ? {} : { kind: isToolKind(asked.kind) ? asked.kind : 'other' }),
      }),
      options,
    });
    this.#open.set(asked.request, question);
    this.#push({ kind: 'question/asked', question });
  }

  /** As hosts say it, under `response`, or as the server does. */
  #answered(data: Fields): void {
    const { requestId, response } = data;
    if (!isText(requestId)) return;
    const { outcome } = isFields(response) ? response : data;
    const option = textOf(data['optionId']) ?? (isFields(outcome) ? textOf(outcome['optionId']) : undefined);
    this.#settle(requestId, option === undefined ? { kind: 'cancelled' } : { kind: 'selected', option }, ELSEWHERE);
  }

  #settle(question: string, outcome: Outcome, whose: string): void {
    const device = this.#answering.delete(question) ? this.#parts.device : whose;
    this.#settled.add(question);
    if (this.#open.delete(question))
      this.#push({ kind: 'question/settled', question, by: { kind: 'person', device }, outcome });
  }

  #unsend(turn: string, message: string): void {
    const wasSent = this.#sent.some((each) => each.turn === turn);
    this.#sent = this.#sent.filter((each) => each.turn !== turn);
    if (this.#turn === turn) {
      this.#turn = undefined;
      this.#push({ kind: 'turn/ended', turn, reason: 'failed', error: { message } });
    } else if (wasSent) this.#push({ kind: 'notice', severity: 'error', title: message });
  }

  #tellQueue({ items, paused }: FlamecastQueue): void {
    if (!this.#parts.queueThere) return;
    const queue = items.map(({ id, text, at }) => ({
      id,
      prompt: [{ type: 'text', text } as const],
      device: ELSEWHERE,
      at,
      state: 'waiting' as const,
    }));
    this.#push({ kind: 'queue/changed', queue, paused });
  }

  #terminal(type: string, data: Fields): void {
    const id = textOf(data['terminalId']);
    if (id === undefined) return;
    const known = this.#terminals.get(id) ?? { id, command: '', tail: '', bytes: 0, released: false };
    const terminal = { ...known, ...changeOf(type, data, known) };
    this.#terminals.set(id, terminal);
    this.#push({ kind: 'terminal/changed', terminal });
  }

  #over(data: Fields): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#endTurn(undefined, 'agent gone');
    for (const id of [...this.#open.keys()]) {
      this.#open.delete(id);
      const by = { kind: 'agent gone' } as const;
      this.#push({ kind: 'question/settled', question: id, by, outcome: { kind: 'cancelled' } });
    }
    const code = countOf(data['exitCode']);
    const detail =
      code === undefined || code < 0 ? 'The session was ended there.' : `The agent ended with code ${code}.`;
    this.#push({ kind: 'link', link: { state: 'disconnected', detail, forgotten: true } });
  }
}

const GAP = { kind: 'gap', why: 'The host was started again, or has forgotten what happened meanwhile.' } as const;

const changeOf = (type: string, data: Fields, known: TerminalView): Partial<TerminalView> => {
  if (type === 'terminal.started') return { command: textOf(data['command']) ?? known.command };
  if (type === 'terminal.exit') return { exit: { code: countOf(data['exitCode']) ?? null, signal: null } };
  const text = textOf(data['data']) ?? '';
  return { tail: `${known.tail}${text}`.slice(-TAIL), bytes: known.bytes + text.length };
};

const textIn = (blocks: readonly unknown[]): string =>
  blocks.flatMap((block) => (isFields(block) && isText(block['text']) ? [block['text']] : [])).join('\n');
