import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { readAgents, removeAgentEntry, writeAgent } from '../../../src/vscode/settings.ts';
import { until } from '../../tools/until.ts';
import { folder } from '../workspaceFolder.ts';

// The bundle of the suites lies in out/host-tests.
const FAKE = join(__dirname, '..', '..', 'test', 'fakes', 'agent.ts');
const answer = (option: string): Thenable<unknown> =>
  vscode.commands.executeCommand('wheelhouse.answerQuestion', { option });

suite('signing in to an agent', () => {
  let where = '';

  suiteSetup(async () => {
    where = await mkdtemp(join(tmpdir(), 'wheelhouse-sign-in-'));
    await writeAgent('login', {
      command: process.execPath,
      args: [FAKE, '--auth', '--auth-methods', 'terminal', '--auth-file', join(where, 'who')],
    });
    await until('the setting', () => readAgents().agents.some(({ id }) => id === 'login'));
  });
  suiteTeardown(async () => {
    await removeAgentEntry('login');
    await rm(where, { recursive: true, force: true });
  });

  test('[demand 23] [acp 4] a login in a terminal of the editor opens the session that waits for it', async () => {
    const opened = vscode.commands.executeCommand<string>('wheelhouse.newSession', { agent: 'login', cwd: folder() });
    await until(
      'the way to be taken',
      async () =>
        await answer('method 0').then(
          () => true,
          () => false,
        ),
    );
    const terminal = await until('the terminal', () =>
      vscode.window.terminals.find(({ name }) => name === 'Sign in: login'),
    );
    terminal.sendText('Ann');
    const session = await opened;
    assert.equal(await readFile(join(where, 'who'), 'utf8'), 'Ann');
    const end = await vscode.commands.executeCommand('wheelhouse.prompt', { session, text: 'hello' });
    assert.deepEqual(end, { stopReason: 'end_turn' });
    await vscode.commands.executeCommand('wheelhouse.deleteSession', session);
    terminal.dispose();
  });

  test('[demand 23] a session that waits for it can be given up, and says why', async () => {
    await rm(join(where, 'who'));
    const refused = assert.rejects(
      async () =>
        await vscode.commands.executeCommand<string>('wheelhouse.newSession', { agent: 'login', cwd: folder() }),
      /asks you to sign in/u,
    );
    await until(
      'the way out',
      async () =>
        await answer('cancel').then(
          () => true,
          () => false,
        ),
    );
    await refused;
  });
});
