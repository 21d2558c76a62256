import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isContained, isInside, realPathOf } from './containment.ts';

let folder = '';
const at = (...names: string[]): string => join(folder, ...names);

beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'wheelhouse-containment-')));
  await mkdir(at('root', 'src'), { recursive: true });
  await mkdir(at('root-other'));
  await mkdir(at('outside'));
  await writeFile(at('outside', 'secret'), 'secret');
  await symlink(at('outside'), at('root', 'way-out'));
  await symlink(at('outside', 'not-there-yet'), at('root', 'dangling'));
  await symlink(at('root', 'src'), at('root', 'way-in'));
  await symlink(at('root'), at('linked-root'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('isInside', () => {
  test('[I-files] it goes by segments, not by the beginning of a text', () => {
    expect(isInside('/w', '/w')).toBe(true);
    expect(isInside('/w', '/w/a/..b')).toBe(true);
    expect(isInside('/w', '/work-other/a')).toBe(false);
    expect(isInside('/w', '/w/../etc')).toBe(false);
    expect(isInside('/w/a', '/w')).toBe(false);
    expect(isInside('/', '/etc')).toBe(true);
  });
});

describe('isContained', () => {
  test('[I-files] files inside, there or not there yet, are', async () => {
    expect(await isContained([at('root')], at('root', 'src', 'a.ts'))).toBe(true);
    expect(await isContained([at('root')], at('root', 'new', 'deep', 'a.ts'))).toBe(true);
    expect(await isContained([at('root')], at('root', 'way-in', 'a.ts'))).toBe(true);
    expect(await isContained([at('root-other'), at('root')], at('root', 'a'))).toBe(true);
  });

  test('[I-files] a root that is itself a link holds its files', async () => {
    expect(await isContained([at('linked-root')], at('linked-root', 'src', 'a.ts'))).toBe(true);
  });

  test('[I-files] a link that leads out does not, nor one that leads nowhere yet', async () => {
    expect(await isContained([at('root')], at('root', 'way-out', 'secret'))).toBe(false);
    expect(await isContained([at('root')], at('root', 'way-out', 'new', 'file'))).toBe(false);
    expect(await isContained([at('root')], at('root', 'dangling'))).toBe(false);
    expect(await isContained([at('root')], at('root-other', 'a'))).toBe(false);
    expect(await isContained([], at('root', 'a'))).toBe(false);
  });

  test('[I-files] what exists is followed, what does not is appended', async () => {
    expect(await realPathOf(at('root', 'way-in', 'x', 'y'))).toBe(at('root', 'src', 'x', 'y'));
    expect(await realPathOf(at('root', 'dangling', 'x'))).toBeUndefined();
  });
});
