import {
  chmod,
  link,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  realpath,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { FarMachine } from '../../router/farMachine.ts';
import type { Place } from '../../router/ports.ts';
import { DiskWorkspace } from '../diskWorkspace.ts';
import { Places } from '../place.ts';
import { FarDisk } from './farDisk.ts';
import { SharedWay } from './sharedWay.ts';

const { signal } = new AbortController();
const nobody = (): Promise<'mine'> => Promise.reject(new Error('There is nobody who could be asked.'));

let root: string;
let outside: string;
let workspace: DiskWorkspace;
beforeEach(async () => {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'wheelhouse-far-')));
  [root, outside] = [join(folder, "it's\na $(root)"), join(folder, 'outside')];
  await mkdir(root);
  await mkdir(outside);
  workspace = farWorkspace();
});
afterEach(() => rm(join(outside, '..'), { recursive: true, force: true }));

/** A shell that is reached through another program, as that of a container is; it talks before it begins. */
const machine = (parts: Partial<FarMachine> = {}): FarMachine => ({
  id: 'box',
  label: 'Box',
  folder: root,
  kind: 'exec',
  command: ['sh', '-c', 'echo hello; exec "$@"', 'wrapper'],
  ...(parts as object),
});
const disk = (parts?: Partial<FarMachine>): FarDisk =>
  new FarDisk(
    machine(parts),
    { variables: () => Promise.resolve(process.env), forbiddenRoots: () => [] },
    new SharedWay(machine(parts)),
  );
const farWorkspace = (parts?: Partial<FarMachine>): DiskWorkspace => new DiskWorkspace(() => [root], disk(parts));

const at = (name: string): Promise<Place> => workspace.place(join(root, name), signal);
const write = async (name: string, content: string): Promise<string> =>
  await workspace.writeText(await at(name), content, nobody, signal);
const read = async (name: string, range = {}): Promise<string> => workspace.readText(await at(name), range, signal);

