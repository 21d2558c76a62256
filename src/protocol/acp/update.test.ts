import { describe, expect, test } from 'vitest';
import { readUpdate } from './update.ts';

describe('updates', () => {
  test('[acp 6] [acp 4.1.17] what has what the fold needs is an update, its unknown fields and values kept', () => {
    const updates = [
      { sessionUpdate: 'agent_message_chunk', content: { type: 'text', text: '' }, _meta: { usage: 1 } },
      { sessionUpdate: 'agent_thought_chunk', content: { type: 'hologram', data: 1 } },
      { sessionUpdate: 'user_message_chunk', content: { type: 'image', data: '' } },
      {
        sessionUpdate: 'tool_call',
        toolCallId: 't',
        title: 'x',
        kind: 'teleport',
        status: 'paused',
        content: [{ type: 'odd' }],
      },
      { sessionUpdate: 'tool_call_update', toolCallId: 't', status: null, content: null },
      { sessionUpdate: 'plan', entries: [{ content: 'a', priority: 'odd', status: 'odd' }] },
      { sessionUpdate: 'available_commands_update', availableCommands: [{ name: 'x', description: 'y', input: null }] },
      { sessionUpdate: 'current_mode_update', currentModeId: 'm' },
      { sessionUpdate: 'session_info_update', title: null },
      { sessionUpdate: 'usage_update', used: 1, size: 2 },
      { sessionUpdate: 'notice', severity: 'odd', title: 't' },
      { sessionUpdate: 'compaction_update', compactionId: 'c', status: 'in_progress' },
      { sessionUpdate: 'compaction_summary_chunk', compactionId: 'c', content: { type: 'text', text: 's' } },
      { sessionUpdate: 'plan_update', plan: { type: 'markdown', planId: 'p', content: '' } },
      { sessionUpdate: 'plan_removed', planId: 'p' },
      { sessionUpdate: 'subagent_update', sessionId: 'child', state: null },
    ];
    for (const update of updates) {
      const event = readUpdate(update);
      expect(event).toEqual({ kind: 'update', update });
      expect(event.kind === 'update' && event.update).toBe(update);
    }
  });

  test('[acp 6] [acp 4.1.17] a kind that nobody knows and one without what it needs are kept whole', () => {
    const broken = [
      { sessionUpdate: 'plan_update', plan: { type: 'markdown' } },
      { sessionUpdate: 'plan_update', plan: { type: 'file', planId: 'p' } },
      { sessionUpdate: 'plan_removed' },
      { sessionUpdate: 'subagent_update', title: 'no id' },
      { sessionUpdate: 'agent_message_chunk' },
      { sessionUpdate: 'agent_message_chunk', content: 'text' },
      { sessionUpdate: 'agent_message_chunk', content: { type: 'text', text: 3 } },
      { sessionUpdate: 'tool_call', title: 'no id' },
      { sessionUpdate: 'tool_call_update', toolCallId: 't', content: {} },
      { sessionUpdate: 'plan', entries: [null] },
      { sessionUpdate: 'available_commands_update', availableCommands: {} },
      { sessionUpdate: 'current_mode_update', mode: 'm' },
      { sessionUpdate: 'config_option_update', configOptions: null },
      { sessionUpdate: 'usage_update', used: '1', size: 2 },
      { sessionUpdate: 'constructor' },
    ];
    for (const update of broken)
      expect(readUpdate(update)).toEqual({ kind: 'unknown', name: update.sessionUpdate, value: update });
    for (const nothing of [null, undefined, 3, [], {}, { sessionUpdate: 1 }]) {
      expect(readUpdate(nothing)).toEqual({ kind: 'unknown', name: 'session/update', value: nothing });
    }
  });
});
