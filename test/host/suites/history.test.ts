import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { lstat, mkdtemp, readdir, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { eachEntry } from '../../../src/model/entry.ts';
import type { Session, SessionKey } from '../../../src/model/session.ts';
import { ChatView } from '../../../src/vscode/chatView.ts';
import type { CommandName } from '../../../src/vscode/commandIds.ts';
import { runCommand } from '../../../src/vscode/commands.ts';
import { Core } from '../../../src/vscode/core.ts';
import { exportText } from '../../../src/vscode/exportSession.ts';
import { Logs } from '../../../src/vscode/log.ts';
import { until } from '../../tools/until.ts';
import { folder } from '../workspaceFolder.ts';

/** A window as far as sessions know it: opened and closed as often as a test needs. */
class Window {
  readonly #values: Map<string, unknown>;
  readonly #logs = new Logs();
  readonly #chat: ChatView;
  readonly core: Core;

  constructor(storage: string, values = new Map<string, unknown>()) {
    const extension = vscode.extensions.getExtension('wheelhouse.wheelhouse')?.extensionUri;
    assert.ok(extension);
    this.#values = values;
    const memory = {
      get: (name: string): unknown => this.#values.get(name),
      update: async (name: string, value: unknown): Promise<void> => void this.#values.set(name, value),
    };
    this.#chat = new ChatView({
      extension,
      memory,
      failed: (failure) => assert.fail(String(failure)),
      openDoor: async (surface) => this.core.openDoor(surface),
    });
    const tree = {
      update: () => undefined,
      describe: () => undefined,
      showArchived: () => undefined,
      visible: true,
      onDidChangeVisibility: () => ({ dispose: () => undefined }),
    };
    const none = async (): Promise<undefined> => undefined;
    const secrets = { get: none, store: none, delete: none };
    this.core = new Core({
      extension,
      version: '1.2.3',
      storage,
      logs: this.#logs,
      chat: this.#chat,
      tree,
      memory,
      secrets,
    });
  }

  async newSession(): Promise<SessionKey> {
    const { opened } = await this.core.startSession({ agent: 'demo', cwd: folder() });
    return await opened;
  }

  async prompt(key: SessionKey, text: string): Promise<string> {
    const { reason } = await this.core.router.prompt(key, [{ type: 'text', text }], 'editor', this.core.signal);
    return reason;
  }

  run(name: CommandName, argument: unknown): Promise<unknown> {
    return runCommand(this.core, name, argument);
  }

  async listed(key: SessionKey): Promise<void> {
    await until('the session in the list', () => this.core.catalogue.get(key) !== undefined);
  }

  async close(): Promise<void> {
    await this.core[Symbol.asyncDispose]();
    this.#chat.dispose();
    this.#logs.dispose();
  }
}

const words = (session: Session): string =>
  [...eachEntry(session.entries)]
    .flatMap((entry) =>
      entry.kind === 'user' || entry.kind === 'agent'
        ? entry.parts.flatMap((part) => (part.type === 'text' ? [part.text] : []))
        : [entry.kind],
    )
    .join('\n');

