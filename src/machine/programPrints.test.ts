import {
  chmod,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  realpath,
  rename,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Log } from '../base/log.ts';
import { silent } from '../base/log.ts';
import { systemClock } from './clock.ts';
import { realDisk } from './disk.ts';
import { localEnvironment } from './local.ts';
import { type ProgramChange, ProgramPrints } from './programPrints.ts';

const never = new AbortController().signal;
let folder = '';
const at = (...names: string[]): string => join(folder, ...names);
beforeEach(async () => (folder = await realpath(await mkdtemp(join(tmpdir(), 'wheelhouse-programs-')))));
afterEach(() => rm(folder, { recursive: true, force: true }));

const program = async (name: string, says: string): Promise<string> => {
  await mkdir(at('bin'), { recursive: true });
  await writeFile(at('bin', `${name}.new`), `#!/bin/sh\necho ${says}\n`);
  await chmod(at('bin', `${name}.new`), 0o755);
  await rename(at('bin', `${name}.new`), at('bin', name));
  return at('bin', name);
};

/** A window of the person, who answers as they are told to. */
const open = (answer: (change: ProgramChange) => boolean | Promise<boolean> = () => false, log: Log = silent) => {
  const asked: ProgramChange[] = [];
  const hashed: string[] = [];
  const prints = new ProgramPrints({
    root: at('programs'),
    disk: realDisk,
    clock: systemClock,
    log,
    ask: async (change) => (asked.push(change), await answer(change)),
    hash: async (path) => (hashed.push(path), `hash of ${await readFile(path, 'utf8')}`),
  });
  const start = (command: string, file = command, id = 'one') =>
    prints.admit({ agent: { id, label: 'One' }, command, file }, never);
  return { prints, asked, hashed, start };
};

