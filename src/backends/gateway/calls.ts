/**
 * Tool calls of a session behind a gateway, and what the person is asked about them. Source: the gateway protocol, §6.
 *
 * T1 A question is open until somebody has answered it, its call has a result, or its run is over: no cut answers it.
 * T2 What is answered here was answered here, whichever of the two comes first: the gateway's answer, or its event.
 */
import type { ToolCallUpdate } from '@agentclientprotocol/sdk';
import type { Clock } from '../../base/clock.ts';
import type { SessionEvent } from '../../model/event.ts';
import { type Fields, isFields, isText, listOf, textOf } from '../../model/fold/read.ts';
import type { Outcome, Settler } from '../../model/question.ts';
import { readUpdate } from '../../protocol/acp/update.ts';
import { confirmation, outcomeOf } from './confirmation.ts';
import { textIn } from './said.ts';

export interface GatewayCallsParts {
  /** What this device is called here. */
  readonly device: string;
  readonly clock: Pick<Clock, 'now'>;
  /** Whether the gateway takes an answer to what it asks. */
  canConfirm(): boolean;
}

/** Who is not us. */
export const ELSEWHERE = 'elsewhere';

export class GatewayCalls {
  readonly #parts: GatewayCallsParts;
  readonly #known = new Set<string>();
  readonly #open = new Set<string>();
  /** Answers of ours that are on their way. */
  readonly #given = new Map<string, Outcome>();

  constructor(parts: GatewayCallsParts, open: readonly string[]) {
    this.#parts = parts;
    for (const call of open) this.#open.add(call);
  }

  /** Calls that the person is asked about. */
  get open(): readonly string[] {
    return [...this.#open];
  }

  knows(call: string): boolean {
    return this.#known.has(call) || this.#open.has(call);
  }

  /** An answer of ours is on its way. */
  answering(call: string, outcome: Outcome): void {
    this.#given.set(call, outcome);
  }

  /** It did not get there. */
  unanswered(call: string): void {
    this.#given.delete(call);
  }

  /** It was taken. */
  answered(call: string, outcome: Outcome): readonly SessionEvent[] {
    this.#given.delete(call);
    this.#open.delete(call);
    return [settled(call, this.#us, outcome)];
  }

  /** Nobody waits for an answer any more. */
  abandon(): readonly SessionEvent[] {
    const questions = this.open;
    this.#open.clear();
    return questions.map((call) => settled(call, { kind: 'turn cancelled' }, { kind: 'cancelled' }));
  }

  /** Another run begins: what the calls of the last one were is not needed any more. */
  begin(): void {
    this.#known.clear();
  }

  /** Undefined: this is nothing of a call. */
  take(name: string, call: string, data: Fields): readonly SessionEvent[] | undefined {
    const title = textOf(data['name']) ?? call;
    switch (name) {
      case 'tool_call_start':
        return [this.#call(call, { title, status: 'pending' })];
      case 'tool_call': {
        const input = data['input'] === undefined ? {} : { rawInput: data['input'] };
        return [this.#call(call, { title: textOf(data['summary']) ?? title, status: 'pending', ...input })];
      }
      case 'tool_result_start':
        return [this.#call(call, { status: 'in_progress' })];
      case 'tool_result':
        return [...this.#overdue(call, data), this.#result(call, data)];
      case 'tool_confirmation_required':
        return this.#ask(call, data);
      case 'tool_confirmation_result':
        return this.#settle(call, outcomeOf(data));
      default:
        return undefined;
    }
  }

  get #us(): Settler {
    return { kind: 'person', device: this.#parts.device };
  }

  #call(call: string, about: Omit<ToolCallUpdate, 'toolCallId'>): SessionEvent {
    const isNew = !this.#known.has(call);
    this.#known.add(call);
    return readUpdate(
      isNew
        ? { sessionUpdate: 'tool_call', toolCallId: call, title: call, kind: 'other', ...about }
        : { sessionUpdate: 'tool_call_update', toolCallId: call, ...about },
    );
  }

  #result(call: string, { name, result, isError }: Fields): SessionEvent {
    const blocks = listOf(result) ?? (isFields(result) ? listOf(result['content']) : undefined) ?? [];
    const text = isText(result) ? result : blocks.flatMap((block) => textIn(block) ?? []).join('\n');
    const title = this.#known.has(call) ? {} : { title: textOf(name) ?? call };
    return this.#call(call, {
      ...title,
      status: isError === true ? 'failed' : 'completed',
      ...(text === '' ? {} : { content: [{ type: 'content', content: { type: 'text', text } }] }),
      ...(result === undefined ? {} : { rawOutput: result }),
    });
  }

  #ask(call: string, data: Fields): readonly SessionEvent[] {
    if (this.#open.has(call)) return [];
    const question = confirmation(call, data, this.#parts.clock.now());
    const card = this.#known.has(call) ? [] : [this.#call(call, { title: question.title, status: 'pending' })];
    if (!this.#parts.canConfirm()) {
      const title = 'The gateway waits for a confirmation, and this version of it takes none from here.';
      return [...card, { kind: 'notice', severity: 'warning', title, description: question.title }];
    }
    this.#open.add(call);
    return [...card, { kind: 'question/asked', question }];
  }

  #settle(call: string, outcome: Outcome): readonly SessionEvent[] {
    if (!this.#open.delete(call)) return [];
    const ours = this.#given.get(call);
    const isOurs = ours !== undefined && JSON.stringify(ours) === JSON.stringify(outcome);
    return [settled(call, isOurs ? this.#us : { kind: 'person', device: ELSEWHERE }, outcome)];
  }

  /** It was answered while nobody listened: what ran was allowed at least this once. */
  #overdue(call: string, { isError }: Fields): readonly SessionEvent[] {
    if (!this.#open.has(call)) return [];
    return this.#settle(call, isError === true ? { kind: 'cancelled' } : { kind: 'selected', option: 'once' });
  }
}

const settled = (question: string, by: Settler, outcome: Outcome): SessionEvent => ({
  kind: 'question/settled',
  question,
  by,
  outcome,
});
