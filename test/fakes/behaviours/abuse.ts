import { fuzzedLines } from '../fuzz.ts';
import { textChunk, type Turn } from '../turn.ts';
import { line } from '../wire.ts';
import { count, type Behaviour } from './behaviour.ts';

const breath = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Each piece in a write of its own: cut in the middle of a line, and of characters of two, three and four bytes. */
async function half(turn: Turn): Promise<void> {
  const bytes = Buffer.from(turn.updateLine(textChunk('é € 🚀 after the halves\n')));
  for (const byte of bytes) {
    await turn.wire.write(Buffer.of(byte));
    await breath();
  }
}

async function nested(turn: Turn, argument: string): Promise<void> {
  const levels = count(argument, 2_000_000);
  await turn.wire.write(`${'['.repeat(levels)}\n`);
  await turn.wire.write(`${'['.repeat(levels)}${']'.repeat(levels)}\n`);
  const params = `{"sessionId":"${turn.sessionId}","update":${'['.repeat(levels)}${']'.repeat(levels)}}`;
  await turn.wire.write(`{"jsonrpc":"2.0","method":"session/update","params":${params}}\n`);
  await turn.say('after the nested arrays\n');
}

async function flood(turn: Turn, many: number, method: string, params: (index: number) => object): Promise<void> {
  const requests = Array.from({ length: many }, (_, index) =>
    turn.wire.prepareRequest(method, { sessionId: turn.sessionId, ...params(index) }),
  );
  for (const request of requests) await turn.wire.write(request.line);
  // The last one waits for nobody where there are more than may wait.
  await requests.at(-1)?.reply;
  await turn.say('all are asked\n');
  // What is not refused may wait for the person.
  const replies = await Promise.all(requests.map(({ reply }) => reply));
  const refusals = replies.flatMap(({ error }) => error?.message ?? []);
  await turn.say(`refused: ${refusals.length} of ${many}: ${[...new Set(refusals)].join(' | ')}\n`);
}

async function floodAsk(turn: Turn, argument: string): Promise<void> {
  const options = [{ optionId: 'allow', name: 'Allow', kind: 'allow_once' }];
  await flood(turn, count(argument, 5000), 'session/request_permission', (index) => ({
    toolCall: { toolCallId: `flood-${index}`, title: `Question ${index}`, kind: 'other' },
    options,
  }));
}

async function floodTerminals(turn: Turn, argument: string): Promise<void> {
  await flood(turn, count(argument, 1000), 'terminal/create', () => ({
    command: 'sleep',
    args: ['6017'],
    cwd: turn.cwd,
  }));
}

/** `COUNT SEED`: damaged lines, and after each hundred of them a word that must arrive. */
async function fuzz(turn: Turn, argument: string): Promise<void> {
  const [lines = '', seed = ''] = argument.split(' ');
  let sent = 0;
  for (const bytes of fuzzedLines(count(lines, 1000), count(seed, 1), turn.sessionId)) {
    await turn.wire.write(bytes);
    sent += 1;
    if (sent % 100 > 0) continue;
    await turn.say(`<good ${sent / 100}>`);
    await breath();
  }
  // An unfinished line must not swallow the response.
  await turn.wire.write(`\n${line({ method: '_vendor/end', params: {} })}`);
}

export const abuse: readonly Behaviour[] = [
  { name: 'half', about: 'a line in pieces of one byte', run: half },
  { name: 'nested', argument: 'LEVELS', about: 'arrays in arrays, alone and in an update', run: nested },
  {
    name: 'flood-ask',
    argument: 'N',
    about: 'N permission requests at once, and how many were refused',
    run: floodAsk,
  },
  {
    name: 'flood-terminals',
    argument: 'N',
    about: 'N terminals at once, and how many were refused',
    run: floodTerminals,
  },
  { name: 'fuzz', argument: 'N SEED', about: 'N damaged lines, a good one after each hundred', run: fuzz },
];
