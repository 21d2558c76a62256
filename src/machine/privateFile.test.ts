import { chmod, mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { makePrivateFolder, readSecret } from './privateFile.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wheelhouse-private-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const modeOf = async (name: string): Promise<number> => (await stat(join(folder, name))).mode & 0o777;
const SECRET = 'a'.repeat(43);
const make = (): string => SECRET;

describe('what is this user’s alone', () => {
  test('[S3] a folder is made so, and put right where it was not', async () => {
    await makePrivateFolder(join(folder, 'a', 'b'));
    expect(await modeOf('a/b')).toBe(0o700);
    await mkdir(join(folder, 'open'), { mode: 0o777 });
    await chmod(join(folder, 'open'), 0o777);
    await makePrivateFolder(join(folder, 'open'));
    expect(await modeOf('open')).toBe(0o700);
  });

  test('[S3] a link or a file is no folder of ours', async () => {
    await symlink(tmpdir(), join(folder, 'link'));
    await expect(makePrivateFolder(join(folder, 'link'))).rejects.toMatchObject({ code: 'invalid' });
    await writeFile(join(folder, 'file'), '');
    await expect(makePrivateFolder(join(folder, 'file'))).rejects.toMatchObject({ code: 'failed' });
  });

  test('[S6] a secret is made once, read again, and hidden where it was not', async () => {
    const path = join(folder, 'token');
    expect(await readSecret(path, make)).toBe(SECRET);
    expect(await modeOf('token')).toBe(0o600);
    expect(await readSecret(path, () => 'another'.repeat(5))).toBe(SECRET);
    await chmod(path, 0o644);
    await readSecret(path, make);
    expect(await modeOf('token')).toBe(0o600);
  });

  test('[S6] a file without a secret is told, and not filled', async () => {
    const path = join(folder, 'token');
    await writeFile(path, 'short\n');
    await expect(readSecret(path, make)).rejects.toMatchObject({ code: 'invalid' });
    expect(await readFile(path, 'utf8')).toBe('short\n');
    await symlink(path, join(folder, 'link'));
    await expect(readSecret(join(folder, 'link'), make)).rejects.toMatchObject({ code: 'invalid' });
  });
});
