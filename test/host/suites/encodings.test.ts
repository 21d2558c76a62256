import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import * as vscode from 'vscode';
import { failsWith, read, write } from '../editorFiles.ts';
import { closeEditors, put, remove, show } from '../workspaceFolder.ts';

suite('every encoding, as it was', () => {
  const configuration = (): vscode.WorkspaceConfiguration => vscode.workspace.getConfiguration('files');
  teardown(async () => {
    await closeEditors();
    await remove('w');
    await configuration().update('encoding', undefined, vscode.ConfigurationTarget.Global);
  });
  const swapped = (text: string): Buffer => Buffer.from(text, 'utf16le').swap16();
  // Each file has a name of its own: what VS Code still has of another one would count as the person’s.
  let matrix = 0;
  const forms: readonly [name: string, setting: string | undefined, bytes: (text: string) => Buffer][] = [
    ['UTF-8', undefined, (text) => Buffer.from(text)],
    ['UTF-8 with a mark', undefined, (text) => Buffer.from(`\uFEFF${text}`)],
    ['UTF-16 LE', undefined, (text) => Buffer.from(`\uFEFF${text}`, 'utf16le')],
    ['UTF-16 BE', undefined, (text) => swapped(`\uFEFF${text}`)],
    ['Latin-1', 'iso88591', (text) => Buffer.from(text, 'latin1')],
  ];
  for (const [name, setting, bytes] of forms)
    for (const end of ['\n', '\r\n'])
      for (const shown of [false, true])
        for (const last of ['', end])
          test(`[acp 4.1.3] ${name}, ${JSON.stringify(end)}, ${last === '' ? 'no ' : ''}last line end, ${shown ? 'in an editor' : 'not open'}`, async () => {
            if (setting !== undefined)
              await configuration().update('encoding', setting, vscode.ConfigurationTarget.Global);
            const lines = (text: string): string => text.split('|').join(end) + last;
            matrix += 1;
            const path = await put(`w/matrix-${matrix}.txt`, bytes(lines('caf\u00e9|two|three')));
            const editor = shown ? await show(path) : undefined;
            assert.equal(await read(path), lines('caf\u00e9|two|three'));
            // Agents write line feeds, whatever they have read.
            assert.equal(await write(path, lines('caf\u00e9|2|three').replaceAll('\r\n', '\n')), 'written');
            assert.deepEqual(await readFile(path), bytes(lines('caf\u00e9|2|three')));
            assert.equal(await read(path), lines('caf\u00e9|2|three'));
            assert.equal(editor?.document.isDirty ?? false, false);
            assert.equal(await write(path, lines('caf\u00e9|2|three')), 'unchanged');
          });

  test('[acp 4.1.3] the encoding in which the person has it open counts before the setting', async () => {
    const path = await put('w/l.txt', Buffer.from('caf\u00e9\n', 'latin1'));
    await assert.rejects(read(path), failsWith('binary'));
    await vscode.window.showTextDocument(
      await vscode.workspace.openTextDocument(vscode.Uri.file(path), { encoding: 'iso88591' }),
    );
    assert.equal(await read(path), 'caf\u00e9\n');
    await write(path, 'th\u00e9\n');
    assert.deepEqual(await readFile(path), Buffer.from('th\u00e9\n', 'latin1'));
  });
});
