import { describe, expect, test } from 'vitest';
import { readAuthMethods } from './authMethods.ts';

const one = (method: unknown) => readAuthMethods([method])[0];

describe('the ways to sign in', () => {
  test('[acp 4] no type is the agent’s own way, whatever stands in its `_meta`', () => {
    expect(one({ id: 'a', name: 'A', description: 'Text' })).toEqual({
      id: 'a',
      name: 'A',
      description: 'Text',
      kind: 'agent',
    });
    expect(one({ id: 'a', type: null })).toMatchObject({ name: 'a', kind: 'agent' });
    const gateway = { gateway: { protocol: 'google', restartRequired: 'false' } };
    expect(one({ id: 'gateway', name: 'AI API Gateway', _meta: gateway })).toMatchObject({ kind: 'agent' });
  });

  test('[acp 4] a terminal runs the agent’s own command with more arguments', () => {
    expect(one({ id: 'a', type: 'terminal', args: ['login', 7], env: { A: 'b', N: 1 } })).toMatchObject({
      kind: 'terminal',
      args: ['login'],
      env: { A: 'b' },
    });
    expect(one({ id: 'a', type: 'terminal' })).toMatchObject({ kind: 'terminal', args: [], env: {} });
    expect(one({ id: 'a', type: 'terminal', env: [{ name: 'A', value: 'b' }, 'x'] })).toMatchObject({
      env: { A: 'b' },
    });
  });

  test('[acp 10 qwen] `_meta` tells of a terminal', () => {
    expect(one({ id: 'a', _meta: { type: 'terminal', args: ['auth'] } })).toMatchObject({
      kind: 'terminal',
      args: ['auth'],
    });
  });

  test('[acp 10 copilot, kimi] `_meta["terminal-auth"]` is a command of its own', () => {
    const own = { command: '/usr/bin/copilot', args: ['login'], env: { A: 'b' }, label: 'Copilot Login' };
    expect(one({ id: 'a', _meta: { 'terminal-auth': own } })).toMatchObject({
      kind: 'command',
      command: '/usr/bin/copilot',
      args: ['login'],
      env: { A: 'b' },
    });
    expect(one({ id: 'a', _meta: { 'terminal-auth': { command: '' } } })).toMatchObject({ kind: 'agent' });
  });

  test('[acp 10 codex-zed] variables have names that every system takes for one, all of them', () => {
    expect(one({ id: 'a', type: 'env_var', vars: [{ name: 'A_KEY' }] })).toMatchObject({
      kind: 'variables',
      values: [{ name: 'A_KEY', secret: true, optional: false }],
    });
    const region = { name: 'REGION', label: 'Region', secret: false, optional: true };
    expect(one({ id: 'a', type: 'env_var', vars: [region] })).toMatchObject({ values: [region] });
    expect(one({ id: 'a', type: 'env_var', varName: 'A_KEY' })).toMatchObject({ values: [{ name: 'A_KEY' }] });
    expect(one({ id: 'a', type: 'env_var', vars: [{ name: 'A' }, { name: 'not one' }] })).toBeUndefined();
    expect(one({ id: 'a', type: 'env_var' })).toBeUndefined();
  });

  test('[acp 10 codex, gemini] `_meta["api-key"]` is a key that is handed over', () => {
    expect(one({ id: 'api-key', name: 'API Key', _meta: { 'api-key': { provider: 'openai' } } })).toMatchObject({
      kind: 'key',
    });
  });

  test('[acp 4.1.17] what nobody here knows is left out, and the rest stays', () => {
    expect(readAuthMethods([null, 7, {}, { id: 'b', type: 'telepathy' }, { id: 'a' }])).toMatchObject([{ id: 'a' }]);
    expect(readAuthMethods({ id: 'a' })).toEqual([]);
    expect(readAuthMethods(undefined)).toEqual([]);
  });
});
