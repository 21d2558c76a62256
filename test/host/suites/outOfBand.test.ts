import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { Disposables } from '../../../src/base/disposable.ts';
import { silent } from '../../../src/base/log.ts';
import { systemClock } from '../../../src/machine/clock.ts';
import type { SessionEvent } from '../../../src/model/event.ts';
import type { SessionKey } from '../../../src/model/session.ts';
import { WORDS } from '../../../src/model/fold/words.ts';
import { SessionStore } from '../../../src/router/store.ts';
import { noJournal } from '../../../src/router/testing.ts';
import { editorQueries } from '../../../src/vscode/queries.ts';
import { watchFolders } from '../../../src/vscode/watcher.ts';
import { EditorWorkspace } from '../../../src/vscode/workspace.ts';
import { until } from '../../tools/until.ts';
import { closeEditors, folder, pathOf, put, remove, show, typeAtStart } from '../workspaceFolder.ts';

const execute = promisify(execFile);
const key = 'out-of-band' as SessionKey;
const { signal } = new AbortController();

/** As an agent does it: another process, which tells nobody. */
const writeByItself = async (name: string, text: string): Promise<void> => {
  await mkdir(dirname(pathOf(name)), { recursive: true });
  const script = 'require("node:fs").writeFileSync(process.argv[1], process.argv[2])';
  const child = spawn(process.execPath, ['-e', script, pathOf(name), text], {
    env: { ...process.env, ELECTRON_RUN_AS_NODE: '1' },
  });
  await once(child, 'exit');
};

suite('what an agent writes by itself', () => {
  let owned: Disposables;
  let store: SessionStore;
  let disk: EditorWorkspace;
  let through: ReturnType<ReturnType<typeof watchFolders>['around']>;
  let turns = 0;

  setup(() => {
    owned = new Disposables();
    store = new SessionStore({ clock: systemClock, journal: noJournal, log: silent });
    disk = new EditorWorkspace({
      clock: systemClock,
      log: silent,
      diffs: { openMerge: () => Promise.reject(new Error('nothing is merged here')) },
    });
    const queries = editorQueries({ workspace: disk, env: process.env, log: silent });
    const parts = { store, queries, clock: systemClock, log: silent, reveal: () => Promise.resolve() };
    through = watchFolders(parts, owned).around(disk);
    const owns = { history: 'us', queue: 'us', questions: 'us' } as const;
    store.open({ key, backend: 'fake', agentLabel: 'Fake', title: '', cwd: folder(), owns });
  });
  teardown(async () => {
    owned.dispose();
    store.dispose();
    await closeEditors();
    await remove('oob');
    await remove('.vscode');
    await remove('.gitignore');
    await remove('.git');
  });

  const tell = (event: SessionEvent): void => store.append(key, [{ event }]);
  const begin = (): void => {
    turns += 1;
    tell({ kind: 'turn/started', turn: `t${turns}`, prompt: [{ type: 'text', text: 'go' }], device: 'd' });
  };
  const end = (): void => tell({ kind: 'turn/ended', turn: `t${turns}`, reason: 'end_turn' });
  const notices = (): readonly (readonly [title: string, text: string])[] =>
    (store.get(key)?.entries.flat() ?? []).flatMap((entry) =>
      entry.kind === 'notice' ? [[entry.title, entry.description ?? ''] as const] : [],
    );

  test('[S26] a protected file is told at once, and no rule allows anything from then on', async () => {
    tell({ kind: 'rules/changed', rules: [{ id: 'r', scope: 'session', tool: 'edit', decision: 'allow' }] });
    begin();
    await writeByItself('.vscode/tasks.json', '{}');
    await until('the alarm', () => notices().length > 0);
    assert.deepEqual(notices(), [[WORDS.protectedChanged, '.vscode/tasks.json']]);
    assert.deepEqual([store.get(key)?.rules, store.get(key)?.wary], [[], true]);
    end();
  });

  test('[demand 2] an ordinary one is told after the turn; not what we wrote, what the person saved or what is ignored', async () => {
    await put('.gitignore', 'oob/ignored/\n');
    await execute('git', ['init', '--quiet'], { cwd: folder() });
    const mine = await put('oob/mine.ts', 'one\n');
    const { ctimeMs } = await stat(mine);
    await until('the turn to be later than the file', () => Date.now() > ctimeMs + 100);
    begin();
    const editor = await show(mine);
    await typeAtStart(editor, 'zero ');
    await editor.document.save();
    const place = await through.place(pathOf('oob/ours.ts'), signal);
    await through.writeText(place, 'ours\n', () => Promise.resolve('mine'), signal);
    await writeByItself('oob/theirs.ts', 'theirs\n');
    await writeByItself('oob/ignored/x.ts', 'built\n');
    end();
    await until('the notice', () => notices().length > 0);
    const [[title, text] = ['', '']] = notices();
    assert.equal(title, WORDS.changedOutside);
    assert.ok(text.split('\n').includes('oob/theirs.ts'), text);
    assert.ok(!/mine|ours/u.test(text), text);
  });

  test('[S26] a watcher that a workspace makes blind hides no protected file', async () => {
    await put('.vscode/settings.json', '{ "files.watcherExclude": { "**": true } }');
    begin();
    await writeByItself('.vscode/launch.json', '{}');
    end();
    await until('the alarm', () => notices().some(([, text]) => text.includes('launch.json')));
  });
});
