import { readFile, rm, writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { manualClock } from '../../src/base/testing.ts';
import { StreamDrawing } from '../../src/machine/remote/streamDrawing.ts';
import { StreamFollower } from '../../src/protocol/terminal/follow.ts';
import { decodeFrame } from '../../src/protocol/terminal/frame.ts';
import { readNews } from '../../src/protocol/terminal/read.ts';

/** A line of a conversation: a new connection, a message as it came (bytes in hexadecimal digits), or time that passed. */
type Step =
  | { readonly begin: true }
  | { readonly text: string }
  | { readonly bytes: string }
  | { readonly wait: number };

/** What is said and what is drawn, below each message of the server. */
const played = async (name: string): Promise<string> => {
  const data = await readFile(new URL(`./data/terminal-${name}.ndjson`, import.meta.url), 'utf8');
  const clock = manualClock();
  const lines: string[] = [];
  const drawing = new StreamDrawing({ rows: () => 3, missing: 'some may be missing' });
  drawing.show((text) => lines.push(`  draws ${JSON.stringify(text)}`));
  const follower = new StreamFollower({
    clock,
    send: (message) => lines.push(`  says ${JSON.stringify(message)}`),
    draw: (bytes, past) => drawing.draw(bytes, past),
    redraw: (picture) => drawing.redraw(picture),
    unseen: () => lines.push('  is told that there is no picture'),
  });
  for (const line of data.trim().split('\n')) {
    const step = JSON.parse(line) as Step;
    lines.push(line);
    if ('begin' in step) follower.begin();
    else if ('wait' in step) clock.advance(step.wait);
    else if ('text' in step) {
      const news = readNews(step.text);
      if (news === undefined) lines.push('  passes it over');
      else follower.hear(news);
    } else {
      const frame = decodeFrame(Buffer.from(step.bytes, 'hex'));
      if (frame === undefined) lines.push('  passes it over');
      else follower.take(frame);
    }
  }
  follower.finish();
  drawing.end();
  expect(clock.waiting).toBe(0);
  return `${lines.join('\n')}\n`;
};

const golden = async (name: string): Promise<void> => {
  const view = await played(name);
  const expected = new URL(`./expected/terminal-${name}.txt`, import.meta.url);
  const actual = new URL(`./expected/terminal-${name}.txt.actual`, import.meta.url);
  await rm(actual, { force: true });
  if (process.env['UPDATE_GOLDEN'] === '1') await writeFile(expected, view);
  const held = await readFile(expected, 'utf8').catch(() => '');
  if (view !== held) await writeFile(actual, view);
  expect(view).toBe(held);
};

test('[terminal 4] the source: live before the replay, numbers for each copy, a count that begins anew, pictures', () =>
  golden('source'));
test('[terminal 6] a session that nobody knows, and what cannot be read', () => golden('unknown'));
test('[terminal 10] ours: characters that are torn, a cut, a replay, what is gone, a viewer that lags, the end', () =>
  golden('ours'));
