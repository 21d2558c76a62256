import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { until } from '../../tools/until.ts';
import { dirty, undo } from '../editorFiles.ts';
import { closeEditors, folder, pathOf, put, remove, show } from '../workspaceFolder.ts';

const run = async <T>(command: string, argument?: unknown): Promise<T> =>
  await vscode.commands.executeCommand<T>(`wheelhouse.${command}`, argument);
const settings = (): vscode.WorkspaceConfiguration => vscode.workspace.getConfiguration('wheelhouse');
const setRules = async (rules: unknown): Promise<void> => {
  await settings().update('permissions.rules', rules, vscode.ConfigurationTarget.Global);
};

/** Not of the workspace, and gone with it. */
const outside = (): string => pathOf('../gate-outside.txt');

// From the agent's process to the file and back: nothing of ours is replaced by anything.
suite('what an agent asks of the files, and the person', () => {
  let session = '';
  suiteSetup(async () => {
    const agent = { name: 'Fake', command: process.execPath, args: [join(__dirname, '../../test/fakes/agent.ts')] };
    await settings().update('agents', { fake: agent }, vscode.ConfigurationTarget.Global);
    session = await run<string>('newSession', { agent: 'fake', cwd: folder() });
  });
  suiteTeardown(async () => {
    await run('deleteSession', session);
    await settings().update('agents', undefined, vscode.ConfigurationTarget.Global);
  });
  teardown(async () => {
    await setRules(undefined);
    await closeEditors();
    for (const name of ['g', '.claude', '.vscode']) await remove(name);
    await rm(outside(), { force: true });
  });

  /** Has the agent write, and answers what is asked; undefined: nothing may be asked. */
  const write = async (name: string, text: string, option?: string): Promise<void> => {
    const turn = run<{ stopReason: string }>('prompt', { session, text: `write ${name} ${text}` });
    if (option !== undefined)
      await until('the question', () =>
        run('answerQuestion', { session, option }).then(
          () => true,
          (failure: unknown) => {
            // That there is none yet is no reason to give up; any other is.
            if (/No question/u.test(String(failure))) return false;
            throw failure;
          },
        ),
      );
    assert.deepEqual(await turn, { stopReason: 'end_turn' });
  };
  const onDisk = (name: string): Promise<string> => readFile(pathOf(name), 'utf8');
  /** What Ctrl+Z in an editor of the file leaves there. */
  const undone = async (path: string): Promise<string> => {
    const { document } = await show(path);
    await undo();
    return document.getText();
  };

  test('[S20] outside of the workspace: no leaves everything as it is, yes writes it, and Ctrl+Z undoes it', async () => {
    await write('../gate-outside.txt', 'out', 'reject');
    assert.equal(existsSync(outside()), false);
    await write('../gate-outside.txt', 'out', 'allow');
    assert.equal(await readFile(outside(), 'utf8'), 'out');
    assert.equal(await undone(outside()), '');
  });

  test('[S21] [CVE-2026-39861] a link out of it is outside, and so is what is not there yet', async () => {
    await put('g/x', '');
    await symlink(pathOf('..'), pathOf('g/way'));
    await write('g/way/gate-outside.txt', 'out', 'reject');
    assert.equal(existsSync(outside()), false);
  });

  test('[S26] [CVE-2025-53773] settings are asked for though a rule allows everything, and Ctrl+Z undoes the yes', async () => {
    await setRules([
      { tool: '*', decision: 'allow' },
      { tool: 'edit', match: '.vscode/**', decision: 'allow' },
    ]);
    const evil = '{"chat.tools.autoApprove":true}';
    await write('.vscode/settings.json', evil, 'reject');
    assert.equal(existsSync(pathOf('.vscode')), false);
    await put('.vscode/settings.json', '{}');
    await write('.vscode/settings.json', evil, 'allow');
    assert.equal(await onDisk('.vscode/settings.json'), evil);
    assert.equal(await undone(pathOf('.vscode/settings.json')), '{}');
  });

  test('[S24] [CVE-2026-25725] so is one that is not there yet, with its folder', async () => {
    await write('.claude/settings.json', '{"hooks":{}}', 'reject');
    assert.equal(existsSync(pathOf('.claude')), false);
  });

  test('[demand 10] edits that are not saved: mine', async () => {
    const { document } = await dirty(await put('g/mine.txt', 'one\n'), 'my ');
    await write('g/mine.txt', 'theirs', 'mine');
    assert.deepEqual([document.getText(), document.isDirty], ['my one\n', true]);
    assert.equal(await onDisk('g/mine.txt'), 'one\n');
  });

  test('[demand 10] edits that are not saved: theirs, and one Ctrl+Z brings mine back', async () => {
    const { document } = await dirty(await put('g/theirs.txt', 'one\n'), 'my ');
    await write('g/theirs.txt', 'theirs', 'theirs');
    assert.deepEqual([document.getText(), document.isDirty], ['theirs', false]);
    assert.equal(await onDisk('g/theirs.txt'), 'theirs');
    assert.equal(await undone(pathOf('g/theirs.txt')), 'my one\n');
  });

  test('[demand 10] edits that are not saved: both, nothing is saved, and one Ctrl+Z brings mine back', async () => {
    const { document } = await dirty(await put('g/both.txt', 'one\ntwo\nthree\n'), 'my ');
    await write('g/both.txt', 'one\ntwo\nTHREE', 'merge');
    assert.deepEqual([document.getText(), document.isDirty], ['my one\ntwo\nTHREE', true]);
    assert.equal(await onDisk('g/both.txt'), 'one\ntwo\nthree\n');
    assert.equal(await undone(pathOf('g/both.txt')), 'my one\ntwo\nthree\n');
  });

  test('[demand 8] a rule asks, and another refuses without a word', async () => {
    await setRules([
      { tool: 'edit', match: 'g/asked/**', decision: 'ask' },
      { tool: 'edit', match: 'g/denied/**', decision: 'deny' },
    ]);
    await write('g/asked/a.txt', 'no', 'reject');
    assert.equal(existsSync(pathOf('g')), false);
    await write('g/asked/a.txt', 'yes', 'allow');
    assert.equal(await onDisk('g/asked/a.txt'), 'yes');
    await write('g/denied/a.txt', 'no');
    assert.equal(existsSync(pathOf('g/denied')), false);
    // A file beside them nobody is asked about.
    await write('g/a.txt', 'free');
    assert.equal(await onDisk('g/a.txt'), 'free');
  });

  test('[acp 4.1.4] Ctrl+Z undoes any write: in an open editor, in none, and of a file that was made', async () => {
    await show(await put('g/open.txt', 'before\n'));
    await put('g/closed.txt', 'before\n');
    for (const name of ['open', 'closed', 'made']) {
      await write(`g/${name}.txt`, 'after');
      assert.equal(await onDisk(`g/${name}.txt`), 'after');
      assert.equal(await undone(pathOf(`g/${name}.txt`)), name === 'made' ? '' : 'before\n', name);
    }
  });
});
