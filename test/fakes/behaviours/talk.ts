/** What real agents say that others do not, each named after who does it so. */
import process from 'node:process';
import { textChunk, type Turn } from '../turn.ts';
import type { Json } from '../wire.ts';
import { report } from './client.ts';
import type { Behaviour } from './behaviour.ts';

/** The model could not be reached: how each agent tells it. */
const errors: Readonly<Record<string, Json>> = {
  opencode: { code: -32603, message: 'Internal error', data: { message: 'mock error' } },
  gemini: { code: 400, message: '{"error":{"code":400,"message":"mock error","status":"INVALID"}}' },
  qwen: { code: -32603, message: 'Internal error', data: { details: 'mock error' } },
  claude: { code: -32603, message: 'Internal error: mock error' },
  cline: { code: -32603, message: 'Internal error', data: { error: { message: 'mock error' } } },
  'codex-zed': { code: -32603, message: 'Internal error', data: '{"type":"error","error":{"message":"mock error"}}' },
};

async function modelError(turn: Turn, agent: string): Promise<boolean> {
  if (agent === 'kimi') return false;
  if (agent === 'copilot' || agent === 'codex') {
    await turn.say('mock error\n');
    return false;
  }
  if (agent === 'claude') await turn.say('API Error: mock error\n');
  await turn.wire.send({ id: turn.requestId, error: errors[agent] ?? 'mock error' });
  return true;
}

async function emptyChunks(turn: Turn): Promise<void> {
  const usage = { inputTokens: 3, outputTokens: 1 };
  await turn.update({ ...textChunk(''), _meta: { usage } });
  await turn.say('said');
  await turn.update({ ...textChunk(''), _meta: { usage } });
}

async function vendor(turn: Turn): Promise<void> {
  const { sessionId } = turn;
  await turn.wire.notify('qwen/notify/session/state', { sessionId, state: 'busy' });
  await report(turn, 'craft/drainMidTurnQueue', await turn.wire.request('craft/drainMidTurnQueue', { sessionId }));
}

async function authStatus(turn: Turn): Promise<void> {
  await turn.wire.notify('_auth/status_update', { state: 'authenticated', accounts: [] });
  await turn.say('after the status\n');
}

async function chunkAfterCancel(turn: Turn): Promise<void> {
  await turn.say('before the cancel\n');
  await turn.untilCancelled();
  await turn.say('after the cancel\n');
}

async function chatty(turn: Turn): Promise<void> {
  process.stderr.write(`${'{"level":"debug","msg":"not for the client"}\n'.repeat(1000)}`);
  await turn.say('after the noise\n');
}

async function plan(turn: Turn): Promise<void> {
  const entries = (status: string): Json[] => [{ content: 'Look', priority: 'high', status }];
  await turn.update({ sessionUpdate: 'plan', entries: entries('in_progress') });
  await turn.update({ sessionUpdate: 'plan', entries: entries('completed') });
}

/** In the schema that may still change: several plans, of each kind. */
async function plans(turn: Turn): Promise<void> {
  const tell = (about: Json): Promise<void> => turn.update({ sessionUpdate: 'plan_update', plan: about });
  const entries = [
    { content: 'Find the cause', priority: 'high', status: 'completed' },
    { content: 'Mend it', priority: 'medium', status: 'in_progress' },
  ];
  await tell({ type: 'items', planId: 'steps', entries });
  await tell({
    type: 'markdown',
    planId: 'why',
    content: '## Why\n\nThe cache is **never** emptied.\n\n- look\n- mend',
  });
  await tell({ type: 'file', planId: 'file', uri: `file://${turn.cwd}/PLAN.md` });
  await tell({ type: 'markdown', planId: 'old', content: 'Rewrite everything.' });
  await turn.update({ sessionUpdate: 'plan_removed', planId: 'old' });
}

/** A helper with a session of its own: what it says, does and asks, and what it is told. */
async function helper(turn: Turn): Promise<void> {
  const child = `${turn.sessionId}-helper`;
  const about = { sessionId: child, title: 'Reviewer', description: 'Reads the change.', cwd: turn.cwd };
  const state = (word: string): Json => ({
    sessionUpdate: 'subagent_update',
    sessionId: child,
    state: { state: word },
  });
  const inChild = (update: Json): Promise<void> => turn.wire.notify('session/update', { sessionId: child, update });
  await turn.update({ sessionUpdate: 'subagent_update', ...about, state: { state: 'running' } });
  const messageId = 'm1';
  await turn.update({ sessionUpdate: 'session_message', messageId, recipientSessionId: child });
  await turn.update({
    sessionUpdate: 'session_message_chunk',
    messageId,
    content: { type: 'text', text: 'Look at it.' },
  });
  await inChild(textChunk('\n\nI read **two** files.'));
  const call = { toolCallId: turn.callId(), title: 'Read a.txt', kind: 'read', status: 'completed' };
  await inChild({ sessionUpdate: 'tool_call', ...call });
  await turn.update(state('requires_action'));
  const toolCall = { toolCallId: turn.callId(), title: 'Run the tests', kind: 'execute', status: 'pending' };
  const options = [{ optionId: 'yes', name: 'Allow', kind: 'allow_once' }];
  const asked = await turn.wire.request('session/request_permission', { sessionId: child, toolCall, options });
  await turn.report(asked);
  await inChild({ sessionUpdate: 'tool_call_update', toolCallId: toolCall.toolCallId, status: 'completed' });
  await turn.update(state('idle'));
}

export const talk: readonly Behaviour[] = [
  { name: 'model-error', argument: 'AGENT', about: 'the model’s error, told as AGENT does it', run: modelError },
  { name: 'qwen-empty-chunks', about: 'text of no length, for its _meta alone', run: emptyChunks },
  { name: 'qwen-vendor', about: 'a request and a notification without an underscore', run: vendor },
  { name: 'claude-auth-status', about: '_auth/status_update (codex too)', run: authStatus },
  { name: 'copilot-chunk-after-cancel', about: 'says more after the cancel (qwen, codex too)', run: chunkAfterCancel },
  { name: 'cline-chatty', about: 'a thousand lines on stderr (gemini, claude too)', run: chatty },
  { name: 'kimi-plan', about: 'a plan, and its next state (claude, codex-zed too)', run: plan },
  { name: 'plans', about: 'several plans: items, markdown, a file, one that is taken back', run: plans },
  { name: 'subagent', about: 'a helper with a session of its own', run: helper },
];
