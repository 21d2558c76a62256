import { readFile, rm, writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { Transcript } from '../../src/backends/relay/transcript.ts';
import type { Logged } from '../../src/model/event.ts';
import { reduce } from '../../src/model/reduce.ts';
import { emptySession, type SessionKey } from '../../src/model/session.ts';
import { linesOf, readHeard } from '../../src/relay/decode.ts';
import { viewOf } from './view.ts';

const OWNS = { history: 'them', queue: 'them', questions: 'them', control: 'them' } as const;

/** What a relay says, a line for each message, as events and as the session that comes of them. */
const played = async (name: string): Promise<string> => {
  const data = await readFile(new URL(`./data/relay-client-${name}.ndjson`, import.meta.url), 'utf8');
  const clock = { now: () => 0 };
  const transcript = new Transcript({ session: 's1', client: 'me/1', device: 'editor', clock });
  transcript.endsWith('me/1:1');
  const about = { key: 'k' as SessionKey, backend: 'relay', agentLabel: 'relay', title: '', cwd: '/', createdAt: 0 };
  let session = emptySession({ ...about, owns: OWNS, epoch: 'e' });
  const lines: string[] = [];
  for (const message of data.trim().split('\n')) {
    const text = (JSON.parse(message) as readonly string[]).join('\n');
    const { events, verdict, refused } = transcript.hear(linesOf(text).map(readHeard));
    const logged = events.map((event, at): Logged => ({ seq: session.at.seq + at + 1, at: 0, event }));
    session = reduce(session, logged);
    const ends = verdict === 'on' ? [] : [verdict];
    const answers = refused.map(({ question, error }) => `refused ${question} ${error.code}`);
    const { behind } = transcript;
    const said = [...events.map(({ kind }) => kind), ...answers, ...ends];
    lines.push(`${transcript.cursor} ${behind > 0 ? `${behind} behind ` : ''}${said.join(', ')}`.trimEnd());
  }
  const { control, queue } = session;
  return [...lines, '', JSON.stringify({ control, queue }), viewOf(session)].join('\n');
};

const golden = async (name: string): Promise<void> => {
  const view = await played(name);
  const expected = new URL(`./expected/relay-client-${name}.txt`, import.meta.url);
  const actual = new URL(`./expected/relay-client-${name}.txt.actual`, import.meta.url);
  await rm(actual, { force: true });
  if (process.env['UPDATE_GOLDEN'] === '1') await writeFile(expected, view);
  const held = await readFile(expected, 'utf8').catch(() => '');
  if (view !== held) await writeFile(actual, view);
  expect(view).toBe(held);
};

test('[relay 3] 26.0.0: a ring with responses of others, a question asked again, an older wheel, a refused answer', () =>
  golden('source'));
test('[relay 9] prompts of several blocks and devices, questions of the past, a queue, a history that leaves numbers out', () =>
  golden('modern'));
test('[relay 3] reset by another process, garbage, an update that nobody knows, a hole', () => golden('reset'));
test('[relay 7] 24.3.0: an echo without a name, and what is said of another session', () => golden('old'));
