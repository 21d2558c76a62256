import assert from 'node:assert/strict';
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { silent } from '../../../src/base/log.ts';
import { systemClock } from '../../../src/machine/clock.ts';
import { editorQueries } from '../../../src/vscode/queries.ts';
import { EditorWorkspace } from '../../../src/vscode/workspace.ts';
import { queriesContract } from '../../tools/queriesContract.ts';
import { until } from '../../tools/until.ts';
import { closeEditors, folder, put, remove, show, typeAtStart } from '../workspaceFolder.ts';

const workspace = new EditorWorkspace({
  clock: systemClock,
  log: silent,
  diffs: { openMerge: () => Promise.reject(new Error('a query merges nothing')) },
});
const { signal } = new AbortController();

suite('queries of the workspace in the editor', () => {
  let outside = '';
  let before: readonly string[] = [];
  const queries = editorQueries({ workspace, env: process.env, log: silent });
  const names = async (): Promise<readonly string[]> =>
    (await queries.list(folder(), signal)).entries.map(({ name }) => name);

  setup(async () => {
    outside = await realpath(await mkdtemp(join(tmpdir(), 'wheelhouse-outside-')));
    before = await names();
  });
  teardown(async () => {
    await closeEditors();
    for (const name of await names()) if (!before.includes(name)) await remove(name);
    await rm(outside, { recursive: true, force: true });
  });

  for (const { name, run } of queriesContract) test(name, () => run({ queries, root: folder(), outside }));

  test('[query read] what the person sees is what is read', async () => {
    const path = await put('q/unsaved.txt', 'saved\n');
    await typeAtStart(await show(path), 'typed ');
    assert.equal(await queries.read(path, {}, signal), 'typed saved\n');
  });

  test('[query files] what the person hides in the settings is found by none', async () => {
    await put('q/hidden.gen.ts', 'needle-in-hidden');
    await put('q/seen.ts', 'needle-in-seen');
    const files = vscode.workspace.getConfiguration('files');
    const found = async (): Promise<string> => {
      const all: string[] = [];
      await queries.findFiles(
        { glob: 'q/**', most: 100 },
        (some) => all.push(...some.map(({ relative }) => relative)),
        signal,
      );
      await queries.search(
        { text: 'needle-in', most: 100 },
        (some) => all.push(...some.map(({ text }) => text)),
        signal,
      );
      return all.toSorted().join(' ');
    };
    assert.equal(await found(), 'needle-in-hidden needle-in-seen q/hidden.gen.ts q/seen.ts');
    await files.update('exclude', { '**/*.gen.ts': true }, vscode.ConfigurationTarget.Global);
    try {
      await until('the setting', async () => (await found()) === 'needle-in-seen q/seen.ts');
    } finally {
      await files.update('exclude', undefined, vscode.ConfigurationTarget.Global);
    }
  });
});
