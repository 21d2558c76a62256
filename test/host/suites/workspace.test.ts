import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { until } from '../../tools/until.ts';
import { failsWith, place, read, signal, unasked, workspace, write } from '../editorFiles.ts';
import { closeEditors, pathOf, put, remove, show, typeAtStart } from '../workspaceFolder.ts';

suite('the files of the editor', () => {
  // Each test has files of its own: VS Code keeps a document for a while after its editor was closed.
  let outside = '';
  setup(async () => {
    outside = await mkdtemp(join(tmpdir(), 'wheelhouse-outside-'));
  });
  teardown(async () => {
    await closeEditors();
    await remove('w');
    await rm(outside, { recursive: true, force: true });
  });

  test('[acp 4.1.1] an agent reads what the person sees: the unsaved text, and the disk once it is saved', async () => {
    const path = await put('w/a.txt', 'one\ntwo\n');
    const editor = await show(path);
    await typeAtStart(editor, 'zero\n');
    assert.equal(await read(path), 'zero\none\ntwo\n');
    assert.equal(await read(path, { line: 2, limit: 1 }), 'one\n');
    await editor.document.save();
    await writeFile(path, 'changed outside\n');
    assert.equal(await read(path), 'changed outside\n');
  });

  test('[acp 4.1.2] lines count from 1, and a range that is none is refused', async () => {
    const path = await put('w/b.txt', 'one\r\ntwo\r\n');
    assert.equal(await read(path, { line: 1, limit: 1 }), 'one\r\n');
    assert.equal(await read(path, { line: 9 }), '');
    await assert.rejects(read(path, { line: 0 }), failsWith('invalid'));
    await assert.rejects(read(path, { limit: -1 }), failsWith('invalid'));
  });

  test('[acp 4.1.3] a byte order mark is no text, and what is no text is refused', async () => {
    assert.equal(await read(await put('w/bom.txt', '\uFEFFtext')), 'text');
    assert.equal(await read(await put('w/utf16.txt', Buffer.from('\uFEFFtext', 'utf16le'))), 'text');
    await assert.rejects(
      read(await put('w/image.png', Buffer.from([0x89, 0x50, 0, 0, 1, 2, 0, 255]))),
      failsWith('binary'),
    );
    await assert.rejects(
      read(await put('w/latin1.txt', Buffer.from('caf\xE9 au lait', 'latin1'))),
      failsWith('binary'),
    );
  });

  test('[acp 4.1.6] a file that is not there, a folder, a path that is none', async () => {
    await put('w/d.txt', '');
    await assert.rejects(read(pathOf('w/none.txt')), failsWith('not found'));
    await assert.rejects(read(pathOf('w')), failsWith('invalid'));
    await assert.rejects(read('w/d.txt'), failsWith('invalid'));
    await assert.rejects(read(`file://${pathOf('w/d.txt')}`), failsWith('invalid'));
  });

  test('[acp 4.1.4] a write is one step of undo in an open editor, and saved', async () => {
    const path = await put('w/e.txt', 'one\ntwo\nthree\n');
    const editor = await show(path);
    await write(path, 'one\n2\nthree\n');
    assert.equal(editor.document.isDirty, false);
    assert.equal(await readFile(path, 'utf8'), 'one\n2\nthree\n');
    await vscode.commands.executeCommand('undo');
    assert.equal(editor.document.getText(), 'one\ntwo\nthree\n');
  });

  test('[acp 4.1.4] only the lines that differ are edited, so the cursor stays', async () => {
    const path = await put('w/f.txt', 'one\ntwo\nthree\n');
    const editor = await show(path);
    editor.selection = new vscode.Selection(2, 3, 2, 3);
    const changes: vscode.TextDocumentContentChangeEvent[] = [];
    const listening = vscode.workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
      if (document === editor.document) changes.push(...contentChanges);
    });
    await write(path, 'one\nTWO\nthree\n');
    listening.dispose();
    assert.deepEqual(
      changes.map(({ text }) => text),
      ['TWO'],
    );
    assert.deepEqual([editor.selection.active.line, editor.selection.active.character], [2, 3]);
  });

  test('[acp 4.1.4] line ends and the byte order mark stay as they were', async () => {
    const path = await put('w/crlf.txt', '\uFEFFone\r\ntwo\r\n');
    await write(path, 'one\n2\n');
    assert.equal(await readFile(path, 'utf8'), '\uFEFFone\r\n2\r\n');
  });

  test('[acp 4.1.5] what is already there is not written again', async () => {
    const path = await put('w/h.txt', 'same\r\n');
    const editor = await show(path);
    const { version } = editor.document;
    await write(path, 'same\n');
    assert.equal(editor.document.version, version);
    assert.equal(await readFile(path, 'utf8'), 'same\r\n');
  });

  test('[acp 4.1.4] a new file is made with its folders, exactly as it was given', async () => {
    const path = pathOf('w/new/deep/a.txt');
    await write(path, 'new\r\nfile');
    assert.equal(await readFile(path, 'utf8'), 'new\r\nfile');
  });

  test('[acp 4.1.1] a write after a change on the disk that the editor has not noticed keeps that change', async () => {
    const path = await put('w/k.txt', 'one\ntwo\n');
    const editor = await show(path);
    await writeFile(path, 'one\ntwo\nthree, by a command\n');
    await write(path, 'ONE\ntwo\nthree, by a command\n');
    assert.equal(await readFile(path, 'utf8'), 'ONE\ntwo\nthree, by a command\n');
    await until('the editor to show it', () => editor.document.getText() === 'ONE\ntwo\nthree, by a command\n');
  });

  test('[acp 4.1.4] two writes of one file at once come one after the other', async () => {
    const path = await put('w/l.txt', 'start\n');
    // Judged before: which of two looks at the disk ends first is nobody's to say.
    const judged = await place(path);
    await Promise.all(['first\n', 'second\n'].map((text) => workspace.writeText(judged, text, unasked, signal)));
    assert.equal(await readFile(path, 'utf8'), 'second\n');
  });

  test('[S21] a way out of the folders is known as one, whatever it looks like', async () => {
    const secret = join(outside, 'secret.txt');
    await writeFile(secret, 'secret');
    await put('w/m.txt', '');
    await symlink(outside, pathOf('w/way-out'));
    await symlink(join(outside, 'new.txt'), pathOf('w/dangling'));
    for (const path of [
      secret,
      pathOf('../x/a'),
      pathOf('w/way-out/secret.txt'),
      pathOf('w/way-out/n/n'),
      pathOf('w/dangling'),
    ])
      assert.equal((await place(path)).inside, false, path);
    assert.equal((await place(pathOf('w/m.txt'))).inside, true);
    assert.equal((await place(pathOf('.vscode/settings.json'))).protectedBy, '.vscode/**');
  });

  test('[S22] a link that is put in the way of a write gets none of it, in an editor or not', async () => {
    await writeFile(join(outside, 'n.txt'), 'secret\n');
    for (const shown of [false, true]) {
      const path = await put('w/swap/n.txt', 'mine\n');
      if (shown) await show(path);
      const judged = await place(path);
      const judgedNew = await place(pathOf('w/swap/new.txt'));
      await rename(pathOf('w/swap'), pathOf('w/aside'));
      await symlink(outside, pathOf('w/swap'));
      for (const each of [judged, judgedNew])
        await assert.rejects(workspace.writeText(each, 'stolen\n', unasked, signal), failsWith('changed'));
      await assert.rejects(workspace.readText(judged, {}, signal), failsWith('changed'));
      assert.equal(await readFile(join(outside, 'n.txt'), 'utf8'), 'secret\n');
      assert.deepEqual(await readdir(outside), ['n.txt']);
      await rm(pathOf('w/swap'));
      await rename(pathOf('w/aside'), pathOf('w/swap'));
      await closeEditors();
    }
  });
});
