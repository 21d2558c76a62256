// Runs a server as the leader of a process group of its own, and ends everything when its standard input closes: when
// the runner asks for it, and just as well when the runner was killed. So no interrupted run leaves a server, an
// extension host, an agent or a profile folder behind.
//
//   node guard.ts PROFILE_FOLDER RUN_ID program args...
//
// Prints `guard {"pid": n}` first, `guard {"left": ["pid command", …]}` last: the processes that outlived the server.

import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, rmSync } from 'node:fs';

const [profile = '', runId = '', program = '', ...args] = process.argv.slice(2);
const server = spawn(program, args, { stdio: ['ignore', 'inherit', 'inherit'] });
const gone = new Promise((resolve) => server.once('close', resolve).once('error', resolve));
const say = (value: object): boolean => process.stdout.write(`guard ${JSON.stringify(value)}\n`);
say({ pid: server.pid });
// The runner may be gone already, and then nobody reads.
process.stdout.on('error', () => undefined);

/** Agents lead groups of their own, so the group alone does not find them; what they all inherit is the run's id. */
function leftovers(): { pid: number; command: string }[] {
  if (process.platform !== 'linux') return [];
  const found: { pid: number; command: string }[] = [];
  for (const name of readdirSync('/proc')) {
    const pid = Number(name);
    if (!Number.isInteger(pid) || pid === process.pid) continue;
    try {
      if (!readFileSync(`/proc/${name}/environ`, 'utf8').includes(`WHEELHOUSE_RUN=${runId}`)) continue;
      const command = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
      // A zombie has an empty command line: it has ended, only its parent has not looked yet.
      if (command !== '') found.push({ pid, command });
    } catch {
      // Ended while we were looking, or not ours to read.
    }
  }
  return found;
}

const delay = (ms: number): Promise<unknown> => new Promise((resolve) => setTimeout(resolve, ms));

async function end(): Promise<void> {
  process.on('SIGTERM', () => undefined);
  process.kill(-process.pid, 'SIGTERM');
  await Promise.race([gone, delay(4000)]);
  // An extension host ends by itself after its server; what is still there after that was left behind by someone.
  const deadline = performance.now() + 3000;
  let left = leftovers();
  while (left.length > 0 && performance.now() < deadline) {
    await delay(50);
    left = leftovers();
  }
  for (const { pid } of left) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // Ended by itself in the meantime.
    }
  }
  rmSync(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  process.stdout.write(`guard ${JSON.stringify({ left: left.map(({ pid, command }) => `${pid} ${command}`) })}\n`, () =>
    process.kill(-process.pid, 'SIGKILL'),
  );
}

let ending: Promise<void> | undefined;
const endOnce = (): void => {
  ending ??= end();
};
process.stdin.on('close', endOnce).resume();
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.once(signal, endOnce);
