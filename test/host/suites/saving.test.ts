import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import * as vscode from 'vscode';
import { until } from '../../tools/until.ts';
import { read, undo, write } from '../editorFiles.ts';
import { closeEditors, put, remove, show } from '../workspaceFolder.ts';

/** As an extension that has its say before each save of this file. */
const beforeSaving = (name: string, say: (document: vscode.TextDocument) => Thenable<vscode.TextEdit[]>) =>
  vscode.workspace.onWillSaveTextDocument((event) => {
    if (event.document.uri.path.endsWith(name)) event.waitUntil(say(event.document));
  });

suite('a write, and what else has its say about a document', () => {
  teardown(async () => {
    await closeEditors();
    await remove('s');
  });

  test('[acp 4.2.5] an extension that never lets go of a save holds up a write as long as VS Code lets it, and no longer', async () => {
    const path = await put('s/held.txt', 'one\n');
    const { document } = await show(path);
    let asked = 0;
    const holding = beforeSaving('held.txt', () => {
      asked += 1;
      return new Promise<vscode.TextEdit[]>(() => undefined);
    });
    try {
      assert.equal(await write(path, 'two\n'), 'written');
    } finally {
      holding.dispose();
    }
    assert.equal(asked, 1);
    assert.equal(await readFile(path, 'utf8'), 'two\n');
    assert.equal(document.isDirty, false);
    await undo();
    assert.equal(document.getText(), 'one\n');
  });

  test('[acp 4.2.5] what an extension makes of the text while it is saved is told, and is what is read', async () => {
    const path = await put('s/headed.txt', 'one\n');
    const { document } = await show(path);
    const heading = beforeSaving('headed.txt', () =>
      Promise.resolve([vscode.TextEdit.insert(new vscode.Position(0, 0), '// headed\n')]),
    );
    try {
      assert.equal(await write(path, 'two\n'), 'reworked');
    } finally {
      heading.dispose();
    }
    assert.equal(await readFile(path, 'utf8'), '// headed\ntwo\n');
    assert.equal(await read(path), '// headed\ntwo\n');
    assert.equal(document.isDirty, false);
  });

  test('[acp 4.2.5] of a document that is held and shown nowhere the disk counts, and its own text once it has edits', async () => {
    const path = await put('s/shown-nowhere.txt', 'one\n');
    const document = await vscode.workspace.openTextDocument(vscode.Uri.file(path));
    await writeFile(path, 'two\n');
    assert.equal(await read(path), 'two\n');
    await show(path);
    await vscode.commands.executeCommand('workbench.action.closeActiveEditor');
    await writeFile(path, 'three\n');
    assert.equal(await read(path), 'three\n');
    // An edit that comes while VS Code reads the file anew is lost with what stood there before.
    const known = await vscode.workspace.openTextDocument(document.uri);
    await until('the text of the disk', () => known.getText() === 'three\n');
    const edit = new vscode.WorkspaceEdit();
    edit.insert(document.uri, new vscode.Position(0, 0), 'mine\n');
    assert.ok(await vscode.workspace.applyEdit(edit));
    // The word that it has edits comes a moment after they are made.
    const held = await until('its edits', () =>
      vscode.workspace.textDocuments.find(({ uri, isDirty }) => isDirty && uri.toString() === document.uri.toString()),
    );
    assert.equal(await read(path), held.getText());
    const asked: string[] = [];
    await write(path, 'theirs\n', (conflict) => {
      asked.push(conflict.mine);
      return Promise.resolve('mine');
    });
    assert.deepEqual(asked, [held.getText()]);
    assert.match(asked[0] ?? '', /^mine\n/u);
  });
});
