import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ExecutionLog } from '../../src/machine/remote/executionLog.ts';
import { TypedLine } from '../../src/machine/remote/executionTyping.ts';
import { encodeKeys } from '../../src/protocol/environment/keys.ts';
import { readAnswer, readHello } from '../../src/protocol/environment/result.ts';
import { endpointWire, tunnelWire } from '../../src/protocol/environment/wire.ts';

const ANSWER = {
  version: 1,
  requestID: 'r1',
  ok: true,
  tool: 'process',
  action: 'list',
  result: {
    title: 't',
    output: 'o',
    metadata: { action: 'list', processes: [{ processId: 'p', status: 'running', command: 'c', runtimeMs: 1 }] },
  },
};
const NAMES = [
  'version',
  'ok',
  'tool',
  'action',
  'result',
  'title',
  'metadata',
  'status',
  'processes',
  '__proto__',
  'x',
];

/** Something of an answer is another thing. */
const mutant = fc
  .record({ path: fc.array(fc.constantFrom(...NAMES), { minLength: 1, maxLength: 3 }), value: fc.jsonValue() })
  .map(({ path, value }) => {
    const answer = structuredClone(ANSWER) as Record<string, unknown>;
    let at = answer;
    for (const name of path.slice(0, -1)) {
      const next = Object.hasOwn(at, name) ? at[name] : undefined;
      if (typeof next === 'object' && next !== null) at = next as Record<string, unknown>;
    }
    Object.defineProperty(at, path.at(-1) ?? '', { value, enumerable: true, configurable: true, writable: true });
    return answer;
  });

test('[S15] [environment 10] whatever a host says, it is an answer or it is none, and nothing is thrown', () => {
  const anything = fc.oneof(mutant, mutant, fc.jsonValue());
  fc.assert(
    fc.property(anything, (payload) => {
      const read = readAnswer(payload, 'process', 'list');
      if (read.ok)
        for (const { processId, status, command, runtimeMs } of read.result.metadata.processes ?? [])
          expect([typeof processId, typeof status, typeof command, typeof runtimeMs]).toEqual([
            'string',
            'string',
            'string',
            'number',
          ]);
      else expect(typeof read.error.message).toBe('string');
      readHello(payload);
    }),
    { numRuns: 5000 },
  );
  expect(Object.prototype).not.toHaveProperty('x');
});

test('[S15] [environment 11] whatever comes as a frame is read without a throw, and told in 220 characters at most', () => {
  const frame = JSON.stringify({ event: 'meta.execution.response', payload: ANSWER });
  const cut = fc
    .record({ at: fc.nat(frame.length), with: fc.string() })
    .map(({ at, with: text }) => frame.slice(0, at) + text);
  fc.assert(
    fc.property(fc.oneof(cut, fc.string(), fc.json()), (text) => {
      for (const wire of [endpointWire, tunnelWire('agent', () => 'id')]) {
        const carried = wire.read(text);
        if (carried.kind === 'garbage') expect(carried.why.length).toBeLessThanOrEqual(220);
      }
    }),
    { numRuns: 5000 },
  );
});

test('[environment 10 paging] whatever a process writes and a host forgets of it, each character comes once or is counted', () => {
  const piece = fc.oneof(
    fc.stringMatching(/^[ab\n]{0,12}$/u),
    fc.constant('\n'),
    fc.constant('(no output)'),
    fc.nat(30).map((many) => 'line\n'.repeat(many)),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 40 }), fc.integer({ min: 20, max: 400 }), (pieces, cap) => {
      const log = new ExecutionLog();
      let [all, got, missing] = ['', 0, 0];
      for (const text of [...pieces, '']) {
        all += text;
        for (;;) {
          const { offset, limit } = log.asks;
          const kept = all.slice(-cap);
          const dropped = all.length - kept.length;
          const lines = kept.split('\n').slice(offset, limit === undefined ? undefined : offset + limit);
          const read = log.take({ output: lines.join('\n') || '(no output)', dropped });
          missing += typeof read.missing === 'number' ? read.missing : 0;
          expect(read.missing).not.toBe('some');
          expect(all.slice(got + missing, got + missing + read.text.length)).toBe(read.text);
          got += read.text.length;
          if (!read.more) break;
        }
      }
      // What says that there is none is taken for none.
      if (all !== '(no output)') expect(got + missing).toBe(all.length);
    }),
    { numRuns: 2000 },
  );
});

test('[environment 10 typing] whatever is typed, each line is given once, without a key in it', () => {
  const key = fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 3 }),
    fc.constantFrom('\r', '\u001B[A', '\u001B[B', '\u007F', '\u0003', '\t'),
  );
  fc.assert(
    fc.property(fc.array(key, { maxLength: 30 }), (keys) => {
      const line = new TypedLine();
      const lines = keys.flatMap((each) => line.take(each).lines);
      const ends = keys.join('').match(/\r\n|\r|\n/gu)?.length ?? 0;
      expect(lines.length).toBeLessThanOrEqual(ends);
      for (const each of lines) expect(each).not.toMatch(/[\r\n\u0003\u007F\u001B]/u);
    }),
    { numRuns: 2000 },
  );
});

test('[environment 10 send-keys] whatever is asked for, it is a text, and one key is never longer than eight characters more', () => {
  fc.assert(
    fc.property(fc.array(fc.string()), (keys) => {
      expect(encodeKeys(keys).length).toBeLessThanOrEqual(keys.join('').length + 8 * keys.length);
    }),
    { numRuns: 2000 },
  );
});
