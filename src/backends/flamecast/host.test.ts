import { onTestFinished, describe, expect, test } from 'vitest';
import { until } from '../../../test/tools/until.ts';
import { Failure } from '../../base/failure.ts';
import { silent } from '../../base/log.ts';
import { manualClock } from '../../base/testing.ts';
import type { FlamecastEvent } from '../../protocol/flamecast/read.ts';
import { FlamecastHost, type HostNews } from './host.ts';

const never = new AbortController().signal;

/** A host that says what it is told to, and all that was said to it and told of it. */
const world = () => {
  const clock = manualClock();
  const said: unknown[] = [];
  const told: HostNews[] = [];
  const terminals: (FlamecastEvent | undefined)[] = [];
  const logged: string[] = [];
  const links: { say(message: object | string): void; end(): void }[] = [];
  const warn = (line: string): void => void logged.push(line);
  const host = new FlamecastHost({
    clock,
    log: { ...silent, warn },
    tell: (_session, news) => void told.push(news),
    terminal: (event) => void terminals.push(event),
    listed: () => undefined,
    connect: () => {
      const closed = Promise.withResolvers<Failure>();
      let controller: ReadableStreamDefaultController<readonly string[]> | undefined;
      const end = (): void => {
        closed.resolve(new Failure('lost', 'It was cut.'));
        controller?.close();
        controller = undefined;
      };
      links.push({
        say: (message) => controller?.enqueue([typeof message === 'string' ? message : JSON.stringify(message)]),
        end,
      });
      return Promise.resolve({
        messages: {
          readable: new ReadableStream<readonly string[]>({ start: (own) => void (controller = own) }),
          writable: new WritableStream<readonly string[]>({
            write: (batch) => void said.push(...batch.map((text) => JSON.parse(text) as unknown)),
          }),
        },
        closed: closed.promise,
        end,
      });
    },
  });
  onTestFinished(() => host[Symbol.asyncDispose]());
  const say = (message: object | string): void => links.at(-1)?.say(message);
  const greet = async (): Promise<void> => {
    await until('the connection', () => links.length > 0);
    say({ type: 'connected', connectionId: 'c1' });
    await host.reach(never);
  };
  const kinds = (): readonly string[] => told.map(({ kind }) => kind);
  const again = (): Promise<boolean> =>
    until('another connection', () => {
      clock.advance(250);
      return links.length === 2;
    });
  return { again, clock, said, told, terminals, logged, links, host, say, greet, kinds };
};

const event = (seq: number, type = 'rpc') => ({
  type: 'event',
  channel: 'session:s',
  sessionId: 's',
  agentId: 's',
  seq,
  event: { type, data: {}, timestamp: `t${seq}` },
});

