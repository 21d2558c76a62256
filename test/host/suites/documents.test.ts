import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmod, readFile, stat } from 'node:fs/promises';
import { promisify } from 'node:util';
import * as vscode from 'vscode';
import { failsWith, read, write } from '../editorFiles.ts';
import { closeEditors, pathOf, put, remove, show } from '../workspaceFolder.ts';

const files = (): vscode.WorkspaceConfiguration => vscode.workspace.getConfiguration('files');
const setReadOnly = async (name: 'readonlyInclude' | 'readonlyExclude', globs: object | undefined): Promise<void> => {
  await files().update(name, globs, vscode.ConfigurationTarget.Global);
};
/** In words: what happened, and what to do. */
const saysReadOnly = (failure: unknown): boolean =>
  failsWith('read-only')(failure) && failure instanceof Error && 'next' in failure && typeof failure.next === 'string';
const textOf = (path: string): Promise<string> => readFile(path, 'utf8');

suite('documents that are not like others', () => {
  teardown(async () => {
    await setReadOnly('readonlyInclude', undefined);
    await setReadOnly('readonlyExclude', undefined);
    await closeEditors();
    await remove('w');
  });

  for (const shown of [false, true]) {
    const where = shown ? 'in an editor' : 'not open';

    test(`[acp 4.2.4] a file that its permissions make read-only is read and not written, ${where}`, async () => {
      const path = await put(`w/mode-${shown}.txt`, 'one\n');
      await chmod(path, 0o444);
      const document = shown ? (await show(path)).document : undefined;
      assert.equal(await read(path), 'one\n');
      await assert.rejects(write(path, 'two\n'), saysReadOnly);
      assert.equal(await textOf(path), 'one\n');
      assert.equal((await stat(path)).mode & 0o777, 0o444);
      if (document !== undefined) assert.deepEqual([document.getText(), document.isDirty], ['one\n', false]);
    });

    test(`[acp 4.2.4] a file that the person’s settings make read-only is read and not written, ${where}`, async () => {
      const path = await put(`w/kept/setting-${shown}.txt`, 'one\n');
      await setReadOnly('readonlyInclude', { 'w/kept/**': true, '**/*.txt': false });
      const document = shown ? (await show(path)).document : undefined;
      assert.equal(await read(path), 'one\n');
      await assert.rejects(write(path, 'two\n'), saysReadOnly);
      assert.equal(await textOf(path), 'one\n');
      if (document !== undefined) assert.deepEqual([document.getText(), document.isDirty], ['one\n', false]);
      await assert.rejects(write(pathOf(`w/kept/new-${shown}.txt`), 'two\n'), saysReadOnly);
      await assert.rejects(textOf(pathOf(`w/kept/new-${shown}.txt`)));
      // What the person takes out of it is like any other.
      await setReadOnly('readonlyExclude', { [`**/setting-${shown}.txt`]: true });
      assert.equal(await write(path, 'two\n'), 'written');
      assert.equal(await textOf(path), 'two\n');
    });
  }

  test('[acp 4.2.4] a document that is too large for VS Code is neither read nor written', async () => {
    const path = await put('w/large.txt', Buffer.alloc(50 * 2 ** 20 + 1, 'a\n'));
    for (const act of [read(path), write(path, 'small\n')])
      await assert.rejects(act, (failure) => failsWith('invalid')(failure) && /50 MB/u.test(String(failure)));
    assert.equal((await stat(path)).size, 50 * 2 ** 20 + 1);
    const small = await put('w/small.txt', 'one\n');
    for (const target of [small, pathOf('w/none.txt')])
      await assert.rejects(write(target, 'a'.repeat(50 * 2 ** 20 + 1)), /50 MB/u);
    assert.equal(await textOf(small), 'one\n');
    await assert.rejects(stat(pathOf('w/none.txt')));
  });

  test('[acp 4.2.4] what git has under the same path is another document: never read, never written', async () => {
    const path = await put('w/twin.txt', 'committed\n');
    const git = async (...args: readonly string[]): Promise<void> =>
      void (await promisify(execFile)('git', ['-c', 'user.name=a', '-c', 'user.email=a@b', ...args], {
        cwd: pathOf('w'),
      }));
    await git('init', '-q');
    await git('add', 'twin.txt');
    await git('commit', '-qm', 'one');
    await put('w/twin.txt', 'working\n');
    const uri = vscode.Uri.file(path).with({ scheme: 'git', query: JSON.stringify({ path, ref: 'HEAD' }) });
    const owned = vscode.workspace.registerTextDocumentContentProvider('git', {
      provideTextDocumentContent: () => 'committed\n',
    });
    try {
      const twin = await vscode.workspace.openTextDocument(uri);
      await vscode.window.showTextDocument(twin, { preview: false });
      assert.equal(twin.getText(), 'committed\n');
      assert.equal(await read(path), 'working\n');
      assert.equal(await write(path, 'agent\n'), 'written');
      assert.equal(await textOf(path), 'agent\n');
      assert.deepEqual([twin.getText(), twin.isDirty], ['committed\n', false]);
      for (const address of [uri.toString(), `git:${path}`]) {
        await assert.rejects(read(address), failsWith('invalid'));
        await assert.rejects(write(address, 'x'), failsWith('invalid'));
      }
      assert.equal(await textOf(path), 'agent\n');
    } finally {
      owned.dispose();
    }
  });
});
