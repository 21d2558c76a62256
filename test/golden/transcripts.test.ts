import { readFile, rm, writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { play } from './play.ts';
import { viewOf } from './view.ts';

/**
 * Recorded conversations with real agents, played to the real backend. `UPDATE_GOLDEN=1` takes what comes of them as
 * what is expected; a difference is left beside it as `.actual`.
 */
const golden = async (name: string): Promise<void> => {
  const view = viewOf(await play(new URL(`./data/${name}.ndjson`, import.meta.url), name));
  const expected = new URL(`./expected/${name}.txt`, import.meta.url);
  const actual = new URL(`./expected/${name}.txt.actual`, import.meta.url);
  await rm(actual, { force: true });
  if (process.env['UPDATE_GOLDEN'] === '1') await writeFile(expected, view);
  const held = await readFile(expected, 'utf8').catch(() => '');
  if (view !== held) await writeFile(actual, view);
  expect(view).toBe(held);
};

test('[acp 10 codex] codex 2.6.0: diffs before permissions that do not carry them, open calls after a cancel', () =>
  golden('codex'));
test('[acp 10 codex] codex 2.6.0 loads a session: its past is told at once, terminals and failures included, then it goes on', () =>
  golden('codex-load'));
test('[acp 10 gemini] gemini 0.61.0: calls first seen in a permission, text outside of turns, modes without options', () =>
  golden('gemini'));
test('[acp 10 opencode] opencode 1.18.33: writes through the client, an error as the end of a turn', () =>
  golden('opencode'));
test('[acp 10 opencode] opencode 1.18.33 loads a session: prompts with files and images, calls that were stopped', () =>
  golden('opencode-load'));
