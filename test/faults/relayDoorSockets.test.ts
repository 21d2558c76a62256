// One socket that is open: how it ends, how it lives, and what happens where it is not read.
import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, test } from 'vitest';
import { manualClock } from '../../src/base/testing.ts';
import { CLOSE } from '../../src/protocol/relay/names.ts';
import { until } from '../tools/until.ts';
import { Caller, frameOf, openDoorWorld, OWNER_TOKEN, requestOf, SESSION_DATA } from './doorWorld.ts';

describe('how a socket ends', () => {
  test('[relay 9 same client_id] the newer one replaces the older one, which is over before the newer one begins', async () => {
    await using world = await openDoorWorld();
    const url = `${world.listener.relay}?client_id=phone/1`;
    const older = await Caller.open(url, OWNER_TOKEN);
    const sibling = await Caller.open(`${world.listener.relay}?client_id=phone/2`, OWNER_TOKEN);
    const newer = await Caller.open(url, OWNER_TOKEN);
    await until('the older one to be closed', () => older.closed !== undefined);
    expect(older.closed?.code).toBe(CLOSE.replaced);
    expect(world.guests.map(({ gone }) => gone)).toEqual([true, false, false]);
    await until('the newer one to be told', () => newer.heard.includes(SESSION_DATA));
    newer.socket.send('still there');
    await until('its answer', () => newer.heard.includes('still there'));
    expect(sibling.closed).toBeUndefined();
  });

  test('[relay 9 close codes] a binary message 1003, one that is too long 1009, the host stops 1001', async () => {
    const world = await openDoorWorld({ messageBytes: 1000 });
    const { relay } = world.listener;
    const binary = await Caller.open(relay, OWNER_TOKEN);
    binary.socket.send(Buffer.from('{}'));
    const long = await Caller.open(relay, OWNER_TOKEN);
    long.socket.send('x'.repeat(1001));
    const fitting = await Caller.open(relay, OWNER_TOKEN);
    fitting.socket.send('x'.repeat(1000));
    await until('two to be closed', () => binary.closed !== undefined && long.closed !== undefined);
    await until('the other to be answered', () => fitting.heard.includes('x'.repeat(1000)));
    await world[Symbol.asyncDispose]();
    await until('the last one to be closed', () => fitting.closed !== undefined);
    expect([binary, long, fitting].map(({ closed }) => closed?.code)).toEqual([
      CLOSE.binary,
      CLOSE.tooLong,
      CLOSE.stops,
    ]);
    expect(world.guests.map(({ gone, heard }) => [gone, heard.length])).toEqual([
      [true, 0],
      [true, 0],
      [true, 1],
    ]);
  });

  test('[relay 9 close codes] what fails behind the door ends one socket and nothing else', async () => {
    let fails = true;
    await using world = await openDoorWorld({
      relay(_visitor, socket) {
        if (fails) throw new Error('it broke');
        socket.send([frameOf(SESSION_DATA)]);
        return { receive: () => undefined, dispose: () => undefined };
      },
    });
    const broken = await Caller.open(world.listener.relay, OWNER_TOKEN);
    await until('it to be closed', () => broken.closed !== undefined);
    expect(broken.closed?.code).toBe(1011);
    expect(world.logged).toEqual(['A connection could not be served: it broke']);
    fails = false;
    const next = await Caller.open(world.listener.relay, OWNER_TOKEN);
    await until('the next to be welcome', () => next.heard.includes(SESSION_DATA));
  });

  test('[relay 9 close codes] one that does not answer the word of the end is cut off', async () => {
    const clock = manualClock();
    await using world = await openDoorWorld({ clock });
    const socket = connect(world.port, '127.0.0.1');
    const headers = [`Host: 127.0.0.1:${world.port}`, `Authorization: Bearer ${OWNER_TOKEN}`];
    socket.write(requestOf({ target: '/acp', headers }));
    await until('the socket to be open', () => world.guests.length === 1);
    world.guests[0]?.socket.close(CLOSE.replaced, '');
    expect(world.listener.sockets).toBe(1);
    const ended = once(socket, 'close');
    socket.resume();
    clock.advance(500);
    await ended;
    expect(world.listener.sockets).toBe(0);
  });
});

describe('signs of life', () => {
  test('[relay 9 keepalive] a ping every 5 s; 15 s without a byte and it is dead', async () => {
    const clock = manualClock();
    await using world = await openDoorWorld({ clock });
    const living = await Caller.open(world.listener.relay, OWNER_TOKEN);
    const silent = await Caller.open(world.listener.relay, OWNER_TOKEN, { autoPong: false });
    for (let ping = 1; ping <= 2; ping += 1) {
      clock.advance(5000);
      await until('a ping', () => living.pings === ping && silent.pings === ping);
      living.socket.send(`${ping}`);
      await until('the pong and the message', () => living.heard.includes(`${ping}`));
    }
    clock.advance(4999);
    expect(world.guests[1]?.gone).toBe(false);
    clock.advance(1);
    await until('the silent one to be cut off', () => silent.closed !== undefined);
    expect(silent.closed?.code).toBe(1006);
    expect(world.guests.map(({ gone }) => gone)).toEqual([false, true]);
    expect(living.closed).toBeUndefined();
  });
});

