import type * as acp from '@agentclientprotocol/sdk';
import type { SessionEvent } from '../../model/event.ts';
import { readConfigOptions } from '../../model/fold/options.ts';
import { isCount, isFields, isText, listOf, type Fields } from '../../model/fold/read.ts';

/**
 * `session/update`'s payload as an event (protocol §6). Loose: only what the fold cannot do without is asked for, and
 * fields, kinds and values that nobody knows stay as they came. A variant that nobody knows, or one without what it
 * needs, is `unknown` and kept whole. `current_mode_update` is an `update`: what it means depends on the session.
 */
export const readUpdate = (update: unknown): SessionEvent => {
  if (!isFields(update) || !isText(update['sessionUpdate']))
    return { kind: 'unknown', name: 'session/update', value: update };
  const name = update['sessionUpdate'];
  if (name === 'config_option_update') {
    const list = listOf(update['configOptions']);
    if (list === undefined) return { kind: 'unknown', name, value: update };
    return { kind: 'options/changed', options: readConfigOptions(list) };
  }
  return isKnown(name, update) ? { kind: 'update', update } : { kind: 'unknown', name, value: update };
};

const isKnown = (name: string, update: Fields): update is Fields & acp.SessionUpdate => {
  switch (name) {
    case 'agent_message_chunk':
    case 'agent_thought_chunk':
    case 'user_message_chunk':
      return isBlock(update['content']);
    case 'tool_call':
    case 'tool_call_update':
      return isToolCall(update);
    case 'plan':
      return isListOf(update['entries'], (entry) => isText(entry['content']));
    case 'available_commands_update':
      return isListOf(update['availableCommands'], (command) => isText(command['name']));
    case 'current_mode_update':
      return isText(update['currentModeId'] ?? update['modeId']);
    case 'session_info_update':
      return isOptional(update['title'], isText);
    case 'usage_update':
      return isCount(update['used']) && isCount(update['size']);
    case 'notice':
      return isText(update['title']);
    case 'compaction_update':
      return isText(update['compactionId']) && isText(update['status']);
    case 'compaction_summary_chunk':
      return isText(update['compactionId']) && isBlock(update['content']);
    case 'plan_update':
      return isFields(update['plan']) && isPlan(update['plan']);
    case 'plan_removed':
      return isText(update['planId']);
    case 'subagent_update':
      return isText(update['sessionId']);
    default:
      return false;
  }
};

const isPlan = ({ type, planId, entries, content, uri }: Fields): boolean => {
  if (!isText(planId)) return false;
  if (type === 'items') return isListOf(entries, (entry) => isText(entry['content']));
  return type === 'markdown' ? isText(content) : type === 'file' && isText(uri);
};

/** A content block with a type; one of a type that nobody knows is shown as such by the fold. */
const isBlock = (block: unknown): boolean =>
  isFields(block) && (block['type'] === 'text' ? isText(block['text']) : isText(block['type']));

/** A tool call, or what changes one (protocol §5). */
export const isToolCall = (call: Fields): call is Fields & acp.ToolCallUpdate =>
  isText(call['toolCallId']) &&
  isOptional(call['title'], isText) &&
  isOptional(call['kind'], isText) &&
  isOptional(call['status'], isText) &&
  isOptional(call['content'], Array.isArray) &&
  isOptional(call['locations'], Array.isArray);

const isOptional = (value: unknown, is: (value: unknown) => boolean): boolean =>
  value === undefined || value === null || is(value);

const isListOf = (value: unknown, is: (item: Fields) => boolean): boolean =>
  Array.isArray(value) && value.every((item) => isFields(item) && is(item));

/** Kinds that tell how the session is, and nothing that was said in it. */
export const FACTS: ReadonlySet<unknown> = new Set([
  'available_commands_update',
  'session_info_update',
  'usage_update',
  'current_mode_update',
  'config_option_update',
]);