suite('sessions beyond their window', () => {
  let storage = '';
  let window: Window;
  const reopen = async (): Promise<void> => {
    await window.close();
    window = new Window(storage);
  };

  setup(async () => {
    storage = await mkdtemp(join(tmpdir(), 'wheelhouse-storage-'));
    window = new Window(storage);
  });
  teardown(async () => {
    await window.close();
    await rm(storage, { recursive: true, force: true });
  });

  test('[I4] a session is listed, read and continued in the next window', async () => {
    const key = await window.newSession();
    assert.equal(await window.prompt(key, 'hello'), 'end_turn');
    const before = window.core.store.get(key);
    assert.ok(before);
    await reopen();
    await window.listed(key);
    assert.deepEqual(window.core.store.all(), []);
    assert.equal(window.core.catalogue.get(key)?.asleep, true);
    const after = await window.core.wake(key);
    assert.equal(words(after), words(before));
    assert.equal(after.at.epoch, before.at.epoch);
    assert.equal(after.link.state, 'disconnected');
    assert.equal(await window.prompt(key, '/plan'), 'end_turn');
    const now = window.core.store.get(key);
    assert.equal(now?.link.state, 'ready');
    assert.equal(now.agentSession, before.agentSession);
    assert.ok(words(now).startsWith(words(before)));
  });

  test('[I12] [acp 4.2.8] what was under way when the window closed has ended as cancelled, and nothing is missing', async () => {
    const key = await window.newSession();
    const other = await window.newSession();
    const ended = window.prompt(key, '/hang');
    const asked = window.prompt(other, '/edit README.md');
    await until('the turn', () => window.core.store.get(key)?.turn.state === 'running');
    await until('the question', () => window.core.store.get(other)?.questions.length === 1);
    const started = performance.now();
    await reopen();
    assert.ok(performance.now() - started < 2000, 'VS Code waits for two seconds');
    assert.deepEqual(await Promise.all([ended, asked]), ['cancelled', 'cancelled']);
    for (const one of [key, other]) {
      const { turn, questions, settled, entries } = await window.core.wake(one);
      assert.ok(turn.state === 'idle');
      assert.equal(turn.last?.reason, 'cancelled');
      assert.deepEqual(questions, []);
      assert.deepEqual(
        settled.map(({ by }) => by.kind),
        one === other ? ['turn cancelled'] : [],
      );
      const notices = [...eachEntry(entries)].flatMap((entry) => (entry.kind === 'notice' ? [entry.title] : []));
      assert.deepEqual(notices, ['Stopped.']);
    }
  });

  test('[sessions] a closed one stays to be read, without its agent', async () => {
    const key = await window.newSession();
    await window.prompt(key, 'hello');
    await window.run('closeSession', key);
    assert.equal(window.core.store.get(key), undefined);
    assert.equal(window.core.catalogue.get(key)?.asleep, true);
    assert.match(words(await window.core.wake(key)), /hello/u);
    await window.run('closeSession', key);
    await assert.rejects(window.core.wake('nobody' as SessionKey), /closed/u);
  });

  test('[sessions] pinned, archived and renamed ones are so in the next window; a deleted one is nowhere', async () => {
    const [pinned, archived, deleted] = [
      await window.newSession(),
      await window.newSession(),
      await window.newSession(),
    ];
    await window.run('pinSession', pinned);
    await window.run('archiveSession', { key: archived });
    await window.core.router.perform(pinned, { kind: 'rename', title: 'Mine' }, 'editor', new AbortController().signal);
    await window.prompt(deleted, 'hello');
    await window.run('deleteSession', deleted);
    await reopen();
    await window.listed(pinned);
    await window.listed(archived);
    const { catalogue } = window.core;
    assert.deepEqual([catalogue.get(pinned)?.pinned, catalogue.get(pinned)?.title], [true, 'Mine']);
    assert.equal(catalogue.get(archived)?.archived, true);
    assert.equal(catalogue.get(deleted), undefined);
    assert.equal((await readdir(join(storage, 'journal'))).length, 2);
    await window.run('unpinSession', pinned);
    await window.run('unarchiveSession', archived);
    assert.deepEqual(
      catalogue.all().filter((one) => one.pinned === true || one.archived === true),
      [],
    );
    await catalogue.eraseAll(window.core.signal);
    assert.deepEqual(catalogue.all(), []);
    assert.deepEqual(await readdir(join(storage, 'journal')), []);
  });

  test('[sessions] an export has the words, and neither folders nor secrets', async () => {
    const key = await window.newSession();
    const secret = 'sk-proj-abcdefghijklmnop1234567890';
    await window.prompt(key, `look into ${folder()}/a.ts and ${homedir()}/b.ts with ${secret}, please`);
    const session = window.core.store.get(key);
    assert.ok(session);
    const text = exportText(window.core, session);
    assert.match(text, /look into <workspace>\/a\.ts and <home>\/b\.ts with <secret>, please/u);
    for (const hidden of [folder(), `${homedir()}/`, secret]) assert.ok(!text.includes(hidden), hidden);
    const [head = ''] = text.split('\n');
    assert.equal((JSON.parse(head) as { wheelhouse: string }).wheelhouse, 'session');
  });

  test('[S31] what is kept can be read by this user alone', async function () {
    if (process.platform === 'win32') this.skip();
    const key = await window.newSession();
    await window.prompt(key, 'hello');
    await window.run('pinSession', key);
    await reopen();
    const root = join(storage, 'journal');
    const names = await readdir(root, { recursive: true });
    assert.ok(names.some((name) => name.endsWith('.jsonl')));
    for (const path of [root, ...names.map((name) => join(root, name))]) {
      const about = await lstat(path);
      assert.equal((about.mode & 0o777).toString(8), about.isDirectory() ? '700' : '600', path);
    }
  });

  test('[sessions] where none are kept, nothing is on the disk and nothing is listed', async () => {
    const kept = await window.newSession();
    await window.prompt(kept, 'hello');
    const settings = vscode.workspace.getConfiguration('wheelhouse');
    await settings.update('journal.enabled', false, vscode.ConfigurationTarget.Global);
    try {
      await reopen();
      const before = await readdir(join(storage, 'journal'));
      const key = await window.newSession();
      assert.equal(await window.prompt(key, 'hello'), 'end_turn');
      await window.run('closeSession', key);
      assert.deepEqual(window.core.catalogue.all(), []);
      await window.close();
      assert.deepEqual(await readdir(join(storage, 'journal')), before);
      const other = join(storage, 'other');
      window = new Window(other);
      await window.prompt(await window.newSession(), 'hello');
      await reopen();
      assert.equal(existsSync(join(other, 'journal')), false);
    } finally {
      await settings.update('journal.enabled', undefined, vscode.ConfigurationTarget.Global);
    }
  });
});
