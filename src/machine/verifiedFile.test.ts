import {
  chmod,
  link,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  realpath,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { execFile } from 'node:child_process';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readVerified, removeEmpty, requireWritableFile, writeVerified } from './verifiedFile.ts';

const never = new AbortController().signal;
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

let folder = '';
const at = (...names: string[]): string => join(folder, ...names);
const write = (path: string, text: string, isNew = false, before?: () => void): Promise<void> =>
  writeVerified(path, bytes(text), { isNew, ...(before === undefined ? {} : { before }) }, never);
const read = async (path: string): Promise<string | undefined> => {
  const found = await readVerified(path, 1000, never);
  return found && new TextDecoder().decode(found);
};

beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'wheelhouse-verified-')));
  await mkdir(at('root'));
  await mkdir(at('outside'));
  await writeFile(at('outside', 'secret'), 'secret');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('the file that was judged', () => {
  test('[acp 4.1.4] is written whole, with its folders, and keeps what it permits', async () => {
    await write(at('root', 'a', 'b', 'c.sh'), 'one', true);
    expect(await read(at('root', 'a', 'b', 'c.sh'))).toBe('one');
    await chmod(at('root', 'a', 'b', 'c.sh'), 0o751);
    await write(at('root', 'a', 'b', 'c.sh'), 'two');
    expect((await stat(at('root', 'a', 'b', 'c.sh'))).mode & 0o777).toBe(0o751);
    expect(await readdir(at('root', 'a', 'b'))).toEqual(['c.sh']);
  });

  test('[I12] a reader sees the old text or the new one, never a part of either', async () => {
    const [old, next] = ['a'.repeat(500), 'b'.repeat(900)];
    await write(at('root', 'f'), old, true);
    let done = false;
    const seen = new Set<string>();
    const reading = (async () => {
      while (!done) seen.add(await readFile(at('root', 'f'), 'utf8'));
    })();
    for (let count = 0; count < 40; count += 1) await write(at('root', 'f'), count % 2 === 0 ? next : old);
    done = true;
    await reading;
    expect([...seen].filter((text) => text !== old && text !== next)).toEqual([]);
  });

  test('[I12] what fails or is given up leaves the old text and nothing else', async () => {
    await write(at('root', 'f'), 'old', true);
    const stop = (): void => {
      throw new Error('stop');
    };
    await expect(write(at('root', 'f'), 'new', false, stop)).rejects.toMatchObject({ code: 'not written' });
    await expect(writeVerified(at('root', 'f'), bytes('new'), { isNew: false }, AbortSignal.abort())).rejects.toThrow();
    expect(await read(at('root', 'f'))).toBe('old');
    expect(await readdir(at('root'))).toEqual(['f']);
  });

  test('[acp 4.2.4] one that its permissions make read-only is not replaced, though its folder would let it be', async () => {
    await write(at('root', 'f'), 'old', true);
    await chmod(at('root', 'f'), 0o444);
    await expect(write(at('root', 'f'), 'new')).rejects.toMatchObject({ code: 'read-only' });
    await expect(requireWritableFile(at('root', 'f'))).rejects.toMatchObject({ code: 'read-only' });
    expect(await read(at('root', 'f'))).toBe('old');
    expect(await readdir(at('root'))).toEqual(['f']);
    await chmod(at('root', 'f'), 0o644);
    await requireWritableFile(at('root', 'f'));
    await requireWritableFile(at('root', 'none'));
    await expect(requireWritableFile(at('root'))).rejects.toMatchObject({ code: 'invalid' });
  });

  test('[S22] one that came or went meanwhile is not replaced', async () => {
    await writeFile(at('root', 'f'), 'theirs');
    await expect(write(at('root', 'f'), 'new', true)).rejects.toMatchObject({ code: 'changed' });
    await expect(write(at('root', 'g'), 'new', false)).rejects.toMatchObject({ code: 'changed' });
    expect(await readdir(at('root'))).toEqual(['f']);
    await removeEmpty(at('root', 'f'));
    expect(await read(at('root', 'f'))).toBe('theirs');
    const come = (): void => writeFileSync(at('root', 'h'), 'in the last moment');
    await expect(write(at('root', 'h'), 'new', true, come)).rejects.toMatchObject({ code: 'changed' });
    expect(await read(at('root', 'h'))).toBe('in the last moment');
    expect((await readdir(at('root'))).toSorted()).toEqual(['f', 'h']);
  });

  test('[S22] a link that came in the way leads nowhere: as the file, as its folder, as a folder to be made', async () => {
    await symlink(at('outside', 'secret'), at('root', 'leaf'));
    await symlink(at('outside'), at('root', 'way'));
    await mkdir(at('outside', 'deep'));
    for (const path of [at('root', 'leaf'), at('root', 'way', 'secret')]) {
      await expect(read(path)).rejects.toMatchObject({ code: 'changed' });
      for (const isNew of [true, false])
        await expect(write(path, 'stolen', isNew)).rejects.toMatchObject({ code: 'changed' });
    }
    for (const path of [
      at('root', 'way', 'new', 'x'),
      at('root', 'way', 'deep', 'x'),
      at('root', 'way', 'deep', 'y', 'x'),
    ])
      await expect(write(path, 'stolen', true)).rejects.toMatchObject({ code: 'changed' });
    expect((await readdir(at('outside'), { recursive: true })).toSorted()).toEqual(['deep', 'secret']);
    expect(await readFile(at('outside', 'secret'), 'utf8')).toBe('secret');
  });

  test('[S22] a folder that was exchanged between the check and the last step changes nothing outside', async () => {
    await write(at('root', 'd', 'f'), 'old', true);
    let swapped: Promise<void> | undefined;
    const swap = (): void => {
      swapped = rename(at('root', 'd'), at('root', 'aside')).then(() => symlink(at('outside'), at('root', 'd')));
    };
    await write(at('root', 'd', 'f'), 'new', false, swap).catch(() => undefined);
    await swapped;
    expect(await readdir(at('outside'))).toEqual(['secret']);
  });

  test('[S21] a second name of a file outside gets a file of its own', async () => {
    await link(at('outside', 'secret'), at('root', 'hard'));
    await write(at('root', 'hard'), 'mine');
    expect(await readFile(at('outside', 'secret'), 'utf8')).toBe('secret');
    expect((await lstat(at('root', 'hard'))).nlink).toBe(1);
  });

  test('[acp 4.1.3] what is no file, too large or not there is told apart', async () => {
    await writeFile(at('root', 'large'), 'x'.repeat(1001));
    await promisify(execFile)('mkfifo', [at('root', 'pipe')]);
    for (const path of [at('root'), at('root', 'large'), at('root', 'pipe')])
      await expect(read(path)).rejects.toMatchObject({ code: 'invalid' });
    await expect(write(at('root', 'pipe'), 'x')).rejects.toMatchObject({ code: 'invalid' });
    expect(await read(at('root', 'none'))).toBeUndefined();
    expect(await read(at('root', 'large', 'below'))).toBeUndefined();
  });
});
