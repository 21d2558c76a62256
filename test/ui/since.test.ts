import type { Locator } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { until } from '../tools/until.ts';
import type { Chat } from './chat.ts';
import { darkAndLight, photograph } from './photograph.ts';
import { openStage, photographFailures } from './stage.ts';
import type { Stage } from './stage.ts';
import { Valve } from '../fakes/valve.ts';
import type { Workbench } from './workbench.ts';

describe('who comes back to a session', () => {
  let stage: Stage;
  let chat: Chat;
  let workbench: Workbench;
  let valve: Valve;
  photographFailures(() => workbench);

  beforeAll(async () => {
    valve = await Valve.make();
    stage = await openStage({
      size: { width: 1280, height: 1000 },
      settings: { 'wheelhouse.agents': { valve: valve.agent('Valve') } },
    });
    ({ chat, workbench } = stage);
    await workbench.openChat();
  });

  afterAll(async () => {
    const left = await stage.close();
    await valve.dispose();
    expect(left).toEqual([]);
  });

  const card = (): Locator => chat.document.getByRole('region', { name: 'Since you left', exact: true });
  const line = (text: string | RegExp): Locator => card().getByRole('listitem').filter({ hasText: text });
  const take = async (state: string): Promise<void> =>
    expect(await photograph(workbench, state, darkAndLight)).toEqual([]);

  test('[screen] [demand 7] is told what was edited, run and asked meanwhile, and goes to it from there (since-THEME-300.png)', async () => {
    await chat.newSession('Demo');
    await chat.ask('/edit');
    await chat.choose('Always allow edits of README.md');
    await chat.becomes('Ready');
    // It was looked at all the time.
    expect(await card().count()).toBe(0);
    await workbench.openExplorer();
    await workbench.send('/edit');
    await workbench.send('/many 4');
    await workbench.send('/run ls');
    await workbench.toast('Demo asks:').waitFor();
    await workbench.openChat();
    await card().waitFor();
    await card()
      .getByRole('status')
      .filter({ hasText: /^Since you left, \d+ s ago$/u })
      .waitFor();
    await line('1 file edited').waitFor();
    await line('1 command ran').waitFor();
    await line('1 question asked').waitFor();
    await line('2 turns done').waitFor();
    await take('since');
    await card().getByRole('button', { name: 'README.md' }).click();
    await workbench
      .editorTab(/README\.md/u)
      .first()
      .waitFor();
    // The editor takes the keyboard a moment after its tab stands, and would take it from what is clicked before that.
    await workbench.page.locator('.part.editor .monaco-editor.focused').first().waitFor();
    await card().getByRole('button', { name: '1 waits for you' }).click();
    await until('the keyboard in the question', () =>
      chat.permission().evaluate((group) => group.contains(document.activeElement)),
    );
    await chat.choose('Allow');
    await line('1 question asked').filter({ hasNotText: 'waits' }).waitFor();
    await chat.becomes('Ready');
    await chat.answer('Hello', 'Try one of these');
    expect(await card().count()).toBe(0);
  });

  test('[screen] [demand 7] from another session is told once, and can put it away by the keyboard', async () => {
    await valve.hold('session/update');
    await chat.newSession('Valve');
    await chat.ask('/many 2');
    await chat.becomes('Working');
    await chat.newSession('Demo');
    await chat.answer('Second', 'Try one of these');
    await valve.release('session/update');
    await chat
      .session(/many 2/u)
      .filter({ hasText: 'Ready' })
      .waitFor();
    await chat.switchTo('/many 2');
    await line('1 turn done').waitFor();
    await card().getByRole('button', { name: 'Dismiss' }).focus();
    await workbench.page.keyboard.press('Enter');
    await card().waitFor({ state: 'hidden' });
    await until('the keyboard in the composer', () => chat.composer.evaluate((box) => box === document.activeElement));
    await chat.switchTo('Second');
    await chat.switchTo('/many 2');
    await chat.becomes('Ready');
    expect(await card().count()).toBe(0);
  });

  test('[screen] [I4] after a reload in mid-turn is told that the turn was stopped (since-reload-THEME-300.png)', async () => {
    await chat.newSession('Demo');
    await chat.ask('/slow 400');
    await chat.says('line 20');
    await workbench.reload();
    await workbench.openChat();
    await line('1 turn stopped').waitFor();
    await take('since-reload');
    await chat.answer('Hello again', 'Try one of these');
    expect(await card().count()).toBe(0);
  });
});
