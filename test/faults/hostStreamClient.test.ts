import { describe, expect, test } from 'vitest';
import { silent } from '../../src/base/log.ts';
import { systemClock } from '../../src/machine/clock.ts';
import { StreamServer } from '../../src/machine/remote/streamServer.ts';
import { until } from '../tools/until.ts';
import { FrameProxy } from './frameProxy.ts';
import { hostPrograms, HostWorld } from './hostWorld.ts';
import { tokenOf } from './relayDevices.ts';
import { MISSING, seen, type Seen } from './streamWorld.ts';
import { Trial } from './trial.ts';

const programs = hostPrograms();
const never = new AbortController().signal;

/** Our own client at our own host, with a proxy that knows frames between the two. */
class Scene implements AsyncDisposable {
  readonly #trial: Trial;
  readonly proxy: FrameProxy;
  readonly server: StreamServer;

  private constructor(trial: Trial, proxy: FrameProxy, token: string) {
    this.#trial = trial;
    this.proxy = proxy;
    this.server = new StreamServer({
      url: `http://127.0.0.1:${proxy.port}/terminal`,
      secret: () => Promise.resolve(token),
      ways: { proxy: () => ({}) },
      clock: systemClock,
      log: silent,
    });
  }

  static async open(): Promise<Scene> {
    const trial = await Trial.open({ host: '', watchdog: '', agent: '' });
    const world = new HostWorld(programs, trial);
    const proxy = await FrameProxy.listen(1, 0);
    // It lets in only whom it is reached by under a name and a port that it knows.
    const relay = { terminals: true, hosts: [`127.0.0.1:${proxy.port}`] };
    const { ready } = await world.serve('--config', await world.configure({ relay }));
    proxy.to = Number(new URL(ready.terminal).port);
    return new Scene(trial, proxy, await tokenOf(ready));
  }

  /** A shell that says nothing of itself. */
  async shell(): Promise<Seen> {
    const args = ['-c', 'PS1= ENV= exec /bin/sh -i'];
    return seen(this.server, await this.server.make({ command: '/bin/sh', args, cols: 80, rows: 24 }, never));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.proxy[Symbol.asyncDispose]();
    await this.#trial[Symbol.asyncDispose]();
  }
}

describe('our client at our host', { timeout: 240_000 }, () => {
  test('[terminal 9 resume] cut at each frame: not one byte is missing, and none comes twice', async () => {
    await using scene = await Scene.open();
    const { proxy } = scene;
    let cuts = 0;
    // Until all is over before the frame has come at which it would be cut.
    for (let at = 0; at === cuts; at += 1) {
      proxy.cutAt('down', at, at % 2 === 1);
      await using one = await scene.shell();
      await using other = seen(scene.server, { id: one.session.id, name: '' });
      for (const [round, words] of ['gr\u00fc\u00dfe', 'a second time', 'and a third'].entries()) {
        await until('a connection', () => one.session.state === 'connected');
        // What is typed into a connection that is just being cut is lost, and typed again.
        await until(`${words}, said back`, () => {
          const said = one.text.includes(`<${words} ${round}>`);
          if (!said && one.session.state === 'connected' && !one.text.includes(`%s ${round}`))
            one.session.write(`printf '<%s ${round}>\\n' '${words}'\r`);
          return said;
        });
      }
      await until('the same', () => one.text === other.text);
      if (!proxy.armed) cuts += 1;
    }
    expect(cuts).toBeGreaterThan(8);
  });

  test('[terminal 10] a flood comes in whole, cut in the middle of it', async () => {
    await using scene = await Scene.open();
    await using one = await scene.shell();
    await until('ours', () => one.session.state === 'connected');
    scene.proxy.cutAt('down', 20, true);
    one.session.write('seq 1 200000; echo over\r');
    await until('its end', () => /\r\nover/u.test(one.text));
    const lines = new Set(one.text.split('\r\n'));
    const missing = Array.from({ length: 200_000 }, (_, at) => String(at + 1)).filter((line) => !lines.has(line));
    expect([scene.proxy.armed, missing.length, one.text.includes(MISSING)]).toEqual([false, 0, false]);
  });

  test('[terminal 10 exit] what ran ended while nobody was connected: the end and all before it is seen', async () => {
    await using scene = await Scene.open();
    await using one = await scene.shell();
    await one.session.reach(never);
    one.session.write('echo ready; read line; echo last words; exit 7\r');
    await until('its first words', () => /\nready/u.test(one.text));
    await using other = seen(scene.server, { id: one.session.id, name: '' });
    await until('the other', () => /\nready/u.test(other.text));
    one.session.write('on\r');
    await until('the end', () => one.exit ?? other.exit);
    expect(await Promise.all([one.session.exited, other.session.exited])).toEqual([
      { code: 7, signal: null },
      { code: 7, signal: null },
    ]);
    expect(one.text).toContain('last words');
    expect(other.text).toContain('last words');
  });
});
