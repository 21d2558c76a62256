import { expect, test } from 'vitest';
import { linkedPair } from '../../base/duplex.ts';
import { Failure } from '../../base/failure.ts';
import { manualClock } from '../../base/testing.ts';
import { type GatewayEvent, GatewayLine } from './line.ts';

const never = new AbortController().signal;

/** A line, and what the gateway at its other end says and is told. */
const openLine = () => {
  const clock = manualClock();
  const [ours, theirs] = linkedPair<string>();
  const closed = Promise.withResolvers<Failure>();
  const warned: string[] = [];
  const heard: GatewayEvent[][] = [];
  let pongs = 0;
  const note = (text: string): void => void warned.push(text);
  const log = { debug: () => undefined, info: () => undefined, warn: note, error: note };
  let ended = 0;
  const end = (): void => {
    ended += 1;
    closed.resolve(new Failure('ended', 'The connection was ended here.'));
  };
  const line = new GatewayLine({
    link: { messages: ours, closed: closed.promise, end },
    clock,
    log,
    hear: (events) => heard.push([...events]),
    answered: () => (pongs += 1),
  });
  const reader = theirs.readable.getReader();
  const writer = theirs.writable.getWriter();
  return {
    line,
    clock,
    warned,
    heard,
    lose: (failure: Failure) => closed.resolve(failure),
    get ended() {
      return ended;
    },
    get pongs() {
      return pongs;
    },
    /** The next thing that it was told. */
    async told(): Promise<Readonly<Record<string, unknown>>> {
      const { value } = await reader.read();
      return JSON.parse(value?.[0] ?? '{}') as Readonly<Record<string, unknown>>;
    },
    async say(...messages: readonly object[]): Promise<void> {
      await writer.write(messages.map((message) => JSON.stringify(message)));
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
};

test('[gateway 9 connect] the greeting has the token, our version and an id of its own; nothing else is said before the answer', async () => {
  const [one, other] = [openLine(), openLine()];
  const greeting = one.line.greet('secret', never);
  const said = await one.told();
  expect(said).toMatchObject({ type: 'connect', token: 'secret', protocolVersion: '1.0' });
  void other.line.greet(undefined, never).catch(() => undefined);
  const others = await other.told();
  expect(others).not.toHaveProperty('token');
  expect(said['clientId']).toMatch(/^wheelhouse-/u);
  await one.say({ type: 'connected', gatewayId: 'g', protocolVersion: '1.0', apps: [], sessions: [] });
  await greeting;
  expect([one.line.hasGreeted, one.line.version]).toEqual([true, '1.0']);
});

test('[gateway 9 connect] one that never says so is asked after 3 s, and any answer of its own will do', async () => {
  const { line, clock, told, say } = openLine();
  const greeting = line.greet('secret', never);
  await told();
  clock.advance(3000);
  const asked = await told();
  expect(asked).toMatchObject({ type: 'req', method: 'status' });
  await say({ type: 'res', id: asked['id'], ok: false, error: { code: 'METHOD_ERROR', message: 'no' } });
  await greeting;
  expect([line.hasGreeted, line.version]).toEqual([false, undefined]);
});

test('[gateway 9 UNAUTHORIZED] an error of nothing that could be named is logged, and the connection goes on', async () => {
  const { line, told, say, warned } = openLine();
  const greeting = line.greet('secret', never);
  await told();
  await say({ type: 'error', code: 'UNAUTHORIZED', message: 'Connect first' });
  await say({ type: 'error', code: 'INVALID_MESSAGE', message: 'What?' });
  await say({ type: 'connected', gatewayId: 'g' });
  await greeting;
  expect(warned).toHaveLength(2);
});

test('[gateway 9 4001] a refused token ends the greeting as refused', async () => {
  const { line, told, say } = openLine();
  const greeting = line.greet('secret', never);
  const refused = expect(greeting).rejects.toMatchObject({ code: 'refused' });
  await told();
  await say({ type: 'error', code: 'AUTH_FAILED', message: 'Authentication failed' });
  await refused;
});

test('[gateway 9 res without payload] answers are found by their ids, in whatever order they come', async () => {
  const { line, told, say } = openLine();
  const [first, second, third] = [
    line.request('a', {}, never),
    line.request('b', {}, never),
    line.request('c', {}, never),
  ];
  const denied = expect(third).rejects.toMatchObject({ message: 'GUARD_DENIED' });
  const ids = [await told(), await told(), await told()].map(({ id }) => id);
  await say(
    { type: 'res', id: ids[2], ok: false, error: { code: 'GUARD_DENIED', message: '' } },
    { type: 'res', id: ids[1], ok: true },
    { type: 'res', id: 'nobody', ok: true },
    { type: 'res', id: ids[0], ok: true, payload: 7 },
  );
  await denied;
  expect([await first, await second]).toEqual([7, undefined]);
});

test('[gateway 9 pong] its latency is known, and one that does not answer within 10 s is gone', async () => {
  const world = openLine();
  const { line, clock, told, say } = world;
  const greeting = line.greet(undefined, never);
  await told();
  await say({ type: 'connected' });
  await greeting;
  clock.advance(20_000);
  const ping = await told();
  expect(ping).toEqual({ type: 'ping', timestamp: clock.now() });
  clock.advance(120);
  await say({ type: 'pong', timestamp: ping['timestamp'] });
  expect([line.latency, world.pongs]).toEqual([120, 1]);
  clock.advance(20_000);
  await told();
  expect(world.ended).toBe(0);
  clock.advance(10_000);
  expect(world.ended).toBe(1);
});

test('[gateway 3] another major version is warned about', async () => {
  const { line, told, say, warned } = openLine();
  const greeting = line.greet(undefined, never);
  await told();
  await say({ type: 'connected', protocolVersion: '2.0' });
  await greeting;
  expect(warned).toEqual([expect.stringContaining('2.0')]);
});

test('[gateway 4] what waits for an answer ends with the connection, and events keep their place between answers', async () => {
  const { line, told, say, heard, lose } = openLine();
  const order: string[] = [];
  const asked = line.request('a', {}, never).then(() => order.push('answer'));
  const { id } = await told();
  const event = (name: string) => ({ type: 'event', event: name, sessionId: 's', data: {} });
  await say(event('one'), event('two'), { type: 'res', id, ok: true }, event('three'));
  await asked;
  expect(heard.map((batch) => batch.map((each) => each.event))).toEqual([['one', 'two'], ['three']]);
  const open = expect(line.request('b', {}, never)).rejects.toMatchObject({ code: 'lost' });
  lose(new Failure('lost', 'It is gone.'));
  await open;
  await expect(line.request('c', {}, AbortSignal.abort(new Error('left')))).rejects.toThrow('left');
});
