import { realpath } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FakeExecution } from '../fakes/execution/server.ts';
import { FrameProxy } from '../faults/frameProxy.ts';
import { until } from '../tools/until.ts';
import type { Chat } from './chat.ts';
import { darkAndLight, photograph } from './photograph.ts';
import { QuickInput } from './quickInput.ts';
import { openStage, photographFailures, type Stage } from './stage.ts';
import type { Workbench } from './workbench.ts';

describe('a host that runs commands', () => {
  let fake: FakeExecution;
  let proxy: FrameProxy;
  let stage: Stage;
  let chat: Chat;
  let workbench: Workbench;
  let quick: QuickInput;
  let there: string;
  photographFailures(() => workbench);

  beforeAll(async () => {
    there = await realpath(tmpdir());
    fake = await FakeExecution.listen({ ours: true });
    proxy = await FrameProxy.listen(1, fake.port);
    stage = await openStage();
    ({ chat, workbench } = stage);
    quick = new QuickInput(workbench.page);
    await workbench.openChat();
  });

  afterAll(async () => {
    const left = await stage?.close();
    await proxy?.[Symbol.asyncDispose]();
    await fake?.[Symbol.asyncDispose]();
    expect(left).toEqual([]);
  });

  const row = (name: RegExp) => workbench.treeItem(name);
  const shows = (text: string | RegExp) =>
    until(`${text} in the terminal`, async () => {
      const seen = await workbench.terminalText();
      return typeof text === 'string' ? seen.includes(text) : text.test(seen);
    });
  const type = async (text: string): Promise<void> => {
    await workbench.page.keyboard.type(text);
    await workbench.page.keyboard.press('Enter');
  };
  const pictures = { ...darkAndLight, window: true } as const;

  test('[screen] [environment 10] added with its token, tried, and connected: what was found is said', async () => {
    await workbench.runCommand('Wheelhouse: Add Environment…');
    await quick.asks('A host that runs commands, for you and for agents of this machine');
    await quick.choose('Remote Commands');
    await quick.asks('its address, as');
    await quick.enter(`ws://127.0.0.1:${proxy.port}/environment`);
    await quick.asks('What is it called here?');
    await quick.enter('The Box');
    await quick.choose('Enter a Token');
    await quick.asks('The token for');
    await quick.enter(fake.options.token);
    await quick.asks('Its environment is env_fake, its shell sh.');
    // Whoever sits there is asked nothing by that.
    expect(fake.said).toEqual([]);
    await quick.choose('Add Environment');
    await row(/^The Box, .*Connected/u).waitFor();
    const settings = await workbench.readSettings();
    expect(JSON.stringify(settings)).not.toContain(fake.options.token);
    const { 'wheelhouse.environments': environments } = settings;
    const entries = environments as Record<string, object>;
    // Where its commands run there.
    await workbench.writeSettings({
      'wheelhouse.environments': { 'the-box': { ...entries['the-box'], folder: there } },
    });
    await row(/^The Box, .*Connected/u).waitFor();
  });

  test('[screen] [environment 10 shell] a terminal there; cut in mid-work, all that was written comes after it (execution-cut-THEME-300.png, execution-terminal-THEME-300.png)', async () => {
    await workbench.runCommand('Wheelhouse: Open Terminal in Environment…');
    await shows(`The Box:${there}$`);
    await type('for n in 1 2 3 4 5 6 7 8 9; do echo line $n of 9; sleep 0.4; done; (exit 3)');
    await shows('line 2 of 9');
    await row(/^Shell/u).waitFor();
    proxy.down = true;
    proxy.cut();
    await row(/^The Box, .*Reconnecting/u).waitFor();
    expect(await photograph(workbench, 'execution-cut', pictures)).toEqual([]);
    proxy.down = false;
    await workbench.page.locator('.part.panel .terminal-wrapper.active').click();
    await shows(`[3] The Box:${there}$`);
    const seen = await workbench.terminalText();
    for (let n = 1; n <= 9; n += 1) expect(seen.split(`line ${n} of 9`).length).toBe(2);
    await type('sleep 600');
    await workbench.page.keyboard.press('Control+C');
    await shows(`[130] The Box:${there}$`);
    expect(await photograph(workbench, 'execution-terminal', pictures)).toEqual([]);
    await type('exit');
    await shows('exited with code');
  });

  test('[screen] [environment 10] an agent of this machine whose commands run there: the card and the terminal say where (execution-agent-THEME-300.png)', async () => {
    await chat.newSession('The Box');
    await chat.ask('/run pwd; echo over there');
    await chat.choose('Allow', 'Run pwd');
    await chat.says('The command ended with exit code 0.');
    await chat.becomes('Ready');
    const command = chat.document.locator('code.command', { hasText: 'over there' });
    expect(await command.last().innerText()).toMatch(/ · The Box$/u);
    const [asked] = fake.said.filter(({ tool }) => tool === 'bash').slice(-1);
    expect(asked?.['payload']).toMatchObject({ workdir: there, background: true });
    await workbench.page.locator('.part.panel').getByText('· The Box').first().click();
    await shows('over there');
    const arrange = () => command.last().scrollIntoViewIfNeeded();
    expect(await photograph(workbench, 'execution-agent', { ...pictures, arrange })).toEqual([]);
  });

  test('[screen] [environment 10] a host that was started again: what ran is told so, and a new session is opened', async () => {
    await workbench.runCommand('Wheelhouse: Open Terminal in Environment…');
    await shows(`The Box:${there}$`);
    fake.restart();
    await shows('knows nothing of what ran before');
    await row(/^The Box, .*Connected/u).waitFor();
    await workbench.runCommand('Wheelhouse: Open Terminal in Environment…');
    // The one before it has the keys until the new one stands.
    await until('the new terminal', async () => !(await workbench.terminalText()).includes('knows nothing'));
    await shows(`The Box:${there}$`);
    await type('echo again');
    await shows('again');
  });

  test('[screen] [environment 10 unanswered] left: what ran there is ended, and so is the session', async () => {
    await workbench.runCommand('Wheelhouse: Disconnect Environment…');
    await until('nothing there', () => fake.running === 0 && fake.sockets.size === 0 && !fake.hasSession);
  });
});
