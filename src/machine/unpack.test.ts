import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { tarGz, zip, type Packed } from '../../test/fakes/archives.ts';
import { archiveKind, unpack, UNPACK_LIMITS, type UnpackLimits } from './unpack.ts';

const never = new AbortController().signal;
let parent: string;
let folder: string;

beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'wheelhouse-unpack-'));
  folder = join(parent, 'agent');
});
afterEach(() => rm(parent, { recursive: true, force: true }));

const PACKERS = { 'tar.gz': tarGz, zip } as const;
const KINDS = ['tar.gz', 'zip'] as const;
const PROGRAM: Packed = { name: 'bin/agent', text: '#!/bin/sh\n' };

const put = async (kind: keyof typeof PACKERS, entries: readonly Packed[], limits: UnpackLimits = UNPACK_LIMITS) => {
  const file = join(parent, `archive.${kind}`);
  await writeFile(file, PACKERS[kind](...entries));
  await unpack({ file, kind, program: 'bin/agent' }, folder, limits, never);
};

/** What stands in the folder's parent, so that nothing beside the folder is missed. */
const outside = async (): Promise<string[]> => (await readdir(parent)).filter((name) => !name.startsWith('archive'));

describe('archives', () => {
  test.each(KINDS)('[registry] %s: files, folders and what runs arrive as they were packed', async (kind) => {
    const entries = [
      { name: './lib/', type: '5', mode: 0o40755 },
      { name: 'lib/data.txt', text: 'x'.repeat(100_000) },
      { name: 'lib/tool', text: 'tool', mode: 0o100755 },
      PROGRAM,
    ];
    await put(kind, entries);
    expect(await readFile(join(folder, 'lib/data.txt'), 'utf8')).toBe('x'.repeat(100_000));
    const mode = async (name: string): Promise<number> => (await stat(join(folder, name))).mode & 0o111;
    expect(await mode('lib/data.txt')).toBe(0);
    expect(await mode('lib/tool')).toBe(0o111);
    expect(await mode('bin/agent')).toBe(0o111);
    expect((await stat(folder)).mode & 0o077).toBe(0);
  });

  test('[registry] what the tar of this system packs is read, with names beyond a hundred characters', async () => {
    const name = `${'long'.repeat(40)}.txt`;
    await mkdir(join(parent, 'in/bin'), { recursive: true });
    await writeFile(join(parent, 'in/bin/agent'), 'agent');
    await writeFile(join(parent, 'in', name), 'text');
    for (const format of ['gnu', 'pax', 'ustar']) {
      const file = join(parent, `archive-${format}.tgz`);
      const args = [`--format=${format}`, '-czf', file, '-C', join(parent, 'in'), 'bin'];
      execFileSync('tar', format === 'ustar' ? args : [...args, name]);
      const target = join(parent, format);
      await unpack({ file, kind: 'tar.gz', program: 'bin/agent' }, target, UNPACK_LIMITS, never);
      if (format !== 'ustar') expect(await readFile(join(target, name), 'utf8')).toBe('text');
    }
  });

  const HOSTILE = [
    '../evil',
    'a/../../evil',
    '/tmp/evil',
    'C:/evil',
    'a\\..\\..\\evil',
    'file:stream',
    'a\u0001b',
    'dot.',
  ];
  test.each(KINDS)('[S20] %s: a name that leads out of the folder, on any system, ends it', async (kind) => {
    for (const name of HOSTILE) {
      await expect(put(kind, [PROGRAM, { name, text: 'evil' }]), name).rejects.toThrow(
        /leads elsewhere|could not be unpacked/u,
      );
      expect(await outside()).toEqual(['agent']);
      await rm(folder, { recursive: true });
    }
  });

  test('[S21] no link and no device is made, and nothing is written through one', async () => {
    for (const type of ['1', '2', '3', '4', '6'])
      await expect(
        put('tar.gz', [
          { name: 'way', type, link: parent },
          { name: 'way/evil', text: 'evil' },
        ]),
        type,
      )
        .rejects.toThrow(/a link or a device/u)
        .then(() => rm(folder, { recursive: true }));
    const way = { name: 'way', text: parent, mode: 0o120777 };
    await expect(put('zip', [way, { name: 'way/evil', text: 'evil' }])).rejects.toThrow(/a link or a device/u);
    expect(await outside()).toEqual(['agent']);
  });

  test('[S21] a folder that is there already, or that is a link, is not unpacked into', async () => {
    await symlink(tmpdir(), folder);
    await expect(put('zip', [PROGRAM])).rejects.toThrow(/EEXIST/u);
  });

  test.each(KINDS)('[registry] %s: the same file twice, or none that runs, ends it', async (kind) => {
    await expect(put(kind, [PROGRAM, PROGRAM])).rejects.toThrow(/twice/u);
    await rm(folder, { recursive: true });
    await expect(put(kind, [{ name: 'bin/other', text: '' }])).rejects.toThrow(/does not hold bin\/agent/u);
  });

  test.each(KINDS)('[S10] %s: more files or more bytes than agreed end it', async (kind) => {
    const many = Array.from({ length: 9 }, (_, at) => ({ name: `f${at}`, text: 'x' }));
    await expect(put(kind, many, { entries: 8, bytes: 1000 })).rejects.toThrow(/more files/u);
    await rm(folder, { recursive: true });
    const bomb = [{ name: 'zeros', text: '0'.repeat(5_000_000) }];
    await expect(put(kind, bomb, { entries: 8, bytes: 1_000_000 })).rejects.toThrow(/more than is unpacked/u);
    expect((await stat(join(folder, 'zeros'))).size).toBeLessThanOrEqual(1_000_000);
  });

  test('[registry] a damaged archive is told as one', async () => {
    await expect(put('zip', [{ ...PROGRAM, crc: 1 }])).rejects.toThrow(/damaged/u);
    await rm(folder, { recursive: true });
    await expect(put('zip', [{ ...PROGRAM, size: 3 }])).rejects.toThrow(/could not be unpacked/u);
    await rm(folder, { recursive: true });
    for (const kind of KINDS) {
      const file = join(parent, 'archive.bad');
      const whole = PACKERS[kind]({ name: 'bin/agent', text: Math.PI.toString().repeat(1000) });
      await writeFile(file, whole.subarray(0, whole.length / 2));
      await expect(unpack({ file, kind, program: 'bin/agent' }, folder, UNPACK_LIMITS, never)).rejects.toThrow(
        /could not be unpacked/u,
      );
      await rm(folder, { recursive: true });
    }
  });

  test('[registry] zip: what is stored, wide or without bytes, and any comment at the end, is read', async () => {
    const entries = [
      PROGRAM,
      { name: 'stored', text: 'as it is', method: 0 },
      { name: 'wide', text: 'x'.repeat(200_000), wide: true, mode: 0o100755 },
      { name: 'empty', text: '', method: 0 },
      { name: 'of\\windows', text: 'text' },
    ];
    const file = join(parent, 'archive.zip');
    const comment = Buffer.from('PK\u0005\u0006 and more');
    const packed = zip(...entries);
    packed.writeUInt16LE(comment.length, packed.length - 2);
    await writeFile(file, Buffer.concat([packed, comment]));
    await unpack({ file, kind: 'zip', program: 'bin/agent' }, folder, UNPACK_LIMITS, never);
    const text = async (name: string): Promise<string> => await readFile(join(folder, name), 'utf8');
    expect(await text('stored')).toBe('as it is');
    expect(await text('wide')).toBe('x'.repeat(200_000));
    expect(await text('empty')).toBe('');
    expect(await text('of/windows')).toBe('text');
    expect((await stat(join(folder, 'wide'))).mode & 0o111).toBe(0o111);
  });

  test.each([
    ['is encrypted', { flags: 0x0801 }],
    ['is packed in another way', { method: 14 }],
    ['is shorter than it says', { size: 11 }],
    ['stands beyond the end', { offset: 0xfff_0000 }],
    ['stands where no file does', { offset: 1 }],
    ['is said to be as long as the archive', { method: 0, text: 'x', size: 2 }],
  ])('[registry] a zip with a file that %s is told as one that cannot be unpacked', async (_, wrong) => {
    await expect(put('zip', [{ ...PROGRAM, ...wrong }])).rejects.toThrow(/could not be unpacked/u);
  });

  test('[registry] tar: an older folder, and the headers that other packers write, are read', async () => {
    const pax = (text: string): string => `${Buffer.byteLength(text) + 4} ${text}\n`;
    await put('tar.gz', [
      { name: 'pax_global_header', type: 'g', text: pax('comment=0123456789abcdef') },
      { name: 'old/', type: '0' },
      { name: 'old/dated', type: '\u0000', text: 'one' },
      { name: '././@LongLink', type: 'L', text: `old/${'n'.repeat(120)}\u0000` },
      { name: 'cut', text: 'two' },
      { name: 'PaxHeaders/x', type: 'x', text: pax('path=old/=ö') + pax('mtime=1.5') },
      { name: 'cut', text: 'three' },
      PROGRAM,
    ]);
    const text = async (name: string): Promise<string> => await readFile(join(folder, 'old', name), 'utf8');
    expect([await text('dated'), await text('n'.repeat(120)), await text('=ö')]).toEqual(['one', 'two', 'three']);
  });

  test.each([
    ['sparse', 'GNU.sparse.major=1'],
    ['of a size that is none', 'size=-5'],
    ['longer than the archive', 'size=5000'],
  ])('[registry] a tar with a file that is %s is told as one that cannot be unpacked', async (_, text) => {
    const header = { name: 'x', type: 'x', text: `${text.length + 4} ${text}\n` };
    await expect(put('tar.gz', [header, PROGRAM])).rejects.toThrow(/could not be unpacked/u);
  });

  test('[registry] a plain program needs no unpacking, and the kinds that are not taken are named', async () => {
    const file = join(parent, 'archive.raw');
    await writeFile(file, 'program');
    await unpack({ file, kind: 'program', program: 'agent' }, folder, UNPACK_LIMITS, never);
    expect((await stat(join(folder, 'agent'))).mode & 0o111).toBe(0o111);
    expect(archiveKind('https://x.invalid/a/agent-linux')).toBe('program');
    expect(archiveKind('https://x.invalid/a/agent-1.2.3')).toBe('program');
    expect(archiveKind('https://x.invalid/a/agent.exe')).toBe('program');
    expect(archiveKind('https://x.invalid/a/agent.TGZ?x=.zip')).toBe('tar.gz');
    for (const name of ['a.tar.bz2', 'a.tbz2', 'a.tar.xz', 'a.dmg', 'a.deb', 'a.msi', 'a.7z', 'a.tar'])
      expect(() => archiveKind(`https://x.invalid/${name}`), name).toThrow(/of a kind that is not taken/u);
  });

  test('[registry] an abort ends it with its own reason', async () => {
    const control = new AbortController();
    control.abort(new Error('enough'));
    const file = join(parent, 'archive.zip');
    await writeFile(file, zip(PROGRAM));
    await expect(
      unpack({ file, kind: 'zip', program: 'bin/agent' }, folder, UNPACK_LIMITS, control.signal),
    ).rejects.toThrow('enough');
  });
});
