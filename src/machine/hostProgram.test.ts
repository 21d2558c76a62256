import { chmod, mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from './clock.ts';
import { hostNode, hostProgram } from './hostProgram.ts';

const never = new AbortController().signal;
let folder: string;
let dist: string;
let state: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wheelhouse-program-'));
  dist = join(folder, 'extension', 'dist');
  state = join(folder, 'state');
  await mkdir(join(dist, 'chunks'), { recursive: true });
  await mkdir(join(dist, 'webview'));
  await writeFile(join(dist, '..', 'package.json'), '{"version":"1.0.0"}');
  for (const name of ['host.js', 'extension.js', 'chunks/a.js', 'webview/main.js'])
    await writeFile(join(dist, name), name);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const program = (version = '1.0.0'): Promise<string> => hostProgram(dist, state, version, systemClock);

/** As an update does it: another file, at another time. */
const update = async (text: string, at: number): Promise<void> => {
  await writeFile(join(dist, 'host.js'), text);
  await utimes(join(dist, 'host.js'), at, at);
};

describe('the program of a background host', () => {
  test('[host] it is a copy, with all that a host loads, and stays where the extension is removed', async () => {
    const path = await program();
    await rm(join(folder, 'extension'), { recursive: true });
    expect(await readFile(path, 'utf8')).toBe('host.js');
    expect(await readFile(join(dirname(path), 'chunks', 'a.js'), 'utf8')).toBe('chunks/a.js');
    expect(await readFile(join(dirname(path), '..', 'package.json'), 'utf8')).toContain('1.0.0');
    expect((await readdir(dirname(path))).sort()).toEqual(['chunks', 'host.js']);
  });

  test('[host] the same program is copied once, whoever wants it at the same time', async () => {
    const paths = await Promise.all([program(), program(), program()]);
    expect(new Set(paths).size).toBe(1);
    expect(await program()).toBe(paths[0]);
    expect(await readdir(join(state, 'host', 'programs'))).toHaveLength(1);
  });

  test('[host] of those of before the last ones are kept, since a host may still run them', async () => {
    const paths: string[] = [];
    for (const round of [1, 2, 3, 4, 5]) {
      await update(`host ${round}`, round);
      paths.push(await program(`1.0.${round}`));
    }
    expect(new Set(paths).size).toBe(5);
    const left = await readdir(join(state, 'host', 'programs'));
    expect(left).toHaveLength(3);
    expect(left.some((name) => paths[4]?.includes(name))).toBe(true);
  });
});

describe('what runs a background host', () => {
  const fakeNode = async (version: string): Promise<Record<string, string>> => {
    const file = join(folder, 'bin', 'node');
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, `#!/bin/sh\necho ${version}\n`);
    await chmod(file, 0o755);
    return { PATH: dirname(file), VSCODE_PID: '1' };
  };

  test('[host] a Node of the person’s own, where it is new enough', async () => {
    const node = await hostNode(await fakeNode('v22.1.0'), [], systemClock, never);
    expect(node).toEqual({ file: join(folder, 'bin', 'node'), env: { PATH: join(folder, 'bin') } });
  });

  test.each([
    ['is too old', 'v20.9.1'],
    ['says nothing that is known', 'hello'],
  ])('[host] the program that runs us, where theirs %s', async (_, version) => {
    const { file, env } = await hostNode(await fakeNode(version), [], systemClock, never);
    expect(file).toBe(process.execPath);
    expect(env['ELECTRON_RUN_AS_NODE']).toBe('1');
  });

  test('[S34] and never one that lies in the workspace', async () => {
    const { file } = await hostNode(await fakeNode('v22.1.0'), [folder], systemClock, never);
    expect(file).toBe(process.execPath);
  });
});