describe('a Flamecast host', () => {
  test('[flamecast 11.1] nothing is asked before it has said that we are connected', async () => {
    const { host, said, links, clock, greet } = world();
    host.follow('s', undefined);
    host.say({ action: 'cancel', sessionId: 's' });
    await until('the connection', () => links.length === 1);
    clock.advance(2999);
    await Promise.resolve();
    expect(said).toEqual([]);
    await greet();
    await until('the subscription', () => said.length > 0);
    expect(said).toEqual([{ action: 'subscribe', channel: 'session:s' }]);
  });

  test('[flamecast 11.1] one that never says it has a socket for each session, and is asked nothing', async () => {
    const { host, said, links, clock, kinds } = world();
    host.follow('s', undefined);
    await until('the connection', () => links.length === 1);
    await until('the wait', () => clock.waiting > 0);
    clock.advance(3000);
    await host.reach(never);
    expect(kinds()).toEqual(['again']);
    clock.advance(200);
    expect(kinds()).toEqual(['again', 'following']);
    expect(said).toEqual([]);
    await expect(host.followTerminals(never)).rejects.toMatchObject({ code: 'unsupported' });
  });

  test('[flamecast 6] what an older one tells of what was is told before all that follows is, though nothing says where it ends', async () => {
    const { host, say, told, links, clock, kinds } = world();
    const old = (timestamp: string) => ({ type: 'event', timestamp, event: { type: 'rpc', data: {}, timestamp } });
    host.follow('s', undefined);
    await until('the connection', () => links.length === 1);
    say(old('a'));
    await host.reach(never);
    clock.advance(150);
    say(old('b'));
    await new Promise((resolve) => setImmediate(resolve));
    clock.advance(150);
    expect(kinds()).toEqual(['again']);
    clock.advance(50);
    expect(kinds()).toEqual(['again', 'heard', 'following']);
    expect(told[1]).toMatchObject({ events: [{ timestamp: 'a' }, { timestamp: 'b' }] });
    say(old('c'));
    await until('the next', () => told.length === 4);
  });

  test('[flamecast 5] a cut before a subscription stands: it is not said that all is heard', async () => {
    const { host, links, clock, greet, kinds, said } = world();
    host.follow('s', undefined);
    await greet();
    await until('the subscription', () => said.length === 1);
    links.at(-1)?.end();
    await until('the cut', () => kinds().includes('cut'));
    clock.advance(5000);
    expect(kinds()).not.toContain('following');
  });

  test('[flamecast 11.2] each session goes on from one before its own last number', async () => {
    const { again, host, said, say, greet, told, links } = world();
    host.follow('s', undefined);
    await greet();
    for (const seq of [2, 1, 2]) say(event(seq));
    say({ type: 'subscribed', channel: 'session:s' });
    await until('the events', () => told.some(({ kind }) => kind === 'following'));
    expect(told[0]).toMatchObject({ kind: 'heard', events: [{ seq: 1 }, { seq: 2 }], last: { seq: 2 } });
    links.at(-1)?.end();
    await again();
    say({ type: 'connected', connectionId: 'c2' });
    await until('the subscription', () => said.length === 2);
    expect(said[1]).toEqual({ action: 'subscribe', channel: 'session:s', since: 1 });
  });

  test('[flamecast 11.3] an error is of nothing that waits: all goes on', async () => {
    const { host, say, greet, kinds, logged } = world();
    host.follow('s', undefined);
    await greet();
    say({ type: 'error', message: 'Something else' });
    say({ type: 'subscribed', channel: 'session:s' });
    say(event(1));
    await until('the event', () => kinds().includes('heard'));
    expect(kinds()).toEqual(['said', 'following', 'heard']);
    expect(logged).toEqual(['A Flamecast host: Something else']);
  });

  test('[flamecast 11.4] a ping at least every 30 s; without a pong it is gone', async () => {
    const { again, said, say, greet, clock, links } = world();
    await greet();
    for (let beat = 1; beat <= 3; beat += 1) {
      await until('the wait', () => clock.waiting > 0);
      clock.advance(20_000);
      await until('a ping', () => said.length === beat);
      expect(said.at(-1)).toEqual({ action: 'ping' });
      if (beat === 3) break;
      const waiting = clock.waiting;
      say({ type: 'pong' });
      await until('the pong', () => clock.waiting < waiting);
    }
    expect(links).toHaveLength(1);
    clock.advance(10_000);
    await again();
  });

  test('[flamecast 11.5] what nobody knows is passed over', async () => {
    const { host, say, greet, kinds } = world();
    host.follow('s', undefined);
    await greet();
    say({ type: 'subscribed', channel: 'session:s' });
    for (const odd of [
      { type: 'later.version', x: 1 },
      { a: 1 },
      [],
      'no json',
      { type: 'event' },
      { type: 'event', event: 7 },
    ])
      say(odd);
    say({ queued: true, queueId: 'q', position: 0 });
    say(event(1, 'type.of.later'));
    await until('the event', () => kinds().includes('heard'));
    expect(kinds()).toEqual(['following', 'heard']);
  });

  test('[flamecast 11.7] number 0 is no place, and no other life', async () => {
    const { host, say, greet, told } = world();
    host.follow('s', { seq: 5, stamp: '' });
    await greet();
    say(event(5));
    say({ type: 'subscribed', channel: 'session:s' });
    say(event(0));
    say(event(6));
    await until('the last', () => told.filter(({ kind }) => kind === 'heard').length === 2);
    expect(told.map(({ kind }) => kind)).toEqual(['following', 'heard', 'heard']);
    expect(told.at(1)).toMatchObject({ last: { seq: 5 } });
    expect(told.at(2)).toMatchObject({ last: { seq: 6 } });
  });

  test('[flamecast 11.9] terminals of no session: what was before is passed over, and what comes is told', async () => {
    const { host, say, said, greet, terminals } = world();
    await greet();
    const following = host.followTerminals(never);
    await until('the subscription', () => said.length === 1);
    expect(said[0]).toEqual({ action: 'subscribe', channel: 'terminals' });
    const of = (seq: number, type: string) => ({
      type: 'event',
      channel: 'terminals:t',
      seq,
      event: { type, data: { terminalId: 't' }, timestamp: `t${seq}` },
    });
    say(of(1, 'terminal.started'));
    say({ type: 'subscribed', channel: 'terminals' });
    await following;
    say(of(2, 'terminal.data'));
    say(of(2, 'terminal.data'));
    say(of(3, 'terminal.exit'));
    await until('its end', () => terminals.some((each) => each?.type === 'terminal.exit'));
    expect(terminals.map((each) => each?.type)).toEqual(['terminal.started', 'terminal.data', 'terminal.exit']);
  });

  test('[flamecast 5] too many subscriptions: that session is followed by another way', async () => {
    const { host, say, greet, told } = world();
    host.follow('s', undefined);
    await greet();
    say({ type: 'error', message: 'Max subscriptions (100) exceeded', channel: 'session:s' });
    await until('the news', () => told.length > 0);
    expect(told).toEqual([{ kind: 'refused', why: 'Max subscriptions (100) exceeded' }]);
  });
});
