import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Chat } from './chat.ts';
import { photograph } from './photograph.ts';
import { fakeAgent, openStage, photographFailures } from './stage.ts';
import type { Stage } from './stage.ts';
import type { Workbench } from './workbench.ts';

// Each test leaves STATE-THEME-WIDTH.png in out/screens, in all themes and widths.
describe('rules for permissions, from the card to the transcript', () => {
  let stage: Stage;
  let chat: Chat;
  let workbench: Workbench;
  photographFailures(() => workbench);

  beforeAll(async () => {
    stage = await openStage({ settings: { 'wheelhouse.agents': { fake: fakeAgent('Fake') } } });
    ({ chat, workbench } = stage);
    await workbench.openChat();
    await chat.newSession('Fake');
  });
  afterAll(async () => {
    await stage.close();
  });
  const take = async (state: string): Promise<void> => expect(await photograph(workbench, state)).toEqual([]);
  const open = (): Promise<void> => chat.permission().locator('.remember > summary').click();

  test('[screen] [demand 8] the card says what the rule will be before it is made (remember-THEME-WIDTH.png)', async () => {
    await chat.ask('ask-edit src/greeting.ts');
    await chat.permission('Edit src/greeting.ts').waitFor();
    await open();
    await chat.permission().getByRole('combobox', { name: 'For', exact: true }).selectOption('src/**');
    await chat.permission().locator('.remember pre').getByText('src/**', { exact: true }).waitFor();
    await take('remember');
    await chat.choose('Allow and remember');
    await chat.becomes('Ready');
  });

  test('[screen] [demand 8] what the rule decides says so in the transcript, and is asked again once it is revoked (rule-THEME-WIDTH.png)', async () => {
    await chat.answer('ask-edit src/other.ts', 'answer: allow');
    const call = chat.tool('Edit src/other.ts');
    await call.getByText('Allowed by your rule for this session: edit src/**').waitFor();
    await take('rule');
    await call.getByRole('button', { name: 'Revoke' }).click();
    await call.getByText('(revoked)').waitFor();
    await chat.ask('ask-edit src/third.ts');
    await chat.permission('Edit src/third.ts').waitFor();
    await chat.choose('Reject');
    await chat.becomes('Ready');
  });

  test('[screen] [S28] a command is remembered as its arguments, and a line of several is not offered (remember-command.png)', async () => {
    await chat.ask('ask-run npm run "build all"');
    await chat.permission().waitFor();
    await open();
    await chat.permission().locator('.remember pre').getByText("npm run 'build all'", { exact: true }).waitFor();
    await workbench.screenshot('remember-command', chat.page.locator('.part.sidebar'));
    await chat.choose('Allow and remember');
    await chat.becomes('Ready');
    await chat.ask('ask-run npm run "build all"; rm -rf x');
    await chat.permission().waitFor();
    expect(await chat.permission().locator('.remember').count()).toBe(0);
    await chat.choose('Reject');
    await chat.becomes('Ready');
  });

  test('[screen] [S20] a path that leads out of the workspace is named (outside-THEME-WIDTH.png)', async () => {
    await chat.ask('write ../elsewhere.txt Hello');
    const card = chat.permission();
    await card.getByText('It leads out of the folders of the workspace, to:').waitFor();
    await card
      .getByText(/elsewhere\.txt/)
      .first()
      .waitFor();
    await take('outside');
    await chat.choose('Reject');
    await chat.becomes('Ready');
  });

  test('[screen] [S26] a protected file is asked for with its change, and no rule is offered (protected-THEME-WIDTH.png)', async () => {
    await chat.ask('write .vscode/settings.json {"a":1}');
    const card = chat.permission();
    await card.getByText('Programs run or obey what stands there.').waitFor();
    expect(await card.locator('.remember').count()).toBe(0);
    await take('protected');
    await chat.choose('Reject');
    await chat.becomes('Ready');
  });

  test('[screen] [S27] what the agent changes after asking can only be refused (changed-THEME-WIDTH.png)', async () => {
    await chat.ask('mutate-after-ask');
    const card = chat.permission('Edit settings.json');
    await card.getByRole('alert').getByText('The agent changed this after asking.').waitFor();
    expect(await card.getByRole('button', { name: 'Allow', exact: true }).getAttribute('aria-disabled')).toBe('true');
    await take('changed');
    await chat.choose('Reject');
    await chat.becomes('Ready');
  });
});
