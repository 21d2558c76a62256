import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { describe, expect, onTestFinished, test } from 'vitest';
import { errnoOf, realDisk, writeWhole } from './disk.ts';

const folderOfTest = async (): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'wheelhouse-disk-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
};

describe('the real disk', () => {
  test.skipIf(process.platform === 'win32')('[disk] what is made is for this user alone', async () => {
    const folder = join(await folderOfTest(), 'a', 'b');
    await realDisk.makeFolder(folder);
    await realDisk.makeFolder(folder);
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
    const file = await realDisk.create(`${folder}/f`);
    await file.write(Buffer.from('12'));
    await file.write(Buffer.alloc(3_000_000, 0x33));
    await file.sync();
    await file.touch();
    await file.close();
    expect((await stat(`${folder}/f`)).mode & 0o777).toBe(0o600);
    expect((await realDisk.read(`${folder}/f`)).length).toBe(3_000_002);
    expect(Math.abs((await realDisk.touchedAt(`${folder}/f`)) - Date.now())).toBeLessThan(60_000);
  });

  test('[disk] a file is made once, and what is not there is said so', async () => {
    const folder = await folderOfTest();
    await (await realDisk.create(`${folder}/f`)).close();
    const again = await realDisk.create(`${folder}/f`).catch(errnoOf);
    expect(again).toBe('EEXIST');
    await realDisk.remove(`${folder}/f`);
    const calls = [
      () => realDisk.remove(`${folder}/f`),
      () => realDisk.read(`${folder}/f`),
      () => realDisk.list(`${folder}/none`),
    ];
    for (const call of calls) expect(await call().catch(errnoOf)).toBe('ENOENT');
    await realDisk.removeFolder(`${folder}/none`);
  });

  test('[I12] a file is replaced whole, or left as it was', async () => {
    const folder = await folderOfTest();
    await writeWhole(realDisk, folder, 'f', [Buffer.from('old')], 'x');
    await writeWhole(realDisk, folder, 'f', [Buffer.from('ne'), Buffer.from('w')], 'y');
    expect(await readFile(`${folder}/f`, 'utf8')).toBe('new');
    const broken = (function* (): Generator<Uint8Array> {
      yield Buffer.from('half');
      throw new Error('broken');
    })();
    await expect(writeWhole(realDisk, folder, 'f', broken, 'z')).rejects.toThrow('broken');
    expect(await readFile(`${folder}/f`, 'utf8')).toBe('new');
    expect(await realDisk.list(folder)).toEqual(['f']);
  });
});
