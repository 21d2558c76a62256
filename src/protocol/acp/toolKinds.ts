import type { ToolKind } from '@agentclientprotocol/sdk';

/** The kinds of tool calls that ACP names. */
const TOOL_KINDS: ReadonlySet<string> = new Set<ToolKind>([
  'read',
  'edit',
  'delete',
  'move',
  'search',
  'execute',
  'think',
  'fetch',
  'switch_mode',
  'other',
]);

export const isToolKind = (kind: string): kind is ToolKind => TOOL_KINDS.has(kind);
