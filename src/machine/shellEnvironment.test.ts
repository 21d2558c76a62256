import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { until } from '../../test/tools/until.ts';
import type { Log } from '../base/log.ts';
import { manualClock } from '../base/testing.ts';
import { systemClock } from './clock.ts';
import { ShellEnvironment, type ShellEnvironmentParts } from './shellEnvironment.ts';

let folder: string;
let said: string[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wheelhouse-shell-'));
  said = [];
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const note = (line: string): number => said.push(line);
const log: Log = { debug: note, info: note, warn: note, error: note };

/** A login shell of which all but the last line is ours. */
const shell = async (...lines: readonly string[]): Promise<string> => {
  const path = join(folder, 'shell');
  await writeFile(path, ['#!/bin/sh', ...lines, ''].join('\n'));
  await chmod(path, 0o755);
  return path;
};

const asking = (env: Readonly<Record<string, string>>, more: Partial<ShellEnvironmentParts> = {}): ShellEnvironment =>
  new ShellEnvironment({ env: { HOME: folder, ...env }, clock: systemClock, log, platform: 'linux', ...more });

const RUN = 'while [ "$1" != -c ]; do shift; done; eval "$2"';

describe.skipIf(process.platform === 'win32')('the environment of the login shell', () => {
  test('[demand 11] a login shell adds folders to PATH and variables, whatever else it prints', async () => {
    const SHELL = await shell(
      'echo Welcome; printf "{}"',
      'echo "$1 $2 $VSCODE_RESOLVING_ENVIRONMENT" > "$HOME/asked"',
      'export PATH="/opt/node/bin:relative:$PATH" NVM_DIR=/opt/nvm KEPT=theirs SECRET=sentinel-value NODE_OPTIONS=--no-warnings',
      RUN,
    );
    const env = { SHELL, PATH: `/usr/bin${delimiter}/bin`, KEPT: 'ours' };
    const variables = await asking(env).variables();
    expect(variables).toMatchObject({ NVM_DIR: '/opt/nvm', KEPT: 'ours', SECRET: 'sentinel-value' });
    expect(variables['PATH']).toBe(['/usr/bin', '/bin', '/opt/node/bin'].join(delimiter));
    for (const name of ['NODE_OPTIONS', 'VSCODE_RESOLVING_ENVIRONMENT', 'ELECTRON_RUN_AS_NODE'])
      expect(variables[name]).toBeUndefined();
    expect(await readFile(join(folder, 'asked'), 'utf8')).toBe('-i -l 1\n');
    const shown = said.join('\n');
    expect(shown).toMatch(/\/opt\/node\/bin[\s\S]*NVM_DIR, SECRET/u);
    expect(shown).not.toContain('sentinel-value');
  });

  test('[demand 11] a real shell with start-up files of its own', async () => {
    await writeFile(join(folder, '.bash_profile'), 'export FROM_PROFILE="two\nlines"\n');
    const env = { SHELL: '/bin/bash', PATH: process.env['PATH'] ?? '' };
    expect(await asking(env).variables()).toMatchObject({ FROM_PROFILE: 'two\nlines' });
  });

  test('[demand 11] it is asked once, however many wait for it', async () => {
    const SHELL = await shell('echo asked >> "$HOME/count"', RUN);
    const environment = asking({ SHELL, PATH: process.env['PATH'] ?? '' });
    const [one, other] = await Promise.all([environment.variables(), environment.variables()]);
    expect(one).toBe(other);
    expect(await readFile(join(folder, 'count'), 'utf8')).toBe('asked\n');
  });

  test('[demand 11] a shell that hangs is gone on without after three seconds, and ended', async () => {
    const clock = manualClock();
    const SHELL = await shell('echo $$ > "$HOME/pid"', 'sleep 600');
    const env = { HOME: folder, SHELL, PATH: process.env['PATH'] ?? '' };
    const asked = asking(env, { clock }).variables();
    const pid = Number(
      await until('the shell', () => readFile(join(folder, 'pid'), 'utf8').then((text) => text.trim())),
    );
    clock.advance(3000);
    expect(await asked).toEqual(env);
    await until('its end', () => {
      try {
        process.kill(pid, 0);
        return false;
      } catch {
        return true;
      }
    });
    expect(said.join()).toMatch(/within 3 s/u);
  });

  test('[demand 11] without a shell, or with one that fails, the editor’s own variables are what there is', async () => {
    for (const SHELL of ['/no/such/shell', 'relative', '/bin/false']) {
      const env = { HOME: folder, SHELL, PATH: '/bin' };
      expect(await asking(env).variables()).toEqual(env);
    }
    expect(said).toHaveLength(3);
  });

  test('[demand 11] where the editor has them already no shell is asked', async () => {
    const SHELL = await shell('touch "$HOME/asked"');
    await asking({ SHELL, VSCODE_CLI: '1' }).variables();
    await asking({ SHELL }, { platform: 'win32' }).variables();
    await expect(readFile(join(folder, 'asked'))).rejects.toThrow(/ENOENT/u);
  });
});
