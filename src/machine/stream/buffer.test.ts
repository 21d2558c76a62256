import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { StreamBuffer } from './buffer.ts';

test('[terminal 10 buffer] a folder that is gone stops nobody, is told once, and what comes when it is back is kept', async () => {
  const parent = await mkdtemp(join(tmpdir(), 'wheelhouse-buffer-'));
  try {
    const folder = join(parent, 'one');
    const warned: string[] = [];
    const quiet = (): void => undefined;
    const log = { debug: quiet, info: quiet, error: quiet, warn: (message: string) => void warned.push(message) };
    const buffer = await StreamBuffer.open(folder, log, 0);
    await rm(folder, { recursive: true });
    for (let count = 0; count < 3; count += 1) {
      buffer.add(Buffer.from('lost'));
      await buffer.written();
    }
    expect(buffer.trouble).toContain('ENOENT');
    expect(warned).toHaveLength(1);
    await mkdir(folder);
    expect(buffer.add(Buffer.from('kept'))).toBe(4);
    await buffer.written();
    expect(buffer.trouble).toBe(undefined);
    const seqs: number[] = [];
    for await (const records of buffer.read(0)) seqs.push(...records.map(({ seq }) => seq));
    expect(seqs).toEqual([4]);
    await buffer.close();
  } finally {
    await rm(parent, { recursive: true, force: true });
  }
});
