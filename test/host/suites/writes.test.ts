import assert from 'node:assert/strict';
import { readFile, symlink } from 'node:fs/promises';
import * as vscode from 'vscode';
import { silent } from '../../../src/base/log.ts';
import { systemClock } from '../../../src/machine/clock.ts';
import type { Settlement } from '../../../src/router/ports.ts';
import { Diffs } from '../../../src/vscode/diffs.ts';
import { EditorWorkspace } from '../../../src/vscode/workspace.ts';
import { until } from '../../tools/until.ts';
import { dirty, failsWith, merges, place, read, signal, undo, write } from '../editorFiles.ts';
import { closeEditors, pathOf, put, remove, show, typeAtStart } from '../workspaceFolder.ts';

suite('what an agent writes, and the person', () => {
  teardown(async () => {
    merges.length = 0;
    await closeEditors();
    await remove('w');
  });

  test('[acp 4.1.4] a file that was not open: Ctrl+Z in its editor undoes the write', async () => {
    const path = await put('w/u1.txt', 'one\ntwo\n');
    assert.equal(await write(path, 'one\n2\n'), 'written');
    assert.equal(await readFile(path, 'utf8'), 'one\n2\n');
    const { document } = await show(path);
    assert.deepEqual([document.getText(), document.isDirty], ['one\n2\n', false]);
    await undo();
    assert.equal(document.getText(), 'one\ntwo\n');
  });

  test('[acp 4.1.4] a file that was made: Ctrl+Z in its editor undoes the write', async () => {
    const path = pathOf('w/deep/u2.txt');
    assert.equal(await write(path, 'new\n'), 'written');
    const { document } = await show(path);
    assert.deepEqual([document.getText(), document.isDirty], ['new\n', false]);
    await undo();
    assert.equal(document.getText(), '');
  });

  test('[acp 4.1.4] each of several writes is one step of undo', async () => {
    const path = await put('w/u3.txt', 'a\nb\nc\n');
    for (const text of ['A\nb\nC\n', 'A\nB\nC\n']) await write(path, text);
    const { document } = await show(path);
    await undo();
    assert.equal(document.getText(), 'A\nb\nC\n');
    await undo();
    assert.equal(document.getText(), 'a\nb\nc\n');
  });

  test('[I12] whoever reads meanwhile sees the old text or the new one', async () => {
    const [old, next] = ['a'.repeat(5000), 'b'.repeat(9000)];
    const path = await put('w/u4.txt', old);
    let done = false;
    const seen = new Set<string>();
    const reading = (async () => {
      while (!done) seen.add(await readFile(path, 'utf8'));
    })();
    for (let count = 0; count < 5; count += 1) await write(path, count % 2 === 0 ? next : old);
    done = true;
    await reading;
    assert.deepEqual(
      [...seen].filter((text) => text !== old && text !== next),
      [],
    );
  });

  test('[demand 10] [acp 4.1.4] edits that are not saved: keep mine', async () => {
    const path = await put('w/d1.txt', 'one\n');
    const { document } = await dirty(path, 'mine ');
    const asked: unknown[] = [];
    const answer = await write(path, 'theirs\n', async (conflict) => (asked.push(conflict), 'mine'));
    assert.equal(answer, 'kept');
    assert.deepEqual(asked, [{ mine: 'mine one\n', theirs: 'theirs\n' }]);
    assert.deepEqual([document.getText(), document.isDirty], ['mine one\n', true]);
    assert.equal(await readFile(path, 'utf8'), 'one\n');
  });

  test('[demand 10] [acp 4.1.4] edits that are not saved: take the agent’s, and one undo brings mine back', async () => {
    const path = await put('w/d2.txt', 'one\n');
    const { document } = await dirty(path, 'mine ');
    assert.equal(await write(path, 'theirs\n', async () => 'theirs'), 'written');
    assert.deepEqual([document.getText(), document.isDirty], ['theirs\n', false]);
    assert.equal(await readFile(path, 'utf8'), 'theirs\n');
    await undo();
    assert.equal(document.getText(), 'mine one\n');
  });

  test('[demand 10] [acp 4.1.4] edits that are not saved: merge, and nothing of either is lost or saved', async () => {
    const path = await put('w/d3.txt', 'one\ntwo\nthree\n');
    const { document } = await dirty(path, 'mine ');
    assert.equal(await write(path, 'agent one\ntwo\nTHREE\n', async () => 'merge'), 'merging');
    const merged = '<<<<<<< Yours\nmine one\n=======\nagent one\n>>>>>>> The agent’s\ntwo\nTHREE\n';
    assert.deepEqual([document.getText(), document.isDirty], [merged, true]);
    assert.equal(await readFile(path, 'utf8'), 'one\ntwo\nthree\n');
    assert.deepEqual(
      merges.map(({ base, mine, theirs, conflicts }) => [base, mine.text, theirs.text, conflicts]),
      [['one\ntwo\nthree\n', 'mine one\ntwo\nthree\n', 'agent one\ntwo\nTHREE\n', 1]],
    );
    await undo();
    assert.equal(document.getText(), 'mine one\ntwo\nthree\n');
  });

  test('[demand 10] an editor that saves by itself while the person is asked: a merge still has both', async () => {
    const path = await put('w/d8.txt', 'one\ntwo\nthree\n');
    const { document } = await dirty(path, 'mine ');
    const answer = async (): Promise<Settlement> => (await document.save(), 'merge');
    assert.equal(await write(path, 'one\ntwo\nTHREE\n', answer), 'merging');
    assert.deepEqual([document.getText(), document.isDirty], ['mine one\ntwo\nTHREE\n', true]);
  });

  test('[demand 10] the three-way view of VS Code shows what was put together', async () => {
    const path = await put('w/d4.txt', 'one\n');
    const { document } = await dirty(path, 'mine ');
    const diffs = new Diffs();
    const merging = new EditorWorkspace({ clock: systemClock, log: silent, diffs });
    await merging.writeText(await place(path), 'theirs\n', async () => 'merge', signal);
    await until('the merge editor', () =>
      vscode.window.tabGroups.all.some(({ tabs }) => tabs.some(({ label }) => label.includes('Merging'))),
    );
    assert.match(document.getText(), /mine one/u);
    assert.match(document.getText(), /theirs/u);
    await vscode.commands.executeCommand('workbench.action.closeAllEditors').then(undefined, () => undefined);
    diffs.dispose();
  });

  test('[demand 10] [acp 4.1.4] what the person typed after they were asked is not overwritten', async () => {
    const path = await put('w/d5.txt', 'one\n');
    const editor = await dirty(path, 'mine ');
    const writing = write(path, 'theirs\n', async () => {
      await typeAtStart(editor, 'more ');
      return 'theirs';
    });
    await assert.rejects(writing, failsWith('changed'));
    assert.equal(editor.document.getText(), 'more mine one\n');
  });

  test('[demand 10] [acp 4.1.5] what stands in the editor already is saved, and nobody is asked', async () => {
    const path = await put('w/d6.txt', 'one\n');
    const { document } = await dirty(path, 'mine ');
    assert.equal(await write(path, 'mine one\n'), 'written');
    assert.equal(document.isDirty, false);
    assert.equal(await readFile(path, 'utf8'), 'mine one\n');
  });

  test('[demand 10] unsaved edits under another name of the file are the person’s too', async () => {
    const path = await put('w/d7.txt', 'one\n');
    await symlink(path, pathOf('w/other-name.txt'));
    await dirty(pathOf('w/other-name.txt'), 'mine ');
    assert.equal(await read(path), 'mine one\n');
    assert.equal(await write(path, 'theirs\n', async () => 'mine'), 'kept');
  });

  test('[acp 4.1.4] a formatter that changes what is saved: the agent is told, and reads what stands there', async () => {
    const formatter = vscode.languages.registerDocumentFormattingEditProvider(
      { pattern: '**/formatted.txt' },
      {
        provideDocumentFormattingEdits: (document) => [
          vscode.TextEdit.insert(document.lineAt(document.lineCount - 1).range.end, '// formatted\n'),
        ],
      },
    );
    const settings = vscode.workspace.getConfiguration('editor');
    await settings.update('formatOnSave', true, vscode.ConfigurationTarget.Global);
    try {
      const path = await put('w/formatted.txt', 'one\n');
      const { document } = await show(path);
      assert.equal(await write(path, 'two\n'), 'reworked');
      assert.equal(await read(path), 'two\n// formatted\n');
      assert.equal(document.isDirty, false);
    } finally {
      formatter.dispose();
      await settings.update('formatOnSave', undefined, vscode.ConfigurationTarget.Global);
    }
  });

  test('[acp 4.2.4] a notebook with edits that are not saved, and a new document that has no file, are said clearly', async () => {
    const cells = { cells: [], metadata: {}, nbformat: 4, nbformat_minor: 5 };
    const path = await put('w/n.ipynb', JSON.stringify(cells));
    assert.match(await read(path), /nbformat/u);
    const notebook = await vscode.workspace.openNotebookDocument(vscode.Uri.file(path));
    await vscode.window.showNotebookDocument(notebook);
    const edit = new vscode.WorkspaceEdit();
    const cell = new vscode.NotebookCellData(vscode.NotebookCellKind.Code, 'print(1)', 'python');
    edit.set(notebook.uri, [vscode.NotebookEdit.insertCells(0, [cell])]);
    assert.ok(await vscode.workspace.applyEdit(edit));
    assert.ok(notebook.isDirty);
    await assert.rejects(read(path), failsWith('unsaved'));
    await assert.rejects(write(path, '{}'), failsWith('unsaved'));
    await vscode.commands.executeCommand('workbench.action.revertAndCloseActiveEditor');
    const untitled = vscode.Uri.file(pathOf('w/never-saved.txt')).with({ scheme: 'untitled' });
    await vscode.window.showTextDocument(await vscode.workspace.openTextDocument(untitled));
    await assert.rejects(read(pathOf('w/never-saved.txt')), failsWith('not found'));
    await assert.rejects(write(pathOf('w/never-saved.txt'), 'x'), failsWith('invalid'));
    await assert.rejects(read('untitled:Untitled-1'), failsWith('invalid'));
    await vscode.commands.executeCommand('workbench.action.revertAndCloseActiveEditor');
  });
});
