import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Chat } from './chat.ts';
import { fakeAgent, openStage, photographFailures } from './stage.ts';
import type { Stage } from './stage.ts';
import type { Workbench } from './workbench.ts';

describe('what an agent says at once and is large', () => {
  let stage: Stage;
  let chat: Chat;
  let workbench: Workbench;
  photographFailures(() => workbench);

  beforeAll(async () => {
    stage = await openStage({ settings: { 'wheelhouse.agents': { fake: fakeAgent('Fake') } } });
    ({ chat, workbench } = stage);
    await workbench.openChat();
  });

  afterAll(async () => {
    expect(await stage.close()).toEqual([]);
  });

  const openWhole = async (): Promise<void> => {
    await chat.button('Show all').first().click();
    const tab = workbench.editorTab(/Whole text/u);
    await tab.waitFor();
    await workbench.page.locator('.monaco-editor .view-line').first().waitFor();
  };

  test('[screen] [limits] is told of where it stood, and shown as a whole in an editor, after a reload as well (large.png)', async () => {
    await chat.newSession('Fake');
    await chat.ask('big 400000');
    await chat.entries('Agent').filter({ hasText: 'characters are kept apart' }).first().waitFor();
    await openWhole();
    await workbench.screenshot('large');
    await workbench.runCommand('View: Close All Editors');
    await workbench.reload();
    await workbench.openChat();
    await openWhole();
  });
});
