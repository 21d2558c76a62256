import { mkdir, mkdtemp, readFile, realpath, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DiskWorkspace } from './diskWorkspace.ts';

const { signal } = new AbortController();
const nobody = (): Promise<'mine'> => Promise.reject(new Error('There is nobody who could be asked.'));

let root: string;
let workspace: DiskWorkspace;
beforeEach(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), 'wheelhouse-disk-')));
  workspace = new DiskWorkspace(() => [root]);
});
afterEach(() => rm(root, { recursive: true, force: true }));

const write = async (name: string, content: string): Promise<string> =>
  await workspace.writeText(await workspace.place(join(root, name), signal), content, nobody, signal);
const read = async (name: string, range = {}): Promise<string> =>
  await workspace.readText(await workspace.place(join(root, name), signal), range, signal);
const bytesOf = (name: string): Promise<Buffer> => readFile(join(root, name));

describe('a workspace on the disk', () => {
  test.each([
    ['UTF-8 without a mark', Buffer.from('ä\n'), Buffer.from('ö\n')],
    ['UTF-8 with a mark', Buffer.from('\uFEFFä\n'), Buffer.from('\uFEFFö\n')],
    ['UTF-16 with a mark', Buffer.from('\uFEFFä\n', 'utf16le'), Buffer.from('\uFEFFö\n', 'utf16le')],
    [
      'UTF-16, the other way',
      Buffer.from('\uFEFFä\n', 'utf16le').swap16(),
      Buffer.from('\uFEFFö\n', 'utf16le').swap16(),
    ],
    ['CRLF', Buffer.from('ä\r\n'), Buffer.from('ö\r\n')],
    ['mostly LF', Buffer.from('a\nb\nc\r\nä\n'), Buffer.from('ö\n')],
  ])('[acp 4.1.4] what was written as %s is written so again', async (_, before, after) => {
    await writeFile(join(root, 'file'), before);
    expect(await write('file', 'ö\n')).toBe('written');
    expect(await bytesOf('file')).toEqual(after);
    expect(await read('file')).toBe(after.equals(Buffer.from('ö\r\n')) ? 'ö\r\n' : 'ö\n');
  });

  test('[acp 4.1.4] a new file is made with its folders, and as it is given', async () => {
    expect(await write('a/b/new', 'one\r\ntwo')).toBe('written');
    expect(await bytesOf('a/b/new')).toEqual(Buffer.from('one\r\ntwo'));
  });

  test('[S12] a write that has seen what is there finds it, or is refused and writes nothing', async () => {
    const over = async (name: string, seen: string | null): Promise<string> => {
      const place = await workspace.place(join(root, name), signal);
      return await workspace.writeText({ ...place, seen }, 'new', nobody, signal);
    };
    await writeFile(join(root, 'file'), 'old\r\n');
    await expect(over('file', 'older\n')).rejects.toMatchObject({ code: 'changed' });
    await expect(over('file', null)).rejects.toMatchObject({ code: 'changed' });
    await expect(over('none', 'old')).rejects.toMatchObject({ code: 'changed' });
    expect(await bytesOf('file')).toEqual(Buffer.from('old\r\n'));
    expect(await over('file', 'old\n')).toBe('written');
    expect(await over('none', null)).toBe('written');
  });

  test('[acp 4.1.5] what stands there already is left alone', async () => {
    await writeFile(join(root, 'same'), 'a\r\nb');
    const { mtimeMs, ino } = await stat(join(root, 'same'));
    expect(await write('same', 'a\nb')).toBe('unchanged');
    expect(await stat(join(root, 'same'))).toMatchObject({ mtimeMs, ino });
  });

  test('[acp 4.1.2] lines are counted from 1, past the end there is nothing, and nonsense is refused', async () => {
    await writeFile(join(root, 'lines'), 'a\r\nb\nc');
    expect(await read('lines', { line: 2, limit: 1 })).toBe('b\n');
    expect(await read('lines', { line: 9 })).toBe('');
    await expect(read('lines', { line: 0 })).rejects.toMatchObject({ code: 'invalid' });
    await expect(read('nowhere')).rejects.toMatchObject({ code: 'not found' });
  });

  test('[acp 4.1.3] what is no text is neither read nor written over', async () => {
    const bytes = Buffer.from([0x50, 0x4b, 0, 0xff, 0xfe]);
    await writeFile(join(root, 'binary'), bytes);
    await expect(read('binary')).rejects.toMatchObject({ code: 'binary' });
    await expect(write('binary', 'text')).rejects.toMatchObject({ code: 'binary' });
    expect(await bytesOf('binary')).toEqual(bytes);
  });

  test('[S24] a link that came in the way after the look is not followed', async () => {
    await mkdir(join(root, 'sub'));
    const place = await workspace.place(join(root, 'sub', 'file'), signal);
    const outside = await realpath(await mkdtemp(join(tmpdir(), 'wheelhouse-outside-')));
    await rm(join(root, 'sub'), { recursive: true });
    await symlink(outside, join(root, 'sub'));
    await expect(workspace.writeText(place, 'x', nobody, signal)).rejects.toMatchObject({ code: 'changed' });
    await expect(readFile(join(outside, 'file'))).rejects.toMatchObject({ code: 'ENOENT' });
    await rm(outside, { recursive: true });
  });

  test('[acp 4.1.4] two writes of one file are done in the order in which they came', async () => {
    const place = await workspace.place(join(root, 'file'), signal);
    const put = (text: string) => workspace.writeText(place, text, nobody, signal);
    const results = await Promise.all([put('one'), put('two'), put('two')]);
    expect(results).toEqual(['written', 'written', 'unchanged']);
    expect(await read('file')).toBe('two');
  });
});
