// A hundred thousand messages and frames that somebody changed a little, and a client that notices nothing of it.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { expect, test } from 'vitest';
import { Random } from '../simulation/random.ts';
import { until } from '../tools/until.ts';
import { type Message, RelayRoom, stamps } from '../tools/relay.ts';
import { says } from '../tools/sessions.ts';
import { Caller, type DoorWorld, openDoorWorld, OWNER_TOKEN, requestOf } from './doorWorld.ts';

const MESSAGES = 90_000;
const FRAMES = 10_000;

/** What is changed a little: of each kind one, about the session that the honest client looks at. */
const said = (session: string): readonly [Buffer, ...Buffer[]] => [
  Buffer.from(
    '{"jsonrpc":"2.0","id":"a-1","method":"initialize","params":{"protocolVersion":1,"clientCapabilities":{}}}',
  ),
  ...[
    `{"jsonrpc":"2.0","id":"a-2","method":"session/prompt","params":{"sessionId":"${session}","prompt":[{"type":"text","text":"Grüße 🦊"}]}}\n`,
    '{"jsonrpc":"2.0","id":"q-1","result":{"outcome":{"outcome":"selected","optionId":"allow"}}}',
    `{"jsonrpc":"2.0","method":"session/cancel","params":{"sessionId":"${session}"}}\n{"jsonrpc":"2.0","id":3,"method":"_chances/unstable/ping"}`,
    '{"jsonrpc":"2.0","id":4,"method":"_chances/unstable/apply_edit","params":{"path":"/a","edits":[]}}',
    '{"jsonrpc":"2.0","id":5,"method":"session/new","params":{"cwd":"/w","mcpServers":[]}}',
    '{"jsonrpc":"2.0","id":6,"method":"_chances/unstable/list_sessions"}',
    '{"jsonrpc":"2.0","id":7,"method":"_chances/unstable/take_control"}',
  ].map((text) => Buffer.from(text)),
];

/** One to four bytes changed, dropped, doubled or cut off. */
const mutated = (bytes: Buffer, chance: Random): Buffer => {
  let changed = Buffer.from(bytes);
  for (let times = 1 + chance.below(4); times > 0; times -= 1) {
    const at = chance.below(Math.max(1, changed.length));
    const kind = chance.below(4);
    if (kind === 0) changed[at] = chance.below(256);
    else if (kind === 1) changed = Buffer.concat([changed.subarray(0, at), changed.subarray(at + 1)]);
    else if (kind === 2) changed = Buffer.concat([changed.subarray(0, at + 1), changed.subarray(at)]);
    else changed = Buffer.from(changed.subarray(0, at));
  }
  return changed;
};

/** As a client frames it, with a mask of zeros. */
const framed = (payload: Buffer): Buffer => {
  const length = payload.length;
  const head = length < 126 ? [0x81, 0x80 | length] : [0x81, 0x80 | 126, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([...head, 0, 0, 0, 0]), payload]);
};

const upgraded = async (world: DoorWorld): Promise<Socket> => {
  const socket = connect(world.port, '127.0.0.1');
  socket.on('error', () => undefined);
  const headers = [`Host: 127.0.0.1:${world.port}`, `Authorization: Bearer ${OWNER_TOKEN}`];
  socket.write(requestOf({ target: '/acp', headers }));
  await once(socket, 'data');
  socket.resume();
  return socket;
};

test('[S10] an honest client is answered in order and misses nothing beside 100,000 mutated messages and frames', async () => {
  const room = new RelayRoom();
  const key = await room.session();
  let heard = 0;
  const world = await openDoorWorld({
    relay: (visitor, socket) => {
      const client = room.relay.open(visitor, socket);
      const receive = (text: string): void => {
        if (visitor.client !== 'honest') heard += 1;
        client.receive(text);
      };
      return { receive, dispose: () => client.dispose() };
    },
  });
  const texts = said(key);
  const chance = new Random(7);
  const honest = await Caller.open(`${world.listener.relay}?client_id=honest&session_id=${key}`, OWNER_TOKEN);
  const lines = (): readonly Message[] =>
    honest.heard.flatMap((text) =>
      text
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as Message),
    );
  let asked = 0;
  let isOver = false;
  const asking = (async () => {
    while (!isOver) {
      room.append(key, says(`word ${asked}`));
      const id = `honest-${(asked += 1)}`;
      honest.socket.send(JSON.stringify({ jsonrpc: '2.0', id, method: '_chances/unstable/ping' }));
      await until('its answer', () => honest.heard.some((text) => text.includes(`"${id}"`)));
    }
  })();

  // Whole messages of anything: the connection lives.
  let sent = 0;
  while (sent < MESSAGES) {
    const socket = await upgraded(world);
    for (let batch = 0; batch < 30 && sent < MESSAGES; batch += 1) {
      const whole = Array.from({ length: 300 }, () =>
        framed(Buffer.from(mutated(chance.pick(texts), chance).toString('utf8'))),
      );
      sent += whole.length;
      if (!socket.write(Buffer.concat(whole))) await once(socket, 'drain');
    }
    const expected = sent;
    await until('all of them to be heard', () => heard >= expected);
    socket.destroy();
  }
  expect(heard).toBe(MESSAGES);

  // Frames that are none: ten on a connection, which the first of these ends.
  for (let done = 0; done < FRAMES; done += 10) {
    const socket = await upgraded(world);
    socket.end(Buffer.concat(Array.from({ length: 10 }, () => mutated(framed(chance.pick(texts)), chance))));
    await Promise.race([once(socket, 'close'), once(socket, 'end')]);
    socket.destroy();
  }
  isOver = true;
  await asking;
  await until('the others to be gone', () => world.listener.sockets === 1);
  expect(honest.closed).toBeUndefined();
  const { seq } = room.get(key).at;
  await until('the last event to come', () => stamps(lines()).at(-1) === seq);
  const own = lines().flatMap(({ id }) => (typeof id === 'string' && id.startsWith('honest-') ? [id] : []));
  expect(asked).toBeGreaterThan(50);
  expect(own).toEqual(Array.from({ length: asked }, (_, n) => `honest-${n + 1}`));
  expect(stamps(lines())).toEqual(Array.from({ length: seq }, (_, n) => n + 1));
  await world[Symbol.asyncDispose]();
  await room.close();
});
