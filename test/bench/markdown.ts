import { MarkdownDocument } from '../../webview/markdown/document.ts';
import { markdownChunks } from '../fakes/markdown.ts';
import { compare, settle } from './measure.ts';
import { compared, type Row } from './row.ts';

const CHUNK = 40;
/** Characters that are timed around each of the two lengths: more than one frozen piece, so that each side pays for some. */
const WINDOW = 12_000;
const SHORT = 10_000;
const LONG = 200_000;
/** Milliseconds that one measurement takes at least: below, a single garbage collection would be all of it. */
const LEAST = 25;
const BOUND = 1.2;

function* chunksOf(lines: Generator<string>): Generator<string> {
  let text = '';
  for (const line of lines) {
    text += line;
    while (text.length >= CHUNK) {
      yield text.slice(0, CHUNK);
      text = text.slice(CHUNK);
    }
  }
}

function* endless(line: (n: number) => string, head = ''): Generator<string> {
  yield head;
  for (let n = 1000; ; n = n === 9999 ? 1000 : n + 1) yield line(n);
}

/** Text that never ends the block which it begins, and the mixture that models write. */
const kinds: Readonly<Record<string, () => Generator<string>>> = {
  mixed: markdownChunks,
  fence: () => chunksOf(endless((n) => `  const value${n} = compute(${n}); // kept\n`, '```ts\n')),
  list: () => chunksOf(endless((n) => `- item ${n} with *emphasis* and \`code ${n}\` in it\n`)),
  table: () => chunksOf(endless((n) => `| row ${n} | **${n}** | \`${n}\` |\n`, '| a | b | c |\n| - | - | - |\n')),
  paragraph: () => chunksOf(endless((n) => `and sentence ${n} says *something* with \`code\` in it; `)),
};

/** Milliseconds of this process: what others do on the machine meanwhile is not in it. */
const cpu = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

/** Microseconds for a chunk around a length of the document: taken in, and what is open read as the view reads it. */
function costAt(length: number, make: () => Generator<string>): number {
  let [chunks, spent] = [0, 0];
  while (spent < LEAST) {
    const source = make();
    const document = new MarkdownDocument();
    let before = '';
    while (before.length < length - WINDOW / 2) before += String(source.next().value);
    document.append(before);
    // It is old where people read: it came over minutes.
    settle();
    const started = cpu();
    for (; document.length < length + WINDOW / 2; chunks += 1) {
      document.append(String(source.next().value));
      document.open(false);
    }
    spent += cpu() - started;
  }
  return (spent / chunks) * 1000;
}

export async function markdownRows(): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (const [kind, make] of Object.entries(kinds)) {
    const comparison = await compare(
      () => costAt(LONG, make),
      () => costAt(SHORT, make),
      { blocks: 15, warmUp: 2 },
    );
    rows.push(compared(kind === 'mixed' ? 'markdown slope' : `markdown slope ${kind}`, 'us/chunk', comparison, BOUND));
  }
  return rows;
}
