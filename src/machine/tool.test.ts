import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { until } from '../../test/tools/until.ts';
import { Failure } from '../base/failure.ts';
import { runTool } from './tool.ts';

const node = (script: string): Parameters<typeof runTool>[0] => ({
  file: process.execPath,
  args: ['-e', script],
  cwd: process.cwd(),
  env: { ...process.env, WHEELHOUSE_SECRET: 'sentinel' },
});
const { signal } = new AbortController();

/** One that has ended and that nobody has asked about yet still has its number. */
const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return process.platform !== 'linux' || !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
  } catch {
    return false;
  }
};

const output = async (script: string, input?: string): Promise<string> => {
  let text = '';
  const run = input === undefined ? node(script) : { ...node(script), input };
  await runTool(run, (bytes) => ((text += bytes.toString()), true), signal);
  return text;
};

describe('a program that answers one question', () => {
  test('[query cancel] an abort kills it, and what it started', async () => {
    const script = `
      const { spawn } = require('node:child_process');
      const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
      child.on('spawn', () => console.log(process.pid, child.pid));
      process.on('SIGTERM', () => {});
      setInterval(() => {}, 1000);`;
    const stop = new AbortController();
    const pids = Promise.withResolvers<readonly number[]>();
    const running = runTool(
      node(script),
      (bytes) => (pids.resolve(bytes.toString().split(' ').map(Number)), true),
      stop.signal,
    );
    const started = await pids.promise;
    stop.abort(new Failure('cancelled', 'Enough.'));
    await expect(running).rejects.toMatchObject({ code: 'cancelled' });
    await until('both to be gone', () => !started.some(isAlive));
  });

  test('[query] it is ended when no more is wanted', async () => {
    const script = `setInterval(() => console.log('more'), 1)`;
    const end = await runTool(node(script), () => false, signal);
    expect(end).toMatchObject({ cut: true, code: null });
  });

  test('[S30] nothing of ours is in its environment, and it is given its input', async () => {
    expect(
      await output('console.log(Object.keys(process.env).filter((name) => /^WHEELHOUSE_/.test(name)).length)'),
    ).toBe('0\n');
    expect(await output('process.stdin.pipe(process.stdout)', 'words')).toBe('words');
  });

  test('[query] one that cannot be started says so', async () => {
    const run = { ...node(''), file: '/nowhere/tool' };
    await expect(runTool(run, () => true, signal)).rejects.toMatchObject({ code: 'failed' });
  });
});
