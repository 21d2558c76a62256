import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { copySample } from '../tools/sample.ts';
import { patience, until } from '../tools/until.ts';
import { Chat } from './chat.ts';
import { photograph } from './photograph.ts';
import { fakeAgent, photographFailures } from './stage.ts';
import { openWorkbench, type Workbench } from './workbench.ts';

describe('a window with several folders', () => {
  let parent: string;
  let workbench: Workbench;
  let chat: Chat;
  photographFailures(() => workbench);

  const file = (): string => join(parent, 'both.code-workspace');
  const folders = (...names: readonly string[]): Promise<void> =>
    writeFile(file(), JSON.stringify({ folders: names.map((path) => ({ path })) }));
  const record = (): string => join(parent, 'sent.jsonl');

  beforeAll(async () => {
    parent = await mkdtemp(join(tmpdir(), 'wheelhouse-folders-'));
    await copySample(join(parent, 'first'));
    await mkdir(join(parent, 'second', 'inner'), { recursive: true });
    await writeFile(join(parent, 'second', 'only-here.txt'), 'of the second\n');
    await folders('first', 'second');
    workbench = await openWorkbench({
      workspace: file(),
      settings: {
        'wheelhouse.agents': { fake: fakeAgent('Fake', '--folders', '--record', record()) },
        // VS Code asks the hosts of its extensions for somebody who knows the address of a virtual folder, and with one
        // in a web worker it can take the folder for none at all.
        'extensions.webWorker': false,
      },
    });
    chat = new Chat(workbench);
    await workbench.openChat();
  });

  afterAll(async () => {
    const left = await workbench.close();
    await rm(parent, { recursive: true, force: true });
    expect(left).toEqual([]);
  });

  test('[screen] [demand 18] the folder is chosen, shown, and the others are told to the agent (folder-….png)', async () => {
    await chat.newSession('Fake', 'second');
    await chat.document.getByText('in second').waitFor();
    const sent = await until('the request', async () =>
      (await readFile(record(), 'utf8')).split('\n').find((line) => line.includes('session/new')),
    );
    expect(JSON.parse(sent ?? '')).toMatchObject({
      params: { cwd: join(parent, 'second'), additionalDirectories: [join(parent, 'first')] },
    });
    await chat.answer('read only-here.txt', 'of the second');
    expect(await photograph(workbench, 'folder')).toEqual([]);
    expect(
      await chat
        .session(/New session|read only/)
        .first()
        .innerText(),
    ).toContain('second');
  });

  test('[screen] [acp 4.2.1] a folder that leaves is missed, and what is asked there is asked of the person (folder-left.png)', async () => {
    await folders('first');
    await chat.document.getByText('not open in this window').waitFor();
    await workbench.screenshot('folder-left', workbench.page.locator('.part.sidebar'));
    await chat.ask('read only-here.txt');
    await chat.becomes('Waiting for you');
    await chat.stop.click();
    await chat.becomes('Ready');
    await folders('first', 'second');
    await chat.document.getByText('not open in this window').waitFor({ state: 'hidden' });
    await chat.answer('read only-here.txt', 'of the second');
  });

  test('[screen] [acp 4.2.3] a window without a folder on a disk says why nothing starts (virtual.png)', async () => {
    const virtual = join(parent, 'virtual.code-workspace');
    await writeFile(virtual, JSON.stringify({ folders: [{ uri: 'vscode-vfs://nowhere/project', name: 'project' }] }));
    const window = await workbench.openWindow({ workspace: virtual });
    try {
      const said = new Chat(window).document.getByText('vscode-vfs');
      await until('the words about the folder', async () => {
        await window.showContainer();
        const told = await said.waitFor({ timeout: patience / 6 }).then(
          () => true,
          () => false,
        );
        // VS Code itself at times opens such a workspace as one without folders, and its own explorer says so.
        if (!told) await window.reload();
        return told;
      });
      await window.screenshot('virtual', window.page.locator('.part.sidebar'));
      await window.runCommand('Wheelhouse: New Session');
    } finally {
      await window.close();
    }
  });
});
