import { describe, expect, test } from 'vitest';
import { linkedPair } from './duplex.ts';
import { Failure, PeerError } from './failure.ts';
import { RpcPeer, type NotificationHandler, type RequestHandler, type Settled, type Trouble } from './rpc.ts';
import type { WireLine } from './rpcFrame.ts';

const never = new AbortController().signal;

/** A peer, and the other side of its line in the raw. */
const world = (
  parts: { requests?: Record<string, RequestHandler>; notifications?: Record<string, NotificationHandler> } = {},
) => {
  const [ours, theirs] = linkedPair<WireLine, string>();
  const troubles: [Trouble, string][] = [];
  const flushes: number[] = [];
  const seen: string[] = [];
  const peer = new RpcPeer({
    duplex: ours,
    requests: new Map(Object.entries(parts.requests ?? {})),
    notifications: new Map(
      Object.entries({ note: (params: unknown) => seen.push(String(params)), ...parts.notifications }),
    ),
    onFlush: () => flushes.push(seen.length),
    onTrouble: (kind, what) => troubles.push([kind, what]),
    ending: (cause) => new Failure('gone', cause === undefined ? 'It ended: no more lines' : 'It broke.'),
    errorOf: (failure) => new PeerError(-32002, failure.message),
  });
  const writer = theirs.writable.getWriter();
  const reader = theirs.readable.getReader();
  const waiting: string[] = [];
  return {
    peer,
    troubles,
    flushes,
    seen,
    say: (...lines: (WireLine | object)[]) =>
      writer.write(
        lines.map((line) => (typeof line === 'string' || 'skippedBytes' in line ? line : JSON.stringify(line))),
      ),
    hang: () => writer.close(),
    /** The next message that the peer wrote. */
    async heard(): Promise<Record<string, unknown>> {
      while (waiting.length === 0) {
        const { value } = await reader.read();
        waiting.push(...(value ?? []));
      }
      return JSON.parse(waiting.shift() ?? '') as Record<string, unknown>;
    },
  };
};

const note = (params: unknown): object => ({ jsonrpc: '2.0', method: 'note', params });
/** A request that proves that everything before it has been handled. */
const settled = async (it: ReturnType<typeof world>): Promise<void> => {
  await it.say({ jsonrpc: '2.0', id: 'probe', method: 'no such method' });
  expect(await it.heard()).toMatchObject({ id: 'probe', error: { code: -32601 } });
};

