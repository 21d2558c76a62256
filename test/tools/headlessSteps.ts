import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Chat } from '../ui/chat.ts';
import type { Workbench } from '../ui/workbench.ts';
import type { Stage, Step } from './headless.ts';
import { until } from './until.ts';

const remark = 'Edited with the demo agent';

/** Throws with the reason when what was expected is not so. */
function check(holds: boolean, reason: string): void {
  if (!holds) throw new Error(reason);
}

const step = (name: string, run: (chat: Chat, stage: Stage) => Promise<void>): Step => ({
  name,
  run: (stage) => run(new Chat(stage.workbench), stage),
});

const greeting = (stage: Stage): Promise<string> => readFile(join(stage.workspace, 'README.md'), 'utf8');

const inEditor = (workbench: Workbench, text: string, expected: boolean): Promise<unknown> =>
  until(`an editor ${expected ? 'with' : 'without'} “${text}”`, async () => {
    return (await workbench.editorText()).includes(text) === expected;
  });

/** Tabs backwards from the composer until an answer has the keyboard. */
async function tabTo(chat: Chat, name: string): Promise<void> {
  const button = chat.permission().getByRole('button', { name, exact: true });
  await chat.composer.focus();
  await until(`the keyboard on “${name}”`, async () => {
    if (await button.evaluate((element) => element === element.ownerDocument.activeElement)) return true;
    await chat.page.keyboard.press('Shift+Tab');
    return false;
  });
  await until('the question to take answers', async () => (await button.getAttribute('aria-disabled')) !== 'true');
}

/** The main job, in the order in which a person meets it. */
export const steps: readonly Step[] = [
  step('the chat opens from the activity bar', async (_, { workbench }) => {
    await workbench.openChat();
    await workbench.setSidebarWidth(460);
  }),
  step('a file is open in the editor beside it', async (_, { workbench }) => {
    await workbench.openFile('README.md');
    await inEditor(workbench, '# Greeting', true);
  }),
  step('the first prompt starts a session with the demo agent, whose answer streams in', async (chat) => {
    await chat.composer.fill('/tour');
    await chat.composer.press('Enter');
    await chat.becomes('Working');
    await chat.says('Welcome aboard');
    await chat.says('That is the tour');
    await chat.becomes('Ready');
  }),
  step('the agent wants to edit the file and asks, the change in full before the answers', async (chat, stage) => {
    await chat.composer.fill('/edit README.md');
    await chat.composer.press('Enter');
    await chat.permission('Edit README.md').getByText(remark).waitFor();
    await chat.becomes('Waiting for you');
    check(!(await greeting(stage)).includes(remark), 'the file was written before it was allowed');
  }),
  step('the proposed change opens in the diff editor of VS Code', async (chat, { workbench }) => {
    await chat.permission().getByRole('button', { name: 'Open in diff editor' }).click();
    await workbench.page.locator('.part.editor .monaco-diff-editor .modified .view-lines').getByText(remark).waitFor();
  }),
  step('allowed by keyboard, the edit lands in the file and in the open editor', async (chat, stage) => {
    await tabTo(chat, 'Allow');
    await chat.page.keyboard.press('Enter');
    await chat.says('Done: README.md has one remark more');
    await chat.becomes('Ready');
    check((await greeting(stage)).includes(remark), 'the file does not hold the edit');
    await stage.workbench.openFile('README.md');
    await inEditor(stage.workbench, remark, true);
  }),
  step('Ctrl+Z in the editor takes it back', async (_, { workbench }) => {
    await workbench.page.locator('.part.editor .editor-group-container.active .view-lines').first().click();
    await workbench.page.keyboard.press('Control+Z');
    await inEditor(workbench, remark, false);
  }),
  step('a command runs after it was allowed, and its output stands in the chat', async (chat) => {
    await chat.composer.fill('/run');
    await chat.composer.press('Enter');
    await chat.permission().waitFor();
    await tabTo(chat, 'Allow');
    await chat.page.keyboard.press('Enter');
    await chat.tool(/Run /).getByText('step 4 of 4', { exact: true }).waitFor();
    await chat.says('exit code 0');
  }),
  step('the same command is a terminal of VS Code, which takes no focus', async (chat, { workbench }) => {
    await chat.composer.focus();
    await chat.tool(/Run /).getByRole('button', { name: 'Show terminal' }).click();
    const whole = /step 1 of 4\s+step 2 of 4\s+step 3 of 4\s+step 4 of 4\s+\[exited with code 0/;
    await until('the terminal with the output', async () => whole.test(await workbench.terminalText()));
    check(
      await chat.composer.evaluate((field) => field.ownerDocument.hasFocus()),
      'the terminal took the keyboard from the chat',
    );
  }),
  step('Stop ends a long answer at once', async (chat) => {
    await chat.composer.fill('/slow 9999');
    await chat.composer.press('Enter');
    await chat.says('line 10');
    const start = performance.now();
    await chat.stop.click();
    await chat.becomes('Ready');
    check(performance.now() - start < 5000, 'the turn went on for seconds after Stop');
    await chat.entries('Notice').filter({ hasText: 'Stopped' }).last().waitFor();
  }),
  step('two sessions work at the same time', async (chat) => {
    for (const prompt of ['/slow 31', '/slow 32']) {
      await chat.newSession();
      await chat.composer.fill(prompt);
      await chat.composer.press('Enter');
      await chat.says('line 2');
    }
    await until('both to work at once', async () => {
      const rows = await Promise.all(['/slow 31', '/slow 32'].map((title) => chat.session(title).innerText()));
      return rows.every((row) => row.includes('Working'));
    });
    await chat.session('/slow 31').click();
    await chat.says('line 31');
    await chat.becomes('Ready');
    await chat.session('/slow 32').click();
    await chat.says('line 32');
    await chat.becomes('Ready');
  }),
];
