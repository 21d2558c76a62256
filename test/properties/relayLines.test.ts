import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RELAY_METHODS } from '../../src/relay/authorize.ts';
import { RelayRoom } from '../tools/relay.ts';
import { question } from '../tools/sessions.ts';

/** Whatever a device says: it is answered once where it wants an answer, and nobody else notices. */
const KEY = 'id1';
const value = fc.oneof(
  { weight: 2, arbitrary: fc.constantFrom<unknown>(KEY, 'nobody', '/w', '', 0, -1, 1e21, null, true, [], {}) },
  fc.jsonValue({ maxDepth: 2 }),
);
const block = fc.constantFrom<unknown>({ type: 'text', text: 'x' }, { type: 'text' }, { type: 'image' }, 'x', null);
const params = fc.record(
  {
    sessionId: fc.oneof({ weight: 3, arbitrary: fc.constant<unknown>(KEY) }, value),
    prompt: fc.oneof<fc.Arbitrary<unknown>[]>(fc.array(block, { maxLength: 2 }), value),
    cwd: value,
    mcpServers: value,
    modeId: value,
    modelId: value,
    configId: value,
    value,
    options: value,
    requestId: fc.oneof<fc.Arbitrary<unknown>[]>(fc.nat(30), value),
    clientCapabilities: fc.oneof(value, fc.constant({ _meta: { 'wheelhouse.queue': true } })),
    _meta: fc.oneof<fc.Arbitrary<unknown>[]>(
      value,
      fc.record(
        { 'wheelhouse.relay': value, 'wheelhouse.agent': value, 'wheelhouse.controlEpoch': value },
        { requiredKeys: [] },
      ),
      fc.constant({ 'wheelhouse.relay': { lastSeq: 1, hostId: 'host-1' } }),
    ),
  },
  { requiredKeys: [] },
);
const methods = RELAY_METHODS.filter((method) => method !== 'session/delete' && method !== 'session/close');
const message = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.tuple(fc.constantFrom<string[]>(...methods, 'made/up', 'toString'), fc.oneof(params, value)),
  },
  { weight: 2, arbitrary: fc.tuple(fc.constant(undefined), value) },
);

describe('whatever a client says', () => {
  test('[R2] is answered exactly once where it has an id, throws nothing, and leaves the others as they were', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(message, { maxLength: 30 }),
        fc.boolean(),
        fc.boolean(),
        async (messages, lease, plain) => {
          const room = new RelayRoom({ lease });
          try {
            const key = await room.session();
            expect(key).toBe(KEY);
            room.append(key, { kind: 'question/asked', question: question('q') });
            const honest = room.client({
              client: 'honest',
              session: key,
              device: { id: 'x', name: 'X', capability: 'watch' },
            });
            const client = room.client(plain ? {} : { client: 'mad' });
            client.take();
            const ids: number[] = [];
            for (const [index, [method, content]] of messages.entries()) {
              if (method === undefined) client.say({ jsonrpc: '2.0', id: 'q', result: content ?? null });
              else {
                ids.push(index);
                client.say({ jsonrpc: '2.0', id: index, method, params: content });
              }
            }
            await room.settled();
            for (let left = 100; left > 0 && room.get(key).turn.state === 'running'; left -= 1) {
              room.end(key);
              await room.settled();
            }
            client.take();
            const answers = client.heard.filter(
              (heard) => heard['method'] === undefined && typeof heard['id'] === 'number',
            );
            // A replay tells what was told before.
            const told = new Set(answers.map((answer) => answer['id']));
            expect(ids.filter((id) => !told.has(id))).toEqual([]);
            const unstamped = answers.filter((answer) => answer['rseq'] === undefined).map((answer) => answer['id']);
            expect(new Set(unstamped).size).toBe(unstamped.length);
            expect(client.socket.closed).toBeUndefined();
            const { result } = (await honest.request('_chances/unstable/ping')) ?? {};
            expect(result).toEqual({});
          } finally {
            await room.close();
          }
        },
      ),
      { numRuns: 200 },
    );
  });
});
