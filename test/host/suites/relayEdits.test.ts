import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import * as vscode from 'vscode';
import { PeerError } from '../../../src/base/failure.ts';
import { silent } from '../../../src/base/log.ts';
import { systemClock } from '../../../src/machine/clock.ts';
import { RELAY } from '../../../src/protocol/relay/names.ts';
import { RelayWorkspace } from '../../../src/relay/workspace.ts';
import { Diffs } from '../../../src/vscode/diffs.ts';
import { editorQueries } from '../../../src/vscode/queries.ts';
import { askChange } from '../../../src/vscode/relay/askChange.ts';
import { until } from '../../tools/until.ts';
import { dirty, signal, undo, workspace } from '../editorFiles.ts';
import { closeEditors, pathOf, put, remove, show } from '../workspaceFolder.ts';

const relay = new RelayWorkspace({
  clock: systemClock,
  queries: editorQueries({ workspace, env: process.env, log: silent }),
  edits: { workspace, allowed: () => false },
});
const edit = (path: string, newText: string, expectedVersion?: string | null) => {
  const start = { line: 0, character: 0 };
  const edits = [{ range: { start, end: { line: 0, character: 3 } }, newText }];
  const params = { path, edits, ...(expectedVersion === undefined ? {} : { expectedVersion }) };
  return relay.applyEdit(params, { id: 'd', name: 'Phone', capability: 'drive' }, signal);
};
const read = async (path: string): Promise<{ readonly content: string; readonly version: string }> =>
  (await relay.query(RELAY.readFile, { path }, signal)) as { content: string; version: string };
const refusedWith = (code: number) => (failure: unknown) => failure instanceof PeerError && failure.code === code;

suite('edits by devices in a window', () => {
  teardown(async () => {
    await closeEditors();
    await remove('e');
  });

  test('[relay 9 edit] an edit is a step of undo in the file that the person has open', async () => {
    const path = await put('e/a.txt', 'one\ntwo\n');
    const { document } = await show(path);
    const { version } = await edit(path, 'ONE', (await read(path)).version);
    assert.equal(version, (await read(path)).version);
    assert.deepEqual([document.getText(), document.isDirty], ['ONE\ntwo\n', false]);
    assert.equal(await readFile(path, 'utf8'), 'ONE\ntwo\n');
    await undo();
    assert.equal(document.getText(), 'one\ntwo\n');
  });

  test('[S12] what the person has not saved is what is read and edited', async () => {
    const path = await put('e/b.txt', 'one\n');
    const { document } = await dirty(path, 'my ');
    const { content, version } = await read(path);
    assert.equal(content, 'my one\n');
    await edit(path, 'our', version);
    assert.equal(document.getText(), 'ourone\n');
    assert.equal(await readFile(path, 'utf8'), 'ourone\n');
  });

  test('[S12] a version of before they typed is a conflict, and theirs stays unsaved', async () => {
    const path = await put('e/c.txt', 'one\n');
    const { version } = await read(path);
    const { document } = await dirty(path, 'my ');
    await assert.rejects(edit(path, 'ONE', version), refusedWith(-32011));
    assert.deepEqual([document.getText(), document.isDirty], ['my one\n', true]);
    assert.equal(await readFile(path, 'utf8'), 'one\n');
  });

  test('[relay 9 edit] a file is made where none is', async () => {
    const path = pathOf('e/deep/new.txt');
    await edit(path, 'made\n', null);
    assert.equal(await readFile(path, 'utf8'), 'made\n');
    await assert.rejects(edit(path, 'again', null), refusedWith(-32011));
  });
});

suite('a protected file that a device wants to change', () => {
  const diffs = new Diffs();
  const run = async (command: string): Promise<void> => void (await vscode.commands.executeCommand(command));
  suiteTeardown(() => diffs.dispose());
  teardown(async () => {
    await run('notifications.clearAll');
    await closeEditors();
  });

  /** The labels of the editors that were shown, and what the person said. */
  const answered = async (...commands: readonly string[]): Promise<{ shown: readonly string[]; said: boolean }> => {
    const change = { device: 'Pho\u202ene', path: pathOf('.npmrc'), before: 'a\n', after: 'b\n' };
    let said: boolean | undefined;
    const asking = askChange(diffs, change, signal);
    void asking.then((given) => (said = given));
    await until('the answer', async () => {
      const [first, ...then] = commands;
      const isShown = vscode.window.tabGroups.activeTabGroup.activeTab?.input instanceof vscode.TabInputTextDiff;
      for (const command of isShown || first === undefined ? then : [first]) await run(command);
      return said !== undefined;
    });
    const tabs = vscode.window.tabGroups.all.flatMap((group) => group.tabs);
    // What a test of before had open may be on its way out.
    const shown = tabs.filter(({ input }) => input instanceof vscode.TabInputTextDiff);
    return { shown: shown.map(({ label }) => label), said: await asking };
  };

  test('[S26] is shown before the person is asked whether it may be changed so', async () => {
    const { shown, said } = await answered('notification.acceptPrimaryAction', 'notification.acceptPrimaryAction');
    assert.equal(said, true);
    assert.equal(shown.length, 1);
    assert.match(shown[0] ?? '', /^\.npmrc, as “Pho.*ne” wants it$/u);
    assert.ok(!shown.join('').includes('\u202e'));
  });

  test('[S26] is not changed when they put the question away, before or after they have seen it', async () => {
    assert.deepEqual(await answered('notifications.clearAll'), { shown: [], said: false });
    const { shown, said } = await answered('notification.acceptPrimaryAction', 'notifications.clearAll');
    assert.deepEqual([shown.length, said], [1, false]);
  });
});
