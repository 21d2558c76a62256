import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { manualClock } from '../base/testing.ts';
import { until } from '../../test/tools/until.ts';
import { watchFolder } from './watchFolder.ts';

const folderOfTest = async (): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'wheelhouse-watch-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
};

describe('a watch of a folder', () => {
  test('[demand 7] all that changes within a moment is told once, and nothing after its end', async () => {
    const folder = await folderOfTest();
    const clock = manualClock();
    let told = 0;
    const failures: unknown[] = [];
    const watching = watchFolder(
      folder,
      clock,
      () => (told += 1),
      (failure) => failures.push(failure),
    );
    for (const name of ['a', 'b', 'c']) await writeFile(join(folder, name), name);
    await until('the change to be seen', () => clock.waiting === 1);
    clock.advance(299);
    expect(told).toBe(0);
    clock.advance(1);
    expect(told).toBe(1);
    await writeFile(join(folder, 'a'), 'again');
    await until('the next change to be seen', () => clock.waiting === 1);
    watching.dispose();
    expect(clock.waiting).toBe(0);
    expect([told, failures]).toEqual([1, []]);
  });

  test('[demand 7] a folder that cannot be watched is told', async () => {
    const failures: unknown[] = [];
    const path = join(await folderOfTest(), 'nothing');
    watchFolder(
      path,
      manualClock(),
      () => undefined,
      (failure) => failures.push(failure),
    ).dispose();
    expect(failures).toHaveLength(1);
  });
});