describe('the files of another machine', () => {
  test('[S20] [S21] a path leads there where it leads here: through links, into nothing, and out of the folder', async () => {
    await mkdir(join(root, 'a/b'), { recursive: true });
    await writeFile(join(root, 'a/file'), '');
    await symlink('a', join(root, 'toA'));
    await symlink('../outside', join(root, 'out'));
    await symlink(join(outside, 'not yet'), join(root, 'dangling'));
    await symlink('toA/../toA/b/', join(root, 'long'));
    await symlink('loop2', join(root, 'loop'));
    await symlink('loop', join(root, 'loop2'));
    await symlink('.vscode', join(root, 'innocent'));
    await mkdir(join(root, '.vscode'));
    const here = new Places(() => [root]);
    const names = [
      ...['', 'a', 'a/', 'a/file', 'a/file/x', 'a/../a/./b', 'toA/file', 'toA/new/er', 'out', 'out/x', 'dangling'],
      ...[
        'long',
        'long/x',
        'none',
        'none/../x',
        '../outside',
        '../../../etc/hostname',
        '.vscode/tasks.json',
        '.bashrc',
      ],
      ...['innocent/tasks.json', 'dangling/x', 'a/ b\n', 'ä/\u0085/ö', '-n', '%s\\n'],
    ];
    for (const name of names)
      expect(await workspace.place(`${root}/${name}`, signal), name).toEqual(await here.find(`${root}/${name}`));
    await expect(at('loop')).rejects.toMatchObject({ code: 'invalid' });
    for (const path of ['relative', '', 'file:///x', 'a\0b'])
      await expect(workspace.place(path, signal)).rejects.toMatchObject({ code: 'invalid' });
  });

  test.each([
    ['text', 'a\nb\n', 'ä €\n'],
    ['CRLF', 'a\r\nb\r\n', 'ä\r\n'],
    ['no end of line', '', '-n'],
  ])('[acp 4.1.4] %s is written as it was written before, with its mode, and read again', async (_, before, after) => {
    await writeFile(join(root, 'file'), before);
    await chmod(join(root, 'file'), 0o751);
    expect(await write('file', after.replaceAll('\r', ''))).toBe('written');
    expect(await readFile(join(root, 'file'), 'utf8')).toBe(after);
    expect((await stat(join(root, 'file'))).mode & 0o777).toBe(0o751);
    expect(await read('file')).toBe(after);
    expect(await write('file', after)).toBe('unchanged');
    expect(await readdir(root)).toEqual(['file']);
  });

  test('[acp 4.1.4] a new file is made with its folders, and lines are counted', async () => {
    const text = `${'x'.repeat(100_000)}\n`.repeat(5);
    expect(await write('new/er/\nfile', text)).toBe('written');
    expect(await read('new/er/\nfile', { line: 2, limit: 1 })).toBe(`${'x'.repeat(100_000)}\n`);
    expect(await readdir(join(root, 'new/er'))).toEqual(['\nfile']);
    await expect(read('nowhere')).rejects.toMatchObject({ code: 'not found' });
    await expect(read('new')).rejects.toMatchObject({ code: 'invalid' });
    await writeFile(join(root, 'binary'), Buffer.from([0, 1, 255]));
    await expect(read('binary')).rejects.toMatchObject({ code: 'binary' });
  });

  test('[S22] what was exchanged after it was judged is neither read nor written', async () => {
    await mkdir(join(root, 'folder'));
    await writeFile(join(root, 'folder/file'), 'mine');
    await writeFile(join(outside, 'file'), 'theirs');
    const [place, fresh] = [await at('folder/file'), await at('folder/fresh')];
    await rm(join(root, 'folder'), { recursive: true });
    await symlink(outside, join(root, 'folder'));
    await expect(workspace.readText(place, {}, signal)).rejects.toMatchObject({ code: 'changed' });
    for (const each of [place, fresh])
      await expect(workspace.writeText(each, 'x', nobody, signal)).rejects.toMatchObject({ code: 'changed' });
    expect(await readdir(outside)).toEqual(['file']);
    expect(await readFile(join(outside, 'file'), 'utf8')).toBe('theirs');
  });

  test('[S22] a file that became a link, or that somebody else wrote meanwhile, is left alone', async () => {
    await writeFile(join(root, 'file'), 'old');
    const old = await disk().read(join(root, 'file'), signal);
    await writeFile(join(root, 'file'), 'new');
    const written = disk().write(join(root, 'file'), Buffer.from('x'), old, signal);
    await expect(written).rejects.toMatchObject({ code: 'changed' });
    await expect(disk().write(join(root, 'file'), Buffer.from('x'), undefined, signal)).rejects.toMatchObject({
      code: 'changed',
    });
    expect(await readFile(join(root, 'file'), 'utf8')).toBe('new');
    const place = await at('file');
    await link(join(root, 'file'), join(outside, 'file'));
    await rm(join(root, 'file'));
    await symlink(join(outside, 'file'), join(root, 'file'));
    await expect(workspace.readText(place, {}, signal)).rejects.toMatchObject({ code: 'changed' });
    expect(await readdir(root)).toEqual(['file']);
  });

  test('[acp 4.1.6] a read-only file is not written', async () => {
    await writeFile(join(root, 'file'), 'old', { mode: 0o444 });
    await expect(write('file', 'x')).rejects.toMatchObject({ code: 'read-only' });
    expect(await readFile(join(root, 'file'), 'utf8')).toBe('old');
  });

  test('[remote] many are asked for at once, and few processes work at a time', async () => {
    const names = Array.from({ length: 12 }, (_, index) => `file ${index}`);
    for (const name of names) await writeFile(join(root, name), name);
    const count = 'mkdir "$0/$$"; n=$(ls "$0" | wc -l); [ "$n" -le 4 ] || echo crowded >>"$0.log"; "$@"; rmdir "$0/$$"';
    await mkdir(join(outside, 'running'));
    const counted = farWorkspace({ command: ['sh', '-c', count, join(outside, 'running')] });
    const place = await at('file 0');
    const read = names.map((name) => counted.readText({ ...place, real: join(root, name) }, {}, signal));
    expect(await Promise.all(read)).toEqual(names);
    expect(await readdir(outside)).toEqual(['running']);
  });

  test('[remote] where the machine is not reached, its own words say so', async () => {
    const gone = farWorkspace({ command: ['sh', '-c', 'echo no such container >&2; exit 3'] });
    await expect(gone.place(root, signal)).rejects.toThrow(/Box were not reached: no such container/u);
    const missing = farWorkspace({ command: ['no-such-program-here'] });
    await expect(missing.place(root, signal)).rejects.toMatchObject({ code: 'missing' });
  });

  test('[S22] what arrives in part is not put in the place of the file', async () => {
    await writeFile(join(root, 'file'), 'old');
    // As a connection that breaks off: the header passes, and a part of the content.
    const torn = ['sh', '-c', 'head -c 2000 | "$@"', 'wrapper'];
    const place = await at('file');
    await expect(
      farWorkspace({ command: torn }).writeText(place, 'x'.repeat(10_000), nobody, signal),
    ).rejects.toMatchObject({ code: 'not written' });
    expect(await readFile(join(root, 'file'), 'utf8')).toBe('old');
    expect(await readdir(root)).toEqual(['file']);
  });
});
