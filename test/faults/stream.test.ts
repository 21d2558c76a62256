import { describe, expect, test } from 'vitest';
import type { FakeStreamOptions } from '../fakes/stream/options.ts';
import { until } from '../tools/until.ts';
import { LEFT, MISSING, type Seen, StreamWorld } from './streamWorld.ts';

const never = new AbortController().signal;

const ODDITIES: readonly (readonly [string, Partial<FakeStreamOptions>])[] = [
  ['as the source has it', {}],
  ['output before resume can come', { eager: true }],
  ['a replay behind what is newer', { late: true, eager: true }],
  ['nothing is kept', { unkept: true }],
  ['each frame twice', { twice: true }],
  ['numbers are left out', { gaps: true }],
  ['numbers beyond 2^32', { from: 2 ** 32 + 5 }],
  ['frames without output', { empty: true }],
  ['what nobody can read', { garbage: true }],
  ['output cut within characters', { slice: 1 }],
  ['pictures that are blurred', { blurred: 2 }],
  ['as ours is', { ours: true }],
  ['ours, that keeps little', { ours: true, kept: 3 }],
  ['ours, each frame twice, cut within characters', { ours: true, twice: true, slice: 1 }],
];

describe('a terminal that lives elsewhere', () => {
  test.each(ODDITIES)('[terminal 9 viewers] %s: two who look see what is there', async (_name, options) => {
    await using world = await StreamWorld.open(options);
    const one = world.look();
    await one.session.reach(never);
    one.session.write('count 3\r');
    await until('the work', () => world.first.written.includes('word 3'));
    const other = world.look();
    await other.session.reach(never);
    for (const line of ['gr\u00fc\u00dfe \u{1f3a1}\r', 'count 30\r']) other.session.write(line);
    await until('the work', () => world.first.written.includes('word 30'));
    await world.agrees(one);
    await world.agrees(other);
    expect(await other.screen()).toContain('word 30');
  });

  test.each(ODDITIES)(
    '[terminal 9 regression] %s: the count begins anew, and the screen is right',
    async (_, options) => {
      await using world = await StreamWorld.open(options);
      const seen = world.look();
      await seen.session.reach(never);
      world.first.pane.type('count 5\r');
      await world.agrees(seen);
      if (options.ours === true) {
        // It goes on counting, and has nothing of before.
        world.first.forget();
        world.fake.cut();
      } else world.first.recount(false);
      world.first.pane.type('count 2\rcount 3\r');
      await world.agrees(seen);
    },
  );

  test('[terminal 4] a server that answers for no picture: what is written is seen all the same', async () => {
    await using world = await StreamWorld.open({ mute: true });
    world.first.pane.type('count 5\r');
    const seen = world.look();
    await seen.session.reach(never);
    await world.agrees(seen);
    world.first.pane.type('count 2\r');
    await world.agrees(seen);
  });

  test('[terminal 9 bad_message] what the server could not read is no reason to leave', async () => {
    await using world = await StreamWorld.open({ garbage: true });
    const seen = world.look();
    await seen.session.reach(never);
    const { made } = world.proxy;
    world.first.complain();
    world.first.pane.type('count 2\r');
    await world.agrees(seen);
    expect([seen.session.state, world.proxy.made]).toEqual(['connected', made]);
  });

  test('[terminal 9 session] one that the server does not know is over, though the server says nothing', async () => {
    await using world = await StreamWorld.open();
    const seen = world.look('nobody');
    await until('its end', () => seen.exit);
    expect(seen.exit).toEqual({ code: null, signal: null });
    expect(world.fake.asked).toEqual(['GET /sessions']);
  });

  test('[terminal 9 session] one that ended while nobody was told is over at the next look', async () => {
    await using world = await StreamWorld.open();
    const seen = world.look();
    await seen.session.reach(never);
    world.first.end(0);
    world.first.cut();
    await until('its end', () => seen.exit);
  });

  test('[terminal 10 exit] ours says how it ended, and what it said before is there', async () => {
    await using world = await StreamWorld.open({ ours: true });
    const seen = world.look();
    await seen.session.reach(never);
    seen.session.write('exit 3\r');
    await until('its end', () => seen.exit);
    expect(seen.exit).toEqual({ code: 3, signal: null });
    expect(seen.text).toBe(world.first.written);
    const again = world.look();
    await until('the answer 404', () => again.exit);
  });

  test.each([{}, { ours: true }])(
    '[terminal 9 403] a secret that is not taken is told, and not tried again %o',
    async (options) => {
      await using world = await StreamWorld.open(options, 'wrong');
      const seen = world.look();
      await expect(seen.session.reach(never)).rejects.toMatchObject({ code: 'refused', next: expect.any(String) });
      const { made } = world.proxy;
      seen.session.retry();
      expect([seen.session.state, world.proxy.made]).toEqual(['refused', made]);
      await expect(world.server.list(never)).rejects.toMatchObject({ code: 'refused' });
    },
  );

  test('[S50] the secret is a header, and stands in no address', async () => {
    await using world = await StreamWorld.open();
    const seen = world.look();
    await seen.session.reach(never);
    seen.session.write('x');
    await until('what was typed', () => world.first.pane.typed === 'x');
    expect(world.fake.addresses.length).toBeGreaterThan(1);
    expect(world.fake.addresses.join('\n')).not.toContain('secret');
  });

  test('[terminal 7] a code is traded for a token, once', async () => {
    await using world = await StreamWorld.open({ code: '123456' }, undefined);
    expect(await world.server.pair('123456', never)).toBe('secret');
    await expect(world.server.pair('123456', never)).rejects.toMatchObject({ code: 'refused' });
  });

  test('[terminal 7] an address that leads to something else is told, and is no session that is gone', async () => {
    await using world = await StreamWorld.open();
    const below = world.serverAt('/sessions/main');
    await expect(below.list(never)).rejects.toMatchObject({ code: 'refused', next: expect.any(String) });
  });

  test('[terminal 7] sessions are listed, made and removed', async () => {
    await using world = await StreamWorld.open();
    const made = await world.server.make({ name: 'build' }, never);
    expect(made.id).toBe('build');
    expect((await world.server.list(never)).map(({ id, state }) => [id, state])).toEqual([
      ['main', 'idle'],
      ['build', 'idle'],
    ]);
    await world.server.remove('build', never);
    await expect(world.server.remove('build', never)).rejects.toMatchObject({ code: 'gone' });
  });
});

