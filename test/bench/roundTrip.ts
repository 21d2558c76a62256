// A request over a child's pipes and back, against a write and a read of the same lines on the same pipes.
//   node test/bench/roundTrip.ts
import { spawn } from 'node:child_process';
import { bundled } from './bundle.ts';
import { compare, median } from './measure.ts';
import { compared, report, type Row } from './row.ts';
import type * as peer from './stdioPeer.ts';

const ROUNDS = 1000;
const METHOD = 'session/set_mode';
const PARAMS = { sessionId: 'session', modeId: 'plan' };

/** Answers each line at once; what it does is the same for both. */
const ANSWERER = `
  let rest = '';
  process.stdin.setEncoding('utf8').on('data', (text) => {
    const lines = (rest + text).split('\\n');
    rest = lines.pop();
    for (const line of lines) process.stdout.write('{"jsonrpc":"2.0","id":' + JSON.parse(line).id + ',"result":{}}\\n');
  });
`;

/** The least that a program can do: a line is written, and what comes back is parsed where it ends. */
const openRaw = () => {
  const child = spawn(process.execPath, ['-e', ANSWERER], { stdio: ['pipe', 'pipe', 'inherit'] });
  let answered: (message: unknown) => void = () => undefined;
  let rest = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    rest += text;
    if (!rest.endsWith('\n')) return;
    const message: unknown = JSON.parse(rest);
    rest = '';
    answered(message);
  });
  let id = 0;
  return {
    ask: (method: string, params: object): Promise<unknown> =>
      new Promise((resolve) => {
        answered = resolve;
        child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', id: id++, method, params })}\n`);
      }),
    close: (): Promise<void> =>
      new Promise((resolve) => {
        child.once('close', () => resolve());
        child.stdin.end();
      }),
  };
};

/** Median of the rounds, microseconds: one that another program's work fell into says nothing of ours. */
const rounds = async (ask: (method: string, params: object) => Promise<unknown>): Promise<number> => {
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const start = performance.now();
    await ask(METHOD, PARAMS);
    times.push((performance.now() - start) * 1000);
  }
  return median(times);
};

export async function roundTripRows(): Promise<readonly Row[]> {
  const { openPeer } = (await bundled('stdioPeer')) as typeof peer;
  const ours = await openPeer(process.execPath, ['-e', ANSWERER]);
  const raw = openRaw();
  try {
    const comparison = await compare(
      () => rounds(ours.ask),
      () => rounds(raw.ask),
      { blocks: 21, warmUp: 3 },
    );
    return [compared('stdio round trip', 'us', comparison, 1.3)];
  } finally {
    await ours.close();
    await raw.close();
  }
}

if (import.meta.main) report(await roundTripRows());
