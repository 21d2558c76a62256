import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Locator } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { until } from '../tools/until.ts';
import type { Chat } from './chat.ts';
import { photograph, type PhotographOptions } from './photograph.ts';
import { fakeAgent, openStage, photographFailures, type Stage } from './stage.ts';
import { startedWith, tracesOf } from './traces.ts';
import type { Workbench } from './workbench.ts';

/** A value that looks like no known token: it must not need to be recognized to be kept out. */
const SENTINEL = 'wholly-unrecognizable-6b2e40dd';
const PICTURES: PhotographOptions = { themes: ['Dark Modern', 'Light Modern'] };

// Each test leaves STATE-THEME-WIDTH.png in out/screens, in dark and light.
describe('signing in to an agent', () => {
  let where: string;
  let stage: Stage;
  let chat: Chat;
  let workbench: Workbench;
  photographFailures(() => workbench);

  beforeAll(async () => {
    where = await mkdtemp(join(tmpdir(), 'wheelhouse-sign-in-'));
    const signs = (...more: readonly string[]): readonly string[] => [
      '--auth',
      '--auth-file',
      join(where, 'who'),
      ...more,
    ];
    stage = await openStage({
      settings: {
        'wheelhouse.agents': {
          fake: fakeAgent('Fake', ...signs('--auth-methods', 'agent,terminal,variables')),
          bare: fakeAgent('Bare', ...signs('--auth-methods', 'none')),
        },
      },
    });
    ({ chat, workbench } = stage);
    await workbench.openChat();
  });
  afterAll(async () => {
    const left = await stage?.close();
    await rm(where, { recursive: true, force: true });
    expect(left).toEqual([]);
  });

  const card = (): Locator => chat.document.getByRole('group', { name: 'Question: Sign in' });
  const press = async (name: string): Promise<void> => {
    const button = card().getByRole('button', { name, exact: true });
    await until(`“${name}” to take a press`, async () => (await button.getAttribute('aria-disabled')) === 'false');
    await button.click();
  };
  const begin = async (agent: string): Promise<void> => {
    await workbench.runCommand('Wheelhouse: New Session');
    await workbench.pick(agent);
    await card()
      .filter({ hasText: `${agent} wants you to sign in` })
      .waitFor();
  };
  const input = (): Locator => workbench.page.locator('.quick-input-widget input[type="password"]');
  const take = async (state: string): Promise<void> => expect(await photograph(workbench, state, PICTURES)).toEqual([]);

  test('[screen] [demand 23] [acp 4] the card names the ways, also after the view was away (sign-in-THEME-WIDTH.png)', async () => {
    await begin('Fake');
    expect(await chat.state.textContent()).toMatch(/Waiting for you/u);
    await take('sign-in');
    expect(await card().innerText()).toContain('--auth-methods agent,terminal,variables --login');
    await workbench.reloadChat();
    await card().waitFor();
    expect(await card().locator('input, textarea').count()).toBe(0);
  });

  test('[screen] [acp 4.2.9] [S50] a key is entered in a field of the window, and is in no file, log, page or argument list', async () => {
    await press('Use a key');
    await input().waitFor();
    await take('sign-in-values');
    await input().fill('thought better of it');
    await workbench.page.keyboard.press('Escape');
    await card().getByRole('button', { name: 'Use a key' }).waitFor();
    await press('Use a key');
    await input().and(workbench.page.locator(':focus')).waitFor();
    await workbench.page.keyboard.type(SENTINEL);
    await workbench.page.keyboard.press('Enter');
    await chat.becomes('Ready');
    await chat.answer('variable FAKE_AGENT_KEY', `has ${SENTINEL.length} characters`);
    expect(await startedWith(SENTINEL, 'environ')).toHaveLength(1);
    expect(await startedWith(SENTINEL, 'cmdline')).toEqual([]);
    await chat.answer('run env', 'PATH=');
    expect(await chat.document.locator('body').innerText()).not.toContain(SENTINEL);
    await workbench.runCommand('Wheelhouse: Show Log');
    expect(await tracesOf(stage, SENTINEL)).toEqual([]);
  });

  test('[screen] [S50] an agent that is started anew still has it, and signing out deletes it', async () => {
    await workbench.runCommand('Wheelhouse: Restart Agent');
    await workbench.pick('Fake');
    await chat.newSession('Fake');
    expect(await startedWith(SENTINEL, 'environ')).toHaveLength(1);
    await workbench.runCommand('Wheelhouse: Sign Out of an Agent…');
    await workbench.pick('Fake');
    const dialog = workbench.page.locator('.monaco-dialog-box');
    await dialog.getByText('What you entered for it is deleted').waitFor();
    await workbench.screenshot('sign-out');
    await dialog.getByRole('button', { name: 'Sign Out', exact: true }).click();
    await workbench.toast('You are signed out of Fake.').waitFor();
    await begin('Fake');
    expect(await startedWith(SENTINEL, 'environ')).toEqual([]);
  });

  test('[screen] [demand 23] the login runs in a terminal that has the keyboard, and its end is enough (sign-in-terminal-THEME-WIDTH.png)', async () => {
    await press('Log in here');
    await workbench.page.locator('.terminal-wrapper.active .xterm-helper-textarea:focus').waitFor();
    await until('the question of the login', async () => (await workbench.terminalText()).includes('Who are you?'));
    expect(await photograph(workbench, 'sign-in-terminal', { ...PICTURES, window: true, widths: [300] })).toEqual([]);
    await workbench.page.locator('.terminal-wrapper.active .xterm-helper-textarea').focus();
    await workbench.page.keyboard.type('Ann');
    await workbench.page.keyboard.press('Enter');
    await chat.becomes('Ready');
    expect(await readFile(join(where, 'who'), 'utf8')).toBe('Ann');
    await rm(join(where, 'who'));
  });

  test('[screen] [acp 4] where no way is named there are words, and a person who signed in elsewhere goes on (sign-in-none-THEME-WIDTH.png)', async () => {
    await begin('Bare');
    await take('sign-in-none');
    await press('Try again');
    await card().getByText('Bare still asks for it.').waitFor();
    await press('Cancel');
    await card().waitFor({ state: 'hidden' });
    await chat.becomes('Failed');
  });
});
