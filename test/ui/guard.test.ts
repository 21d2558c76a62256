import { spawn } from 'node:child_process';
import { mkdtemp, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { until } from '../tools/until.ts';

const guard = fileURLToPath(new URL('guard.ts', import.meta.url));

const runs = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

test.skipIf(process.platform !== 'linux')(
  '[guard] when the runner goes away, the server, what it left behind in a group of its own and the profile go too',
  async () => {
    const profile = await mkdtemp(join(tmpdir(), 'wheelhouse-test-'));
    // A server whose child leads a group of its own and takes no notice of its end.
    const child = `process.on('SIGTERM', () => {}); setInterval(() => {}, 1000)`;
    const server = `const child = require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(child)}], { detached: true, stdio: 'ignore' });
      console.log('child ' + child.pid); setInterval(() => {}, 1000)`;
    const runId = `guard-test-${process.pid}`;
    const guarded = spawn(process.execPath, [guard, profile, runId, process.execPath, '-e', server], {
      detached: true,
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, WHEELHOUSE_RUN: runId },
    });
    const lines: string[] = [];
    createInterface({ input: guarded.stdout }).on('line', (line) => lines.push(line));
    const number = (pattern: RegExp): Promise<number> =>
      until(String(pattern), () => lines.map((line) => Number(pattern.exec(line)?.[1] ?? 0)).find((pid) => pid > 0));
    const serverPid = await number(/"pid":(\d+)/);
    const childPid = await number(/^child (\d+)/);

    guarded.stdin.destroy();

    await until('the end of the server and of its child', () => !runs(serverPid) && !runs(childPid));
    await until('the removal of the profile', () =>
      stat(profile).then(
        () => false,
        () => true,
      ),
    );
    const left = await until('the list of what was left', () => lines.find((line) => line.includes('"left"')));
    expect(left).toContain(`${childPid} `);
    expect(left).not.toContain(`${serverPid} `);
  },
);
