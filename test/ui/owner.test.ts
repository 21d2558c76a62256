import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { patience, until } from '../tools/until.ts';
import { Chat } from './chat.ts';
import { survivalTime, survives } from './survives.ts';
import { endHost, hostPid } from './hostProcess.ts';
import { newerVsix } from './newerVsix.ts';
import { darkAndLight, photograph } from './photograph.ts';
import { isAlive } from './processes.ts';
import { readLines } from './readLines.ts';
import { openStage, photographFailures } from './stage.ts';
import type { Stage } from './stage.ts';
import { Valve } from '../fakes/valve.ts';
import type { Workbench } from './workbench.ts';

const numbers = (to: number): number[] => Array.from({ length: to }, (_, index) => index + 1);

/** Milliseconds that the window stays closed; with LONG=1 a whole minute. */
const ABSENCE = process.env['LONG'] === '1' ? 60_000 : 0;

const allowed = { outcome: 'selected', optionId: 'allow_once' };

describe('sessions in the background host', () => {
  let stage: Stage;
  let chat: Chat;
  let workbench: Workbench;
  let valve: Valve;
  photographFailures(() => workbench);

  beforeAll(async () => {
    valve = await Valve.make();
    await valve.pace(400);
    stage = await openStage({
      settings: {
        'files.autoSave': 'off',
        'wheelhouse.sessions.owner': 'machine',
        'wheelhouse.agents': { valve: valve.agent('Valve') },
      },
    });
    ({ chat, workbench } = stage);
    await workbench.openChat();
  });

  afterAll(async () => {
    const host = await hostPid(workbench);
    const left = await stage.close();
    // Closing every window leaves it where it is.
    await endHost(host);
    await valve.dispose();
    expect(left).toEqual([]);
  });

  const take = async (state: string): Promise<void> =>
    expect(await photograph(workbench, state, darkAndLight)).toEqual([]);

  test('[screen] [I4] a reload in mid-turn: the agent goes on meanwhile, and every line is there once (host-after-reload-THEME-300.png)', async () => {
    await chat.newSession('Demo');
    await chat.ask('/slow 150');
    await chat.says('line 20');
    const host = await hostPid(workbench);
    await workbench.reload();
    await workbench.openChat();
    await chat.says('line 150');
    await chat.becomes('Ready');
    expect(await readLines(chat)).toEqual(numbers(150));
    expect(await hostPid(workbench)).toBe(host);
    await take('host-after-reload');
  });

  test('[screen] [I5] a question that is asked while the window is closed waits, and is answered once (host-question-THEME-300.png)', async () => {
    await chat.newSession('Valve');
    await valve.hold('session/request_permission');
    await chat.ask('/edit');
    await chat.becomes('Working');
    await workbench.closeWindow();
    const closed = performance.now();
    await valve.release('session/request_permission');
    await until(
      'the end of the absence',
      () => Promise.resolve(performance.now() > closed + ABSENCE),
      ABSENCE + patience,
    );
    await workbench.openAgain(stage.folder);
    await workbench.openChat();
    await chat.permission('Edit README.md').waitFor();
    await chat.becomes('Waiting for you');
    await take('host-question');
    await chat.choose('Allow', 'Edit README.md');
    await chat.becomes('Ready');
    expect(await valve.outcomes()).toEqual([allowed]);
  });

  test(
    '[screen] [I1] [I4] one reload, ten seconds without a network, an extension host and a viewer that are killed: a fresh window has each of 5,000 lines once',
    async () => {
      await valve.pace(800);
      await survives(
        stage,
        { lines: 5000, cut: 10_000 },
        {
          begin: async (prompt) => {
            await chat.newSession('Valve');
            await chat.ask(prompt);
          },
          hold: (line) => valve.hold(`chunk-${line}`),
          release: (line) => valve.release(`chunk-${line}`),
        },
      );
    },
    survivalTime,
  );

  test('[screen] [I5] two windows: what one answers, the other shows as answered (host-two-windows.png)', async () => {
    const second = await workbench.openWindow({ workspace: stage.folder });
    const there = new Chat(second);
    try {
      const before = (await valve.outcomes()).length;
      await chat.newSession('Valve');
      await chat.ask('/edit');
      await chat.permission('Edit README.md').waitFor();
      await second.openChat();
      await there.session(/edit/u).filter({ hasText: 'Waiting for you' }).first().click();
      await there.permission('Edit README.md').waitFor();
      await second.screenshot('host-two-windows');
      await there.choose('Allow', 'Edit README.md');
      await chat.becomes('Ready');
      expect(await chat.permission().count()).toBe(0);
      expect(await valve.outcomes()).toHaveLength(before + 1);
      await there.ask('Hello from there');
      await chat.entries('You').filter({ hasText: 'Hello from there' }).waitFor();
    } finally {
      await second.close();
    }
  });

  test('[screen] [demand 10] unsaved edits are asked about in the window that has them, and what is written can be undone there (host-unsaved.png)', async () => {
    await workbench.openFile('README.md');
    await workbench.page.locator('.part.editor .view-lines').first().click();
    await workbench.page.keyboard.press('Control+Home');
    await workbench.page.keyboard.type('My own words.\n');
    await until('the edit', async () => (await workbench.editorText()).includes('My own words.'));
    const mine = await workbench.editorText();
    await chat.newSession('Valve');
    await chat.ask('/edit');
    await chat.choose('Allow', 'Edit README.md');
    const card = chat.permission('Write over your edits that are not saved?');
    await card.getByText('My own words.').first().waitFor();
    await workbench.screenshot('host-unsaved');
    await card.getByRole('button', { name: 'Take the agent’s', exact: true }).click();
    await chat.becomes('Ready');
    // The agent read what stands in the editor, and so knows of it.
    await until('the edit of the agent', async () => (await workbench.editorText()) !== mine);
    expect(await workbench.editorText()).toContain('My own words.');
    await workbench.page.locator('.part.editor .view-lines').first().click();
    await workbench.page.keyboard.press('Control+z');
    await until('the undo', async () => (await workbench.editorText()) === mine);
    await workbench.runCommand('File: Revert File');
  });

  test('[screen] [acp 7] a command runs in the host, on a terminal of the window that outlives it (host-terminal.png)', async () => {
    await chat.newSession('Demo');
    await chat.ask('/run');
    await chat.choose('Allow');
    await chat.becomes('Ready');
    await chat.button('Show terminal').first().click();
    await until('the output', async () => (await workbench.terminalText()).includes('exited with code 0'));
    await workbench.screenshot('host-terminal');
    await workbench.runCommand('Wheelhouse: Agents…');
    const row = workbench.page.locator('.quick-input-widget .monaco-list-row').filter({ hasText: 'Demo' });
    await row.filter({ hasText: 'Running' }).first().waitFor();
    await workbench.page.keyboard.press('Escape');
  });

  test('[screen] [I3] a host that is killed is told honestly, and is there again (host-killed-THEME-300.png)', async () => {
    await chat.newSession('Demo');
    await chat.ask('/slow 4000');
    await chat.says('line 10');
    const host = await hostPid(workbench);
    process.kill(host, 'SIGKILL');
    await hostPid(workbench, host);
    await chat.becomes('Disconnected');
    await take('host-killed');
    await chat.ask('/plan');
    await chat.entries('Plan').first().waitFor();
    await chat.becomes('Ready');
  });

  test('[screen] [demand 9] an update of the extension: the host of before goes on with what runs in it, and is exchanged when nothing does (host-outdated.png)', async () => {
    const vsix = await newerVsix(process.env['WHEELHOUSE_VSIX'] ?? '', '0.2.0', stage.folder);
    await chat.newSession('Valve');
    await chat.ask('/edit');
    await chat.permission('Edit README.md').waitFor();
    const before = await hostPid(workbench);
    await workbench.server.install(vsix);
    await workbench.reload();
    await workbench.openChat();
    await workbench.toast(/The background host is Wheelhouse 0\.1\.0/u).waitFor();
    await chat.permission('Edit README.md').waitFor();
    expect(await hostPid(workbench)).toBe(before);
    await workbench.screenshot('host-outdated');
    await chat.choose('Allow', 'Edit README.md');
    const now = await hostPid(workbench, before);
    expect(await isAlive(before)).toBe(false);
    expect(now).not.toBe(before);
    await chat.becomes('Disconnected');
  });
});
