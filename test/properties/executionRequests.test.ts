import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CODES, type ExecutionRequest } from '../../src/protocol/environment/messages.ts';
import { readRequest, readRequestFrame } from '../../src/protocol/environment/request.ts';
import { KeptOutput } from '../../src/machine/execution/keptOutput.ts';

const word = fc.string({ minLength: 1, maxLength: 20 }).filter((text) => !text.includes('\0'));
const flag = fc.boolean();
const count = fc.nat();
const some = <T>(fields: { [K in keyof T]: fc.Arbitrary<T[K]> }, required: readonly (keyof T)[] = []) =>
  fc.record(fields, { requiredKeys: [...required] });

const process = fc.oneof(
  fc.record({ action: fc.constant('list' as const) }),
  some({ action: fc.constant('poll' as const), processId: word, block: flag, timeout: count }, ['action', 'processId']),
  some({ action: fc.constant('log' as const), processId: word, offset: count, limit: count }, ['action', 'processId']),
  fc.record({ action: fc.constant('write' as const), processId: word, data: fc.string() }),
  fc.record({ action: fc.constant('send-keys' as const), processId: word, keys: fc.array(fc.string()) }),
  fc.record({ action: fc.constantFrom('kill', 'clear', 'remove'), processId: word }),
);
const session = fc.oneof(
  some({ action: fc.constant('open' as const), label: fc.string() }, ['action']),
  fc.record({ action: fc.constantFrom('close', 'heartbeat'), sessionID: word }),
);
const bash = some(
  {
    command: word,
    description: fc.string(),
    timeout: fc.nat().map((n) => n + 1),
    workdir: word,
    background: flag,
    yieldMs: count,
  },
  ['command', 'description'],
);

const base = { version: fc.constant(1), requestID: word, envID: word };
const request = fc.oneof(
  fc.record({
    ...base,
    tool: fc.constant('bash'),
    action: fc.constant('execute'),
    sessionID: word,
    payload: bash,
  }),
  fc
    .tuple(fc.record({ ...base, tool: fc.constant('process'), sessionID: word }), process)
    .map(([fields, payload]) => ({ ...fields, action: payload.action, payload })),
  fc
    .tuple(fc.record({ ...base, tool: fc.constant('session') }), session)
    .map(([fields, payload]) => ({ ...fields, action: payload.action, payload })),
) as fc.Arbitrary<ExecutionRequest>;

const plain = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

/** What it was answered with is whole, whatever came. */
const isAnswerable = (payload: unknown): void => {
  const read = readRequest(payload);
  if (read.ok) {
    expect(read.request.version).toBe(1);
    // What was read is itself a request, and the same one.
    expect(readRequest(plain(read.request))).toEqual(read);
    return;
  }
  expect(CODES).toContain(read.error.code);
  expect(read.error.message).not.toBe('');
  for (const part of [read.to.requestID, read.to.tool, read.to.action])
    expect(part === undefined || (typeof part === 'string' && part !== '')).toBe(true);
};

test('[environment 10 unknown keys] a request is read as it was written, whatever else stands in it', () => {
  const others = fc.dictionary(
    fc.string({ minLength: 1 }).map((name) => `x${name}`),
    fc.jsonValue(),
  );
  fc.assert(
    fc.property(request, others, others, (asked, more, inside) => {
      const payload = { ...more, ...asked, payload: { ...inside, ...asked.payload } };
      expect(readRequest(plain(payload))).toEqual({ ok: true, request: plain(asked) });
    }),
  );
});

test('[S15] whatever is sent is read or refused with a code, and never thrown', () => {
  const misfits = fc.oneof(fc.jsonValue(), fc.constantFrom<unknown>(undefined, '', -1, 1.5, '\0', null, [], {}));
  fc.assert(fc.property(fc.anything(), isAnswerable));
  const paths = fc.constantFrom(
    ...['version', 'requestID', 'envID', 'tool', 'action', 'sessionID', 'payload'],
    ...['payload.action', 'payload.command', 'payload.description', 'payload.timeout', 'payload.workdir'],
    ...['payload.processId', 'payload.keys', 'payload.data', 'payload.offset', 'payload.sessionID', 'payload.label'],
  );
  fc.assert(
    fc.property(request, fc.array(fc.tuple(paths, misfits), { minLength: 1, maxLength: 3 }), (asked, changes) => {
      const mutant: Record<string, unknown> = plain({ ...asked });
      for (const [path, value] of changes) {
        const [outer = '', inner] = path.split('.');
        const inside = mutant[outer];
        if (inner === undefined) mutant[outer] = value;
        else if (typeof inside === 'object' && inside !== null) (inside as Record<string, unknown>)[inner] = value;
      }
      isAnswerable(mutant);
    }),
  );
  const frame = request.map((payload) => JSON.stringify({ event: 'meta.execution.request', payload }));
  fc.assert(
    fc.property(frame, fc.nat(), fc.string({ maxLength: 5 }), (text, at, put) => {
      const from = at % text.length;
      const read = readRequestFrame(text.slice(0, from) + put + text.slice(from + put.length));
      if (read.kind === 'request') isAnswerable(read.payload);
    }),
  );
});

test('[environment 10 log] pages together are what was said, however it came and however it is read', () => {
  const piece = fc.string({ unit: fc.constantFrom('a', 'b', '\n', '👋'), maxLength: 12 });
  fc.assert(
    fc.property(fc.array(fc.tuple(piece, fc.integer({ min: 1, max: 4 })), { minLength: 1 }), (steps) => {
      const output = new KeptOutput();
      const lines: string[] = [];
      let [said, next] = ['', 0];
      const read = (limit: number, ended: boolean): void => {
        const page = output.page(next, limit, ended);
        const whole = page.next - next;
        if (whole > 0) lines.push(...page.text.split('\n').slice(0, whole));
        expect(whole).toBeGreaterThanOrEqual(0);
        next = page.next;
      };
      for (const [text, limit] of steps) {
        output.append(text);
        said += text;
        read(limit, false);
      }
      read(Number.MAX_SAFE_INTEGER, true);
      const expected = said.split('\n');
      if (expected.at(-1) === '') expected.pop();
      expect(lines).toEqual(expected);
    }),
  );
});
