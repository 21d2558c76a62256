import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { axe } from './inspect.ts';
import type { Chat } from './chat.ts';
import { fakeAgent, openStage, photographFailures } from './stage.ts';
import type { Stage } from './stage.ts';
import type { Workbench } from './workbench.ts';

const hostile = [
  '![a picture](https://tracker.invalid/picture.png)',
  '<img src="https://tracker.invalid/element.png" onerror="document.title=1">',
  '<script>fetch("https://tracker.invalid/script")</script>',
  '[good.example](https://evil.invalid/path?who=you#here)',
  '[a command](command:workbench.action.closeWindow)',
  '[a script](javascript:alert(1))',
  '[a file](file:///etc/passwd)',
  '',
].join('\n\n');

describe('text of an agent that wants more than to be read', () => {
  let stage: Stage;
  let chat: Chat;
  let workbench: Workbench;
  photographFailures(() => workbench);
  const requests: string[] = [];
  const violations: string[] = [];

  beforeAll(async () => {
    stage = await openStage({
      settings: {
        'wheelhouse.agents': { hostile: fakeAgent('Hostile', '--burst', '2', '--chunk', hostile) },
        'wheelhouse.defaultAgent': 'hostile',
      },
      prepare: async (page) => {
        page.on('request', (request) => requests.push(request.url()));
        page.on('console', (message) => {
          if (/Content.Security.Policy/i.test(message.text())) violations.push(message.text());
        });
      },
    });
    ({ chat, workbench } = stage);
    await workbench.openChat();
    await chat.newSession();
    violations.length = 0;
    await chat.answer('hello', 'END-OF-BURST-2');
  });

  afterAll(async () => {
    await stage.close();
  });

  test('[screen] [S41] nothing is fetched: a remote picture is not even asked for (hostile.png)', async () => {
    await workbench.setSidebarWidth(400);
    await workbench.screenshot('hostile', chat.page.locator('.part.sidebar'));
    expect(await chat.transcript.locator('img').count()).toBe(0);
    // The request is not made at all, rather than made and held back by the policy.
    expect(violations).toEqual([]);
    expect(requests.filter((url) => /\.invalid/.test(url))).toEqual([]);
    expect(requests.length).toBeGreaterThan(0);
  });

  test('[screen] [S40] HTML stands there as text', async () => {
    const text = await chat.transcript.innerText();
    expect(text).toContain('<img src="https://tracker.invalid/element.png"');
    expect(text).toContain('<script>fetch(');
    expect(await chat.transcript.locator('script').count()).toBe(0);
    expect(await axe(chat.document)).toEqual([]);
  });

  test('[screen] [S42] a link asks with its whole address before anything opens, others than web and mail are none', async () => {
    await chat.transcript.getByText('good.example').click();
    const dialog = workbench.page.locator('.monaco-dialog-box');
    await dialog.getByText('https://evil.invalid/path?who=you#here').waitFor();
    await workbench.screenshot('link');
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    await dialog.waitFor({ state: 'hidden' });
    expect(chat.page.context().pages()).toHaveLength(1);

    for (const text of ['a command', 'a script', 'a file']) {
      const holder = chat.transcript.getByText(text).first();
      expect(await holder.evaluate((element) => element.closest('a, [data-href], [role="link"]') === null)).toBe(true);
    }
  });
});
