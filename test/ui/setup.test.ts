import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { copySample } from '../tools/sample.ts';
import { until } from '../tools/until.ts';
import { Chat } from './chat.ts';
import { runningCommands } from './processes.ts';
import { openWorkbench } from './workbench.ts';
import type { Workbench } from './workbench.ts';

describe('what keeps a session from starting, and the button that mends it', () => {
  let parent: string;
  let empty: Workbench;

  beforeAll(async () => {
    parent = await mkdtemp(join(tmpdir(), 'wheelhouse-workspace-'));
    empty = await openWorkbench({ trust: true });
  });

  afterAll(async () => {
    const left = await empty.close();
    await rm(parent, { recursive: true, force: true });
    expect(left).toEqual([]);
  });

  /** As a person does it: by the button in the chat, in VS Code's own page. */
  const trustFolder = async (chat: Chat): Promise<void> => {
    await chat.button(/trust/i).click();
    await chat.page.getByRole('button', { name: 'Trust', exact: true }).click();
    await chat.button(/trust/i).waitFor({ state: 'hidden' });
  };

  test('[screen] no folder: the button opens one (no-folder.png)', async () => {
    await empty.showContainer();
    const chat = new Chat(empty);
    const open = chat.button(/open folder/i);
    await open.waitFor();
    await empty.screenshot('no-folder', empty.page.locator('.part.sidebar'));
    await open.click();
    await empty.page
      .locator('.quick-input-widget')
      .getByText(/Open Folder/i)
      .first()
      .waitFor();
    await empty.page.keyboard.press('Escape');
  });

  test('[screen] [S33] untrusted: nothing is started, the button leads to the trust, and then a session starts (untrusted.png)', async () => {
    const folder = await copySample(join(parent, 'sample'));
    const window = await empty.openWindow({ workspace: folder });
    try {
      const chat = new Chat(window);
      await window.showContainer();
      await chat.button(/trust/i).waitFor();
      await window.screenshot('untrusted', window.page.locator('.part.sidebar'));
      const agents = (): Promise<readonly string[]> => runningCommands(empty.serverPid, /demoAgent/);
      expect(await agents()).toEqual([]);

      await trustFolder(chat);
      await chat.composer.waitFor();
      expect(await agents()).toEqual([]);
      await chat.answer('/plan', 'All four steps are done');
      expect(await agents()).toHaveLength(1);
    } finally {
      await window.close();
    }
  });

  test('[screen] agent missing: the chat says which command is not there, the button opens the settings (agent-missing.png)', async () => {
    await empty.writeSettings({
      'wheelhouse.agents': { gone: { name: 'Gone', command: 'an-agent-that-is-not-installed' } },
      'wheelhouse.defaultAgent': 'gone',
    });
    const folder = await copySample(join(parent, 'trusted'));
    const window = await empty.openWindow({ workspace: folder });
    try {
      const chat = new Chat(window);
      await window.showContainer();
      await trustFolder(chat);
      await chat.ask('hello');
      await chat.document.getByText('an-agent-that-is-not-installed').first().waitFor();
      await window.screenshot('agent-missing', window.page.locator('.part.sidebar'));
      await chat.button('Open settings').click();
      await until('the settings', () => window.editorTab('Settings').isVisible());
    } finally {
      await window.close();
    }
  });
});
