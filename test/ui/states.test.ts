import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Locator } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { until } from '../tools/until.ts';
import type { Chat } from './chat.ts';
import { writeHeldPlan } from './heldPlan.ts';
import { darkAndLight, photograph } from './photograph.ts';
import type { PhotographOptions } from './photograph.ts';
import { extensionHost } from './processes.ts';
import { fakeAgent, openStage, photographFailures } from './stage.ts';
import type { Stage } from './stage.ts';
import { Valve } from '../fakes/valve.ts';
import type { Workbench } from './workbench.ts';

// Each test produces a state and takes it in all themes and widths: STATE-THEME-WIDTH.png in out/screens.
describe('each state of the chat, in every theme and at both widths', () => {
  let stage: Stage;
  let chat: Chat;
  let workbench: Workbench;
  photographFailures(() => workbench);
  let scripts: string;
  let valve: Valve;

  beforeAll(async () => {
    valve = await Valve.make();
    scripts = await mkdtemp(join(tmpdir(), 'wheelhouse-scripts-'));
    const planner = fakeAgent('Planner', '--script', await writeHeldPlan(join(scripts, 'plan.json')));
    stage = await openStage({
      settings: { 'wheelhouse.agents': { fake: fakeAgent('Fake'), planner, valve: valve.agent('Valve') } },
    });
    ({ chat, workbench } = stage);
    await workbench.openChat();
  });

  afterAll(async () => {
    const left = await stage.close();
    await rm(scripts, { recursive: true, force: true });
    await valve.dispose();
    // A server that is told to stop takes everything down that it started.
    expect(left).toEqual([]);
  });

  const take = async (state: string, options?: PhotographOptions): Promise<void> =>
    expect(await photograph(workbench, state, options)).toEqual([]);

  let silent = false;
  /** It takes 40 s until silence is told, so it begins long before somebody looks. */
  const beSilent = async (): Promise<void> => {
    if (silent) return;
    silent = true;
    await chat.newSession('Fake');
    await chat.ask('silent');
    await chat.becomes('Working');
  };

  test('[screen] empty: a chat without a session says what to do (empty-THEME-WIDTH.png)', async () => {
    await chat.composer.waitFor();
    await take('empty');
  });

  test('[screen] starting: how far the agent is on its way to a session (starting-THEME-300.png, opening-THEME-300.png)', async () => {
    await beSilent();
    await valve.hold('initialize');
    await valve.hold('session/new');
    await workbench.runCommand('Wheelhouse: New Session');
    await workbench.pick('Valve');
    await chat.state.filter({ hasText: /^\s*Connecting, initializing$/ }).waitFor();
    await take('starting', darkAndLight);
    await valve.release('initialize');
    await chat.state.filter({ hasText: /^\s*Connecting, opening the session$/ }).waitFor();
    await chat.ask('/many 1');
    await take('opening', darkAndLight);
    await valve.release('session/new');
    await chat.says('I made 1 tool calls');
    await chat.becomes('Ready');
  });

  test('[screen] answer: markdown with a list, a table, code and a link (answer-THEME-WIDTH.png)', async () => {
    await chat.newSession('Demo');
    await chat.answer('/tour', 'That is the tour');
    await take('answer');
  });

  test('[screen] thought: unfolded by a click, apart from the answer (thought-THEME-WIDTH.png)', async () => {
    await chat.newSession('Demo');
    await chat.answer('/think', 'Those were my thoughts');
    const thought = chat.entries('Thought').last();
    await thought.getByText(/^Thought for/).click();
    await thought.getByText('I have none, since I am a script').waitFor();
    await take('thought');
  });

  test('[screen] plan: done, under way and to come (plan-THEME-WIDTH.png)', async () => {
    await chat.newSession('Planner');
    await chat.ask('Greet people in more languages');
    await chat.entries('Plan').getByText('Run the tests').waitFor();
    await take('plan');
    await chat.stop.click();
    await chat.becomes('Ready');
  });

  test('[screen] permission: the whole change before the answers (permission-THEME-WIDTH.png)', async () => {
    await chat.newSession('Demo');
    await chat.ask('/edit');
    await chat.permission('Edit README.md').waitFor();
    await chat.becomes('Waiting for you');
    await take('permission');
  });

  test('[screen] diff: what was allowed stands in the transcript (diff-THEME-WIDTH.png)', async () => {
    await chat.choose('Allow', 'Edit README.md');
    await chat.becomes('Ready');
    await chat.tool('Edit README.md').getByText('Edited with the demo agent').waitFor();
    await take('diff');
  });

  test('[screen] tool running: a command that goes on (tool-running-THEME-WIDTH.png)', async () => {
    await chat.newSession('Demo');
    await chat.ask(`/run printf 'building the greeting\\n'; sleep 600`);
    await chat.choose('Allow');
    await chat
      .tool(/sleep 600/)
      .getByText('building the greeting')
      .last()
      .waitFor();
    await chat.becomes('Working');
    await take('tool-running');
    await chat.stop.click();
    await chat.becomes('Ready');
  });

  test('[screen] terminal: the end of what a command wrote, in its colors (terminal-THEME-WIDTH.png)', async () => {
    await chat.newSession('Demo');
    await chat.ask('/run');
    await chat.choose('Allow');
    await chat.says('exit code 0');
    await chat.tool(/Run/).getByText('step 4 of 4').waitFor();
    await take('terminal');
  });

  test('[screen] streaming: an answer under way can be stopped (streaming-THEME-WIDTH.png)', async () => {
    await chat.newSession('Demo');
    await chat.ask('/slow 9999');
    await chat.says('line 30');
    await chat.becomes('Working');
    await take('streaming');
  });

  test('[screen] stopped: what came before the stop stays (stopped-THEME-WIDTH.png)', async () => {
    await chat.stop.click();
    await chat.becomes('Ready');
    await take('stopped');
  });

  test('[screen] error: a turn that failed, then an agent that died, with the way out (error-THEME-WIDTH.png)', async () => {
    await chat.newSession('Demo');
    await chat.ask('/fail');
    await chat.document.getByText('You asked the demo agent to fail').first().waitFor();
    await chat.becomes('Ready');
    await chat.ask('/crash');
    await chat
      .button(/^Restart/)
      .first()
      .waitFor();
    await take('error');
  });

  test('[screen] older: of a long session the end is there at once, and the rest comes when it is looked for (older-THEME-300.png)', async () => {
    await chat.newSession('Demo');
    // Of a session the last turn comes whole.
    for (const calls of [151, 152, 153]) await chat.answer(`/many ${calls}`, `I made ${calls} tool calls`);
    await workbench.reloadChat();
    await chat.says('I made 153 tool calls');
    const toTop = (): Promise<void> => chat.transcript.evaluate((log) => void (log.scrollTop = 0));
    const loading = chat.document.getByRole('status').filter({ hasText: 'Loading older…' });
    const host = await extensionHost(workbench.serverPid);
    // Older pages come from there, and would be here before anybody could look.
    process.kill(host, 'SIGSTOP');
    try {
      await toTop();
      await loading.waitFor();
      await take('older', darkAndLight);
    } finally {
      process.kill(host, 'SIGCONT');
    }
    await loading.waitFor({ state: 'detached' });
    await toTop();
    await chat.entries('You').filter({ hasText: '/many 151' }).waitFor();
  });

  test('[screen] two sessions: one waits, the other works (two-sessions-THEME-WIDTH.png)', async () => {
    await chat.newSession('Demo');
    await chat.ask('/edit');
    await chat.permission().waitFor();
    await chat.newSession('Demo');
    await chat.ask('/slow 9999');
    await chat.says('line 12');
    await take('two-sessions');
    await chat.stop.click();
    await chat.becomes('Ready');
  });

  test('[screen] silent: an agent that says nothing for 40 s is neither stopped nor passed over (silent-THEME-300.png)', async () => {
    await beSilent();
    await chat.switchTo('silent');
    const card = chat.document.getByText(/^Nothing from Fake for /);
    await card.waitFor({ timeout: 60_000 });
    await chat.state.filter({ hasText: /^\s*Working, silent for / }).waitFor();
    await chat.button('Restart agent').waitFor();
    await take('silent', darkAndLight);
    await chat.button('Stop the turn').click();
    await chat.becomes('Ready');
    expect(await card.count()).toBe(0);
  });

  test('[screen] [acp 4.1.11] toast: a question while the chat is out of sight (toast-THEME-WIDTH.png)', async () => {
    await chat.newSession('Fake');
    await workbench.openExplorer();
    const raise = async (): Promise<void> => {
      if (await workbench.toast('Edit the greeting').isVisible()) return;
      // Toasts go away by themselves after a while; the next one takes a question of its own.
      await workbench.send('ask Edit the greeting');
      await workbench.toast('Edit the greeting').waitFor();
    };
    await raise();
    expect(await photograph(workbench, 'toast', { window: true, chat: false, arrange: raise })).toEqual([]);
  });

  test('[screen] queue: prompts that wait are changed, moved, removed and held, and kept over a reload (queue-THEME-WIDTH.png)', async () => {
    await chat.newSession('Demo');
    await chat.ask('/hang');
    await chat.says('I wait until you stop me');
    const welsh = 'Add a greeting in Welsh, and a test for it';
    const waiting = ['/many 1', welsh, '/many 2', '/many 3'];
    for (const text of waiting) await chat.ask(text);
    const queue = chat.document.getByRole('list', { name: 'Queued prompts', exact: true });
    const item = (text: string): Locator => queue.getByRole('listitem').filter({ hasText: text });
    const act = (text: string, what: string): Promise<void> =>
      item(text).getByRole('button', { name: what, exact: true }).click();
    const stands = (...texts: readonly string[]): Promise<unknown> =>
      until(`the queue ${texts.join(', ')}`, async () => {
        const shown = await queue.locator('.queued-text').allInnerTexts();
        return shown.join() === texts.join();
      });
    await stands(...waiting);
    await act('Welsh', 'Move down');
    await stands('/many 1', '/many 2', welsh, '/many 3');
    await act('/many 3', 'Move up');
    await stands('/many 1', '/many 2', '/many 3', welsh);
    await act('/many 1', 'Remove');
    await stands('/many 2', '/many 3', welsh);
    await act('/many 2', 'Edit');
    await chat.composer.fill('/many 4');
    await chat.button('Save').click();
    await stands('/many 4', '/many 3', welsh);
    await chat.button('Pause queue').click();
    await chat.button('Resume queue').waitFor();
    await take('queue', { ...darkAndLight, widths: [300, 600] });

    await workbench.reload();
    await workbench.openChat();
    await chat.becomes('Disconnected');
    await stands('/many 4', '/many 3', welsh);
    await take('queue-after-reload', darkAndLight);
    await act('Welsh', 'Remove');
    await chat.button('Resume queue').click();
    await chat.says('I made 3 tool calls');
    await chat.becomes('Ready');
    // It went out before, and may stand above what is drawn by now.
    const four = chat.entries('Agent').filter({ hasText: 'I made 4 tool calls' });
    await until('the answer of before', async () => {
      if (await four.last().isVisible()) return true;
      await chat.transcript.evaluate((log) => void (log.scrollTop -= log.clientHeight / 2));
      return false;
    });
  });
});
