import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { until } from '../tools/until.ts';
import type { Chat } from './chat.ts';
import { photograph } from './photograph.ts';
import { fakeAgent, openStage, photographFailures, type Stage } from './stage.ts';

// Each test leaves STATE-THEME-WIDTH.png in out/screens, in all themes.
describe('an agent writes where the person has edits that are not saved', () => {
  let stage: Stage;
  let chat: Chat;
  let path: string;
  photographFailures(() => stage.workbench);
  const onDisk = (): Promise<string> => readFile(path, 'utf8');

  beforeAll(async () => {
    stage = await openStage({
      settings: { 'files.autoSave': 'off', 'wheelhouse.agents': { fake: fakeAgent('Fake') } },
    });
    chat = stage.chat;
    path = join(stage.folder, 'src', 'greeting.ts');
    await stage.workbench.openChat();
    await chat.newSession('Fake');
  });
  afterAll(() => stage.close());

  test('[screen] [demand 10] the card says whose edits are in the way, and shows what would become of them (unsaved-THEME-WIDTH.png)', async () => {
    const { workbench } = stage;
    const before = await onDisk();
    await workbench.openFile('greeting.ts');
    await chat.page.locator('.part.editor .view-lines').first().click();
    await chat.page.keyboard.press('Control+Home');
    await chat.page.keyboard.type('const mine = 1;\n');
    await until('the edit', async () => (await workbench.editorText()).includes('const mine'));
    const theirs = before.replace('Person {', 'Guest {').replaceAll('Person)', 'Guest)');
    await chat.ask(`write src/greeting.ts const theirs = 2;\n${theirs}`);
    const card = chat.permission('Write over your edits that are not saved?');
    await card.getByText('You have edits in this file that are not saved').waitFor();
    await card.getByText('const mine').first().waitFor();
    await card.getByText('const theirs').first().waitFor();
    for (const option of ['Keep mine', 'Take the agent’s', 'Merge both'])
      await card.getByRole('button', { name: option, exact: true }).waitFor();
    expect(await card.locator('.remember').count()).toBe(0);
    expect(await photograph(workbench, 'unsaved')).toEqual([]);
  });

  test('[screen] [demand 10] what both changed is put together by hand, and nothing of either is lost (unsaved-merge-THEME-300.png)', async () => {
    const { workbench } = stage;
    await chat.choose('Merge both');
    await workbench.editorTab(/Merging: greeting\.ts/).waitFor();
    await chat.becomes('Ready');
    await chat.says('was not written: the person puts your text and their own edits together');
    // Yours, the agent’s, and what becomes of them.
    const views = workbench.page.locator('.part.editor .view-lines');
    await views.filter({ hasText: 'mine' }).first().waitFor();
    await views.filter({ hasText: 'theirs' }).first().waitFor();
    expect(await photograph(workbench, 'unsaved-merge', { window: true, widths: [300] })).toEqual([]);
  });
});
