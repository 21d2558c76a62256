import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { patience, until } from '../tools/until.ts';
import { Chat } from './chat.ts';
import { darkAndLight, photograph } from './photograph.ts';
import { extensionHost, isAlive, runningProcesses } from './processes.ts';
import { readLines } from './readLines.ts';
import { smallDisk } from './smallDisk.ts';
import { openStage, photographFailures } from './stage.ts';
import type { Stage } from './stage.ts';
import { Valve } from '../fakes/valve.ts';
import type { Workbench } from './workbench.ts';

const numbers = (to: number): number[] => Array.from({ length: to }, (_, index) => index + 1);

const allowed = { outcome: 'selected', optionId: 'allow_once' };

/** With LONG=1 the view is hidden for a whole minute, in which the agent says its thousand lines. */
const HIDDEN = process.env['LONG'] === '1' ? { pace: 20, ms: 60_000 } : { pace: 400, ms: 0 };

describe('sessions that outlive their window', () => {
  const disk = smallDisk();
  let stage: Stage;
  let chat: Chat;
  let workbench: Workbench;
  let valve: Valve;
  photographFailures(() => workbench);

  beforeAll(async () => {
    valve = await Valve.make();
    await valve.pace(400);
    stage = await openStage({
      ...disk.options,
      settings: { 'wheelhouse.agents': { valve: valve.agent('Valve') } },
    });
    ({ chat, workbench } = stage);
    await workbench.openChat();
  });

  afterAll(async () => {
    const left = await stage.close();
    await valve.dispose();
    expect(left).toEqual([]);
  });

  const take = async (state: string): Promise<void> =>
    expect(await photograph(workbench, state, darkAndLight)).toEqual([]);

  /** As a crash would, and with everything of ours that descends from it. @returns when nothing of it is left */
  const killExtensionHost = async (): Promise<void> => {
    const host = await extensionHost(workbench.serverPid);
    const ours = await runningProcesses(host, /valveAgent|watchdog/);
    expect(ours.length).toBeGreaterThan(0);
    process.kill(host, 'SIGKILL');
    await until('the end of all that the extension host had started', async () => {
      const left = await Promise.all([host, ...ours.map(({ pid }) => pid)].map(isAlive));
      return !left.includes(true);
    });
  };

  /** Waits until a line of that number or a later one is in sight. */
  const shows = (number: number): Promise<unknown> =>
    until(`line ${number}`, async () => {
      const lines = await chat.entries('Agent').last().locator('li').allInnerTexts();
      return lines.some((line) => Number(/^line (\d+)/.exec(line)?.[1] ?? 0) >= number);
    });

  test('[screen] [I4] a reload in mid-stream shows the session again as it was, and a prompt continues it (after-reload.png)', async () => {
    await chat.newSession('Demo');
    await chat.ask('/slow 400');
    await chat.says('line 20');
    await workbench.reload();
    await workbench.openChat();
    await chat.becomes('Disconnected');
    await chat.entries('Notice').filter({ hasText: 'Stopped.' }).waitFor();
    const lines = await readLines(chat);
    expect(lines.length).toBeGreaterThanOrEqual(20);
    expect(lines).toEqual(numbers(lines.length));
    await workbench.screenshot('after-reload');
    await chat.ask('/plan');
    await chat.entries('Plan').first().waitFor();
    await chat.becomes('Ready');
    expect(await readLines(chat)).toEqual(lines);
  });

  test('[screen] [J4] [acp 4.2.12] a second window on the folder shows the session as it goes on in the first, and takes it over after that (two-windows.png)', async () => {
    const second = await workbench.openWindow({ workspace: stage.folder });
    const there = new Chat(second);
    try {
      await second.showContainer();
      const row = there.session(/slow 400/u);
      await row.filter({ hasText: 'Open in another window' }).waitFor();
      await row.click();
      // The end is in sight, and what is far above it is not in the document.
      await there.entries('You').filter({ hasText: '/plan' }).waitFor();
      await there.document.getByText('This session is open in another window').waitFor();
      await chat.answer('Hello again', 'Try one of these');
      await there.entries('You').filter({ hasText: 'Hello again' }).waitFor();
      await there.says('Try one of these');
      await second.screenshot('two-windows');
      await there.ask('Nobody reads this');
      await there.document.getByRole('alert').filter({ hasText: 'Another window has this session' }).waitFor();
      await workbench.runCommand('Wheelhouse: Close Session');
      await chat
        .session(/slow 400/u)
        .filter({ hasNotText: 'Ready' })
        .waitFor();
      await row.filter({ hasNotText: 'Open in another window' }).waitFor();
      await there.button('Take over').click();
      await there.ask('Here now');
      await there.entries('You').filter({ hasText: 'Here now' }).waitFor();
      await there.becomes('Ready');
    } finally {
      await second.close();
    }
  });

  test('[screen] [I5] [acp 4.1.11] a question outlives a reload of the chat: it stands there once more, and is answered once (question-after-reload-THEME-300.png)', async () => {
    await chat.newSession('Valve');
    await chat.ask('/edit');
    await chat.permission('Edit README.md').waitFor();
    await workbench.reloadChat();
    await chat.permission('Edit README.md').waitFor();
    await chat.becomes('Waiting for you');
    await take('question-after-reload');
    await chat.choose('Allow', 'Edit README.md');
    await chat.becomes('Ready');
    expect(await valve.outcomes()).toEqual([allowed]);
    expect(await chat.permission().count()).toBe(0);
    expect(await chat.tool('Edit README.md').count()).toBe(1);
    expect(await chat.entries('You').count()).toBe(1);
  });

  test('[screen] [I5] a question that a window takes with it is cancelled, said to be so, and asked anew only when the person asks (question-cancelled-THEME-300.png)', async () => {
    const before = await valve.outcomes();
    await chat.newSession('Valve');
    await chat.ask('/edit');
    await chat.permission('Edit README.md').waitFor();
    await workbench.reload();
    await workbench.openChat();
    await chat.becomes('Disconnected');
    await chat.entries('Notice').filter({ hasText: 'Stopped.' }).waitFor();
    await chat.tool('Edit README.md').last().getByText('Not answered').waitFor();
    expect(await chat.permission().count()).toBe(0);
    // Its agent is told by the window that goes, which the next one does not wait for.
    await until('the agent to be told', async () => (await valve.outcomes()).length > before.length);
    expect(await valve.outcomes()).toEqual([...before, { outcome: 'cancelled' }]);
    await take('question-cancelled');
    await chat.ask('/edit');
    await chat.choose('Allow', 'Edit README.md');
    await chat.becomes('Ready');
    expect(await valve.outcomes()).toEqual([...before, { outcome: 'cancelled' }, allowed]);
  });

  test('[screen] [J3] [acp 4.2.8] an extension host that is killed in mid-stream leaves what it had, says what may be missing, and no process (killed-host-THEME-300.png)', async () => {
    await chat.newSession('Valve');
    await chat.ask('/long 100000');
    const seen = 300;
    await shows(seen + 200);
    await killExtensionHost();
    await workbench.openChat();
    await chat.becomes('Disconnected');
    const gap = chat.entries('Notice').filter({ hasText: 'its last 50 ms may be missing' });
    await gap.waitFor();
    await chat.entries('Notice').filter({ hasText: 'Whether the agent got to its end is not known' }).waitFor();
    await take('killed-host');
    const lines = await readLines(chat);
    expect(lines).toEqual(numbers(lines.length));
    expect(lines.length).toBeGreaterThanOrEqual(seen);
    expect((await valve.numbers()).slice(0, lines.length)).toEqual(lines);
    await chat.button('Restart agent').click();
    await chat.becomes('Ready');
    // Who asks from far above is brought to what comes.
    await chat.transcript.evaluate((log) => log.scrollTo(0, 0));
    await chat.button('Jump to latest').waitFor();
    await chat.answer('/many 1', 'I made 1 tool calls');
    expect(await readLines(chat)).toEqual(lines);
  });

  test('[screen] [J5] on a full disk the session goes on and says so; when there is room again nothing is missing (disk-full-THEME-300.png)', async () => {
    await valve.hold('chunk-200');
    await chat.newSession('Valve');
    const before = (await valve.numbers()).length;
    await chat.ask('/long 600');
    await shows(180);
    await disk.fill(workbench.serverPid);
    await valve.release('chunk-200');
    const banner = chat.document.getByRole('status').filter({ hasText: 'The disk is full.' });
    await banner.waitFor();
    await shows(600);
    await chat.becomes('Ready');
    await take('disk-full');
    await disk.free(workbench.serverPid);
    await banner.waitFor({ state: 'detached' });
    await workbench.reload();
    await workbench.openChat();
    await chat.becomes('Disconnected');
    expect(await readLines(chat)).toEqual((await valve.numbers()).slice(before));
    expect(await chat.entries('Notice').count()).toBe(0);
  });

  test(
    '[screen] [I1] [I2] [I4] three reloads, a view that is hidden and an extension host that is killed: each number that the agent sent before its death stands once, in order (five-thousand-THEME-300.png)',
    async () => {
      const before = (await valve.numbers()).length;
      const sent = async (): Promise<number> => (await valve.numbers()).length - before;
      // The agent has lines to say until the chat is back, however slow that is.
      const pauses = [1000, 2000, 3000, 4000];
      for (const pause of pauses) await valve.hold(`chunk-${pause}`);
      await chat.newSession('Valve');
      await chat.ask('/long 5000');
      for (const pause of [1000, 2000, 3000]) {
        await shows(pause - 900);
        await workbench.reloadChat();
        await shows(pause - 1);
        if (pause < 3000) await valve.release(`chunk-${pause}`);
      }
      await workbench.openExplorer();
      await valve.pace(HIDDEN.pace);
      const hiddenAt = performance.now();
      await valve.release('chunk-3000');
      await until(
        'a thousand numbers that nobody saw',
        async () => (await sent()) === 3999 && performance.now() > hiddenAt + HIDDEN.ms,
        HIDDEN.ms + patience,
      );
      await workbench.openChat();
      await shows(3999);
      // What is on its way when the host dies is lost, and said to be: here the agent is in a pause, and nothing is.
      await chat.becomes('Working');
      await killExtensionHost();
      await workbench.openChat();
      await chat.becomes('Disconnected');
      await workbench.reload();
      await workbench.openChat();
      await chat.becomes('Disconnected');
      await take('five-thousand');
      const lines = await readLines(chat);
      expect(lines).toEqual(numbers(3999));
      expect((await valve.numbers()).slice(before)).toEqual(lines);
    },
    HIDDEN.ms + 120_000,
  );
});