describe('what is typed', () => {
  test.each([{}, { ours: true }])(
    '[terminal 8] it arrives in its order, as keys or on the stream %o',
    async (options) => {
      await using world = await StreamWorld.open(options);
      const seen = world.look();
      await until('the prompt', () => seen.text !== '');
      for (const key of 'count 2\rabc\u007f\u007f\u0003') seen.session.write(key);
      await until('all of it', () => world.first.pane.typed === 'count 2\rabc\u007f\u007f\u0003');
      const requests = world.fake.asked.filter((line) => line.endsWith('/input')).length;
      expect(requests > 0).toBe(options.ours !== true);
      await world.agrees(seen);
    },
  );

  test('[terminal 10 resize] ours is told how large the screen is, within what is allowed', async () => {
    await using world = await StreamWorld.open({ ours: true });
    const seen = world.look();
    await seen.session.reach(never);
    seen.session.resize(5000, 0);
    await until('the size', () => world.first.pane.size.columns === 1000);
    expect(world.first.pane.size).toEqual({ columns: 1000, rows: 1 });
  });

  test('[terminal 9 resume] it is what is said first, in each connection', async () => {
    await using world = await StreamWorld.open({ ours: true });
    const seen = world.look();
    await seen.session.reach(never);
    world.first.pane.print('more\r\n');
    await until('it', () => seen.text.includes('more'));
    const before = world.first.said.length;
    world.first.cut();
    await until('the next one', () => world.first.said.length > before + 1);
    const resumes = [world.first.said[0], world.first.said[before]].map((text) => JSON.parse(text ?? '') as object);
    expect(resumes).toEqual([
      { type: 'resume', lastSeq: null },
      { type: 'resume', lastSeq: 2 },
    ]);
  });

  test('[terminal 10] while there is no connection it is lost, which is said once', async () => {
    await using world = await StreamWorld.open({ ours: true });
    const seen = world.look();
    await seen.session.reach(never);
    world.proxy.down = true;
    world.proxy.cut();
    await until('the end of it', () => seen.session.state === 'reconnecting');
    for (const key of 'rm x\r') seen.session.write(key);
    expect(seen.text.split('not arrived').length).toBe(2);
    world.proxy.down = false;
    // An attempt that is under way may still find nobody.
    await until('another connection', () => seen.session.reach(never).then(() => true));
    expect(world.first.pane.typed).toBe('');
  });

  test('[terminal 10] an answer of the screen to a question of the past is typed into nothing', async () => {
    await using world = await StreamWorld.open({ ours: true });
    world.first.pane.print('\u001b[6n\u001b[c\u001b]11;?\u0007asked\r\n');
    const seen = world.look();
    await seen.session.reach(never);
    await until('the past', () => seen.text.includes('asked'));
    await seen.screen();
    expect(seen.answers).toBe('');
    world.first.pane.print('\u001b[6n');
    await until('the answer', () => seen.answers !== '');
  });
});

