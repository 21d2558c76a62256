import type { ContentBlock, SessionUpdate } from '@agentclientprotocol/sdk';
import type { Settings } from './options.ts';

/** One session as it is kept: everything that `session/load` has to replay. */
export interface SessionRecord {
  readonly sessionId: string;
  readonly cwd: string;
  readonly title?: string;
  /** ISO 8601. */
  readonly updatedAt: string;
  readonly settings: Settings;
  readonly history: readonly SessionUpdate[];
}

const mostUpdates = 500;
const mostAttachmentLength = 64 * 1024;

type Chunk = Extract<
  SessionUpdate,
  { sessionUpdate: 'user_message_chunk' | 'agent_message_chunk' | 'agent_thought_chunk' }
>;

function asChunk(update: SessionUpdate): Chunk | undefined {
  switch (update.sessionUpdate) {
    case 'user_message_chunk':
    case 'agent_message_chunk':
    case 'agent_thought_chunk':
      return update;
    default:
      return undefined;
  }
}

/** Two neighbouring text chunks of one message become one: a turn of 20,000 chunks is one line of the file. */
function joined(last: SessionUpdate | undefined, next: Chunk): Chunk | undefined {
  const before = last && asChunk(last);
  if (!before || before.sessionUpdate !== next.sessionUpdate || before.messageId !== next.messageId) return undefined;
  if (before.content.type !== 'text' || next.content.type !== 'text') return undefined;
  return { ...before, content: { type: 'text', text: before.content.text + next.content.text } };
}

/** Attachments of more than 64 KiB are not kept; the replay says so in their place. */
export function keepable(block: ContentBlock): ContentBlock {
  const length = JSON.stringify(block).length;
  if (block.type === 'text' || block.type === 'resource_link' || length <= mostAttachmentLength) return block;
  return { type: 'text', text: `[${block.type} of ${Math.round(length / 1024)} KB, not kept in the history]` };
}

/** Adds an update to the history in place: chunks are joined, a tool call is folded into its first mention. */
export function remember(history: SessionUpdate[], update: SessionUpdate): void {
  const last = history.at(-1);
  switch (update.sessionUpdate) {
    case 'user_message_chunk':
    case 'agent_message_chunk':
    case 'agent_thought_chunk': {
      const whole = joined(last, update);
      if (whole) history[history.length - 1] = whole;
      else history.push(update);
      break;
    }
    case 'plan':
      if (last?.sessionUpdate === 'plan') history[history.length - 1] = update;
      else history.push(update);
      break;
    case 'tool_call':
      history.push(update);
      break;
    case 'tool_call_update': {
      const { sessionUpdate: _, ...fields } = update;
      const index = history.findLastIndex(
        (kept) => kept.sessionUpdate === 'tool_call' && kept.toolCallId === update.toolCallId,
      );
      const call = history[index];
      if (call) history[index] = Object.assign({}, call, fields);
      break;
    }
    default:
  }
  if (history.length > mostUpdates) dropOldestTurn(history);
}

function dropOldestTurn(history: SessionUpdate[]): void {
  const next = history.findIndex((update, index) => index > 0 && update.sessionUpdate === 'user_message_chunk');
  history.splice(0, next > 0 ? next : history.length - mostUpdates);
}
