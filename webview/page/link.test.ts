import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type ManualClock, manualClock } from '../../src/base/testing.ts';
import type { Failure } from '../../src/base/failure.ts';
import { type ToSurface, VIEW_VERSION } from '../../src/protocol/view/messages.ts';
import { createLanguage } from '../l10n.ts';
import { READY } from '../testing.tsx';
import { Link } from './link.ts';
import { FakeSocket } from './testing.ts';

const welcome: ToSurface = { type: 'welcome', version: VIEW_VERSION, strings: {}, setup: READY };

let clock: ManualClock;
let link: Link;
let sockets: FakeSocket[];
let received: ToSurface[];
let lost: Failure[];
let answer: 'known' | 'unknown' | undefined;
beforeEach(() => {
  clock = manualClock();
  sockets = [];
  received = [];
  lost = [];
  answer = undefined;
  link = new Link({
    clock,
    t: createLanguage().t,
    connect: () => {
      const socket = new FakeSocket();
      sockets.push(socket);
      return socket;
    },
    ask: async () => answer,
    receive: (messages) => received.push(...messages),
    lost: (failure) => lost.push(failure),
  });
});
afterEach(() => link.dispose());

const last = (): FakeSocket => {
  const socket = sockets.at(-1);
  if (socket === undefined) throw new Error('No socket was asked for.');
  return socket;
};
const goLive = (): void => {
  last().open();
  last().say(welcome);
};
const settled = async (): Promise<void> => {
  await Promise.resolve();
  await Promise.resolve();
};

describe('the link of a page', () => {
  test('[page link] it says hello, and is live with the welcome', () => {
    expect(link.state.value).toEqual({ kind: 'connecting' });
    last().open();
    expect(last().sent).toEqual([{ type: 'hello', version: VIEW_VERSION }]);
    last().say(welcome);
    expect(link.state.value).toEqual({ kind: 'live' });
    expect(link.heardAt.value).toBe(clock.now());
    expect(received).toEqual([welcome]);
  });

  test('[page link] what is asked while nobody listens is refused at once; where the page is, is said again later', () => {
    expect(() => link.send({ type: 'command', id: 1, key: 's' as never, command: { kind: 'cancel' } })).toThrow(
      'This device is offline: nothing was sent.',
    );
    expect(() => link.send({ type: 'ack', key: 's' as never, seq: 1 })).not.toThrow();
    goLive();
    link.send({ type: 'ack', key: 's' as never, seq: 1 });
    expect(last().sent.map(({ type }) => type)).toEqual(['hello', 'ack']);
  });

  test('[page link] a cut is told to who waits, and another socket is made, ever later, and at once when the person looks', async () => {
    goLive();
    last().cut();
    expect(lost.map(({ message }) => message)).toEqual(['The connection was lost before the answer came.']);
    for (const pause of [500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000]) {
      expect(link.state.value).toMatchObject({ kind: 'away', again: clock.now() + pause });
      const before = sockets.length;
      clock.advance(pause - 1);
      expect(sockets).toHaveLength(before);
      clock.advance(1);
      expect(sockets).toHaveLength(before + 1);
      last().cut();
      await settled();
    }
    const before = sockets.length;
    link.wake();
    expect(sockets).toHaveLength(before + 1);
    goLive();
    last().cut();
    expect(link.state.value).toMatchObject({ again: clock.now() + 500 });
  });

  test('[page link] silence is asked about, and no answer is an end', () => {
    goLive();
    clock.advance(20_000);
    expect(last().sent.at(-1)).toEqual({ type: 'ping' });
    last().say({ type: 'pong' });
    clock.advance(20_000);
    expect(last().sent.filter(({ type }) => type === 'ping')).toHaveLength(2);
    const silent = last();
    clock.advance(5_000);
    expect(link.state.value.kind).toBe('away');
    expect(silent.closed).toBe(true);
    silent.say(welcome);
    expect(link.state.value.kind).toBe('away');
  });

  test('[page link] a page that is looked at again asks whether its socket still lives', () => {
    goLive();
    link.wake();
    expect(last().sent.at(-1)).toEqual({ type: 'ping' });
    clock.advance(5_000);
    expect(link.state.value.kind).toBe('away');
  });

  test('[page link] a socket that never opens is left', () => {
    clock.advance(10_000);
    expect(link.state.value.kind).toBe('away');
    clock.advance(500);
    expect(sockets).toHaveLength(2);
  });

  test('[page link] [S10] a revoked device is told so, and knocks no more', async () => {
    goLive();
    last().cut(4001);
    expect(link.state.value).toEqual({ kind: 'unknown' });
    clock.advance(120_000);
    link.wake();
    expect(sockets).toHaveLength(1);
  });

  test('[page link] [S10] one that was revoked while it was away learns it when it knocks', async () => {
    answer = 'unknown';
    last().cut();
    await settled();
    expect(link.state.value).toEqual({ kind: 'unknown' });
    clock.advance(120_000);
    expect(sockets).toHaveLength(1);
  });

  test('[page link] a host that lives and lets nobody in, and one that stops, are told apart from no host', async () => {
    answer = 'known';
    last().cut();
    await settled();
    expect(link.state.value).toMatchObject({ kind: 'away', why: 'busy' });
    clock.advance(500);
    goLive();
    last().cut(1001);
    expect(link.state.value).toMatchObject({ kind: 'away', why: 'stopped' });
  });

  test('[page link] what is no message is passed over, several in one are taken apart', () => {
    goLive();
    last().hear('no json');
    last().hear('[1, {"kind":"x"}, null]');
    last().hear(new ArrayBuffer(3));
    last().hear(`${JSON.stringify({ type: 'pong' })}\n${JSON.stringify([{ type: 'pong' }])}\n`);
    expect(received.map(({ type }) => type)).toEqual(['welcome', 'pong', 'pong']);
  });
});
