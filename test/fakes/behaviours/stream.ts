import { markdownChunks } from '../markdown.ts';
import { textChunk, type Turn } from '../turn.ts';
import { count, type Behaviour } from './behaviour.ts';

/** Chunks between two turns of the event loop: without them a cancel would not be read before the end. */
const breath = 256;

async function burst(turn: Turn, argument: string): Promise<void> {
  const chunks = count(argument, 1000);
  const markdown = markdownChunks();
  for (let n = 1; n < chunks && !turn.cancelled.aborted; n += 1) {
    await turn.say(turn.flags.chunk ?? String(markdown.next().value));
    if (n % breath === 0) await new Promise<void>((resolve) => setImmediate(resolve));
  }
  if (!turn.cancelled.aborted) await turn.say(`\n\nEND-OF-BURST-${chunks}\n`);
}

async function big(turn: Turn, argument: string): Promise<void> {
  const bytes = count(argument, 9 * 1024 * 1024);
  const empty = Buffer.byteLength(turn.updateLine(textChunk('')));
  await turn.say('x'.repeat(Math.max(0, bytes - empty)));
  await turn.say('after the big line\n');
}

async function late(turn: Turn): Promise<void> {
  await turn.say('in the turn\n');
  turn.afterResponse = async () => turn.say('after the turn\n');
}

async function leaveOpen(turn: Turn): Promise<void> {
  const toolCallId = turn.callId();
  await turn.update({ sessionUpdate: 'tool_call', toolCallId, title: 'Left open', kind: 'execute', status: 'pending' });
  await turn.update({ sessionUpdate: 'tool_call_update', toolCallId, status: 'in_progress' });
}

async function hang(turn: Turn): Promise<void> {
  await turn.say('waiting to be cancelled\n');
  await turn.untilCancelled();
}

async function silent(turn: Turn): Promise<void> {
  await turn.untilCancelled();
}

export const stream: readonly Behaviour[] = [
  {
    name: 'burst',
    argument: 'N',
    about: 'N markdown chunks of 40 characters at full speed, the last END-OF-BURST-N',
    run: burst,
  },
  {
    name: 'big',
    argument: 'BYTES',
    about: 'one line of BYTES, its newline included, then an ordinary chunk',
    run: big,
  },
  { name: 'late', about: 'a chunk after the response to the prompt', run: late },
  { name: 'leave-open', about: 'ends the turn with a tool call in progress', run: leaveOpen },
  { name: 'hang', about: 'ends the turn only when it is cancelled', run: hang },
  { name: 'silent', about: 'says nothing at all until it is cancelled', run: silent },
];
