/**
 * Real hosts and real windows, with a bad way between them, and with the deaths and the sleep of each. What a window shows
 * in the end is what one shows that had none of it, and its history has each number once.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Session, SessionKey } from '../../src/model/session.ts';
import { until } from '../tools/until.ts';
import { buildHost, hostPrograms, type Change, HostWorld } from './hostWorld.ts';
import { faultsOf, lineNumbers, type MirrorWindow, seenOf, upTo } from './mirrorWindow.ts';
import { type Faults, Proxy } from './proxy.ts';
import { Trial } from './trial.ts';

/** The life of a connection at ten times its speed and more, so that a test sees the end of one. */
const QUICK: readonly Change[] = [
  { file: 'src/base/beat.ts', from: 'BEAT = 15_000', to: 'BEAT = 1_000' },
  { file: 'src/base/beat.ts', from: 'STILL = 45_000', to: 'STILL = 4_000' },
  { file: 'src/machine/lineConnection.ts', from: 'EARLY = 1000', to: 'EARLY = 100' },
];
const OTHER_VERSION: readonly Change[] = [
  { file: 'src/protocol/view/messages.ts', from: 'VIEW_VERSION = 1', to: 'VIEW_VERSION = 77' },
];

let folder: string;
const programs = (name: 'usual' | 'quick' | 'other'): string =>
  name === 'usual' ? hostPrograms() : join(folder, name);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wheelhouse-wires-'));
  await Promise.all([buildHost(programs('quick'), QUICK), buildHost(programs('other'), OTHER_VERSION)]);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const open = (): Promise<Trial> => Trial.open({ host: '', watchdog: '', agent: '' });

/** A host, a window whose way is bad, and one that is never cut. */
const both = async (world: HostWorld, seed: number, faults: Faults = {}) => {
  const { ready, running } = await world.serve();
  const proxy = await Proxy.listen(seed, join(world.root, 'proxy.sock'), ready.view);
  proxy.faults = faults;
  const steady = world.mirror(ready);
  const tried = world.mirror({ view: join(world.root, 'proxy.sock'), tokenFile: ready.tokenFile });
  await tried.connected();
  const key = await steady.open(world.root);
  await until('both to have the session', () => tried.news(key)?.link === 'ready');
  return { ready, running, proxy, steady, tried, key };
};

/** Until a window has noticed that it has no connection any more. */
const lost = async (window: MirrorWindow, harm: () => void): Promise<void> => {
  const before = window.history.length;
  harm();
  await until('the window to notice', () =>
    window.history.slice(before).some((told) => told.kind === 'state' && told.state !== 'connected'),
  );
};

/** Nothing moves any more, and all of it has come. */
const settled = async (window: MirrorWindow, key: SessionKey, other: MirrorWindow): Promise<Session> => {
  await until('both to be as far, and the turn to be over', () => {
    const [one, two] = [window.news(key), other.news(key)];
    if (one === undefined || two === undefined || one.older !== 0) return false;
    return isSamePlace(one, two) && one.turn === 'idle' && two.turn === 'idle';
  });
  return await window.whole(key);
};

const isSamePlace = (one: Pick<Session, 'at'>, two: Pick<Session, 'at'>): boolean =>
  one.at.epoch === two.at.epoch && one.at.seq === two.at.seq;

const expectSame = async (tried: MirrorWindow, steady: MirrorWindow, key: SessionKey): Promise<Session> => {
  const session = await settled(tried, key, steady);
  const other = await steady.whole(key);
  // One that went on between the two looks is looked at again.
  if (!isSamePlace(session, other)) return await expectSame(tried, steady, key);
  expect(seenOf(session)).toEqual(seenOf(other));
  expect(faultsOf(tried.history)).toEqual([]);
  expect(faultsOf(steady.history)).toEqual([]);
  return session;
};

/** How often a person's prompt stands in a transcript. */
const prompts = ({ entries }: Session, text: string): number =>
  entries.flat().filter((entry) => entry.kind === 'user' && JSON.stringify(entry.parts).includes(JSON.stringify(text)))
    .length;

const saidOf = ({ entries }: Session, text: string): number => JSON.stringify(entries).split(text).length - 1;