/** What is done at the server, each after what came before has been seen; then the whole is looked at. */
const WORK = ['count 3\r', 'gr\u00fc\u00dfe\r', 'count 2\r'] as const;

const work = async (world: StreamWorld, seen: Seen): Promise<void> => {
  for (const line of WORK) {
    world.first.pane.type(line);
    await world.agrees(seen);
  }
};

/** How many frames come in a conversation that nobody cuts. */
const measure = async (options: Partial<FakeStreamOptions>): Promise<number> => {
  await using world = await StreamWorld.open(options);
  await work(world, world.look());
  return world.proxy.frames.down;
};

describe('cut at each frame', () => {
  test('[terminal 9 resume] ours: not one byte is missing, and none comes twice', async () => {
    const frames = await measure({ ours: true });
    for (let at = 0; at < frames; at += 1) {
      await using world = await StreamWorld.open({ ours: true });
      world.proxy.cutAt('down', at, at % 2 === 1);
      const seen = world.look();
      await work(world, seen);
      expect([at, world.proxy.armed, seen.text]).toEqual([at, false, world.first.written]);
    }
  });

  test('[terminal 9 regression] another one: the screen is right, and where something may be missing it is said', async () => {
    const frames = await measure({});
    for (let at = 0; at < frames; at += 1) {
      await using world = await StreamWorld.open();
      world.proxy.cutAt('down', at, at % 2 === 1);
      const seen = world.look();
      await work(world, seen);
      await until('the cut', () => !world.proxy.armed || seen.text.includes('$ '));
      const all = await seen.everything();
      const isWhole = ['word 1', 'word 3', 'you said: gr\u00fc\u00dfe', 'word 2'].every((line) => all.includes(line));
      expect([at, isWhole || all.includes(MISSING)]).toEqual([at, true]);
    }
  });

  test('[terminal 9 resume] ours, over and over at the same place, with what is written meanwhile', async () => {
    await using world = await StreamWorld.open({ ours: true });
    const seen = world.look();
    await seen.session.reach(never);
    for (let round = 1; round <= 5; round += 1) {
      world.proxy.down = true;
      world.proxy.cut();
      await until('the end of it', () => seen.session.state !== 'connected');
      world.first.pane.type(`count ${round}\r`);
      world.proxy.down = false;
      seen.session.retry();
      await world.agrees(seen);
    }
    expect(seen.text).toBe(world.first.written);
  });

  test('[terminal 10 lagging] who is too slow is given the screen as it is, and goes on from there', async () => {
    await using world = await StreamWorld.open({ ours: true });
    const seen = world.look();
    await seen.session.reach(never);
    await world.agrees(seen);
    world.first.lag('nobody saw this pass\r\n');
    world.first.pane.print('and this came next\r\n');
    await world.agrees(seen);
    expect(seen.text).toContain(MISSING);
  });

  test('[terminal 10 complete] ours that lost what it kept says so, and the screen is right', async () => {
    await using world = await StreamWorld.open({ ours: true, kept: 2 });
    const seen = world.look();
    await seen.session.reach(never);
    world.proxy.down = true;
    world.proxy.cut();
    await until('the end of it', () => seen.session.state !== 'connected');
    world.first.pane.type('count 20\r');
    world.proxy.down = false;
    seen.session.retry();
    await world.agrees(seen);
    expect(seen.text).toContain(MISSING);
  });

  test('[terminal 10] left, it goes on there', async () => {
    await using world = await StreamWorld.open();
    const seen = world.look();
    await seen.session.reach(never);
    await seen.session[Symbol.asyncDispose]();
    expect(seen.text).toContain(LEFT);
    await until('nobody', () => world.first.viewers === 0);
    expect(world.fake.sessions.has('main')).toBe(true);
  });

  test('[terminal 7] ended from here, it is there no more', async () => {
    await using world = await StreamWorld.open();
    const seen = world.look();
    await seen.session.reach(never);
    seen.session.kill();
    await until('its end', () => seen.exit);
    expect(world.fake.sessions.has('main')).toBe(false);
  });
});
