import { line } from '../wire.ts';
import { textChunk, type Turn } from '../turn.ts';
import type { Behaviour } from './behaviour.ts';

async function garbage(turn: Turn): Promise<void> {
  const chunk = (text: string): string => turn.updateLine(textChunk(text));
  await turn.wire.write('Loading the model, please wait...\n');
  await turn.wire.write('{"jsonrpc":"2.0","method":"session/update","params":{"sess\n');
  await turn.wire.write('null\n42\n"text"\n{}\n{"jsonrpc":"2.0"}\n\n   \n');
  await turn.wire.write('\0\0\0\n');
  await turn.wire.write(Buffer.from([0x7b, 0xff, 0xfe, 0xc3, 0x28, 0x7d, 0x0a]));
  await turn.wire.write(`[${chunk('in an array').trim()}]\n`);
  await turn.wire.write(line({ id: 'nobody-asked', result: {} }));
  await turn.wire.write(line({ id: null, error: { code: -32700, message: 'Parse error' } }));
  await turn.wire.write(`\uFEFF${chunk('after a byte order mark\n')}`);
  await turn.wire.write(chunk('after a carriage return\n').replace('\n', '\r\n'));
  await turn.say('after the garbage\n');
}

/** All four in one write: their order on the wire is the order in which the client must see them. */
async function oneChunk(turn: Turn): Promise<boolean> {
  const toolCall = { toolCallId: turn.callId(), title: 'Asked in one chunk', kind: 'edit', status: 'pending' };
  const params = {
    sessionId: turn.sessionId,
    toolCall,
    options: [{ optionId: 'allow', name: 'Allow', kind: 'allow_once' }],
  };
  const permission = turn.wire.prepareRequest('session/request_permission', params);
  const before = turn.updateLine(textChunk('before the response\n'));
  const after = turn.updateLine(textChunk('after the response\n'));
  await turn.wire.write(permission.line + before + turn.responseLine('end_turn') + after);
  return true;
}

async function unknown(turn: Turn): Promise<void> {
  await turn.update({ sessionUpdate: 'hologram', depth: 3, content: { type: 'text', text: 'an unknown update' } });
  await turn.update({ sessionUpdate: '_vendor/mood', mood: 'good' });
  await turn.update({ sessionUpdate: 'agent_message_chunk', content: { type: 'smell', of: 'roses' } });
  await turn.update({ content: { type: 'text', text: 'an update without a kind' } });
  const toolCallId = turn.callId();
  const content = [
    { type: 'content', content: { type: 'text', text: 'known content beside it' } },
    { type: 'sculpture', material: 'marble' },
  ];
  const kind = 'teleport';
  await turn.update({
    sessionUpdate: 'tool_call',
    toolCallId,
    title: 'Unknown kind',
    kind,
    status: 'dreaming',
    content,
  });
  await turn.update({ sessionUpdate: 'plan', entries: [{ content: 'A step', priority: 'cosmic', status: 'paused' }] });
  await turn.update({ sessionUpdate: 'tool_call_update', toolCallId, status: 'completed', extra: { kept: true } });
  await turn.say('after the unknown\n');
}

export const bytes: readonly Behaviour[] = [
  { name: 'garbage', about: 'lines that are no messages, BOM, CRLF, NUL, an array, stray responses', run: garbage },
  { name: 'one-chunk', about: 'permission request, update, response and update in one write', run: oneChunk },
  { name: 'unknown', about: 'unknown updates, content types, kinds, statuses and priorities', run: unknown },
];
