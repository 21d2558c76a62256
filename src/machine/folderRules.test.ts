import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FakeMachine } from '../../test/fakes/journal.ts';
import type { Rule } from '../model/rule.ts';
import { systemClock } from './clock.ts';
import { realDisk } from './disk.ts';
import { FolderRules } from './folderRules.ts';
import { Locks } from './lock.ts';

const rule = (id: string): Rule => ({ id, scope: 'folder', tool: 'edit', match: 'src/**', decision: 'allow' });

describe('the rules of folders', () => {
  let root: string;
  beforeEach(async () => {
    root = join(await mkdtemp(join(tmpdir(), 'wheelhouse-rules-')), 'rules');
  });
  afterEach(async () => {
    await rm(join(root, '..'), { recursive: true, force: true });
  });
  const machine = new FakeMachine();
  /** As a window of its own has it: another process, since to one process no lock of its own stands in the way. */
  const open = (): FolderRules =>
    new FolderRules({
      root,
      disk: realDisk,
      clock: systemClock,
      locks: new Locks({ disk: realDisk, clock: systemClock, processes: machine.table, pid: machine.start() }),
    });

  test('[S50] stand in one file for all windows, which only its user can read', async () => {
    const [one, other] = [open(), open()];
    await one.read();
    expect(one.all).toEqual([]);
    await one.change((all) => [...all, { folder: '/w', rule: rule('a') }]);
    await other.read();
    expect(other.all).toEqual([{ folder: '/w', rule: rule('a') }]);
    expect((await stat(one.path)).mode & 0o777).toBe(0o600);
    expect((await stat(root)).mode & 0o777).toBe(0o700);
    expect(JSON.parse(await readFile(one.path, 'utf8'))).toMatchObject({ wheelhouse: 'rules', schema: 1 });
  });

  test('[I5] [acp 4.2.12] none is lost when several windows write at once, and nothing else is left behind', async () => {
    const windows = [open(), open(), open()];
    const write = (window: FolderRules, at: number): Promise<unknown> =>
      Promise.all(
        [0, 3, 6, 9].map((id) => window.change((all) => [...all, { folder: '/w', rule: rule(`r${id + at}`) }])),
      );
    await Promise.all(windows.map(write));
    const ids = Array.from({ length: 12 }, (_, index) => `r${index}`);
    const last = open();
    await last.read();
    expect(last.all.map(({ rule: { id } }) => id).toSorted()).toEqual(ids.toSorted());
    expect((await readdir(root)).filter((name) => name.includes('tmp'))).toEqual([]);
  });

  test('[S26] a file that cannot be read whole allows nothing, says so, and is never written over', async () => {
    await mkdir(root, { recursive: true });
    const good = { folder: '/w', id: 'a', tool: 'edit', decision: 'allow' };
    for (const text of [
      'nonsense',
      '[]',
      JSON.stringify({ wheelhouse: 'rules', schema: 2, rules: [good] }),
      JSON.stringify({ wheelhouse: 'rules', schema: 1, rules: [good, { ...good, decision: 'perhaps' }] }),
      JSON.stringify({ wheelhouse: 'rules', schema: 1, rules: [good, { ...good, folder: 1 }] }),
    ]) {
      const rules = open();
      await writeFile(rules.path, text);
      await rules.read();
      expect(rules.all, text).toEqual([]);
      expect(rules.trouble, text).toContain(`${rules.path} cannot be read`);
      await expect(rules.change((all) => [...all, { folder: '/w', rule: rule('b') }])).rejects.toMatchObject({
        code: 'invalid',
      });
      expect(await readFile(rules.path, 'utf8')).toBe(text);
    }
  });

  test('[I5] what cannot be written is told, and does not hold', async () => {
    const rules = open();
    await writeFile(root, 'a file where the folder should be');
    await expect(rules.change((all) => [...all, { folder: '/w', rule: rule('a') }])).rejects.toMatchObject({
      code: 'not written',
    });
    expect(rules.all).toEqual([]);
  });
});
