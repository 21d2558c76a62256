import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { make } from '../fakes/noop-extension/make.mjs';
import { countLeft } from './activation.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wheelhouse-activation-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const bundle = async (name: string, activate: string): Promise<string> => {
  const path = join(folder, `${name}.mjs`);
  await writeFile(
    path,
    `import { spawn } from 'node:child_process'; import { createServer } from 'node:net'; import { commands } from 'vscode';
     export const activate = (context) => { context.subscriptions.push(commands.registerCommand('x', () => {})); ${activate} };`,
  );
  return path;
};

test('[P1] a bundle that does nothing leaves nothing', async () => {
  make(folder, 5000);
  expect(await countLeft(join(folder, 'extension.js'))).toEqual({ timers: 0, sockets: 0, children: 0 });
});

test('[P1] a timer is counted even when it does not keep the process alive, and not once it is cleared', async () => {
  const leaking = await bundle(
    'timer',
    'setInterval(() => {}, 1000).unref(); clearTimeout(setTimeout(() => {}, 1000));',
  );
  expect(await countLeft(leaking)).toEqual({ timers: 1, sockets: 0, children: 0 });
});

test('[P1] a server is counted', async () => {
  const leaking = await bundle('server', `createServer().listen(0, '127.0.0.1');`);
  expect(await countLeft(leaking)).toMatchObject({ sockets: 1, children: 0 });
});

test('[P1] a child is counted', async () => {
  const leaking = await bundle('child', `spawn(process.execPath, ['--version'], { stdio: 'ignore' });`);
  expect(await countLeft(leaking)).toMatchObject({ children: 1 });
});