describe.concurrent('between a window and its host', () => {
  test.each([
    ['whole lines, of what the host says', 'down', false],
    ['in the middle of a line, of what the host says', 'down', true],
    ['whole lines, of what the window says', 'up', false],
    ['in the middle of a line, of what the window says', 'up', true],
  ] as const)('[I4] a cut after each of the lines: %s', async (_, direction, torn) => {
    await using trial = await open();
    const world = new HostWorld(programs('usual'), trial);
    const { proxy, steady, tried, key } = await both(world, 1);
    await using _proxy = proxy;
    let cuts = 0;
    for (let lines = 0; ; lines += 1) {
      const text = `/long ${20 + lines}`;
      let hasCome = false;
      proxy.onLine = (way, line) => {
        if (way === 'up' && line.includes(JSON.stringify(text))) hasCome = true;
      };
      proxy.trap = { direction, lines, torn };
      await lost(tried, () => proxy.cut());
      const outcome = await (async () => {
        await tried.order({ do: 'retry' });
        await until('the trap to shut, or a connection', () => proxy.trap === undefined || tried.state === 'connected');
        return await tried.order({ do: 'prompt', key, text });
      })().then(() => 'done', String);
      // It may be cut behind the prompt, and behind the answer as well: the host does what it was told.
      if (hasCome) await until('the prompt', async () => prompts(await steady.whole(key), text) > 0);
      const isShut = proxy.trap === undefined;
      proxy.trap = undefined;
      await tried.order({ do: 'retry' });
      const session = await expectSame(tried, steady, key);
      const times = prompts(session, text);
      expect(times).toBe(hasCome ? 1 : 0);
      if (outcome === 'done') expect(times).toBe(1);
      else if (outcome.includes('offline')) expect(times).toBe(0);
      else expect(outcome).toContain('unknown');
      if (!isShut) break;
      cuts += 1;
    }
    expect(cuts).toBeGreaterThan(4);
  });

  test.each([1, 2])(
    '[I1] [I4] late, in pieces, doubled and cut, with seed %i: each number once, each prompt and each answer once',
    async (seed) => {
      await using trial = await open();
      const world = new HostWorld(programs('usual'), trial);
      const { proxy, steady, tried, key } = await both(world, seed, { delay: 4, slice: 1000, double: 30 });
      await using _proxy = proxy;
      const isOver = new AbortController();
      const cutting = (async () => {
        for (let cut = 0; !isOver.signal.aborted; cut += 1) {
          await new Promise((resolve) => setTimeout(resolve, 150 + ((seed * 97 + cut * 61) % 200)));
          if (cut % 3 !== 2) proxy.cut();
          await tried.order({ do: 'retry' });
        }
      })();
      let asked = 0;
      for (const text of ['/long 300', '/slow 12', '/long 301']) {
        await tried.connected();
        const outcome = await tried.order({ do: 'prompt', key, text }).then(() => 'done', String);
        if (outcome === 'done') asked += 1;
        else if (!outcome.includes('unknown')) expect(outcome).toContain('offline');
      }
      await until('what was asked to be done', () => steady.news(key)?.turn === 'idle');
      await steady.order({ do: 'prompt', key, text: '/ask' });
      await until('the question', () => (tried.news(key)?.questions.length ?? 0) > 0);
      // Whoever is cut off from its answer asks again only after a look.
      while ((steady.news(key)?.questions.length ?? 0) > 0) {
        await until('the window to see it', () => tried.state === 'connected');
        await tried.order({ do: 'answer', key, option: '' }).catch(() => undefined);
      }
      isOver.abort();
      await cutting;
      await tried.order({ do: 'retry' });
      const session = await expectSame(tried, steady, key);
      const times = ['/long 300', '/slow 12', '/long 301'].map((text) => prompts(session, text));
      for (const each of times) expect(each).toBeLessThan(2);
      expect(times.reduce((sum, each) => sum + each, 0)).toBeGreaterThanOrEqual(asked);
      expect(saidOf(session, 'You declined to answer')).toBe(1);
      expect(proxy.made).toBeGreaterThan(3);
    },
  );

  test('[I5] every line twice, both ways: what is asked is done once', async () => {
    await using trial = await open();
    const world = new HostWorld(programs('usual'), trial);
    const { ready, proxy, steady, tried, key } = await both(world, 1, { double: 100 });
    await using _proxy = proxy;
    for (const text of ['/long 20', '/long 21', '/long 22']) await tried.order({ do: 'prompt', key, text });
    await until('the turns to end', () => steady.news(key)?.turn === 'idle');
    await tried.order({ do: 'prompt', key, text: '/ask' });
    await until('the question', () => tried.news(key)?.questions.length === 1);
    await tried.order({ do: 'answer', key, option: '' });
    const session = await expectSame(tried, steady, key);
    for (const text of ['/long 20', '/long 21', '/long 22', '/ask']) expect(prompts(session, text)).toBe(1);
    expect(saidOf(session, 'You declined to answer')).toBe(1);
    expect(proxy.made).toBe(1);
    // The beginning of a long one is fetched piece by piece: an answer that comes twice asks for no more.
    await steady.order({ do: 'prompt', key, text: '/many 2500' });
    await until('many calls', () => (tried.news(key)?.at.seq ?? 0) > 2500);
    await settled(steady, key, steady);
    // What comes whole is the last turn.
    await steady.order({ do: 'prompt', key, text: '/long 3' });
    await until('the last turn', async () => prompts(await steady.whole(key), '/long 3') === 1);
    await settled(tried, key, steady);
    const before = proxy.lines.up;
    const late = world.mirror({ view: join(world.root, 'proxy.sock'), tokenFile: ready.tokenFile });
    await late.connected();
    await until('the session', () => late.news(key) !== undefined);
    await expectSame(late, steady, key);
    expect(proxy.lines.up - before).toBeLessThan(100);
  });

  test.each([
    ['of what the host says', ['down']],
    ['of what the window says', ['up']],
    ['of both', ['up', 'down']],
  ] as const)(
    '[I4] [I5] half-open, nothing comes through %s: it is noticed, and nothing is done twice',
    async (_, dead) => {
      await using trial = await open();
      const world = new HostWorld(programs('quick'), trial);
      const { proxy, steady, tried, key } = await both(world, 1);
      await using _proxy = proxy;
      await steady.order({ do: 'prompt', key, text: '/ask' });
      await until('the question', () => tried.news(key)?.questions.length === 1);
      proxy.silence(...dead);
      const asked = tried.order({ do: 'prompt', key, text: '/long 7' }).then(() => 'done', String);
      expect(await asked).toContain('unknown');
      await until('a new connection', () => proxy.made > 1 && tried.state === 'connected');
      expect(steady.news(key)?.questions).toHaveLength(1);
      await until('the question to be there still', () => tried.news(key)?.questions.length === 1);
      await tried.order({ do: 'answer', key, option: '' });
      const session = await expectSame(tried, steady, key);
      // What went up before nothing came back was done, and is not asked again.
      expect(prompts(session, '/long 7')).toBe(dead.some((direction) => direction === 'up') ? 0 : 1);
      expect(saidOf(session, 'You declined to answer')).toBe(1);
    },
  );

  test('[I4] [I5] a host that stands still for longer than a peer may: the windows say so, and go on when it does', async () => {
    await using trial = await open();
    const world = new HostWorld(programs('quick'), trial);
    const { running, proxy, steady, tried, key } = await both(world, 1);
    await using _proxy = proxy;
    await tried.order({ do: 'prompt', key, text: '/ask' });
    await until('the question', () => tried.news(key)?.questions.length === 1);
    running.child.kill('SIGSTOP');
    await until('both windows to notice', () => tried.state !== 'connected' && steady.state !== 'connected');
    expect(tried.news(key)?.link).toBe('reconnecting');
    expect(tried.trouble).toContain('Nothing has come from the other side');
    running.child.kill('SIGCONT');
    await Promise.all([tried.order({ do: 'retry' }), steady.order({ do: 'retry' })]);
    await until(
      'the question again',
      () => tried.news(key)?.link === 'ready' && tried.news(key)?.questions.length === 1,
    );
    await tried.order({ do: 'answer', key, option: '' });
    expect(saidOf(await expectSame(tried, steady, key), 'You declined to answer')).toBe(1);
  });

  test('[I4] a window that stands still for longer than a peer may has all when it goes on', async () => {
    await using trial = await open();
    const world = new HostWorld(programs('quick'), trial);
    const { proxy, steady, tried, key } = await both(world, 1);
    await using _proxy = proxy;
    await tried.order({ do: 'prompt', key, text: '/slow 50' });
    await until('some of it', () => (tried.news(key)?.at.seq ?? 0) > 10);
    tried.running.child.kill('SIGSTOP');
    await until('the host to give it up', () => proxy.connections === 0);
    tried.running.child.kill('SIGCONT');
    expect(lineNumbers(await expectSame(tried, steady, key))).toEqual(upTo(50));
  });

  test('[I3] [I5] a host that is killed in mid-turn, with a question: nobody answered it, and the next one tells', async () => {
    await using trial = await open();
    const world = new HostWorld(programs('usual'), trial);
    const { running, proxy, steady, tried, key } = await both(world, 1);
    await using _proxy = proxy;
    await tried.order({ do: 'prompt', key, text: '/long 50' });
    await until('the turn to end', () => steady.news(key)?.turn === 'idle' && (steady.news(key)?.at.seq ?? 0) > 50);
    await tried.order({ do: 'prompt', key, text: '/ask' });
    await until('the question', () => tried.news(key)?.questions.length === 1);
    // What comes while the disk is still forced to keep something waits for that.
    await until('the answer to be on the disk', () => world.keeps('line 50'));
    running.child.kill('SIGKILL');
    await until('both to know', () => tried.state !== 'connected' && steady.state !== 'connected');
    await expect(tried.order({ do: 'answer', key, option: '' })).rejects.toThrow('offline');
    await world.serve();
    await Promise.all([tried.order({ do: 'retry' }), steady.order({ do: 'retry' })]);
    await until('both to be back', () => tried.state === 'connected' && steady.state === 'connected');
    await until('the session', () => tried.news(key)?.link === 'disconnected' && tried.news(key)?.turn === 'idle');
    const session = await expectSame(tried, steady, key);
    expect(lineNumbers(session)).toEqual(upTo(50));
    expect(saidOf(session, 'ended without warning')).toBe(1);
    expect(saidOf(session, 'You declined to answer')).toBe(0);
  });

  test('[I3] a window that is killed is nobody’s end', async () => {
    await using trial = await open();
    const world = new HostWorld(programs('usual'), trial);
    const { ready, proxy, steady, tried, key } = await both(world, 1);
    await using _proxy = proxy;
    await tried.order({ do: 'prompt', key, text: '/slow 20' });
    await until('some of it', () => (steady.news(key)?.at.seq ?? 0) > 10);
    await tried.kill();
    const next = world.mirror(ready);
    await next.connected();
    await until('the turn', () => next.news(key) !== undefined);
    expect(lineNumbers(await expectSame(next, steady, key))).toEqual(upTo(20));
  });
});

