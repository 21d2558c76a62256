import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Chat } from './chat.ts';
import { photograph } from './photograph.ts';
import { fakeAgent, openStage, photographFailures, type Stage } from './stage.ts';

describe('files that an agent writes by itself', () => {
  let stage: Stage;
  let chat: Chat;
  photographFailures(() => stage.workbench);

  beforeAll(async () => {
    stage = await openStage({ settings: { 'wheelhouse.agents': { fake: fakeAgent('Fake') } } });
    chat = stage.chat;
    await stage.workbench.openChat();
    await chat.newSession('Fake');
  });

  afterAll(async () => {
    expect(await stage.close()).toEqual([]);
  });

  test('[screen] [S26] a protected one raises an alarm, in the chat and beside it (alarm-….png)', async () => {
    await chat.answer('direct .vscode/tasks.json {"version":"2.0.0"}', 'by myself');
    const notice = chat.entries('Notice').filter({ hasText: 'A protected file was changed' });
    await notice.getByText('.vscode/tasks.json').waitFor();
    const toast = stage.workbench.toast('tasks.json was changed without a question');
    await toast.waitFor();
    const wrong = await photograph(stage.workbench, 'alarm', {
      window: true,
      arrange: async () => notice.scrollIntoViewIfNeeded(),
    });
    expect(wrong).toEqual([]);
    await toast.hover();
    await toast.getByRole('button', { name: 'Open File' }).click();
    await stage.workbench.editorTab(/tasks\.json/).waitFor();
    expect(await readFile(join(stage.folder, '.vscode/tasks.json'), 'utf8')).toBe('{"version":"2.0.0"}');
  });

  test('[screen] [demand 2] any other is told when the turn is over', async () => {
    await chat.answer('direct src/new.ts export {};', 'by myself');
    const notice = chat.entries('Notice').filter({ hasText: 'changed on the disk while the agent worked' });
    await notice.getByRole('button', { name: 'src/new.ts' }).click();
    await stage.workbench.editorTab(/new\.ts/).waitFor();
  });
});