describe('one that reads slowly', () => {
  test('[relay 9 slow socket] what has not left is counted, and the end of it is told once', async () => {
    await using world = await openDoorWorld();
    const caller = await Caller.open(world.listener.relay, OWNER_TOKEN);
    const other = await Caller.open(world.listener.relay, OWNER_TOKEN);
    await until('both to be there', () => caller.heard.length === 1 && other.heard.length === 1);
    const [slow, quick] = world.guests;
    if (slow === undefined || quick === undefined) throw new Error('nobody came');
    await until('the first to have left', () => slow.socket.unsent.frames === 0);
    expect(slow.socket.unsent).toEqual({ bytes: 0, frames: 0 });
    caller.socket.pause();
    const frames = Array.from({ length: 20_000 }, (_, n) => frameOf(`${n} ${'x'.repeat(1000)}\n`));
    slow.socket.send(frames);
    let drained = 0;
    slow.socket.whenDrained(() => (drained += 1));
    await until('the system to take no more', async () => {
      const { frames: before } = slow.socket.unsent;
      await new Promise((resolve) => setTimeout(resolve, 50));
      return before === slow.socket.unsent.frames;
    });
    const { bytes, frames: unsent } = slow.socket.unsent;
    expect(bytes).toBeGreaterThan(4 * 1024 * 1024);
    expect(unsent).toBeGreaterThan(1000);
    expect(Math.abs(bytes / unsent - 1010)).toBeLessThan(10);
    // Its own fault alone.
    other.socket.send('quick');
    await until('the other to be answered', () => other.heard.includes('quick'));
    expect(drained).toBe(0);
    caller.socket.resume();
    await until('all of it to come', () => caller.heard.length === 1 + frames.length);
    expect(caller.heard.slice(1)).toEqual(frames.map(({ text }) => text));
    expect(drained).toBe(1);
    expect(slow.socket.unsent).toEqual({ bytes: 0, frames: 0 });
    quick.socket.whenDrained(() => (drained += 1));
    await until('that nothing waits to be told at once', () => drained === 2);
  });

  test('[S10] one that asks and does not read is not heard any more, until it reads', async () => {
    const large = 'x'.repeat(1024 * 1024);
    await using world = await openDoorWorld({
      hear: (text, guest) => {
        guest.heard.push(text);
        guest.socket.send([frameOf(large)]);
      },
    });
    const caller = await Caller.open(world.listener.relay, OWNER_TOKEN);
    caller.socket.pause();
    const asked = 400;
    for (let n = 0; n < asked; n += 1) caller.socket.send(`${n} ${'y'.repeat(60_000)}`);
    const [guest] = world.guests;
    await until('it to be heard no more', async () => {
      const before = guest?.heard.length;
      await new Promise((resolve) => setTimeout(resolve, 100));
      return before === guest?.heard.length && (guest?.socket.unsent.bytes ?? 0) > 4 * 1024 * 1024;
    });
    expect(guest?.socket.unsent.bytes).toBeLessThan(16 * 1024 * 1024);
    expect(guest?.heard.length).toBeLessThan(asked);
    caller.socket.resume();
    await until('all of it to be answered', () => caller.heard.length === 1 + asked);
    expect(guest?.heard.length).toBe(asked);
  });

  test('[relay 9 /view] a surface is heard and answered, message by message', async () => {
    await using world = await openDoorWorld();
    const url = world.listener.relay.replace('/acp', '/view');
    const page = await Caller.open(url, OWNER_TOKEN);
    page.socket.send('{"type":"hello","version":1}');
    page.socket.send('no JSON');
    await until('both answers', () => page.heard.length === 3);
    expect(page.heard.map((text) => (JSON.parse(text) as { readonly text: string }).text)).toEqual([
      SESSION_DATA,
      '{"type":"hello","version":1}',
      '"no JSON"',
    ]);
    const many = Array.from({ length: 3000 }, (_, n) => JSON.stringify({ n }));
    for (const each of many) page.socket.send(each);
    await until('all of it', () => page.heard.length === 3 + many.length);
    expect(page.heard.slice(3).map((text) => (JSON.parse(text) as { readonly text: string }).text)).toEqual(many);
    page.socket.close();
    await until('the socket to be gone', () => world.listener.sockets === 0);
  });
});
