import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { ToolKind } from '@agentclientprotocol/sdk';
import { textContent, type Turn } from '../turn.ts';
import { count, type Command } from './command.ts';

const kinds: readonly (readonly [kind: ToolKind, title: (name: string) => string])[] = [
  ['read', (name) => `Read ${name}`],
  ['search', (name) => `Search for the word "helm" in ${name}`],
  ['think', (name) => `Think about ${name}`],
  ['fetch', (name) => `Fetch what is known about ${name}`],
  ['execute', (name) => `Check ${name}`],
  ['move', (name) => `Consider another name for ${name}`],
  ['other', (name) => `Look at ${name} once more`],
];

const mostWithPauses = 50;

export const many: Command = {
  name: 'many',
  description: 'Makes N tool calls of several kinds; every tenth fails, none does anything',
  hint: 'N, 8 when absent',
  run: async (turn, rest) => {
    const calls = count(rest, 8, 100_000);
    const paths = await files(turn);
    for (let n = 1; n <= calls; n += 1) {
      await callOnce(turn, n, paths[n % paths.length] ?? turn.session.cwd);
      if (calls <= mostWithPauses) await turn.pause(40);
      else if (n % 32 === 0) await turn.breathe();
    }
    const failed = Math.floor(calls / 10);
    await turn.say(`I made ${calls} tool calls; ${failed} of them failed, as they should. None of them did anything.`);
  },
};

async function callOnce(turn: Turn, n: number, path: string): Promise<void> {
  const [kind, title] = kinds[n % kinds.length] ?? ['other', basename];
  const tool = await turn.startTool({ title: title(basename(path)), kind, locations: [{ path, line: 1 }] });
  await tool.update({ status: 'in_progress' });
  if (n % 10 === 0) await tool.end('failed', { content: [textContent(`Call ${n} was made to fail.`)] });
  else await tool.end('completed', { content: [textContent(`Call ${n} did nothing, and did it well.`)] });
}

/** Real files, so that a click on a location opens something. */
async function files(turn: Turn): Promise<string[]> {
  const { cwd } = turn.session;
  const entries = await turn.until(readdir(cwd, { withFileTypes: true }).catch(() => []));
  const found = entries.filter((entry) => entry.isFile()).map((entry) => join(cwd, entry.name));
  return found.length > 0 ? found.slice(0, 20) : [join(cwd, 'README.md')];
}