describe('a host of another version', () => {
  test('[host] goes on with its sessions, is refused by name, and ends in order when it is told to', async () => {
    await using trial = await open();
    const old = new HostWorld(programs('other'), trial);
    const { ready, running } = await old.serve();
    const its = old.mirror(ready);
    const key = await its.open(old.root);
    await its.order({ do: 'prompt', key, text: '/slow 1000' });
    const world = new HostWorld(programs('usual'), trial);
    const window = world.mirror(ready);
    await until('the window to refuse it', () => window.state === 'refused');
    expect(window.trouble).toContain('version 77');
    expect(window.trouble).toContain('version 1');
    const { seq = 0 } = its.news(key)?.at ?? {};
    await until('it to go on', () => (its.news(key)?.at.seq ?? 0) > seq + 3);
    const status = await world.run('status', '--state', world.state).ended;
    expect(status).toMatchObject({ code: 1, stdout: '' });
    expect(status.stderr).toContain('version 77');
    const stopped = await world.run('stop', '--state', world.state).ended;
    expect(stopped).toMatchObject({ code: 0 });
    expect(await running.ended).toMatchObject({ code: 0 });
    const next = await world.serve();
    await window.order({ do: 'retry' });
    await window.connected();
    expect(next.ready.hostId).not.toBe(ready.hostId);
    // Its session was ended in order, and is there.
    const { stdout } = await world.run('status', '--state', world.state, '--json').ended;
    expect(JSON.parse(stdout)).toMatchObject({ sessions: [{ key, asleep: true, title: '/slow 1000' }] });
    await its.order({ do: 'retry' });
    await until('the old window to refuse the new host', () => its.state === 'refused');
    const said = its.history.length;
    await until('the session at the old window to say so', () => its.news(key)?.link === 'disconnected');
    expect(faultsOf(its.history.slice(0, said))).toEqual([]);
  });
});
