import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { folder } from '../workspaceFolder.ts';

const run = async <T>(command: string, argument?: unknown): Promise<T> =>
  await vscode.commands.executeCommand<T>(`wheelhouse.${command}`, argument);
const settings = (): vscode.WorkspaceConfiguration => vscode.workspace.getConfiguration('wheelhouse');
const set = async (key: string, value: unknown): Promise<void> =>
  await settings().update(key, value, vscode.ConfigurationTarget.Global);

suite('what an agent is told when a session opens', () => {
  let outside = '';
  const record = (): string => join(outside, 'heard.ndjson');
  const heard = async (method: string): Promise<readonly Record<string, unknown>[]> =>
    (await readFile(record(), 'utf8'))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { method?: string; params: Record<string, unknown> })
      .flatMap((message) => (message.method === method ? [message.params] : []));

  suiteSetup(async () => {
    outside = await mkdtemp(join(tmpdir(), 'wheelhouse-mcp-'));
    const args = [join(__dirname, '../../test/fakes/agent.ts'), '--mcp-http', '--fork', '--record', record()];
    await set('agents', { told: { name: 'Told', command: process.execPath, args, env: { TRACKER: 'token' } } });
    await set('mcpServers', {
      node: { command: 'node', args: ['${workspaceFolder}'] },
      web: { type: 'http', url: 'https://mcp.example.com', headers: { Authorization: 'Bearer ${env:HOME}' } },
      old: { type: 'sse', url: 'https://sse.example.com' },
      unknown: { command: 'no-such-program-anywhere' },
      asks: { command: 'node', args: ['${input:key}'] },
    });
  });

  suiteTeardown(async () => {
    await set('agents', undefined);
    await set('mcpServers', undefined);
    await rm(outside, { recursive: true });
  });

  test('[acp 9] it gets the servers that it can take, filled in, with the absolute path of their program', async () => {
    const session = await run<string>('newSession', { agent: 'told', cwd: folder() });
    const [opened] = await heard('session/new');
    const [first, ...others] = serversOf(opened);
    assert.deepEqual({ ...first, command: '' }, { name: 'node', command: '', args: [folder()], env: [] });
    assert.match(String(first?.['command']), /^(?:\/|[A-Z]:\\).*node(?:\.exe)?$/u);
    assert.deepEqual(others, [
      {
        type: 'http',
        name: 'web',
        url: 'https://mcp.example.com',
        headers: [{ name: 'Authorization', value: `Bearer ${process.env['HOME'] ?? ''}` }],
      },
    ]);
    await run('deleteSession', session);
  });

  test('[acp 3] a fork is asked for by the agent’s own id of the session, with the same servers', async () => {
    const session = await run<string>('newSession', { agent: 'told', cwd: folder() });
    await run('prompt', { session, text: 'hello' });
    const forked = await run<string>('forkSession', session);
    assert.notEqual(forked, session);
    const [asked] = await heard('session/fork');
    assert.match(String(asked?.['sessionId']), /^fake-session-\d$/u);
    assert.equal(serversOf(asked).length, 2);
    await run('deleteSession', forked);
    await run('deleteSession', session);
  });

  test('[acp 10 opencode] no agent is asked to work in a folder that is not there', async () => {
    const before = (await heard('session/new')).length;
    await assert.rejects(run('newSession', { agent: 'told', cwd: join(folder(), 'nowhere') }), /There is no folder/u);
    assert.equal((await heard('session/new')).length, before);
  });

  test('[acp 3] an agent that cannot fork says so before anything is opened', async () => {
    const session = await run<string>('newSession', { agent: 'demo', cwd: folder() });
    await assert.rejects(run('forkSession', session), /cannot go on/u);
    await run('deleteSession', session);
  });
});

const serversOf = (params: Record<string, unknown> | undefined): readonly Record<string, unknown>[] =>
  (params?.['mcpServers'] ?? []) as readonly Record<string, unknown>[];
