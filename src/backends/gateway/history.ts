import type { SessionEvent } from '../../model/event.ts';
import { type Fields, isFields, isText, listOf, textOf } from '../../model/fold/read.ts';
import { readUpdate } from '../../protocol/acp/update.ts';
import { textOfAll } from './said.ts';

/** One message that a gateway has kept. Source: the gateway protocol, §4, history. */
export interface KeptMessage {
  readonly id: string;
  /** As it was written there; compared with nothing but its like. */
  readonly timestamp: string;
  readonly events: readonly SessionEvent[];
}

/** A page of them, oldest first; `more`: there are older ones. Total. */
export const readHistory = (
  payload: unknown,
): { readonly messages: readonly KeptMessage[]; readonly more: boolean } => {
  if (!isFields(payload)) return { messages: [], more: false };
  const messages = (listOf(payload['messages']) ?? []).flatMap((message) =>
    isFields(message) ? (readKept(message) ?? []) : [],
  );
  return { messages, more: payload['hasMore'] === true && messages.length > 0 };
};

const readKept = (message: Fields): KeptMessage | undefined => {
  const { id, role, content, timestamp, toolCalls } = message;
  if (!isText(id)) return undefined;
  const kind = role === 'user' ? 'user_message_chunk' : role === 'assistant' ? 'agent_message_chunk' : undefined;
  // What the system was told is nobody's words.
  if (kind === undefined) return { id, timestamp: textOf(timestamp) ?? '', events: [] };
  const text = textOfAll(content);
  const said = text === '' ? [] : [readUpdate({ sessionUpdate: kind, messageId: id, content: { type: 'text', text } })];
  const calls = (listOf(toolCalls) ?? []).flatMap((call, index) =>
    isFields(call) ? [readUpdate(callUpdate(`${id} ${index}`, call))] : [],
  );
  return { id, timestamp: textOf(timestamp) ?? '', events: [...said, ...calls] };
};

const callUpdate = (call: string, { name, input, output }: Fields): object => ({
  sessionUpdate: 'tool_call',
  toolCallId: call,
  title: textOf(name) ?? 'tool',
  kind: 'other',
  status: 'completed',
  ...(input === undefined ? {} : { rawInput: input }),
  ...(output === undefined ? {} : { rawOutput: output }),
});
