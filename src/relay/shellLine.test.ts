import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { shellLine } from './shellLine.ts';

const run = async (line: string, shell: string): Promise<string> => {
  const { command } = shellLine(line, 'posix');
  const { stdout } = await promisify(execFile)('/bin/sh', ['-c', command], {
    env: { SHELL: shell, PATH: '/usr/bin:/bin' },
  });
  return stdout;
};

describe.skipIf(process.platform === 'win32')('a line of a device', () => {
  test.each([
    ["echo 'it'\"'\"'s' \"$((1 + 2))\" \\\\ `echo back`", "it's 3 \\ back\n"],
    ["printf %s 'a'\\''b'", "a'b"],
    ['echo one\necho two', 'one\ntwo\n'],
    ["'", ''],
  ])('[S29] %s is taken by the person’s shell, and by no other', async (line, said) => {
    const answer = await run(line, '/bin/sh').catch(() => '');
    expect(answer).toBe(said);
  });

  test('[relay 3 terminals] their shell is the one that their variables name, else the system’s', async () => {
    expect(await run('echo "${BASH_VERSION:+bash}"', '/bin/bash')).toBe('bash\n');
    expect(await run('echo here', '')).toBe('here\n');
    expect(shellLine('dir', 'windows')).toEqual({ command: 'dir', args: [], shell: true });
    expect(shellLine(undefined, 'windows').command).toBe('"%ComSpec%"');
  });
});
