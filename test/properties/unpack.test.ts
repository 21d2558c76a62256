import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Failure } from '../../src/base/failure.ts';
import { unpack, UNPACK_LIMITS } from '../../src/machine/unpack.ts';
import { tarGz, zip } from '../fakes/archives.ts';

const PACKERS = { 'tar.gz': tarGz, zip } as const;
const KINDS = ['tar.gz', 'zip'] as const;
const never = new AbortController().signal;
let parent: string;
let folder: string;

beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'wheelhouse-unpack-'));
  folder = join(parent, 'agent');
});
afterEach(() => rm(parent, { recursive: true, force: true }));

describe('archives', () => {
  test.each(KINDS)('[registry] a %s that lies in any one byte is unpacked rightly or not at all', async (kind) => {
    const more = { name: 'a', text: 'a', ...(kind === 'zip' ? { wide: true } : {}) };
    const packed = PACKERS[kind]({ name: 'bin/agent', text: 'agent' }, more);
    const right = kind === 'zip' ? packed : gunzipSync(packed);
    const file = join(parent, 'archive.wrong');
    for (let at = 0; at < right.length; at += 1) {
      // A tar has a sum of its headers, and none of what is in its files.
      if (kind === 'tar.gz' && (at % 5 !== 0 || (at >= 512 && at < 1024))) continue;
      const wrong = Buffer.from(right);
      wrong.writeUInt8(wrong.readUInt8(at) ^ 0xff, at);
      await writeFile(file, kind === 'zip' ? wrong : gzipSync(wrong));
      const outcome = await unpack({ file, kind, program: 'bin/agent' }, folder, UNPACK_LIMITS, never).then(
        () => readFile(join(folder, 'bin/agent'), 'utf8'),
        (failure: unknown) => (failure instanceof Failure ? 'refused' : failure),
      );
      expect(['agent', 'refused'], `byte ${at}`).toContain(outcome);
      expect((await readdir(parent)).toSorted()).toEqual(['agent', 'archive.wrong']);
      await rm(folder, { recursive: true });
    }
  });
});
