import { readFile, rm, writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { FlamecastTranscript } from '../../src/backends/flamecast/transcript.ts';
import { manualClock } from '../../src/base/testing.ts';
import { readFlamecast } from '../../src/protocol/flamecast/read.ts';
import { type Heard, Replay } from '../../src/protocol/flamecast/replay.ts';

/** A line of a conversation: a new connection, or a frame as it came. */
type Step = { readonly begin: true } | { readonly text: string };

/** What each frame of a session becomes here, below it. */
const played = async (name: string): Promise<string> => {
  const data = await readFile(new URL(`./data/flamecast-${name}.ndjson`, import.meta.url), 'utf8');
  const lines: string[] = [];
  const transcript = new FlamecastTranscript({ device: 'editor', clock: manualClock(), queueThere: true });
  const replay = new Replay();
  const take = ({ events, afresh }: Heard): void => {
    if (afresh) {
      for (const event of transcript.newLife()) lines.push(`  ${JSON.stringify(event)}`);
      lines.push('  is told that something is missing, and asks for all of it');
      return replay.again();
    }
    for (const { type, data: fields } of events)
      for (const event of transcript.hear(type, fields)) lines.push(`  ${JSON.stringify(event)}`);
  };
  for (const line of data.trim().split('\n')) {
    const step = JSON.parse(line) as Step;
    lines.push(line);
    if ('begin' in step) {
      replay.begin();
      lines.push(`  goes on after ${replay.since}`);
      continue;
    }
    const said = readFlamecast(step.text);
    if (said.kind === 'event') take(replay.take(said.event));
    else if (said.kind === 'subscribed') take(replay.settled());
    // The socket of one session numbers nothing, and tells all of it each time.
    else if (said.kind === 'connected' && said.connection === undefined) {
      replay.again();
      replay.settled();
      transcript.forget();
      lines.push('  is told all anew');
    } else lines.push(`  is ${said.kind}`);
  }
  return `${lines.join('\n')}\n`;
};

const golden = async (name: string): Promise<void> => {
  const view = await played(name);
  const expected = new URL(`./expected/flamecast-${name}.txt`, import.meta.url);
  const actual = new URL(`./expected/flamecast-${name}.txt.actual`, import.meta.url);
  await rm(actual, { force: true });
  if (process.env['UPDATE_GOLDEN'] === '1') await writeFile(expected, view);
  const held = await readFile(expected, 'utf8').catch(() => '');
  if (view !== held) await writeFile(actual, view);
  expect(view).toBe(held);
};

test('[flamecast 5] a host written in Go: a terminal, a cut, a question, another life of the host, the end', () =>
  golden('go'));
test('[flamecast 7] a host for Node: numbers of the session alone, and its queue', () => golden('node'));
test('[flamecast 6] a socket for each session: without numbers, and all of it each time', () => golden('legacy'));
test('[flamecast 4] copies by callback, answers of two kinds, what comes late, and what nobody knows', () =>
  golden('callbacks'));
