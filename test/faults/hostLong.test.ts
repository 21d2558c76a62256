/**
 * One long answer through all that happens to a window: the numbers of its lines are there once each, in a window on the
 * same machine and in one that reaches it by ssh.
 */
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { SessionKey } from '../../src/model/session.ts';
import type { MirrorOptions } from '../fakes/mirrorProgram.ts';
import { Valve } from '../fakes/valve.ts';
import { Sshd } from '../tools/sshd.ts';
import { until } from '../tools/until.ts';
import { hostPrograms, HostWorld } from './hostWorld.ts';
import { faultsOf, lineNumbers, type MirrorWindow, seenOf, upTo } from './mirrorWindow.ts';
import { Proxy } from './proxy.ts';
import { sshTo } from './sshWay.ts';
import { Trial } from './trial.ts';

const LINES = 5000;
/** Milliseconds. */
const CUT = 10_000;

const programs = hostPrograms();

/** Where the agent of a host waits, so that what happens does so in the middle of its answer. */
const STOPS = [600, 1200, 1500, 3000, 3200, 3500, 4000];

class Pace {
  readonly #valve: Valve;
  readonly #seq: () => number;
  readonly #isOver: () => boolean;

  constructor(valve: Valve, observer: MirrorWindow, key: SessionKey) {
    this.#valve = valve;
    this.#seq = () => observer.news(key)?.at.seq ?? 0;
    this.#isOver = () => observer.news(key)?.turn === 'idle';
  }

  /** At least so many events from the beginning, and no line more than that; the answer is not over then. */
  async to(events: number): Promise<void> {
    await this.#releaseBefore(events);
    await until(`event ${events}`, () => this.#seq() >= events);
    expect(this.#isOver()).toBe(false);
  }

  async end(): Promise<void> {
    await this.#releaseBefore(LINES);
    await until('the turn to end', () => this.#isOver());
  }

  async #releaseBefore(line: number): Promise<void> {
    for (const stop of STOPS) if (stop < line) await this.#valve.release(`chunk-${stop}`);
  }
}

/** What happens to the windows of one answer; `harm` is what else may come between, on the way. */
const play = async (
  world: HostWorld,
  valve: Valve,
  way: MirrorOptions['way'],
  proxy: Proxy,
  steady: MirrorWindow,
  harm: readonly (() => Promise<void>)[],
): Promise<void> => {
  const windows: MirrorWindow[] = [];
  const open = async (): Promise<MirrorWindow> => {
    const window = world.mirror(way);
    windows.push(window);
    await window.connected();
    return window;
  };
  const follow = async (window: MirrorWindow): Promise<void> => {
    await until('it to follow', () => window.news(key)?.link === 'ready');
  };
  const first = await open();
  const key = await first.open(world.root);
  await until('the other to have it', () => steady.news(key)?.link === 'ready');
  const viewer = await open();
  await follow(viewer);
  const pace = new Pace(valve, steady, key);
  for (const stop of STOPS) await valve.hold(`chunk-${stop}`);
  const asked = first.order({ do: 'prompt', key, text: `/long ${LINES}` });

  await pace.to(600);
  await asked;
  // Reloaded.
  await first.close();
  const second = await open();
  await follow(second);

  await pace.to(1200);
  await Promise.all([viewer.kill(), pace.to(1500)]);

  // Cut off for a while, in which more is said than is held for whoever comes back.
  proxy.down = true;
  proxy.cut();
  const cut = new Promise((resolve) => setTimeout(resolve, CUT));
  await pace.to(3000);
  await until('it to notice', () => second.state !== 'connected');
  await cut;
  proxy.down = false;
  await second.order({ do: 'retry' });
  await second.connected();
  await follow(second);
  await until('it to be back', () => (second.news(key)?.at.seq ?? 0) >= 3000);

  for (const [index, each] of harm.entries()) {
    await pace.to(3200 + index * 300);
    const before = second.history.length;
    await each();
    await until('it to notice', () =>
      second.history.slice(before).some((told) => told.kind === 'state' && told.state !== 'connected'),
    );
    await second.order({ do: 'retry' });
    await second.connected();
    await follow(second);
  }

  await pace.to(4000);
  await second.kill();
  await pace.end();

  const fresh = await open();
  await until('all of it', () => fresh.news(key)?.at.seq === steady.news(key)?.at.seq && fresh.news(key)?.older === 0);
  const session = await fresh.whole(key);
  expect(lineNumbers(session)).toEqual(upTo(LINES));
  expect(seenOf(session)).toEqual(seenOf(await steady.whole(key)));
  expect([...windows, steady].flatMap((window) => faultsOf(window.history))).toEqual([]);
};

const configured = async (world: HostWorld, valve: Valve): Promise<string> =>
  await world.configure({ agents: { valve: valve.agent('Valve') }, defaultAgent: 'valve' });

describe.concurrent('an answer of 5000 lines, at a fresh window', () => {
  test('[I4] once each after a reload, a cut of 10 s, a killed extension host and a killed viewer', async () => {
    await using trial = await Trial.open({ host: '', watchdog: '', agent: '' });
    const world = new HostWorld(programs, trial);
    await using valve = await Valve.make();
    const { ready } = await world.serve('--config', await configured(world, valve));
    const view = join(world.root, 'proxy.sock');
    await using proxy = await Proxy.listen(1, view, ready.view);
    const steady = world.mirror(ready);
    await steady.connected();
    await play(world, valve, { view, tokenFile: ready.tokenFile }, proxy, steady, []);
  });

  test('[I4] the same by ssh, with an ssh that is killed and a session of sshd that is killed', async () => {
    await using trial = await Trial.open({ host: '', watchdog: '', agent: '' });
    const world = new HostWorld(programs, trial);
    await using valve = await Valve.make();
    const config = await configured(world, valve);
    await using sshd = await Sshd.start(join(world.root, 'sshd'), trial.mark);
    await using proxy = await Proxy.listen(1, 0, sshd.port);
    // Nobody has started a host there: the first window does.
    const starter = world.mirror({ argv: sshTo(world, sshd, { config }) });
    await starter.connected();
    const others = await sshd.connections();
    expect(others).toHaveLength(1);
    await play(world, valve, { argv: sshTo(world, sshd, { config, port: proxy.port }) }, proxy, starter, [
      async () => {
        const own = (await trial.look()).filter(
          ({ command }) => /^\S*ssh /u.test(command) && command.includes(String(proxy.port)),
        );
        expect(own).toHaveLength(1);
        for (const { pid } of own) process.kill(pid, 'SIGKILL');
      },
      async () => {
        const open = await until('the two connections', async () => {
          const connections = await sshd.connections();
          return connections.length === 2 && connections;
        });
        // That of the window; the other one has been there from the beginning. Process ids begin anew at some time.
        const last = open.find((pid) => !others.includes(pid));
        if (last === undefined) throw new Error('The window has no connection.');
        process.kill(last, 'SIGKILL');
        await until('it to be gone', async () => !(await sshd.connections()).includes(last));
      },
    ]);
    await world.run('stop', '--state', world.state).ended;
  });
});
