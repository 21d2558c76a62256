import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import * as vscode from 'vscode';
import { until } from '../../tools/until.ts';
import { closeEditors, folder, put, remove } from '../workspaceFolder.ts';

const run = async <T>(command: string, argument?: unknown): Promise<T> =>
  await vscode.commands.executeCommand<T>(`wheelhouse.${command}`, argument);
const prompt = (session: string, text: string): Promise<{ stopReason: string }> => run('prompt', { session, text });
const setting = (): vscode.WorkspaceConfiguration => vscode.workspace.getConfiguration('wheelhouse');
const written = (): unknown => setting().inspect('permissions.rules')?.globalValue;
const write = async (rules: unknown): Promise<void> => {
  await setting().update('permissions.rules', rules, vscode.ConfigurationTarget.Global);
};
/** Whether the turn asks the person; answers with a refusal if it does. */
const asks = async (session: string, turn: Promise<unknown>): Promise<boolean> => {
  let over = false;
  const end = turn.finally(() => (over = true));
  let asked = false;
  await until('the end of the turn', async () => {
    if (over) return true;
    asked ||= await run('answerQuestion', { session, option: 'reject_once' }).then(
      () => true,
      () => false,
    );
    return false;
  });
  await end;
  return asked;
};

suite('rules for permissions', () => {
  let session = '';
  suiteSetup(async () => {
    session = await run<string>('newSession', { agent: 'demo', cwd: folder() });
  });
  suiteTeardown(async () => {
    await run('deleteSession', session);
    await write(undefined);
  });
  teardown(async () => {
    await closeEditors();
    await remove('.vscode');
  });

  test('[demand 8] a rule of the setting answers at once, and one that is revoked in its list asks again', async () => {
    const path = await put('ruled.md', '# Title\n');
    await write([
      { tool: 'edit', match: 'ruled.md', decision: 'allow' },
      { tool: 'edit', match: 'x', decision: 'perhaps' },
    ]);
    assert.equal(await asks(session, prompt(session, '/edit ruled.md')), false);
    assert.notEqual(await readFile(path, 'utf8'), '# Title\n');

    const shown = run('showRules', session);
    // The first of the list is the only rule that is none of a mistake; what is no rule stays as it was written.
    await until('the rule to be revoked', async () => {
      await vscode.commands.executeCommand('workbench.action.acceptSelectedQuickOpenItem');
      return JSON.stringify(written()) === JSON.stringify([{ tool: 'edit', match: 'x', decision: 'perhaps' }]);
    });
    await vscode.commands.executeCommand('workbench.action.closeQuickOpen');
    await shown;
    assert.equal(await asks(session, prompt(session, '/edit ruled.md')), true);
  });

  test('[demand 8] deny goes before allow, wherever it stands', async () => {
    const path = await put('denied.md', '# Title\n');
    await write([
      { tool: '*', decision: 'allow' },
      { tool: 'edit', match: '**/*.md', decision: 'deny' },
    ]);
    assert.equal(await asks(session, prompt(session, '/edit denied.md')), false);
    assert.equal(await readFile(path, 'utf8'), '# Title\n');
  });

  test('[S26] rules of a workspace are none', async () => {
    await write(undefined);
    await put(
      '.vscode/settings.json',
      JSON.stringify({ 'editor.rulers': [18], 'wheelhouse.permissions.rules': [{ tool: '*', decision: 'allow' }] }),
    );
    await until(
      'the workspace settings',
      () => vscode.workspace.getConfiguration('editor').get<number[]>('rulers')?.[0] === 18,
    );
    await put('asked.md', '# Title\n');
    assert.equal(await asks(session, prompt(session, '/edit asked.md')), true);
  });
});
