import { spawn } from 'node:child_process';
import { closeSync } from 'node:fs';
import process from 'node:process';
import type { Turn } from '../turn.ts';
import type { Behaviour } from './behaviour.ts';

/** It leads a session of its own, holds no pipe of ours, and ends by itself after ten minutes. */
async function daemon(turn: Turn): Promise<void> {
  const child = spawn('sleep', ['600'], { stdio: 'ignore', detached: true });
  child.unref();
  await turn.update({ sessionUpdate: 'notice', severity: 'info', title: `daemon ${child.pid}` });
}

async function hangUp(turn: Turn): Promise<boolean> {
  turn.flags.ignoreEof = true;
  closeSync(1);
  return true;
}

async function goDeaf(turn: Turn): Promise<void> {
  turn.flags.ignoreEof = true;
  await turn.say('deaf from now on\n');
  process.stdin.destroy();
  // Node leaves the pipe itself open.
  closeSync(0);
}

/** Ways to be gone, or half gone, or to leave somebody behind. */
export const ends: readonly Behaviour[] = [
  {
    name: 'cline-daemon',
    about: 'leaves a process in a session of its own behind, says its pid in a notice',
    run: daemon,
  },
  { name: 'hang-up', about: 'closes its output and lives on', run: hangUp },
  { name: 'deaf', about: 'closes its input after this turn and lives on', run: goDeaf },
];
