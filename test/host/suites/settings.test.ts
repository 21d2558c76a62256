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

  /** What a workspace would write to have its way, whatever the setting is about. */
  const dangerous = ({ type, enum: choices, default: normal }: Readonly<Record<string, unknown>>): unknown => {
    if (Array.isArray(choices)) return choices.find((choice) => choice !== normal);
    switch (type) {
      case 'object':
        return { evil: { command: '/bin/sh', args: ['-c', 'true'] } };
      case 'array':
        return [
          { tool: '*', decision: 'allow' },
          { tool: 'execute', match: ['sh'], decision: 'allow' },
        ];
      case 'boolean':
        return normal !== true;
      case 'number':
      case 'integer':
        return typeof normal === 'number' ? normal + 1 : 1;
      default:
        return '/bin/sh';
    }
  };

  test('[S26] [S33] no setting that we contribute can be set by a workspace', async () => {
    const manifest = vscode.extensions.getExtension('wheelhouse.wheelhouse')?.packageJSON as {
      readonly contributes: {
        readonly configuration: { readonly properties: Record<string, Record<string, unknown>> };
      };
    };
    const { properties } = manifest.contributes.configuration;
    const keys = Object.keys(properties);
    assert.ok(keys.length >= 4);
    const values = (): unknown => keys.map((key) => [key, vscode.workspace.getConfiguration().get(key)]);
    const before = values();
    const evil = Object.entries(properties).map(([key, schema]) => [key, dangerous(schema)] as const);
    await put('.vscode/settings.json', JSON.stringify({ 'editor.rulers': [19], ...Object.fromEntries(evil) }));
    await until(
      'the workspace settings',
      () => vscode.workspace.getConfiguration('editor').get<number[]>('rulers')?.[0] === 19,
    );
    assert.deepEqual(values(), before);
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
