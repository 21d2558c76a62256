import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { join } from 'node:path';
import { patience, until } from '../tools/until.ts';
import type { Chat } from './chat.ts';
import { readLines } from './readLines.ts';
import { root } from './server.ts';
import { fakeAgent, openStage, photographFailures } from './stage.ts';
import type { Stage } from './stage.ts';
import type { Workbench } from './workbench.ts';

const numbers = (to: number): number[] => Array.from({ length: to }, (_, index) => index + 1);

describe('order, the unknown, and several sessions', () => {
  let stage: Stage;
  let chat: Chat;
  let workbench: Workbench;
  photographFailures(() => workbench);

  beforeAll(async () => {
    const twin = { name: 'Twin', command: process.execPath, args: [join(root, 'src', 'demo', 'main.ts')] };
    stage = await openStage({
      settings: { 'wheelhouse.agents': { fake: fakeAgent('Fake'), twin } },
    });
    ({ chat, workbench } = stage);
    await workbench.openChat();
  });

  afterAll(async () => {
    const left = await stage.close();
    expect(left).toEqual([]);
  });

  test('[screen] [order] permission, update, response and update of one chunk of bytes stand in that order', async () => {
    await chat.newSession('Fake');
    await chat.ask('one-chunk');
    await chat.says('after the response');
    const text = await chat.transcript.innerText();
    const order = ['one-chunk', 'Asked in one chunk', 'before the response', 'after the response'];
    const at = order.map((part) => text.indexOf(part));
    expect(at).toEqual(at.filter((index) => index >= 0).toSorted((a, b) => a - b));
    await workbench.screenshot('one-chunk', chat.page.locator('.part.sidebar'));
  });

  test('[screen] [order] calls that are told of in the wrong order end as they ended', async () => {
    await chat.newSession('Fake');
    await chat.ask('out-of-order');
    await chat.choose('Allow', 'Asked before announced');
    await chat.becomes('Ready');
    for (const title of ['Asked before announced', 'Begun before announced']) {
      const card = chat.tool(title);
      await card.getByText('Done', { exact: true }).waitFor();
      expect(await card.count()).toBe(1);
    }
  });

  test('[screen] [unknown] [acp 4.1.17] what nobody here knows is shown neutrally, and nothing after it is lost (unknown.png)', async () => {
    await chat.newSession('Fake');
    await chat.answer('unknown', 'after the unknown');
    await chat.tool('Unknown kind').getByText('known content beside it').waitFor();
    expect(await chat.transcript.getByText(/not known here/).count()).toBeGreaterThan(0);
    await workbench.screenshot('unknown', chat.page.locator('.part.sidebar'));
  });

  test('[screen] [garbage] [acp 4.1.21] lines that are no messages disturb nothing', async () => {
    await chat.newSession('Fake');
    await chat.answer('garbage', 'after the garbage');
    const text = await chat.transcript.innerText();
    expect(text).toContain('after a byte order mark');
    expect(text).toContain('after a carriage return');
    expect(text).not.toContain('Loading the model');
  });

  test('[screen] [demand 7] two sessions of one agent and one of another stream at the same time, each its own (three-sessions.png)', async () => {
    const titles = ['/slow 91', '/slow 92', '/slow 93'] as const;
    for (const [index, title] of titles.entries()) {
      await chat.newSession(index === 2 ? 'Twin' : 'Demo');
      await chat.ask(title);
      await chat.says('line 2');
    }
    await until('all three to work at once', async () => {
      const rows = await Promise.all(titles.map((title) => chat.session(title).innerText()));
      return rows.every((row) => row.includes('Working'));
    });
    await workbench.screenshot('three-sessions', chat.page.locator('.part.sidebar'));
    for (const [index, title] of titles.entries()) {
      // By its name: its first entry is far above what is drawn.
      const shown = chat.picker('Session').locator('option:checked').filter({ hasText: title });
      await until(`${title} in the chat`, async () => {
        // VS Code only marks a row that it draws anew between the press of the button and its release.
        await chat.session(title).click();
        return await shown.waitFor({ state: 'attached', timeout: patience / 20 }).then(
          () => true,
          () => false,
        );
      });
      const last = 91 + index;
      await chat.says(`line ${last}`);
      await chat.becomes('Ready');
      expect(await readLines(chat)).toEqual(numbers(last));
    }
  });

  test('[screen] [demand 16] an agent that dies says so and offers Restart; a session of another agent goes on', async () => {
    await chat.newSession('Twin');
    await chat.ask('/slow 60');
    await chat.says('line 2');
    await chat.newSession('Fake');
    await chat.ask('exit 7');
    await chat.becomes('Failed');
    await chat.says('the process ends in the middle of');
    // How it ended, and what it said at the last.
    await chat.transcript.getByText('Fake ended with exit code 7. It said: fake agent: told to exit with 7').waitFor();
    await chat
      .button(/^Restart/)
      .first()
      .waitFor();
    await workbench.screenshot('crashed', chat.page.locator('.part.sidebar'));

    await chat.session('/slow 60').click();
    await chat.says('line 60');
    await chat.becomes('Ready');
    expect(await readLines(chat)).toEqual(numbers(60));

    await chat.session('exit 7').click();
    await chat
      .button(/^Restart/)
      .first()
      .click();
    await chat.newSession('Fake');
    await chat.answer('hello', 'I am a fake agent');
  });

  test('[screen] [demand 14] [acp 4.2.6] a view that is hidden and shown in mid-stream has each line once and in order', async () => {
    await chat.newSession('Demo');
    await chat.ask('/long 2000');
    await workbench.openExplorer();
    await workbench.openChat();
    await chat.becomes('Ready');
    expect(await readLines(chat)).toEqual(numbers(2000));
  });

  test('[screen] [demand 14] hidden and shown twice while an agent writes slowly', async () => {
    await chat.newSession('Demo');
    await chat.ask('/slow 50');
    for (const line of ['line 5', 'line 20']) {
      await chat.says(line);
      await workbench.openExplorer();
      await workbench.openChat();
    }
    await chat.says('line 50');
    await chat.becomes('Ready');
    expect(await readLines(chat)).toEqual(numbers(50));
  });

  test('[screen] [acp 4.1.9] a terminal shows all that a command printed, and below it how that ended (terminal-ended.png)', async () => {
    await chat.newSession('Demo');
    const ended = '[exited with code 0; any key closes this terminal]';
    const lines = async (): Promise<readonly string[]> =>
      (await workbench.terminalText()).split('\n').flatMap((line) => (line.trim() === '' ? [] : [line.trim()]));
    const shows = async (command: string, ...words: readonly string[]): Promise<void> => {
      await chat.ask(`/run ${command}`);
      await chat.choose('Allow');
      await chat.becomes('Ready');
      await chat.tool(/Run /).last().getByRole('button', { name: 'Show terminal' }).click();
      const [first = ''] = words;
      await until(`the end below ${first}`, async () => {
        const seen = await lines();
        return seen.includes(first) && seen.includes(ended);
      });
      expect(await lines()).toEqual([...words, ended]);
    };
    await shows(String.raw`printf 'one\ntwo\nthree\n'`, 'one', 'two', 'three');
    await workbench.screenshot('terminal-ended');
    // The other screen is left where the command left it, and where it did not.
    const there = String.raw`\033[?1049h\033[5;5Hthere`;
    await shows(String.raw`printf 'four\n${there}\033[?1049lfive\n'`, 'four', 'five');
    await shows(String.raw`printf 'six\n${there}'`, 'six');
  });

  test('[screen] [acp 4.2.6] the chat is there again after a reload of the window', async () => {
    await workbench.reload();
    await workbench.openChat();
    await chat.composer.waitFor();
  });
});
