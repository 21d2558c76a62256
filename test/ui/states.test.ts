import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Chat } from './chat.ts';
import { writeHeldPlan } from './heldPlan.ts';
import { photograph } from './photograph.ts';
import { fakeAgent, openStage, photographFailures } from './stage.ts';
import type { Stage } from './stage.ts';
import type { Workbench } from './workbench.ts';

// Each test produces a state and takes it in all themes and widths: STATE-THEME-WIDTH.png in out/screens.
describe('each state of the chat, in every theme and at both widths', () => {
  let stage: Stage;
  let chat: Chat;
  let workbench: Workbench;
  photographFailures(() => workbench);
  let scripts: string;

  beforeAll(async () => {
    scripts = await mkdtemp(join(tmpdir(), 'wheelhouse-scripts-'));
    const planner = fakeAgent('Planner', '--script', await writeHeldPlan(join(scripts, 'plan.json')));
    stage = await openStage({
      settings: { 'wheelhouse.agents': { fake: fakeAgent('Fake'), planner } },
    });
    ({ chat, workbench } = stage);
    await workbench.openChat();
  });

  afterAll(async () => {
    const left = await stage.close();
    await rm(scripts, { recursive: true, force: true });
    // A server that is told to stop takes everything down that it started.
    expect(left).toEqual([]);
  });

  const take = async (state: string): Promise<void> => expect(await photograph(workbench, state)).toEqual([]);

  test('[screen] empty: a chat without a session says what to do (empty-THEME-WIDTH.png)', async () => {
    await chat.composer.waitFor();
    await take('empty');
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

  test('[screen] toast: a question while the chat is out of sight (toast-THEME-WIDTH.png)', async () => {
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
});
