import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { until } from '../tools/until.ts';
import type { Chat } from './chat.ts';
import { darkAndLight, photograph } from './photograph.ts';
import { fakeAgent, openStage, photographFailures, type Stage } from './stage.ts';
import type { Workbench } from './workbench.ts';

/** What few agents say: each shown as what it is. */
describe('what not every agent says', () => {
  let stage: Stage;
  let chat: Chat;
  let workbench: Workbench;
  photographFailures(() => workbench);

  beforeAll(async () => {
    stage = await openStage({ settings: { 'wheelhouse.agents': { fake: fakeAgent('Fake', '--options', 'gemini') } } });
    ({ chat, workbench } = stage);
    await workbench.openChat();
    await chat.newSession('Fake');
  });

  afterAll(async () => {
    await stage.close();
  });

  const take = async (state: string): Promise<void> =>
    expect(await photograph(workbench, state, darkAndLight)).toEqual([]);

  test('[screen] [acp 10 gemini] models of the older kind have a picker beside the modes (models-dark-300.png)', async () => {
    await chat.picker('Mode').selectOption('plan');
    await chat.picker('Model').selectOption({ label: 'Pro' });
    await until('the model', async () => (await chat.picker('Model').inputValue()) === 'pro');
    expect(await chat.picker('Mode').inputValue()).toBe('plan');
    await take('models');
  });

  test('[screen] [acp 6] plans as a list, as text and as a file (plans-dark-300.png)', async () => {
    await chat.ask('plans');
    await chat.becomes('Ready');
    await until('four plans', async () => (await chat.entries('Plan').count()) === 4);
    await take('plans');
  });

  test('[screen] [acp 6] a helper of the agent, what it does and what it asks (subagent-dark-300.png)', async () => {
    await chat.ask('subagent');
    const card = chat.permission('Run the tests');
    await card.waitFor();
    await take('subagent');
    const allow = card.getByRole('button', { name: 'Allow', exact: true });
    await until('the card to take answers', async () => (await allow.getAttribute('aria-disabled')) !== 'true');
    await allow.click();
    await chat.becomes('Ready');
    expect(await chat.document.locator('.card.subagent .state').textContent()).toBe('idle');
  });

  test('[screen] [acp 8] [S46] a page is opened after its whole address was shown, and only then (page-dark-300.png)', async () => {
    const opened: string[] = [];
    workbench.page.context().on('page', (page) => void opened.push(page.url()));
    await chat.ask('page');
    const card = chat.document.getByRole('group', { name: 'Question: Connect the tracker.' });
    await card.waitFor();
    const address = 'https://tracker.example.com/connect?state=0123456789abcdef&scope=read%20write';
    expect(await card.locator('.address').textContent()).toBe(address);
    await take('page');
    expect(opened).toEqual([]);
    const open = card.getByRole('button', { name: 'Open in Browser', exact: true });
    await until('the card to take answers', async () => (await open.getAttribute('aria-disabled')) !== 'true');
    await open.click();
    // VS Code itself asks before it leaves for a place that the person has not trusted.
    const asks = workbench.page.getByRole('dialog').getByRole('button', { name: 'Open', exact: true });
    await asks.click();
    await until('the page', () => opened.length > 0);
    await chat.becomes('Ready');
    await until(
      'its end',
      async () => (await chat.entries('Notice').filter({ hasText: 'Done in the browser' }).count()) > 0,
    );
  });
});
