import { afterEach, describe, expect, test } from 'vitest';
import { type Receiver, startReceiver } from '../../test/fakes/webhookReceiver.ts';
import { says } from '../../test/tools/sessions.ts';
import { until } from '../../test/tools/until.ts';
import { Disposables } from '../base/disposable.ts';
import { silent } from '../base/log.ts';
import { manualClock } from '../base/testing.ts';
import type { SessionEvent } from '../model/event.ts';
import type { SessionKey } from '../model/session.ts';
import type { Webhook } from '../relay/webhook.ts';
import { SessionStore } from '../router/store.ts';
import { noJournal } from '../router/testing.ts';
import { Deliveries, sign, verify, Webhooks } from './webhooks.ts';

let owned = new Disposables();
const closing: Receiver[] = [];
afterEach(async () => {
  owned.dispose();
  owned = new Disposables();
  for (const receiver of closing.splice(0)) await receiver.close();
});

const SECRET = 'rosebud-0b77';
const bytes = (text: string): Buffer => Buffer.from(text);

describe('a signature', () => {
  test.each([
    [
      'RFC 4231, 4.2',
      '\u000b'.repeat(20),
      bytes('Hi There'),
      'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7',
    ],
    [
      'RFC 4231, 4.3',
      'Jefe',
      bytes('what do ya want for nothing?'),
      '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
    ],
    [
      'RFC 4231, 4.5',
      String.fromCharCode(...Array.from({ length: 25 }, (_, at) => at + 1)),
      Buffer.alloc(50, 0xcd),
      '82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b',
    ],
    [
      'GitHub, validating webhook deliveries',
      "It's a Secret to Everybody",
      bytes('Hello, World!'),
      '757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17',
    ],
  ])('[S16] of the official vector %s', (_, secret, body, hex) => {
    expect(sign(body, secret)).toBe(`sha256=${hex}`);
    expect(verify(body, `sha256=${hex}`, [secret])).toBe(true);
  });

  test('[S16] is of every single bit of the body', () => {
    const body = Buffer.from(Array.from({ length: 256 }, (_, at) => at));
    const signature = sign(body, SECRET);
    let refused = 0;
    for (let bit = 0; bit < 8 * body.length; bit += 1) {
      const other = Buffer.from(body);
      other[bit >> 3] = (other[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      if (!verify(other, signature, [SECRET])) refused += 1;
    }
    expect(refused).toBe(2048);
    expect(verify(body, signature, [SECRET])).toBe(true);
  });

  test('[S16] holds in no other writing of it: no bit of it is free', () => {
    const body = bytes('{"eventId":"1"}');
    const signature = sign(body, SECRET);
    for (let at = 0; at < signature.length; at += 1)
      for (let bit = 0; bit < 8; bit += 1) {
        const changed = String.fromCharCode(signature.charCodeAt(at) ^ (1 << bit));
        expect(verify(body, signature.slice(0, at) + changed + signature.slice(at + 1), [SECRET])).toBe(false);
      }
  });

  test('[S16] [flamecast 11.10] of another length, case or alphabet is refused without a throw', () => {
    const body = bytes('x');
    const right = sign(body, SECRET);
    const wrong = [
      undefined,
      '',
      'sha256=',
      right.slice(7),
      right.slice(0, -1),
      `${right}0`,
      `${right}\n`,
      ` ${right}`,
    ];
    const odd = [
      right.toUpperCase(),
      `SHA256=${right.slice(7)}`,
      right.replace('sha256', 'sha512'),
      `${right.slice(0, -1)}é`,
    ];
    for (const signature of [...wrong, ...odd]) expect(verify(body, signature, [SECRET])).toBe(false);
  });

  test('[S16] is not of the same JSON in other bytes', () => {
    const body = '{"a": 1, "b":2}';
    const again = JSON.stringify(JSON.parse(body));
    expect(verify(bytes(again), sign(bytes(body), SECRET), [SECRET])).toBe(false);
  });

  test('[S16] of either secret while one is exchanged for the other, and of neither without one', () => {
    const body = bytes('x');
    expect(verify(body, sign(body, 'old'), ['new', 'old'])).toBe(true);
    expect(verify(body, sign(body, 'new'), ['new', 'old'])).toBe(true);
    expect(verify(body, sign(body, 'other'), ['new', 'old'])).toBe(false);
    expect(verify(body, sign(body, 'old'), [])).toBe(false);
  });
});

describe('deliveries', () => {
  const clock = manualClock();
  const body = (eventId: unknown, at = clock.now()): Buffer =>
    bytes(JSON.stringify({ eventId, timestamp: new Date(at).toISOString() }));
  const day = 24 * 60 * 60 * 1000;

  test('[S16] are believed once each, however late they come again', () => {
    const deliveries = new Deliveries(clock);
    const first = body('1');
    expect(deliveries.isNew(first)).toBe(true);
    for (const wait of [0, 5000, 755_000, day / 2, day / 2, day, day, 30 * day]) {
      clock.advance(wait);
      expect(deliveries.isNew(first)).toBe(false);
      expect(deliveries.isNew(body(`after ${clock.now()} ${wait}`))).toBe(true);
    }
  });

  test('[S16] without an id, a time, or of another day are none', () => {
    const deliveries = new Deliveries(clock);
    const odd = ['', 'x', 'null', '[]', '{}', '{"eventId":"1"}', '{"eventId":"1","timestamp":"yesterday"}'].map(bytes);
    const others = [body(''), body(7), body('1', clock.now() - day), body('1', clock.now() + day), Buffer.from([0xff])];
    for (const each of [...odd, ...others]) expect(deliveries.isNew(each)).toBe(false);
  });

  test('[S16] a flood of them holds no more than it may', () => {
    const deliveries = new Deliveries(clock, 3);
    for (const id of ['a', 'b', 'c', 'd']) expect(deliveries.isNew(body(id))).toBe(true);
    expect(['b', 'c', 'd'].map((id) => deliveries.isNew(body(id)))).toEqual([false, false, false]);
  });
});

const about = (key: SessionKey) =>
  ({
    key,
    backend: 'demo',
    agentLabel: 'Demo',
    title: '',
    cwd: '/w',
    owns: { history: 'us', queue: 'us', questions: 'us' },
  }) as const;
const turnEnded = (turn: string): SessionEvent => ({ kind: 'turn/ended', turn, reason: turn });

/** A store, a receiver, and time that stands still. */
const world = async (more: readonly Webhook[] = []) => {
  const clock = manualClock();
  const receiver = await startReceiver([SECRET], () => clock.now());
  closing.push(receiver);
  const said: string[] = [];
  const log = (message: string): void => void said.push(message);
  const logs = { debug: log, info: log, warn: log, error: log };
  const store = new SessionStore({ clock, journal: noJournal, log: logs });
  const hooks = [{ name: 'mine', url: receiver.url, secret: SECRET }, ...more];
  const webhooks = new Webhooks({ store, clock, log: logs, fetch: globalThis.fetch, hooks: async () => hooks });
  owned.add(webhooks);
  const [key, other] = ['k', 'o'] as [SessionKey, SessionKey];
  store.open(about(key));
  store.open(about(other));
  const ends = (turn: string, session = key): void => store.append(session, [{ event: turnEnded(turn) }]);
  const reasons = (): unknown[] =>
    receiver.believed.map(
      (body) => JSON.parse(body).event.data.promptResponse?.stopReason ?? JSON.parse(body).event.type,
    );
  const tries = (count: number): Promise<true> =>
    until(`${count} attempts`, () => receiver.came.length === count || undefined);
  /** When so many attempts have failed, and the next one is waited for. */
  const waits = (failed = 1): Promise<true> =>
    until(
      'a pause',
      () => said.filter((line) => line.includes('did not take a delivery')).length === failed || undefined,
    );
  return { receiver, clock, said, store, webhooks, hooks, key, other, ends, reasons, tries, waits };
};

const statuses = (...list: readonly number[]) => list.map((status) => ({ status }));

describe('a delivery', () => {
  test('[flamecast 9] carries what it is about in its headers, and its signature is of its raw bytes', async () => {
    const { receiver, ends, tries, key } = await world();
    ends('end_turn');
    await tries(1);
    const [{ body, headers } = { body: Buffer.alloc(0), headers: {} }] = receiver.came;
    const payload: { eventId?: string } = JSON.parse(body.toString());
    expect(headers).toMatchObject({
      'content-type': 'application/json',
      'x-flamecast-signature': sign(body, SECRET),
      'x-flamecast-event-id': payload.eventId,
      'x-flamecast-session-id': key,
    });
    expect(Object.keys(payload)).toEqual(['sessionId', 'eventId', 'timestamp', 'event']);
  });

  test('[flamecast 9] is tried after 0, 5, 30, 120 and 600 s, to the byte the same, and then no more', async () => {
    const { receiver, clock, ends, tries, waits, said } = await world();
    receiver.answers.push(...statuses(500, 503, 500, 502, 500));
    ends('end_turn');
    for (const [count, wait] of [5000, 30_000, 120_000, 600_000].entries()) {
      await tries(count + 1);
      await waits(count + 1);
      clock.advance(wait - 1);
      expect([clock.waiting, receiver.came.length]).toEqual([1, count + 1]);
      clock.advance(1);
    }
    await tries(5);
    await until('it is given up', () => said.some((line) => line.includes('was not told of end_turn')) || undefined);
    expect(clock.waiting).toBe(0);
    expect(new Set(receiver.came.map(({ body }) => body.toString())).size).toBe(1);
    expect(new Set(receiver.came.map(({ headers }) => headers['x-flamecast-signature'])).size).toBe(1);
  });

  test('[flamecast 9] the events of a session keep their order, and another session does not wait for them', async () => {
    const { receiver, clock, ends, other, reasons, tries, waits } = await world();
    receiver.answers.push(...statuses(500));
    ends('first');
    ends('second');
    await tries(1);
    await waits();
    ends('elsewhere', other);
    await until('the other one', () => reasons().length === 1 || undefined);
    expect(reasons()).toEqual(['elsewhere']);
    clock.advance(5000);
    await until('all of them', () => reasons().length === 3 || undefined);
    expect(reasons()).toEqual(['elsewhere', 'first', 'second']);
  });

  test('[flamecast 9] 429 is tried again, after what it asks for besides', async () => {
    const { receiver, clock, ends, tries, waits, reasons } = await world();
    receiver.answers.push({ status: 429, headers: { 'retry-after': '7' } });
    ends('end_turn');
    await tries(1);
    await waits();
    clock.advance(11_999);
    expect([clock.waiting, receiver.came.length]).toEqual([1, 1]);
    clock.advance(1);
    await until('it', () => reasons().length === 1 || undefined);
  });

  test.each([400, 401, 404, 410, 301, 307])('[flamecast 9] %d ends it for good', async (status) => {
    const { receiver, clock, ends, reasons } = await world();
    receiver.answers.push({ status, headers: { location: `${receiver.url}/else` } });
    ends('first');
    ends('second');
    await until('the second one', () => reasons().length === 1 || undefined);
    expect(reasons()).toEqual(['second']);
    await until('the end of it', () => clock.waiting === 0 || undefined);
    expect(receiver.came.length).toBe(2);
  });

  test('[flamecast 9] a closed session ends what is still tried of it, and its end is told', async () => {
    const { receiver, store, key, ends, tries, waits, reasons } = await world();
    receiver.answers.push(...statuses(500));
    ends('first');
    ends('second');
    await tries(1);
    await waits();
    store.remove(key);
    await until('its end', () => reasons().length === 1 || undefined);
    expect(reasons()).toEqual(['session_end']);
  });

  test('[flamecast 9] one that answers nothing is given 10 s', async () => {
    const { clock, store, key } = await world();
    let asked = 0;
    const failures: string[] = [];
    const silence: typeof globalThis.fetch = (_, options) =>
      new Promise((_, reject) => {
        asked += 1;
        options?.signal?.addEventListener('abort', () => reject(new Error('aborted')));
      });
    const webhooks = new Webhooks({
      store,
      clock,
      log: { ...silent, debug: (message) => void failures.push(message) },
      fetch: silence,
      hooks: async () => [{ name: 'deaf', url: 'https://example.org/', secret: SECRET, events: ['error'] }],
    });
    owned.add(webhooks);
    store.append(key, [{ event: { kind: 'turn/ended', turn: 't', reason: 'failed', error: { message: 'no' } } }]);
    await until('it is asked', () => asked === 1 || undefined);
    clock.advance(10_000);
    await until('a pause', () => failures.length === 1 || undefined);
    clock.advance(5000);
    await until('it is asked again', () => asked === 2 || undefined);
  });

  test('[flamecast 9] only what a webhook wants, and with one id for all that want it', async () => {
    const second = await startReceiver(['other'], () => manualClock().now());
    closing.push(second);
    const { receiver, store, key, ends, tries } = await world([
      { name: 'second', url: second.url, secret: 'other', events: ['end_turn'] },
    ]);
    store.append(key, [{ event: { kind: 'turn/ended', turn: 't', reason: 'failed', error: { message: 'no' } } }]);
    ends('end_turn');
    await tries(2);
    await until('the second', () => second.came.length === 1 || undefined);
    expect(second.came[0]?.headers['x-flamecast-event-id']).toBe(receiver.came[1]?.headers['x-flamecast-event-id']);
    expect(second.came[0]?.body.equals(receiver.came[1]?.body ?? Buffer.alloc(0))).toBe(true);
  });

  test('[S16] one that is replayed, or comes again minutes later, is believed once', async () => {
    const { receiver, clock, ends, tries, waits } = await world();
    receiver.answers.push(...statuses(500, 500, 500, 500));
    ends('end_turn');
    for (const [count, wait] of [5000, 30_000, 120_000, 600_000].entries()) {
      await waits(count + 1);
      clock.advance(wait);
    }
    await tries(5);
    await until('it is believed', () => receiver.believed.length === 1 || undefined);
    const { body, headers } = receiver.came[0] ?? { body: Buffer.alloc(0), headers: {} };
    const signature = String(headers['x-flamecast-signature']);
    const post = (text: string): Promise<Response> =>
      fetch(receiver.url, { method: 'POST', body: text, headers: { 'x-flamecast-signature': signature } });
    await post(body.toString());
    await post(body.toString().replace('end_turn', 'cancelled'));
    expect(receiver.refused).toEqual(['again', 'signature']);
    expect(receiver.believed.length).toBe(1);
  });

  test('[flamecast 9] a hundred wait of one session, and those beyond are told in the log', async () => {
    const { receiver, ends, tries, waits, said } = await world();
    receiver.answers.push(...statuses(500));
    ends('first');
    await tries(1);
    await waits();
    for (let turn = 0; turn < 102; turn += 1) ends(`${turn}`);
    await until(
      'two are left out',
      () => said.filter((line) => line.includes('too far behind')).length === 2 || undefined,
    );
  });

  test('[S50] no log names its address or its secret', async () => {
    const { receiver, ends, tries, waits, said, webhooks } = await world();
    receiver.answers.push(...statuses(500));
    ends('end_turn');
    await tries(1);
    await waits();
    webhooks.dispose();
    await until('it is told', () => said.some((line) => line.includes('was not told')) || undefined);
    for (const line of said) expect(line).not.toMatch(/hook\b.*127|rosebud|http:/u);
  });

  test('[flamecast 9] nothing is sent of what is no event', async () => {
    const { store, key, receiver, ends, tries } = await world();
    store.append(key, [{ event: says('a') }]);
    ends('end_turn');
    await tries(1);
    expect(receiver.came.length).toBe(1);
  });
});