describe('the program of an agent', () => {
  test('[S27] is what it was at its last start, or the person is asked, once', async () => {
    const path = await program('agent', 'one');
    await open().start(path);
    const known = open();
    await known.start(path);
    expect(known).toMatchObject({ asked: [], hashed: [] });

    await program('agent', 'two');
    const refusing = open();
    for (let time = 0; time < 2; time += 1)
      await expect(refusing.start(path)).rejects.toMatchObject({ code: 'refused', next: expect.any(String) as string });
    expect(refusing.asked).toHaveLength(2);
    expect(refusing.asked[0]).toMatchObject({
      label: 'One',
      before: { path, sha256: expect.stringContaining('echo one') as string },
      now: { path, sha256: expect.stringContaining('echo two') as string },
    });
    const willing = open(() => true);
    for (let time = 0; time < 2; time += 1) await willing.start(path);
    expect(willing.asked).toHaveLength(1);
    expect(willing.hashed).toHaveLength(1);
    // What it was before is as foreign now.
    await program('agent', 'one');
    await expect(open().start(path)).rejects.toMatchObject({ code: 'refused' });
  });

  test('[S27] a file that was only touched or copied is the same; one of the same size and time is not', async () => {
    const path = await program('agent', 'one');
    const window = open();
    await window.start(path);
    await utimes(path, 1, 1);
    await window.start(path);
    await program('agent', 'one');
    await utimes(path, 1, 1);
    await window.start(path);
    expect(window).toMatchObject({ asked: [], hashed: { length: 3 } });
    await program('agent', 'two');
    await utimes(path, 1, 1);
    await expect(window.start(path)).rejects.toMatchObject({ code: 'refused' });
  });

  test('[S27] a link that leads to another program is a change, though its content is the same', async () => {
    const [first, second] = [await program('first', 'x'), await program('second', 'x')];
    const command = at('bin', 'agent');
    await symlink(first, command);
    await open().start(command);
    await rm(command);
    await symlink(second, command);
    const window = open();
    await expect(window.start(command)).rejects.toMatchObject({ code: 'refused' });
    expect(window.asked).toMatchObject([{ before: { path: first }, now: { path: second } }]);
  });

  test('[S27] each agent has its own, and so has each command that the person writes down', async () => {
    const [first, second] = [await program('first', 'x'), await program('second', 'y')];
    const window = open();
    await window.start(first);
    await window.start(second);
    await window.start(second, second, 'two');
    expect(window.asked).toEqual([]);
    await program('second', 'z');
    await window.start(first);
    for (const id of ['one', 'two'])
      await expect(window.start(second, second, id)).rejects.toMatchObject({ code: 'refused' });
    await open(() => true).start(second);
    await expect(window.start(second, second, 'two')).rejects.toMatchObject({ code: 'refused' });
  });

  test.each(['node', 'npx', 'uvx', 'python3.12', 'bash', 'Node.exe', 'npx-cli.js'])(
    '[S27] nothing is compared of %s, which only runs others, nor of what is found by its name',
    async (name) => {
      const path = await program(name, 'one');
      const link = at('bin', 'agent');
      await symlink(path, link);
      const named = await program('other', 'one');
      const starts: readonly (readonly [string, string])[] = [
        [path, path],
        [link, link],
        ['other', named],
      ];
      const window = open();
      for (const [command, file] of starts) await window.start(command, file);
      await program(name, 'two');
      await program('other', 'two');
      for (const [command, file] of starts) await window.start(command, file);
      expect(window).toMatchObject({ asked: [], hashed: [] });
    },
  );

  test('[S27] a yes is to the program that was shown', async () => {
    const path = await program('agent', 'one');
    await open().start(path);
    await program('agent', 'two');
    const window = open(async () => (await program('agent', 'three'), true));
    await expect(window.start(path)).rejects.toMatchObject({ code: 'changed' });
    await expect(open().start(path)).rejects.toMatchObject({ code: 'refused' });
  });

  test('[S27] a program that nobody may read is told apart by what the disk says of it', async () => {
    const path = await program('agent', 'one');
    const blind = (answer: boolean) => {
      const asked: ProgramChange[] = [];
      const prints = new ProgramPrints({
        root: at('programs'),
        disk: realDisk,
        clock: systemClock,
        log: silent,
        ask: (change) => (asked.push(change), Promise.resolve(answer)),
        hash: () => Promise.reject(new Error('EACCES')),
      });
      return {
        asked,
        start: () => prints.admit({ agent: { id: 'one', label: 'One' }, command: path, file: path }, never),
      };
    };
    await blind(false).start();
    await blind(false).start();
    await program('agent', 'two');
    await expect(blind(false).start()).rejects.toMatchObject({ code: 'refused' });
  });

  test('[S27] what is kept is the person’s alone to read, and where it cannot be read it is said in the log', async () => {
    const path = await program('agent', 'one');
    await open().start(path);
    const [name = ''] = await readdir(at('programs'));
    if (process.platform !== 'win32') {
      expect((await stat(at('programs', name))).mode & 0o777).toBe(0o600);
      expect((await stat(at('programs'))).mode & 0o777).toBe(0o700);
    }
    expect(JSON.parse(await readFile(at('programs', name), 'utf8'))).toMatchObject({ path });
    for (const text of ['', '{}', '[1', '"x"']) {
      await writeFile(at('programs', name), text);
      const warnings: string[] = [];
      await open(undefined, { ...silent, warn: (message) => void warnings.push(message) }).start(path);
      expect(warnings).toHaveLength(1);
      expect(JSON.parse(await readFile(at('programs', name), 'utf8'))).toMatchObject({ path });
    }
  });
});

test('[S27] nothing of a changed program runs before the person has said so', async () => {
  const ran = at('ran');
  const path = await program('agent', `one; echo x >> ${ran}`);
  let answer = false;
  const prints = new ProgramPrints({
    root: at('programs'),
    disk: realDisk,
    clock: systemClock,
    log: silent,
    ask: () => Promise.resolve(answer),
  });
  const environment = localEnvironment({
    label: 'here',
    env: process.env,
    clock: systemClock,
    log: silent,
    forbiddenRoots: () => [],
    vet: (start, signal) => prints.admit(start, signal),
  });
  const agent = { id: 'one', label: 'One' };
  const run = async (): Promise<void> => {
    const child = await environment.spawn({ command: path, args: [], cwd: folder, agent }, never);
    await child.exited;
    await child[Symbol.asyncDispose]();
  };
  try {
    await run();
    await program('agent', `two; echo y >> ${ran}`);
    await expect(run()).rejects.toMatchObject({ code: 'refused' });
    expect(await readFile(ran, 'utf8')).toBe('x\n');
    answer = true;
    await run();
    expect(await readFile(ran, 'utf8')).toBe('x\ny\n');
  } finally {
    environment.dispose();
  }
});
