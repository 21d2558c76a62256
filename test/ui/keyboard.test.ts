import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { until } from '../tools/until.ts';
import type { Chat } from './chat.ts';
import { openStage, photographFailures } from './stage.ts';
import type { Stage } from './stage.ts';
import type { Workbench } from './workbench.ts';

describe('the main job without a mouse', () => {
  let stage: Stage;
  let chat: Chat;
  let workbench: Workbench;
  photographFailures(() => workbench);

  beforeAll(async () => {
    stage = await openStage();
    ({ chat, workbench } = stage);
    // The palette knows of an extension's commands as soon as its container stands.
    await workbench.page.locator('.part.activitybar').getByRole('tab', { name: 'Wheelhouse' }).waitFor();
  });

  afterAll(async () => {
    await stage.close();
  });

  const press = (key: string): Promise<void> => chat.page.keyboard.press(key);
  const type = (text: string): Promise<void> => chat.page.keyboard.type(text);
  const command = async (title: string): Promise<void> => {
    const input = await workbench.openPalette();
    await type(title);
    // The palette runs its first row, and that is this command only once the list has caught up with the typing.
    await chat.page
      .locator('.quick-input-widget .monaco-list-row.focused')
      .filter({ has: chat.page.getByText(title, { exact: true }) })
      .waitFor();
    await press('Enter');
    await input.waitFor({ state: 'hidden' });
  };
  /** What a screen reader would say of the focused element of the chat. */
  const focused = (): Promise<string> =>
    chat.document.locator('body').evaluate((body) => {
      const { activeElement: element } = body.ownerDocument;
      return element === null || !body.ownerDocument.hasFocus()
        ? ''
        : (element.getAttribute('aria-label') ?? (element.textContent ?? '').trim());
    });
  const tabTo = (name: RegExp | string, key = 'Tab'): Promise<void> =>
    until(`the keyboard to reach ${String(name)}`, async () => {
      const at = await focused();
      if (typeof name === 'string' ? at === name : name.test(at)) return true;
      await press(key);
      return false;
    }).then(() => undefined);

  test('[screen] [demand 9] [acp 4.2.14] prompt, permission, result and stop by keyboard alone', async () => {
    await command('Wheelhouse: Focus on Chat View');
    await chat.composer.waitFor();
    await until('the keyboard in the composer', async () => (await focused()) === 'Message');
    await type('/edit');
    await press('Enter');

    const card = chat.permission('Edit README.md');
    await card.waitFor();
    expect(await focused()).toBe('Message');
    await tabTo('Allow', 'Shift+Tab');
    const text = await card.innerText();
    expect(text.indexOf('Edited with the demo agent')).toBeGreaterThan(0);
    expect(text.indexOf('Edited with the demo agent')).toBeLessThan(text.indexOf('Reject'));
    await until('the card to take answers', async () => (await card.locator('[aria-disabled="true"]').count()) === 0);
    await press('Enter');
    await card.waitFor({ state: 'hidden' });
    await chat.says('Done: README.md has one remark more');
    await chat.becomes('Ready');
    expect(await readFile(join(stage.folder, 'README.md'), 'utf8')).toContain('Edited with the demo agent');

    // What was focused has gone, and the keyboard is not lost with it.
    await until('the keyboard back in the composer', async () => (await focused()) === 'Message');
    await type('/slow 9999');
    await press('Enter');
    await chat.says('line 3');
    await tabTo('Stop');
    await press('Enter');
    await chat.becomes('Ready');
    await until('the keyboard back in the composer', async () => (await focused()) === 'Message');
  });

  test('[screen] [demand 9] [acp 4.2.14] the key binding of the question that waits goes to its card', async () => {
    await chat.composer.focus();
    await type('/edit src/greeting.ts');
    await press('Enter');
    await chat.permission().waitFor();
    // The binding holds from when the workbench knows that something waits, as its status bar tells.
    await workbench.statusBarItem('1 waiting').waitFor();
    await press('Control+k');
    await workbench.page.locator('.part.statusbar').getByText('Waiting for second key of chord').waitFor();
    await press('Control+g');
    await until('the card to have the keyboard', async () => (await focused()).startsWith('Permission: Edit'));
    await tabTo('Reject');
    await until(
      'the card to take answers',
      async () => (await chat.permission().locator('[aria-disabled="true"]').count()) === 0,
    );
    await press('Enter');
    await chat.says('You said no');
    await chat.becomes('Ready');
    expect(await readFile(join(stage.folder, 'src/greeting.ts'), 'utf8')).not.toContain('Edited with');
  });

  test('[screen] slash commands are completed by keyboard', async () => {
    await chat.composer.focus();
    await type('/to');
    const commands = chat.document.getByRole('listbox', { name: 'Commands' });
    await commands.getByRole('option', { name: /^\/tour/ }).waitFor();
    await press('Tab');
    await until('the command', async () => (await chat.composer.inputValue()) === '/tour ');

    // The hint for what may follow comes and goes above the field, and the keyboard stays in it.
    await chat.composer.fill('/ed');
    await commands.getByRole('option', { name: /^\/edit/ }).waitFor();
    await press('Tab');
    await chat.document.getByText('Expects: path').waitFor();
    await type('src');
    expect(await chat.composer.inputValue()).toBe('/edit src');
    await chat.composer.fill('');
  });

  test('[screen] mode and options have pickers by the names that the agent gave them', async () => {
    await chat.picker('Mode').selectOption('Ask');
    await chat.answer('/edit', 'The mode is Ask');
    await chat.picker('Mode').selectOption('Code');
    const confirm = chat.document.getByRole('checkbox', { name: 'Confirm' });
    await confirm.click();
    // It shows what the agent has, which has to say so first.
    await until('the agent to confirm no more', async () => !(await confirm.isChecked()));
    await chat.answer('/run echo unasked', 'exit code 0');
    expect(await chat.tool('Run echo unasked').getByText('Allowed by').count()).toBe(0);
  });

  test('[screen] [demand 30] Shift+Enter breaks the line, Enter in a composition never sends', async () => {
    const before = await chat.entries('You').count();
    await chat.composer.fill('');
    await type('one');
    await press('Shift+Enter');
    await type('two ');
    expect(await chat.composer.inputValue()).toBe('one\ntwo ');

    const session = await chat.page.context().newCDPSession(chat.page);
    await session.send('Input.imeSetComposition', { text: 'にほんご', selectionStart: 4, selectionEnd: 4 });
    await until('the composition', async () => (await chat.composer.inputValue()).endsWith('にほんご'));
    // Both ways in which browsers tell of it: the key as it is, and as the input method's.
    for (const key of [
      { key: 'Enter', windowsVirtualKeyCode: 13 },
      { key: 'Process', windowsVirtualKeyCode: 229 },
    ])
      await session.send('Input.dispatchKeyEvent', { type: 'rawKeyDown', code: 'Enter', ...key });
    await session.send('Input.insertText', { text: '日本語' });
    await until('the end of the composition', async () => (await chat.composer.inputValue()).endsWith('日本語'));
    expect(await chat.composer.inputValue()).toBe('one\ntwo 日本語');
    expect(await chat.entries('You').count()).toBe(before);

    await press('Enter');
    await chat.entries('You').filter({ hasText: '日本語' }).waitFor();
    expect(await chat.composer.inputValue()).toBe('');
    await chat.becomes('Ready');
  });
});
