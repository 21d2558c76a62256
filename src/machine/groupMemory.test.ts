import { describe, expect, onTestFinished, test } from 'vitest';
import { groupMemory, memoryQuery } from './groupMemory.ts';
import { startGroup } from './testing.ts';

describe('what a group of processes takes', () => {
  test.skipIf(process.platform === 'win32')(
    '[demand 16] is the sum of its processes, and nothing where none is left',
    async () => {
      const started = await startGroup('sleep 600 & sleep 600 & echo up; wait', 'marker');
      onTestFinished(() => started.dispose());
      const found = await groupMemory(started.group.pid);
      expect(found?.processes).toBe(3);
      expect(found?.bytes).toBeGreaterThan(100_000);
      expect(found?.bytes).toBeLessThan(500_000_000);
      expect(await groupMemory(2 ** 30)).toBeUndefined();
    },
  );

  test('[demand 16] macOS is asked for all processes, of which the group counts', () => {
    const { file, args, parse } = memoryQuery('darwin', 42, '');
    expect([file, ...args]).toEqual(['/bin/ps', '-axo', 'pgid=,rss=']);
    expect(parse('    1  1000\n   42   512\n  420     7\n   42  1024\n')).toEqual({ bytes: 1536 * 1024, processes: 2 });
    expect(parse('nonsense\n')).toBeUndefined();
  });

  test('[demand 16] Windows is asked for the first process, in whatever language it answers', () => {
    const { file, args, parse } = memoryQuery('win32', 42, 'C:\\Windows');
    expect([file, ...args]).toEqual(['C:\\Windows\\System32\\tasklist.exe', '/FI', 'PID eq 42', '/FO', 'CSV', '/NH']);
    for (const size of ['45,678 K', '45.678 K', '45 678 Ko', '45678 K'])
      expect(parse(`\r\n"node.exe","42","Console","1","${size}"\r\n`)).toEqual({ bytes: 45_678 * 1024, processes: 1 });
    expect(parse('INFO: No tasks are running which match the specified criteria.\r\n')).toBeUndefined();
  });
});
