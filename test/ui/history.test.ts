import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Chat } from './chat.ts';
import { readLines } from './readLines.ts';
import { openStage, photographFailures } from './stage.ts';
import type { Stage } from './stage.ts';
import type { Workbench } from './workbench.ts';

const numbers = (to: number): number[] => Array.from({ length: to }, (_, index) => index + 1);

describe('sessions that outlive their window', () => {
  let stage: Stage;
  let chat: Chat;
  let workbench: Workbench;
  photographFailures(() => workbench);

  beforeAll(async () => {
    stage = await openStage();
    ({ chat, workbench } = stage);
    await workbench.openChat();
  });

  afterAll(async () => {
    const left = await stage.close();
    expect(left).toEqual([]);
  });

  test('[screen] [I4] a reload in mid-stream shows the session again as it was, and a prompt continues it (after-reload.png)', async () => {
    await chat.newSession();
    await chat.ask('/slow 400');
    await chat.says('line 20');
    await workbench.reload();
    await workbench.openChat();
    await chat.becomes('Disconnected');
    await chat.entries('Notice').filter({ hasText: 'Stopped.' }).waitFor();
    const lines = await readLines(chat);
    expect(lines.length).toBeGreaterThanOrEqual(20);
    expect(lines).toEqual(numbers(lines.length));
    await workbench.screenshot('after-reload');
    await chat.ask('/plan');
    await chat.entries('Plan').first().waitFor();
    await chat.becomes('Ready');
    expect(await readLines(chat)).toEqual(lines);
  });

  test('[screen] [J4] a second window on the folder lists the session, and says that it is open in the first (two-windows.png)', async () => {
    const second = await workbench.openWindow({ workspace: stage.folder });
    const there = new Chat(second);
    try {
      await second.showContainer();
      const row = there.session(/slow 400/u);
      await row.filter({ hasText: 'Open in another window' }).waitFor();
      await row.click();
      await second.toast('is open in another window').first().waitFor();
      await second.screenshot('two-windows');
      await workbench.runCommand('Wheelhouse: Close Session');
      await chat
        .session(/slow 400/u)
        .filter({ hasNotText: 'Ready' })
        .waitFor();
      await second.toast().getByRole('button', { name: 'Try Again' }).click();
      // The end is in sight, and what is far above it is not in the document.
      await there.entries('You').filter({ hasText: '/plan' }).waitFor();
      await there.becomes('Disconnected');
    } finally {
      await second.close();
    }
  });
});
