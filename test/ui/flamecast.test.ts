import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FakeFlamecast } from '../fakes/flamecast/server.ts';
import { until } from '../tools/until.ts';
import type { Chat } from './chat.ts';
import { darkAndLight, photograph } from './photograph.ts';
import { QuickInput } from './quickInput.ts';
import { openStage, photographFailures, type Stage } from './stage.ts';
import { tracesOf } from './traces.ts';
import type { Workbench } from './workbench.ts';

/** A value that looks like no known token. */
const SENTINEL = 'wholly-unrecognizable-5e1d09c4';

describe('a Flamecast server', () => {
  let fake: FakeFlamecast;
  let stage: Stage;
  let chat: Chat;
  let workbench: Workbench;
  let quick: QuickInput;
  photographFailures(() => workbench);

  beforeAll(async () => {
    fake = await FakeFlamecast.listen({ node: true, token: SENTINEL });
    await fake.open('Reviewer').prompt('hello there');
    stage = await openStage();
    ({ chat, workbench } = stage);
    quick = new QuickInput(workbench.page);
    await workbench.openChat();
  });

  afterAll(async () => {
    const left = await stage?.close();
    await fake?.[Symbol.asyncDispose]();
    expect(left).toEqual([]);
  });

  const reviewer = () => {
    const session = [...fake.sessions.values()].find(({ agentName }) => agentName === 'Reviewer');
    if (session === undefined) throw new Error('The fake has no session of this name.');
    return session;
  };
  const row = (name: RegExp) => workbench.treeItem(name);

  test('[screen] [demand 10] added by its address, tried, and connected', async () => {
    await workbench.runCommand('Wheelhouse: Add Environment…');
    await quick.choose('Flamecast Server');
    await quick.asks('its address, as');
    await quick.enter(fake.url);
    await quick.asks('What is it called here?');
    await quick.enter('The Cast');
    await quick.choose('Enter a Token');
    await quick.asks(`The token for 127.0.0.1:${fake.port}`);
    await quick.enter(SENTINEL);
    await quick.asks('Templates: Demo agent');
    await quick.choose('Add Environment');
    await row(/^The Cast, Flamecast Server, Connected/u).waitFor();
    // A theme is set by writing the whole file anew, and what the window wrote into it is to stay.
    await workbench.writeSettings(await workbench.readSettings());
  });

  test('[screen] [flamecast 11.8] a session from a template, and a question that a second device answers (flamecast-asks-THEME-300.png)', async () => {
    await chat.newSession('The Cast', 'Demo agent');
    await chat.ask('tool ask');
    await chat.permission('Write notes.txt').waitFor();
    expect(await photograph(workbench, 'flamecast-asks', darkAndLight)).toEqual([]);
    const own = [...fake.sessions.values()].at(-1);
    own?.answer('request-1', { optionId: 'yes' });
    await chat.says('You said: tool ask');
    await chat.becomes('Ready');
    expect(await chat.permission('Write notes.txt').count()).toBe(0);
  });

  test('[screen] [flamecast 11.2] cut in the middle of a turn, and finished after it (flamecast-cut-THEME-300.png)', async () => {
    await chat.ask('count 6 hold');
    await chat.says('word-1');
    fake.host.away = true;
    fake.host.cut();
    await chat.becomes('Reconnecting');
    expect(await photograph(workbench, 'flamecast-cut', darkAndLight)).toEqual([]);
    fake.host.away = false;
    await until('it is connected', () => fake.host.clients.size > 0);
    for (const session of fake.sessions.values()) session.release();
    await chat.says('word-6');
    await chat.becomes('Ready');
  });

  test('[screen] [flamecast 8] out of sight it is asked about, and answered from the Review of the notification (flamecast-review-THEME-300.png)', async () => {
    await workbench.openExplorer();
    await workbench.send('tool ask');
    const toast = workbench.toast('The Cast asks:');
    await toast.waitFor();
    await toast.getByRole('button', { name: 'Review' }).click();
    await chat.permission('Write notes.txt').getByText('On The Cast').waitFor();
    expect(await photograph(workbench, 'flamecast-review', darkAndLight)).toEqual([]);
    await chat.choose('Allow', 'Write notes.txt');
    await chat.becomes('Ready');
    expect(fake.asked.at(-1)).toMatchObject({
      path: expect.stringContaining('/permissions/'),
      body: { optionId: 'yes' },
    });
  });

  test('[screen] [flamecast 3] a session that was there already, and one of its files, which follows what happens there', async () => {
    await row(/^Reviewer/u).dblclick();
    await chat.says('You said: hello there');
    await workbench.runCommand('Wheelhouse: More Actions in Environment…');
    await quick.choose('Browse Files…');
    await quick.choose('Reviewer');
    await quick.asks('trunk');
    await quick.choose('README.md');
    const text = (words: string) => workbench.page.locator('.monaco-editor').getByText(words).first();
    await text('Far away').waitFor();
    fake.change(reviewer(), '/work/README.md', '# Nearer now\n');
    await text('Nearer now').waitFor();
  });

  test('[screen] [flamecast 3] runtimes: another one is started, paused and deleted, which is asked about (flamecast-runtimes-THEME-300.png)', async () => {
    await workbench.runCommand('Wheelhouse: More Actions in Environment…');
    await quick.choose('Start a Runtime…');
    await quick.asks('What is it called?');
    await quick.enter('second');
    await row(/^second, default · running/u).waitFor();
    expect(await photograph(workbench, 'flamecast-runtimes', { ...darkAndLight, chat: false })).toEqual([]);
    const more = async (): Promise<void> => {
      await row(/^second/u).click({ button: 'right' });
      await workbench.page.getByRole('menuitem', { name: /^More/u }).hover();
      // A menu that has just been opened takes no click yet.
      await workbench.page.keyboard.press('Enter');
    };
    await more();
    await quick.choose('Pause');
    await row(/^second, default · paused/u).waitFor();
    await more();
    await quick.choose('Delete…');
    await workbench.page.locator('.monaco-dialog-box').getByRole('button', { name: 'Delete' }).click();
    await row(/^second/u).waitFor({ state: 'detached' });
    expect([...fake.instances.keys()]).toEqual(['default']);
  });

  test('[screen] [flamecast 3] a template is registered, and a session made from it', async () => {
    await workbench.runCommand('Wheelhouse: More Actions in Environment…');
    await quick.choose('Register a Template…');
    await quick.enter('Second agent');
    await quick.asks('The command of an agent');
    await quick.enter('second --flag "two words"');
    await until('the template', () => fake.templates.length === 2);
    expect(fake.templates[1]).toMatchObject({
      name: 'Second agent',
      spawn: { command: 'second', args: ['--flag', 'two words'] },
    });
  });

  test('[screen] [flamecast 11.9] a terminal there, typed in', async () => {
    await workbench.runCommand('Wheelhouse: Open Terminal in Environment…');
    const shows = (words: string) => until(words, async () => (await workbench.terminalText()).includes(words));
    await shows('$');
    await workbench.page.locator('.terminal-wrapper.active .xterm-helper-textarea').focus();
    await workbench.page.keyboard.type('echo far\n');
    await shows('echo far');
    expect(fake.host.said).toContainEqual({ action: 'terminal.input', terminalId: 'rt-1', data: expect.any(String) });
  });

  test('[screen] [flamecast 3] a place in the chat is opened where the session is', async () => {
    await chat.ask('tool place');
    await chat.document.locator('.locations [title="/work/src/main.ts"]').first().click();
    await workbench.page.locator('.monaco-editor').getByText('export const far').first().waitFor();
  });

  test('[screen] [S50] the token stands in no file, log or argument list', async () => {
    expect(await tracesOf(stage, SENTINEL)).toEqual([]);
  });
});
