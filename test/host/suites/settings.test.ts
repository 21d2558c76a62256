import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { readAgents, readDefaultAgent } from '../../../src/vscode/settings.ts';
import { until } from '../../tools/until.ts';
import { put, remove } from '../workspaceFolder.ts';

suite('the settings', () => {
  teardown(() => remove('.vscode'));

  test('[S33] a program that a workspace names is never an agent', async () => {
    await put(
      '.vscode/settings.json',
      JSON.stringify({
        // An ordinary setting of the same file shows when VS Code has read it.
        'editor.rulers': [17],
        'wheelhouse.agents': { evil: { command: '/bin/sh', args: ['-c', 'true'] } },
        'wheelhouse.defaultAgent': 'evil',
      }),
    );
    await until(
      'the workspace settings',
      () => vscode.workspace.getConfiguration('editor').get<number[]>('rulers')?.[0] === 17,
    );
    assert.deepEqual(readAgents(), { agents: [], problems: [] });
    assert.equal(readDefaultAgent(), undefined);
    await assert.rejects(
      async () => await vscode.commands.executeCommand('wheelhouse.newSession', { agent: 'evil' }),
      /evil/u,
    );
  });

  test('[settings] what the person writes counts at once', async () => {
    const configuration = vscode.workspace.getConfiguration('wheelhouse');
    await configuration.update(
      'agents',
      { mine: { name: 'Mine', command: 'mine' } },
      vscode.ConfigurationTarget.Global,
    );
    try {
      await until('the setting', () => readAgents().agents.length === 1);
      assert.deepEqual(readAgents().agents, [{ id: 'mine', label: 'Mine', command: 'mine', args: [] }]);
    } finally {
      await configuration.update('agents', undefined, vscode.ConfigurationTarget.Global);
    }
  });
});
