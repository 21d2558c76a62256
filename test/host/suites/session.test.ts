import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import * as vscode from 'vscode';
import { until } from '../../tools/until.ts';
import { closeEditors, folder, pathOf, put, show } from '../workspaceFolder.ts';

const run = async <T>(command: string, argument?: unknown): Promise<T> =>
  await vscode.commands.executeCommand<T>(`wheelhouse.${command}`, argument);
const prompt = (session: string, text: string): Promise<{ stopReason: string }> => run('prompt', { session, text });
/** Answers as soon as something is asked. */
const answer = (session: string, option: string): Promise<unknown> =>
  until('the question', async () => {
    await run('answerQuestion', { session, option });
    return true;
  });

suite('a session with the demo agent', () => {
  let session = '';
  suiteSetup(async () => {
    session = await run<string>('newSession', { agent: 'demo', cwd: folder() });
  });
  suiteTeardown(() => run('closeSession', session));
  teardown(closeEditors);

  test('[commands] with one agent and one folder nothing is asked', async () => {
    const other = await run<string>('newSession');
    assert.match(other, /^[\w-]{16,}$/u);
    assert.notEqual(other, session);
    assert.deepEqual(await prompt(other, '/plan'), { stopReason: 'end_turn' });
    await run('closeSession', other);
    // What was said in it is kept, and a prompt brings the agent back.
    assert.deepEqual(await prompt(other, '/plan'), { stopReason: 'end_turn' });
    await run('deleteSession', other);
    await assert.rejects(prompt(other, 'hello'), /closed/u);
  });

  test('[commands] a prompt says how its turn ended', async () => {
    assert.deepEqual(await prompt(session, 'hello'), { stopReason: 'end_turn' });
  });

  test('[commands] an edit that is allowed lands in the open editor, and undo takes it back', async () => {
    const path = await put('edit.md', '# Title\n\nText.\n');
    const editor = await show(path);
    const turn = prompt(session, '/edit edit.md');
    await answer(session, 'allow_once');
    assert.deepEqual(await turn, { stopReason: 'end_turn' });
    const written = await readFile(path, 'utf8');
    assert.notEqual(written, '# Title\n\nText.\n');
    assert.equal(editor.document.getText(), written);
    assert.equal(editor.document.isDirty, false);
    await vscode.window.showTextDocument(editor.document);
    await vscode.commands.executeCommand('undo');
    assert.equal(editor.document.getText(), '# Title\n\nText.\n');
  });

  test('[commands] an edit that is rejected leaves the file alone', async () => {
    const path = await put('reject.md', '# Title\n');
    const turn = prompt(session, '/edit reject.md');
    await answer(session, 'reject_once');
    assert.deepEqual(await turn, { stopReason: 'end_turn' });
    assert.equal(await readFile(path, 'utf8'), '# Title\n');
  });

  test('[commands] an answer that was not offered is refused, and cancel ends the turn', async () => {
    const turn = prompt(session, '/edit README.md');
    await until('the question', () =>
      run('answerQuestion', { session, option: 'nonsense' }).then(
        () => false,
        (failure: unknown) => String(failure).includes('not offered'),
      ),
    );
    await run('cancel', session);
    assert.deepEqual(await turn, { stopReason: 'cancelled' });
    await assert.rejects(run('answerQuestion', { session, option: 'allow_once' }), /No question/u);
  });

  test('[I7] a second prompt while one runs waits for its turn', async () => {
    const ended: string[] = [];
    const first = prompt(session, '/edit README.md').then(() => ended.push('first'));
    const second = prompt(session, 'again').then(() => ended.push('second'));
    await answer(session, 'reject_once');
    await Promise.all([first, second]);
    assert.deepEqual(ended, ['first', 'second']);
  });

  test('[terminal] a command is shown as a terminal that takes no focus, and stays with its exit code', async () => {
    const editor = await show(pathOf('README.md'));
    const before = new Set(vscode.window.terminals);
    const turn = prompt(session, '/run printf done; exit 3');
    await answer(session, 'allow_once');
    assert.deepEqual(await turn, { stopReason: 'end_turn' });
    const shown = vscode.window.terminals.filter((terminal) => !before.has(terminal));
    assert.deepEqual(
      shown.map(({ name }) => name.includes('printf done')),
      [true],
    );
    assert.equal(vscode.window.activeTextEditor, editor);
    assert.equal(shown[0]?.exitStatus, undefined);
  });

  test('[commands] wrong arguments are told in words', async () => {
    await assert.rejects(run('newSession', { agent: 'nobody' }), /nobody/u);
    await assert.rejects(run('newSession', { agent: 'demo', cwd: 'relative' }), /not an absolute path/u);
    await assert.rejects(run('prompt', { session: 'no such session', text: 'x' }), /closed/u);
    await assert.rejects(run('prompt', { session, text: 5 }), /must be a text/u);
  });
});
