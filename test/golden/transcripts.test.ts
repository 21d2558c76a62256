import { test } from 'vitest';
import { agreed } from './agreed.ts';
import { play } from './play.ts';
import { viewOf } from './view.ts';

/** Recorded conversations with real agents, played to the real backend. */
const golden = async (name: string): Promise<void> =>
  agreed(name, viewOf(await play(new URL(`./data/${name}.ndjson`, import.meta.url), name)));

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
