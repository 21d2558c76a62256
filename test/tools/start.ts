import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { startServer } from '../ui/server.ts';
import { packageExtension } from './package.ts';
import { run } from './run.ts';
import { copySample, demo } from './sample.ts';
import { findDesktopCode } from './setup.mjs';
import { root } from './suite.ts';

const interrupted = (): Promise<void> =>
  new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => resolve());
  });

/** Opens VS Code with the extension on a sample workspace and stays until it is closed or Ctrl-C is pressed. */
export async function startCommand(): Promise<number> {
  const workspace = await copySample(join(demo, 'workspace'));
  const code = await findDesktopCode();
  return code === undefined ? startInBrowser(workspace) : startOnDesktop(code, workspace);
}

async function startOnDesktop(code: string, workspace: string): Promise<number> {
  const { code: built, output } = await run(process.execPath, ['esbuild.mjs'], { cwd: root });
  if (built !== 0) {
    console.error(output);
    return 1;
  }
  console.log(`VS Code opens on ${workspace} with the extension; close its window or press Ctrl-C here to end.`);
  // A profile of its own makes it a process of its own, which therefore ends with us and leaves the person's alone.
  const args = [
    '--new-window',
    '--wait',
    `--extensionDevelopmentPath=${root}`,
    '--user-data-dir',
    join(demo, 'profile'),
    '--disable-workspace-trust',
    workspace,
  ];
  const windows = process.platform === 'win32';
  const child = spawn(code, args, { stdio: 'inherit', detached: !windows, shell: windows });
  const ended = new Promise<number>((resolve) => {
    child.once('close', (status) => resolve(status ?? 1));
    child.once('error', () => resolve(1));
  });
  const stopped = interrupted().then(async () => {
    if (child.pid !== undefined && !windows) process.kill(-child.pid, 'SIGTERM');
    await ended;
    return 0;
  });
  return Promise.race([ended, stopped]);
}

async function startInBrowser(workspace: string): Promise<number> {
  const { path } = await packageExtension();
  const stop = interrupted();
  const server = await startServer({ vsix: [path] });
  const url = new URL(server.url);
  url.searchParams.set('folder', workspace);
  console.log(
    `VS Code with the extension, on ${workspace}:\n\n  ${url.href}\n\nOpen it in a browser and choose Wheelhouse in the activity bar. Ctrl-C stops everything.`,
  );
  await stop;
  await server.stop();
  return 0;
}
