import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { tmpdir } from 'node:os';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { tarGz } from '../fakes/archives.ts';
import { sha256, startRegistry, type FakeRegistry } from '../fakes/registry.ts';
import { until } from '../tools/until.ts';
import { root } from './server.ts';
import { openStage, photographFailures, type Stage } from './stage.ts';

const ANSWERS = `#!/bin/sh\nexec '${process.execPath}' '${join(root, 'test', 'fakes', 'agent.ts')}' "$@"\n`;

interface Settings {
  readonly [key: string]: unknown;
  readonly 'wheelhouse.defaultAgent'?: string;
  readonly 'wheelhouse.agents'?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

describe('adding an agent', () => {
  let bin: string;
  let registry: FakeRegistry;
  let stage: Stage;
  photographFailures(() => stage?.workbench);

  beforeAll(async () => {
    bin = await mkdtemp(join(tmpdir(), 'wheelhouse-bin-'));
    await writeFile(join(bin, 'goose'), ANSWERS.replace(' "$@"', ''), { mode: 0o755 });
    // The editor asks the login shell for the person's PATH, and takes that instead of the one that it was started with.
    const shell = join(bin, 'bash');
    const asked = 'while [ "$1" != -c ]; do shift; done; eval "$2"';
    await writeFile(shell, `#!/bin/sh\nexport PATH="$PATH:${bin}"\n${asked}\n`, { mode: 0o755 });
    registry = await startRegistry();
    stage = await openStage({
      settings: { 'wheelhouse.registry': registry.index },
      env: { SHELL: shell },
    });
  });

  afterAll(async () => {
    const left = await stage?.close();
    await registry?.[Symbol.asyncDispose]();
    await rm(bin, { recursive: true, force: true });
    expect(left).toEqual([]);
  });

  const publish = (version: string): string => {
    const archive = tarGz({ name: 'agent', text: ANSWERS, mode: 0o755 });
    const sum = sha256(archive);
    const binary = { archive: registry.serve(`/stranger-${version}.tar.gz`, archive), cmd: './agent', sha256: sum };
    const known = { id: 'stranger', name: 'Stranger', version, description: 'An agent that nobody here knows.' };
    registry.setAgents([
      { ...known, distribution: { binary: { 'linux-x86_64': { ...binary, args: ['--auth'], env: { QUIET: '1' } } } } },
      {
        ...known,
        id: 'other',
        name: 'Other',
        distribution: { npx: { package: '@other/agent@2.0.1', args: ['--acp'] } },
      },
    ]);
    return sum;
  };

  const dialog = () => stage.workbench.page.locator('.monaco-dialog-box');
  const press = async (name: string): Promise<void> => {
    await dialog().getByRole('button', { name, exact: true }).click();
    await dialog().getByRole('button', { name, exact: true }).waitFor({ state: 'hidden' });
  };
  const settings = async (): Promise<Settings> => await stage.workbench.readSettings();
  const both = async (name: string): Promise<void> => {
    // A theme is set by writing the whole file anew, and what the window wrote into it is to stay.
    await stage.workbench.writeSettings(await settings());
    for (const [theme, word] of [
      ['Light Modern', 'light'],
      ['Dark Modern', 'dark'],
    ] as const) {
      await stage.workbench.setTheme(theme);
      await stage.workbench.screenshot(`add-agent-${name}-${word}`);
    }
  };
  const unpacked = (): Promise<string[]> =>
    readdir(join(stage.workbench.userDataDir, 'User/globalStorage/wheelhouse.wheelhouse/agents/stranger')).catch(
      () => [],
    );

  test('[screen] [demand 10] one of the registry: chosen, agreed to, started and added (add-agent-*.png)', async () => {
    const { workbench, chat } = stage;
    const sum = publish('1.2.3');
    await workbench.runCommand('Wheelhouse: Add Agent…');
    await workbench.page.locator('.quick-input-widget').getByText(join(bin, 'goose')).waitFor();
    expect(registry.asked).toEqual([]);
    await workbench.pick('Look Up the Registry');
    await workbench.page.locator('.quick-input-widget').getByText('Stranger', { exact: true }).waitFor();
    await both('list');

    await workbench.pick('Stranger');
    await dialog().getByText(`Checksum (SHA-256): ${sum}`).waitFor();
    for (const text of [`${registry.address}/stranger-1.2.3.tar.gz`, '--auth', 'QUIET=1', 'Version: 1.2.3, pinned'])
      expect(await dialog().innerText()).toContain(text);
    expect(registry.asked).toEqual(['/registry.json']);
    await both('consent');
    expect(await unpacked()).toEqual([]);
    await press('Install and Start');

    await dialog().getByText('It calls itself: Fake 1.0.0').waitFor();
    expect(await dialog().innerText()).toContain('Ways to sign in: Log in');
    await both('found');
    await press('Add and Make Default');
    await until('the setting', async () => (await settings())['wheelhouse.defaultAgent'] === 'stranger');
    expect((await settings())['wheelhouse.agents']?.['stranger']).toMatchObject({
      name: 'Stranger',
      args: ['--auth'],
      env: { QUIET: '1' },
      registry: { id: 'stranger', version: '1.2.3' },
    });
    await chat.page.locator('.part.statusbar').waitFor();
  });

  test('[screen] [S52] a later version is offered, and comes with the same consent (add-agent-update-*.png)', async () => {
    const { workbench } = stage;
    publish('1.10.0');
    await workbench.runCommand('Wheelhouse: Update Agent…');
    await workbench.pick('Stranger');
    await dialog().getByText('Update Stranger from 1.2.3 to 1.10.0?').waitFor();
    await both('update');
    await press('Install and Start');
    await workbench.toast('version 1.10.0').waitFor();
    await until('the setting', async () =>
      String((await settings())['wheelhouse.agents']?.['stranger']?.['command']).includes('/1.10.0-'),
    );
  });

  test('[screen] [demand 10] [S31] one that is on PATH is added and answers in a session; a key typed ahead is no consent', async () => {
    const { workbench, chat } = stage;
    await workbench.runCommand('Wheelhouse: Add Agent…');
    await workbench.page.locator('.quick-input-widget').getByText('goose', { exact: true }).waitFor();
    // One key press too many: it arrives when the question has only just appeared, and is no answer to it.
    await workbench.page.keyboard.press('Enter');
    await workbench.page.keyboard.press('Enter');
    await dialog().getByText('goose acp').waitFor();
    const found = dialog().getByText('It calls itself: Fake');
    await until('the consent to be taken', async () => {
      await dialog().getByRole('button', { name: 'Start', exact: true }).click({ timeout: 1000 });
      // Asked anew where that was too fast as well; a person does not answer twice at once.
      return await found.waitFor({ timeout: 3000 }).then(() => true);
    });
    await press('Add and Make Default');
    await until('the setting', async () => (await settings())['wheelhouse.defaultAgent'] === 'goose');
    await chat.newSession();
    await chat.answer('hello', 'I am a fake agent');
  });

  test('[screen] one that is removed leaves the settings, and the disk', async () => {
    const { workbench } = stage;
    expect(await unpacked()).not.toEqual([]);
    await workbench.runCommand('Wheelhouse: Remove Agent…');
    await workbench.pick('Stranger');
    await dialog().getByText('What was downloaded for it is removed from the disk.').waitFor();
    await press('Remove');
    await until('the setting', async () => (await settings())['wheelhouse.agents']?.['stranger'] === undefined);
    await until('an empty disk', async () => (await unpacked()).length === 0);
  });
});
