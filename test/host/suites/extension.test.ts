import * as assert from 'node:assert/strict';
import * as vscode from 'vscode';
import manifest from '../../../package.json' with { type: 'json' };

suite('the packaged extension', () => {
  const id = `${manifest.publisher}.${manifest.name}`;

  test('[host] is installed under its identifier, with the version of the repository', () => {
    assert.equal(id, 'wheelhouse.wheelhouse');
    assert.equal(vscode.extensions.getExtension(id)?.packageJSON.version, manifest.version);
  });

  test('[host] activates', async () => {
    const extension = vscode.extensions.getExtension(id);
    await extension?.activate();
    assert.equal(extension?.isActive, true);
  });

  for (const { command } of manifest.contributes.commands) {
    test(`[host] registers the command ${command} that package.json promises`, async () => {
      assert.ok((await vscode.commands.getCommands(true)).includes(command));
    });
  }
});
