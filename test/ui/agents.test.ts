import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { patience, until } from '../tools/until.ts';
import { fakeAgent, openStage, photographFailures, type Stage } from './stage.ts';

describe('the agents of a window', () => {
  let broken: string;
  let folder: string;
  let stage: Stage;
  photographFailures(() => stage?.workbench);

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'wheelhouse-agents-'));
    broken = join(folder, 'broken');
    stage = await openStage({
      settings: {
        'wheelhouse.agents': {
          fake: { ...fakeAgent('Fake', '--resume', '--crash-while', broken), env: { PRIVATE_WORD: 'correct-horse' } },
          missing: { name: 'Missing', command: 'no-such-agent' },
        },
        'wheelhouse.defaultAgent': 'fake',
      },
    });
    await stage.chat.newSession();
  });

  afterAll(async () => {
    const left = await stage?.close();
    await rm(folder, { recursive: true, force: true });
    expect(left).toEqual([]);
  });

  const list = () => stage.workbench.page.locator('.quick-input-widget');
  const row = (text: string | RegExp) => list().locator('.monaco-list-row').filter({ hasText: text });
  const openAgent = async (name: string): Promise<void> => {
    await stage.workbench.runCommand('Wheelhouse: Agents…');
    await row('Not running').first().waitFor();
    await stage.workbench.pick(name);
    await row('Restart').first().waitFor();
  };
  const leave = async (): Promise<void> => {
    // A list that is drawn anew in that moment has no keys.
    await until('the list to be gone', async () => {
      await stage.workbench.page.keyboard.press('Escape');
      await list().waitFor({ state: 'hidden', timeout: 2000 });
      return true;
    });
  };
  const both = async (name: string): Promise<void> => {
    // A theme is set by writing the whole file anew, and what the window wrote into it is to stay.
    await stage.workbench.writeSettings(await stage.workbench.readSettings());
    for (const [theme, word] of [
      ['Light Modern', 'light'],
      ['Dark Modern', 'dark'],
    ] as const) {
      await stage.workbench.setTheme(theme);
      await stage.workbench.screenshot(`agents-${name}-${word}`);
    }
  };

  test('[screen] [demand 16] [acp 10 cline] all agents, and all of one: its process, what it can, its sessions, its daemon (agents-*.png)', async () => {
    const { workbench, chat } = stage;
    await chat.ask('cline-daemon');
    await chat.entries('Notice').filter({ hasText: 'daemon' }).waitFor();
    await workbench.runCommand('Wheelhouse: Agents…');
    await row(/Fake.*Running · 1\.0\.0 · sessions: 1 · \d+ MB/u).waitFor();
    await row(/Missing.*Not running/u).waitFor();
    await both('list');
    await workbench.pick('Fake');
    await row(/Running\s*since .*process \d+/u).waitFor();
    await row(/Memory\s*\d+ MB, processes: \d/u).waitFor();
    await row(/Version\s*1\.0\.0 · calls itself Fake/u).waitFor();
    await row(/Program.*from your settings/u).waitFor();
    await row(/Declared by it.*promptCapabilities\.image/u).waitFor();
    await row(/Seen in use.*notice/u).waitFor();
    await row(/sleep 600\s*process \d+, outside of its group/u).waitFor();
    await both('details');
    await leave();
  });

  test('[screen] [wire log] is off, is turned on for what comes then, and is exported without secrets (agents-wire-*.png)', async () => {
    const { workbench, chat } = stage;
    await openAgent('Fake');
    expect(await row('Show Wire Log').count()).toBe(0);
    await workbench.pick('Turn Wire Log On');
    await until('the setting', async () => (await stage.workbench.readSettings())['wheelhouse.wireLog'] === true);
    await chat.ask('the word is correct-horse');
    await workbench.page.locator('.part.panel').getByText('end_turn').first().waitFor();
    await both('wire');
    await openAgent('Fake');
    await workbench.pick('Export Wire Log…');
    // Where it is offered to be: a dialog that looks at the disk loses what is typed meanwhile.
    const target = join(stage.folder, 'fake-wire.log');
    const field = list().locator('input').first();
    const text = await until('the file', async () => {
      await field.press('Enter', { timeout: patience / 20 }).catch(() => undefined);
      return (await readFile(target, 'utf8').catch(() => '')) || false;
    });
    expect(text).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z → #\d+ session\/prompt /mu);
    expect(text).toMatch(/← #\d+ session\/prompt \d+\.\d{3} s \{"stopReason":"end_turn"\}/u);
    expect(text).toContain('the word is <secret>');
    expect(text).not.toContain('horse');
    await openAgent('Fake');
    await workbench.pick('Turn Wire Log Off');
    await until('the setting', async () => (await stage.workbench.readSettings())['wheelhouse.wireLog'] === undefined);
    await workbench.page.keyboard.press('Control+j');
  });

  test('[screen] [demand 16] one that ends again and again says so, and Restart brings it back (agents-ended-*.png)', async () => {
    const { chat } = stage;
    await writeFile(broken, '');
    await chat.ask('exit 3');
    await chat.becomes('Failed');
    await chat.ask('folders');
    await chat.document.getByText('is not started again by itself').waitFor();
    await both('ended');
    await rm(broken);
    await chat.button('Restart agent').last().click();
    await chat.becomes('Ready');
    // What waited is not sent by itself after a failure.
    await chat.button('Resume queue').click();
    await chat.says('folders from now on');
    await chat.becomes('Ready');
    await until('an empty queue', async () => (await chat.button('Resume queue').count()) === 0);
  });

  test('[screen] [acp 10 cline] a daemon that was left behind is listed, and ended when a person says so (agents-daemon-*.png)', async () => {
    const { workbench } = stage;
    await workbench.runCommand('Wheelhouse: Agents…');
    await row(/Fake.*left behind: 1/u).waitFor();
    await workbench.pick('Fake');
    await row(/sleep 600\s*process \d+, left behind/u).click();
    const dialog = workbench.page.locator('.monaco-dialog-box');
    await dialog.getByText('What started it has ended. It may be meant to stay.').waitFor();
    await both('daemon');
    await dialog.getByRole('button', { name: 'End It', exact: true }).click();
    await dialog.waitFor({ state: 'hidden' });
    await workbench.runCommand('Wheelhouse: Agents…');
    await until('nobody to be left', async () => (await row('left behind').count()) === 0);
    await leave();
  });
});
