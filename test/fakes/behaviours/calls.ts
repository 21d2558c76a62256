/** How real agents tell of tool calls and ask about them, each named after who does it so. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Turn } from '../turn.ts';
import { line, type Json } from '../wire.ts';
import type { Behaviour } from './behaviour.ts';

const once: readonly Json[] = [
  { optionId: 'proceed_once', name: 'Allow', kind: 'allow_once' },
  { optionId: 'cancel', name: 'Reject', kind: 'reject_once' },
];

const update = (turn: Turn, toolCallId: string, fields: Json): Promise<void> =>
  turn.update({ sessionUpdate: 'tool_call_update', toolCallId, ...fields });

const edit = (turn: Turn): Json => ({
  title: 'Writing to a.txt',
  kind: 'edit',
  locations: [{ path: `${turn.cwd}/a.txt` }],
  content: [{ type: 'diff', path: `${turn.cwd}/a.txt`, oldText: null, newText: 'a\n' }],
});

/** The call is first heard of in the question, and then only in updates. */
async function noCall(turn: Turn): Promise<void> {
  const toolCallId = turn.callId();
  const answer = await turn.ask({ toolCallId, ...edit(turn), status: 'pending' }, once);
  await update(turn, toolCallId, { status: answer === 'proceed_once' ? 'completed' : 'failed' });
}

async function asksFirst(turn: Turn): Promise<void> {
  const toolCallId = turn.callId();
  const answered = turn.ask({ toolCallId, ...edit(turn), status: 'pending' }, once);
  // Between 1 and 224 ms were seen: what comes later is in another batch.
  await pause(50);
  await turn.update({ sessionUpdate: 'tool_call', toolCallId, ...edit(turn), status: 'pending' });
  await answered;
  await update(turn, toolCallId, { status: 'completed' });
}

async function pendingAgain(turn: Turn): Promise<void> {
  const call = { toolCallId: turn.callId(), title: 'ls', kind: 'execute' };
  await update(turn, call.toolCallId, { title: 'ls', status: 'in_progress' });
  await turn.update({ sessionUpdate: 'tool_call', ...call, status: 'pending' });
  await turn.say('between\n');
  await update(turn, call.toolCallId, { status: 'completed' });
}

/** What is asked about was told before; the question says “Bash” and nothing more. */
async function bareQuestion(turn: Turn): Promise<void> {
  const toolCallId = turn.callId();
  const call = { title: 'Bash', kind: 'execute', rawInput: { command: 'rm -r build' }, status: 'pending' };
  await turn.update({ sessionUpdate: 'tool_call', toolCallId, ...call });
  await turn.ask({ toolCallId, title: 'Bash' }, once);
  await update(turn, toolCallId, { status: 'completed' });
}

/** A terminal that the client never made: what it writes stands in `_meta`. */
async function toldTerminal(turn: Turn): Promise<void> {
  const toolCallId = turn.callId();
  const terminal_id = toolCallId;
  await turn.update({
    sessionUpdate: 'tool_call',
    toolCallId,
    title: 'seq 3',
    kind: 'execute',
    status: 'in_progress',
    content: [{ type: 'terminal', terminalId: terminal_id }],
    _meta: { terminal_info: { terminal_id, cwd: turn.cwd } },
  });
  await update(turn, toolCallId, { _meta: { terminal_output_delta: { terminal_id, data: '1\n2\n3\n' } } });
  const exit = { terminal_id, exit_code: 0, signal: null };
  await update(turn, toolCallId, { status: 'completed', _meta: { terminal_exit: exit } });
}

async function rejectEnds(turn: Turn): Promise<boolean> {
  const call = { toolCallId: turn.callId(), ...edit(turn) };
  await turn.update({ sessionUpdate: 'tool_call', ...call, status: 'pending' });
  if ((await turn.ask({ ...call, status: 'pending' }, once)) === 'proceed_once') return false;
  await turn.wire.write(turn.responseLine('cancelled'));
  return true;
}

async function leavesOpen(turn: Turn): Promise<void> {
  const call = { toolCallId: turn.callId(), ...edit(turn) };
  await turn.update({ sessionUpdate: 'tool_call', ...call, status: 'pending' });
  await turn.ask({ ...call, status: 'pending' }, once);
}

/** A tool that waits for the person and asks nobody: only a cancel ends it. */
async function waitsForEver(turn: Turn): Promise<void> {
  const call = { toolCallId: turn.callId(), title: 'question', kind: 'other' };
  await turn.update({ sessionUpdate: 'tool_call', ...call, status: 'in_progress', rawInput: { question: 'Which?' } });
  await turn.untilCancelled();
}

async function todo(turn: Turn): Promise<void> {
  const content = [{ type: 'content', content: { type: 'text', text: '[{"content":"Look","status":"completed"}]' } }];
  const call = { toolCallId: turn.callId(), title: '1 todos', kind: 'other', status: 'completed', content };
  await turn.update({ sessionUpdate: 'tool_call', ...call });
}

/** Taken back before anybody has answered it. */
async function takesBack(turn: Turn): Promise<void> {
  const toolCall = { toolCallId: turn.callId(), ...edit(turn), status: 'pending' };
  const params = { sessionId: turn.sessionId, toolCall, options: once };
  const request = turn.wire.prepareRequest('session/request_permission', params);
  const { id } = JSON.parse(request.line) as { id: string };
  await turn.wire.write(request.line + line({ method: '$/cancel_request', params: { requestId: id } }));
  await turn.report(await request.reply);
}

export const calls: readonly Behaviour[] = [
  { name: 'qwen-no-call', about: 'a call that is only asked about, then updated (gemini too)', run: noCall },
  { name: 'cline-asks-first', about: 'the question 50 ms before its tool call (kilo, codex-zed too)', run: asksFirst },
  { name: 'cline-pending-again', about: 'the tool call after its own in_progress, pending again', run: pendingAgain },
  { name: 'kimi-bare-question', about: 'a question of one word about a call that was told before', run: bareQuestion },
  { name: 'codex-told-terminal', about: 'a terminal of its own, told in _meta', run: toldTerminal },
  { name: 'codex-zed-reject-ends', about: 'a refusal ends the turn as cancelled (codex too)', run: rejectEnds },
  { name: 'claude-leaves-open', about: 'never says what became of the call (copilot, codex-zed too)', run: leavesOpen },
  { name: 'kilo-waits', about: 'a tool that waits for the person without asking', run: waitsForEver },
  { name: 'kilo-todo', about: 'a list of things to do as an ordinary call (opencode too)', run: todo },
  { name: 'take-back', about: 'a permission request that is taken back with $/cancel_request', run: takesBack },
];
