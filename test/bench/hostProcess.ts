import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundledFile, bundledHost } from './bundle.ts';

/** How a window gets to a host. */
export interface HostAddress {
  readonly view: string;
  readonly token: string;
}

/** The background host in a process of its own, on a folder of its own, with the agent that ticks. */
export interface HostProcess extends AsyncDisposable {
  readonly address: HostAddress;
  readonly pid: number;
  /** Where its sessions work. */
  readonly root: string;
  /** The program of its agent, which is called `tick`. */
  readonly agent: string;
}

/**
 * @param prepare gets the folder of the journal, before there is a host
 * @param flags of Node
 */
export const startHost = async (
  prepare: (journal: string) => Promise<void>,
  flags: readonly string[] = [],
): Promise<HostProcess> => {
  const [program, agent] = [await bundledHost(), await bundledFile('tickAgent')];
  const root = await mkdtemp(join(tmpdir(), 'wheelhouse-bench-host-'));
  const [state, config] = [join(root, 'state'), join(root, 'config.json')];
  await prepare(join(state, 'journal'));
  await writeFile(config, JSON.stringify({ agents: { tick: { command: process.execPath, args: [agent] } } }));
  const args = ['serve', '--state', state, '--root', root, '--config', config];
  const child = spawn(process.execPath, [...flags, program, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  const { pid, view, tokenFile } = JSON.parse(await firstLine(child)) as Record<'view' | 'tokenFile', string> & {
    pid: number;
  };
  return {
    address: { view, token: (await readFile(tokenFile, 'utf8')).trim() },
    pid,
    root,
    agent,
    async [Symbol.asyncDispose]() {
      await end(child);
      await rm(root, { recursive: true, force: true });
    },
  };
};

/** The first line that a program prints. */
export const firstLine = (child: ChildProcess): Promise<string> =>
  new Promise((resolve, reject) => {
    let said = '';
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      if (said.includes('\n')) resolve(said.split('\n')[0] ?? '');
    });
    child.once('exit', (code) => reject(new Error(`It ended with ${code} and without a word.`)));
  });

export const end = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await ended;
};

/** Milliseconds that the processor worked for all threads of a process so far, as the system's scheduler counts them. */
export const workedBy = async (pid: number): Promise<number> => {
  const threads = await readdir(`/proc/${pid}/task`);
  const nanoseconds = await Promise.all(
    threads.map(async (thread) =>
      Number((await readFile(`/proc/${pid}/task/${thread}/schedstat`, 'utf8')).split(' ')[0]),
    ),
  );
  return nanoseconds.reduce((sum, each) => sum + each, 0) / 1e6;
};
