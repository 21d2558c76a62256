import { describe, expect, test } from 'vitest';
import type { ExecutionCode } from './messages.ts';
import { readRequest, readRequestFrame } from './request.ts';

type Payload = Readonly<Record<string, unknown>> & { readonly action: string };

const base = { version: 1, requestID: 'r1', envID: 'env_a' };
const bash = {
  ...base,
  tool: 'bash',
  action: 'execute',
  sessionID: 's',
  payload: { command: 'ls', description: 'Lists' },
};
const process = (payload: Payload) => ({
  ...base,
  tool: 'process',
  action: payload.action,
  sessionID: 's',
  payload,
});
const session = (payload: Payload) => ({
  ...base,
  tool: 'session',
  action: payload.action,
  payload,
});

describe('requests of a device', () => {
  test.each([
    bash,
    { ...bash, payload: { ...bash.payload, timeout: 1, workdir: 'src', background: true, yieldMs: 0 } },
    process({ action: 'list' }),
    process({ action: 'poll', processId: 'p', block: true, timeout: 0 }),
    process({ action: 'log', processId: 'p', offset: 0, limit: 5 }),
    process({ action: 'write', processId: 'p', data: '' }),
    process({ action: 'send-keys', processId: 'p', keys: [] }),
    process({ action: 'kill', processId: 'p' }),
    process({ action: 'clear', processId: 'p' }),
    process({ action: 'remove', processId: 'p' }),
    session({ action: 'open' }),
    session({ action: 'open', label: 'work' }),
    session({ action: 'close', sessionID: 's' }),
    session({ action: 'heartbeat', sessionID: 's' }),
  ])('[environment 10 unknown keys] $tool $action is read as it is, without what nobody knows', (request) => {
    const more = { ...request, targetAgentID: 'x', payload: { ...request.payload, targetAgentID: 'x' } };
    expect(readRequest(more)).toEqual({ ok: true, request });
  });

  test.each<[string, object, ExecutionCode]>([
    ['another version', { ...bash, version: 2 }, 'invalid_request'],
    ['no version', { ...bash, version: undefined }, 'invalid_request'],
    ['no environment', { ...bash, envID: '' }, 'invalid_request'],
    ['no tool', { ...bash, tool: undefined }, 'invalid_request'],
    ['a tool that nobody knows', { ...bash, tool: 'python' }, 'unsupported_tool'],
    ['the name of what every object has', { ...bash, tool: 'constructor' }, 'unsupported_tool'],
    ['an action that nobody knows', { ...bash, action: 'run' }, 'unsupported_action'],
    ['an action of another tool', { ...process({ action: 'list' }), action: 'open' }, 'unsupported_action'],
    ['an action that is none', { ...bash, action: '' }, 'invalid_request'],
    ['two actions', { ...process({ action: 'list' }), payload: { action: 'poll' } }, 'invalid_request'],
    ['no payload', { ...bash, payload: undefined }, 'invalid_request'],
    ['no command', { ...bash, payload: { description: '' } }, 'invalid_request'],
    ['a command that ends within', { ...bash, payload: { command: 'a\0b', description: '' } }, 'invalid_request'],
    [
      'a command that is too long',
      { ...bash, payload: { command: 'ä'.repeat(32_769), description: '' } },
      'invalid_request',
    ],
    ['a time that is none', { ...bash, payload: { ...bash.payload, timeout: '5' } }, 'invalid_request'],
    ['a time of nothing', { ...bash, payload: { ...bash.payload, timeout: 0 } }, 'invalid_request'],
    ['keys that are none', process({ action: 'send-keys', processId: 'p', keys: [1] }), 'invalid_request'],
    ['half a line', process({ action: 'log', processId: 'p', offset: 0.5 }), 'invalid_request'],
    ['no process', process({ action: 'kill' }), 'invalid_request'],
    ['no session', { ...bash, sessionID: undefined }, 'session_required'],
    ['no session to close', session({ action: 'close' }), 'session_required'],
    ['a session that is none', { ...bash, sessionID: 5 }, 'invalid_request'],
    ['no session and no command', { ...bash, sessionID: undefined, payload: {} }, 'invalid_request'],
  ])('[environment 10 requestID echo] %s is refused with its code, and can be answered', (_, request, code) => {
    const { tool, action } = request as { readonly tool?: string; readonly action?: string };
    const to = { requestID: 'r1', ...(tool ? { tool } : {}), ...(action ? { action } : {}) };
    expect(readRequest(request)).toMatchObject({
      ok: false,
      to,
      error: { code, message: expect.stringMatching(/\.$/u) },
    });
  });

  test('[environment 11 limits] a command of 64 KiB is one', () => {
    expect(readRequest({ ...bash, payload: { command: 'a'.repeat(65_536), description: '' } })).toMatchObject({
      ok: true,
    });
  });

  test.each([[null], ['text'], [[]], [{ requestID: '' }], [{ requestID: 5 }]])(
    '[environment 10 uncorrelated error] %j has no id that an answer could name',
    (payload) => {
      const read = readRequest(payload);
      expect(read).toMatchObject({ ok: false, error: { code: 'invalid_request' } });
      expect(!read.ok && read.to.requestID).toBeUndefined();
    },
  );

  test.each([
    ['{', 'unparsable'],
    ['[]', 'unparsable'],
    ['null', 'unparsable'],
    ['{}', 'unparsable'],
    ['{"event":5}', 'unparsable'],
    ['{"event":"meta.host.hello"}', 'other'],
    ['{"event":"meta.execution.request","payload":1}', 'request'],
  ])('[environment 11 frames] %s is %s', (text, kind) => {
    expect(readRequestFrame(text).kind).toBe(kind);
  });
});