describe('rpc', () => {
  test('[order] [acp 4.1.19] a response settles between the notifications around it, and the batch is flushed once', async () => {
    const it = world();
    const order = it.seen;
    it.peer.call('ask', {}, (answer: Settled) => order.push(`answer ${answer.ok ? String(answer.result) : 'failed'}`));
    const { id } = await it.heard();
    await it.say(note('one'), { jsonrpc: '2.0', id, result: 'x' }, note('two'));
    await settled(it);
    expect(order).toEqual(['one', 'answer x', 'two']);
    expect(it.flushes).toEqual([3, 3]);
  });

  test('[I5] [acp 4.1.21] garbage is counted, reported and never answered; the next message arrives', async () => {
    const it = world();
    const deep = `{"jsonrpc":"2.0","method":"note","params":${'['.repeat(600)}${']'.repeat(600)}}`;
    const garbage = [
      'npm warn deprecated',
      '{"jsonrpc":"2.0",',
      '[{"jsonrpc":"2.0","method":"note"}]',
      '{"method":"note"}',
      'null',
      '"text"',
      deep,
    ];
    await it.say(...garbage, { skippedBytes: 9_000_000 }, '{"jsonrpc":"2.0","id":{},"method":"note"}', note('after'));
    await settled(it);
    expect(it.seen).toEqual(['after']);
    expect(it.troubles.map(([kind]) => kind)).toEqual([
      'not JSON',
      'not JSON',
      'not a message',
      'not a message',
      'not a message',
      'not a message',
      'nested too deep',
      'line too long',
      'not a message',
    ]);
    expect(it.peer.troubles('not a message')).toBe(5);
  });

  test('[I5] a nested line that can still be written again is a message', async () => {
    const it = world();
    const nested = `{"jsonrpc":"2.0","method":"note","params":${'['.repeat(500)}${']'.repeat(500)}${' '.repeat(200)}}`;
    await it.say(nested);
    await settled(it);
    expect(it.seen).toHaveLength(1);
  });

  test('[I5] blank lines, a byte order mark, NULs and carriage returns are no garbage', async () => {
    const it = world();
    await it.say(
      '',
      '\r',
      '\uFEFF',
      '\0\0',
      '  ',
      `\uFEFF${JSON.stringify(note('marked'))}`,
      `${JSON.stringify(note('returned'))}\r`,
    );
    await settled(it);
    expect(it.seen).toEqual(['marked', 'returned']);
    expect(it.troubles).toEqual([]);
  });

  test('[rpc] [acp 4.1.17] [acp 4.1.18] an unknown notification is ignored, an unknown or second response is counted', async () => {
    const it = world();
    const answer = it.peer.request('ask', {}, never);
    const { id } = await it.heard();
    await it.say(
      { jsonrpc: '2.0', method: '$/progress', params: {} },
      { jsonrpc: '2.0', id: 99, result: 1 },
      { jsonrpc: '2.0', id, result: 'first' },
      { jsonrpc: '2.0', id, result: 'second' },
      { jsonrpc: '2.0', id: null, error: { code: -32700, message: 'Parse error' } },
    );
    expect(await answer).toBe('first');
    await settled(it);
    expect(it.peer.troubles('unexpected response')).toBe(3);
  });

  test('[rpc] [acp 4.1.18] requests are answered once, with the same id and what the handler made of them', async () => {
    const it = world({
      requests: {
        now: (params) => ({ echo: params }),
        later: () => Promise.resolve(),
        words: () => {
          throw new Failure('not found', 'There is no such file.');
        },
        code: () => Promise.reject(new PeerError(-7, 'No.', { why: 'because' })),
        fault: () => Promise.reject(new TypeError('a bug')),
      },
    });
    await it.say(
      ...['now', 'later', 'words', 'code', 'fault'].map((method, index) => ({
        jsonrpc: '2.0',
        id: `r${index}`,
        method,
        params: [index],
      })),
    );
    const answers = [await it.heard(), await it.heard(), await it.heard(), await it.heard(), await it.heard()];
    expect(Object.fromEntries(answers.map(({ id, result, error }) => [id, error ?? result]))).toEqual({
      r0: { echo: [0] },
      r1: null,
      r2: { code: -32002, message: 'There is no such file.' },
      r3: { code: -7, message: 'No.', data: { why: 'because' } },
      r4: { code: -32603, message: 'a bug' },
    });
  });

  test('[rpc] [acp 4.1.11] a request that the other side takes back is answered -32800 once, and its handler is told', async () => {
    let aborted = false;
    let finish: (value: unknown) => void = () => undefined;
    const it = world({
      requests: {
        wait: (_, { signal }) => {
          signal.addEventListener('abort', () => (aborted = true));
          return new Promise((resolve) => (finish = resolve));
        },
      },
    });
    await it.say(
      { jsonrpc: '2.0', id: 5, method: 'wait' },
      { jsonrpc: '2.0', method: '$/cancel_request', params: { requestId: 5 } },
    );
    expect(await it.heard()).toMatchObject({ id: 5, error: { code: -32800 } });
    expect(aborted).toBe(true);
    finish('too late');
    await settled(it);
  });

  test('[rpc] [acp 4.1.18] an aborted request is taken back and rejects with the reason; its late response is ignored', async () => {
    const it = world();
    const abort = new AbortController();
    const answer = it.peer.request('slow', {}, abort.signal);
    const { id } = await it.heard();
    const reason = new Error('nobody waits');
    abort.abort(reason);
    await expect(answer).rejects.toBe(reason);
    expect(await it.heard()).toEqual({ jsonrpc: '2.0', method: '$/cancel_request', params: { requestId: id } });
    await it.say({ jsonrpc: '2.0', id, result: 'late' });
    await settled(it);
    expect(it.peer.troubles('unexpected response')).toBe(1);
  });

  test('[rpc] at the end of the stream everything that waits fails with words, and later requests at once', async () => {
    let signal: AbortSignal | undefined;
    const it = world({ requests: { wait: (_, call) => ((signal = call.signal), new Promise(() => undefined)) } });
    const waiting = [it.peer.request('a', {}, never), it.peer.request('b', {}, never)];
    await it.say({ jsonrpc: '2.0', id: 1, method: 'wait' });
    await it.hang();
    const failure = await it.peer.closed;
    expect(failure.message).toBe('It ended: no more lines');
    for (const request of waiting) await expect(request).rejects.toBe(failure);
    expect(signal?.aborted).toBe(true);
    await expect(it.peer.request('c', {}, never)).rejects.toBe(failure);
  });

  test('[rpc] a handler that fails does not keep the next message from being handled', async () => {
    const it = world({
      notifications: {
        bad: () => {
          throw new Error('a bug');
        },
      },
    });
    await it.say({ jsonrpc: '2.0', method: 'bad' }, note('after'));
    await settled(it);
    expect(it.seen).toEqual(['after']);
    expect(it.troubles).toEqual([['failed handler', 'a bug']]);
  });

  test('[rpc] a reader that reads nothing: requests are refused above the bound, and what waits is not endless', async () => {
    const it = world();
    const big = 'x'.repeat(9 * 1024 * 1024);
    const settledWith: Settled[] = [];
    for (let sent = 0; sent < 4; sent += 1) it.peer.call('big', big, (answer) => settledWith.push(answer));
    expect(settledWith).toHaveLength(2);
    expect(settledWith[0]).toMatchObject({ ok: false, failure: { code: 'busy' } });
    for (let sent = 0; sent < 3; sent += 1) it.peer.notify('big', big);
    expect(await it.peer.closed).toMatchObject({ code: 'busy' });
    expect(settledWith).toHaveLength(4);
  });
});
