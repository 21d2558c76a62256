import { readFile } from 'node:fs/promises';
import { test } from 'vitest';
import { GatewayTranscript } from '../../src/backends/gateway/transcript.ts';
import type { Logged, SessionEvent } from '../../src/model/event.ts';
import { reduce } from '../../src/model/reduce.ts';
import { emptySession, type SessionKey } from '../../src/model/session.ts';
import { readGateway } from '../../src/protocol/gateway/read.ts';
import { agreed } from './agreed.ts';
import { viewOf } from './view.ts';

/** A line of a conversation: what the gateway said as it came, or what happened on this side. */
type Step =
  | { readonly type: 'event' }
  | { readonly sent: string }
  | { readonly answered: string; readonly option: string }
  | { readonly cut: true }
  /** What a status says after a cut. */
  | { readonly active: boolean }
  | { readonly note: string };

const OWNS = { history: 'us', queue: 'us', questions: 'them' } as const;

/** What is told, below each line, and the session that comes of it. */
const played = async (name: string): Promise<string> => {
  const data = await readFile(new URL(`./data/gateway-${name}.ndjson`, import.meta.url), 'utf8');
  const clock = { now: () => 0 };
  const transcript = new GatewayTranscript({ device: 'editor', clock, canConfirm: () => true });
  const about = { key: 'k' as SessionKey, backend: 'gate', agentLabel: 'Chat', title: '', cwd: '/', createdAt: 0 };
  let session = emptySession({ ...about, owns: OWNS, epoch: 'e' });
  const lines: string[] = [];
  for (const line of data.trim().split('\n')) {
    const step = JSON.parse(line) as Step;
    const events = take(transcript, step, line);
    session = reduce(
      session,
      events.map((event, at): Logged => ({ seq: session.at.seq + at + 1, at: 0, event })),
    );
    lines.push(line, ...events.map((event) => `  ${wordsOf(event)}`));
  }
  return [...lines, '', `cursor ${transcript.cursor}`, viewOf(session)].join('\n');
};

const take = (transcript: GatewayTranscript, step: Step, line: string): readonly SessionEvent[] => {
  if ('sent' in step) {
    transcript.sent(step.sent);
    const prompt = [{ type: 'text', text: 'a prompt of ours' }] as const;
    return [{ kind: 'turn/started', turn: step.sent, prompt, device: 'editor' }];
  }
  if ('answered' in step) {
    transcript.answering(step.answered, { kind: 'selected', option: step.option });
    return [];
  }
  if ('active' in step) return transcript.settle(transcript.mark, step.active);
  if ('cut' in step) transcript.cut();
  const read = readGateway(line);
  return read.kind === 'event' ? transcript.hear(read.event, read.data) : [];
};

const wordsOf = (event: SessionEvent): string =>
  event.kind === 'update' ? event.update.sessionUpdate : JSON.stringify(event).slice(0, 200);

const golden = async (name: string): Promise<void> => agreed(`gateway-${name}`, await played(name));

test('[gateway 6] a run with its thoughts, one of somebody else, what is said whole alone, and what nobody knows', () =>
  golden('plain'));
test('[gateway 6] calls with their questions, answered elsewhere and here, a run inside of a run, a failure', () =>
  golden('tools'));
test('[gateway 6] cut in the middle, a question answered meanwhile, a run that ended meanwhile, a count from the start', () =>
  golden('cut'));
