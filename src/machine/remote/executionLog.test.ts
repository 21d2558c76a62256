import { expect, test } from 'vitest';
import { ExecutionLog, KEPT } from './executionLog.ts';

/** What a host keeps of a process: known ones do not say how much they dropped. */
const host = (counts: boolean) => {
  let all = '';
  return {
    write: (text: string) => void (all += text),
    get all() {
      return all;
    },
    log: ({ offset, limit }: { readonly offset: number; readonly limit?: number }) => {
      const kept = all.slice(-KEPT);
      const lines = kept.split('\n').slice(offset, limit === undefined ? undefined : offset + limit);
      const dropped = counts ? { dropped: all.length - kept.length } : {};
      return { output: lines.join('\n') || '(no output)', ...dropped };
    },
  };
};

/** Reads until nothing is left. */
const readAll = (log: ExecutionLog, from: ReturnType<typeof host>) => {
  let text = '';
  const missing: (number | 'some')[] = [];
  for (let at = 0; at < 10_000; at += 1) {
    const read = log.take(from.log(log.asks));
    text += read.text;
    if (read.missing !== undefined) missing.push(read.missing);
    if (!read.more) return { text, missing };
  }
  throw new Error('It never ends.');
};

test.each([true, false])(
  '[environment 10 paging] each character once, lines finished or not (counts: %s)',
  (counts) => {
    const from = host(counts);
    const log = new ExecutionLog();
    let text = '';
    for (const part of ['', 'a', 'b\n', '\n', '\n\nc', 'd', '\n(no output)', '\n', 'x\ny\nz', '', 'w\n', '\n']) {
      from.write(part);
      const read = readAll(log, from);
      expect(read.missing).toEqual([]);
      text += read.text;
      expect(text).toBe(from.all);
    }
  },
);

test('[environment 10 paging] thousands of lines come in pages', () => {
  const from = host(false);
  const log = new ExecutionLog();
  from.write(Array.from({ length: 9000 }, (_, at) => `line ${at}\n`).join(''));
  expect(log.asks).toEqual({ offset: 0, limit: 2000 });
  const first = log.take(from.log(log.asks));
  expect(first).toMatchObject({ more: true, text: expect.stringMatching(/line 1999$/u) });
  expect(first.text + readAll(log, from).text).toBe(from.all);
});

test('[environment 10 paging] a host that counts what it drops is followed to the character', () => {
  const from = host(true);
  const log = new ExecutionLog();
  from.write('yes\n'.repeat(40_000));
  expect(readAll(log, from)).toEqual({ text: from.all, missing: [] });
  // The same again and again: no text says where one is.
  from.write('yes\n'.repeat(20_000));
  expect(readAll(log, from)).toEqual({ text: 'yes\n'.repeat(20_000), missing: [] });
  from.write('no\n'.repeat(100_000));
  expect(readAll(log, from)).toEqual({ text: from.all.slice(-KEPT), missing: [100_000] });
  from.write('the end');
  expect(readAll(log, from)).toEqual({ text: 'the end', missing: [] });
});

test('[environment 10 paging] with any other the place is found by what was read last, or something is missing', () => {
  const from = host(false);
  const log = new ExecutionLog();
  const lines = (first: number, many: number) =>
    Array.from({ length: many }, (_, at) => `number ${first + at}\n`).join('');
  from.write(lines(0, 10_000));
  expect(readAll(log, from)).toEqual({ text: from.all, missing: [] });
  from.write(lines(10_000, 10_000));
  expect(readAll(log, from)).toEqual({ text: lines(10_000, 10_000), missing: [] });
  expect(readAll(log, from)).toEqual({ text: '', missing: [] });
  from.write(lines(20_000, 100_000));
  expect(readAll(log, from)).toEqual({ text: from.all.slice(-KEPT), missing: ['some'] });
  from.write('the end');
  expect(readAll(log, from)).toEqual({ text: 'the end', missing: [] });
});

test('[environment 10 paging] what stays the same is not taken again, however often it repeats itself', () => {
  const from = host(false);
  const log = new ExecutionLog();
  from.write('y\n'.repeat(300_000));
  expect(readAll(log, from).text.length).toBe(KEPT);
  expect(readAll(log, from)).toEqual({ text: '', missing: [] });
  expect(readAll(log, from)).toEqual({ text: '', missing: [] });
});
