/** The host of another machine, by the input and output of `wheelhouse-host view`: with a real sshd between, and without. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { describe, expect, test } from 'vitest';
import { BRIDGED } from '../../src/machine/stdioHost.ts';
import { greetingLine } from '../../src/protocol/view/greeting.ts';
import { Sshd } from '../tools/sshd.ts';
import { until } from '../tools/until.ts';
import { hostPrograms, HostWorld } from './hostWorld.ts';
import { lineNumbers, upTo } from './mirrorWindow.ts';
import { sshTo } from './sshWay.ts';
import { Trial } from './trial.ts';

const programs = hostPrograms();

const open = (): Promise<Trial> => Trial.open({ host: '', watchdog: '', agent: '' });

const here = (world: HostWorld): readonly string[] => [
  process.execPath,
  world.program('host.js'),
  'view',
  '--state',
  world.state,
  '--root',
  world.root,
];

interface Status {
  readonly pid: number;
  readonly sessions: readonly { readonly state: string }[];
}

const statusOf = async (world: HostWorld): Promise<Status> =>
  JSON.parse((await world.run('status', '--state', world.state, '--json').ended).stdout) as Status;

describe.concurrent('wheelhouse-host view', () => {
  test('[I9] [host] by ssh: a turn goes on when the laptop is gone, and is there for the next window', async () => {
    await using trial = await open();
    const world = new HostWorld(programs, trial);
    await using sshd = await Sshd.start(join(world.root, 'sshd'), trial.mark);
    const window = world.mirror({ argv: sshTo(world, sshd) });
    const key = await window.open(world.root);
    await window.order({ do: 'prompt', key, text: '/slow 30' });
    await until('some of it', () => (window.news(key)?.at.seq ?? 0) > 8);
    await window.kill();
    const seen = window.news(key)?.at.seq;
    await until('the connection to end', async () => (await sshd.connections()).length === 0);
    expect((await statusOf(world)).sessions).toHaveLength(1);
    const next = world.mirror({ argv: sshTo(world, sshd) });
    await next.connected();
    await until('the end of the turn', () => next.news(key)?.turn === 'idle');
    expect(lineNumbers(await next.whole(key))).toEqual(upTo(30));
    expect(next.news(key)?.at.seq).toBeGreaterThan(seen ?? Infinity);
    await next.close();
    // Nothing of the connection stays there, and the host does.
    await until('the bridges to end', async () =>
      (await trial.look()).every(({ command }) => !/host\.js view|^\S*ssh /u.test(command)),
    );
    expect(await world.run('stop', '--state', world.state).ended).toMatchObject({ code: 0 });
  });

  test('[S6] by ssh: a host key that has changed, and a user whom the server does not know, are told in the words of ssh', async () => {
    await using trial = await open();
    const world = new HostWorld(programs, trial);
    await using sshd = await Sshd.start(join(world.root, 'sshd'), trial.mark);
    await writeFile(join(world.root, 'sshd', 'authorized_keys'), '');
    const stranger = world.mirror({ argv: sshTo(world, sshd) });
    await until('it to be refused', () => stranger.trouble.includes('Permission denied (publickey)'));
    await sshd.forgetHost();
    const wary = world.mirror({ argv: sshTo(world, sshd) });
    await until('it to refuse', () => wary.trouble.includes('Host key verification failed'));
    expect([stranger.state, wary.state]).toEqual(['reconnecting', 'reconnecting']);
    expect(await world.run('status', '--state', world.state).ended).toMatchObject({ code: 1 });
  });

  test('[S3] the token stays where it is: the window has none, and hears none', async () => {
    await using trial = await open();
    const world = new HostWorld(programs, trial);
    const { ready } = await world.serve();
    const bridge = world.run(...here(world).slice(2));
    bridge.child.stdin?.write(`${greetingLine({ app: 'x', token: BRIDGED, device: 'x' })}\n`);
    await until('the answer of the host', () => bridge.lines.length === 1);
    expect(JSON.parse(bridge.lines[0] ?? '')).toMatchObject({ wheelhouse: 'view', hostId: ready.hostId });
    bridge.child.stdin?.end('{"type":"hello","version":1}\n');
    const { code, stdout, stderr } = await bridge.ended;
    expect(code).toBe(0);
    const token = (await readFile(ready.tokenFile, 'utf8')).trim();
    expect(token.length).toBeGreaterThan(20);
    expect(`${stdout}${stderr}`).not.toContain(token);
  });

  test('[S1] what does not greet as a window hears nothing, and starts nothing', async () => {
    await using trial = await open();
    const world = new HostWorld(programs, trial);
    const said = ['', 'GET / HTTP/1.1\r\n\r\n', '{"wheelhouse":"view"}\n', `${'x'.repeat(10_000)}\n`, '{"half'];
    for (const text of said) {
      const bridge = world.run(...here(world).slice(2));
      bridge.child.stdin?.end(text);
      const { code, stdout, stderr } = await bridge.ended;
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      expect(stderr).toContain('no greeting of a window');
    }
    expect((await world.run('status', '--state', world.state).ended).stderr).toContain('No host runs');
  });

  test('[H1] several windows that come at once start one host, and all get to it', async () => {
    await using trial = await open();
    const world = new HostWorld(programs, trial);
    const windows = [1, 2, 3].map(() => world.mirror({ argv: here(world) }));
    for (const window of windows) await window.connected();
    const { pid } = await statusOf(world);
    const hosts = (await trial.look()).filter(({ command }) => command.includes('host.js serve'));
    expect(hosts.map((host) => host.pid)).toEqual([pid]);
    // One that was ended is started again by whoever comes back.
    await world.run('stop', '--state', world.state).ended;
    await until('another host', async () => {
      for (const window of windows) await window.order({ do: 'retry' });
      return windows.every(({ state }) => state === 'connected');
    });
    expect((await statusOf(world)).pid).not.toBe(pid);
    expect(await world.run('stop', '--state', world.state).ended).toMatchObject({ code: 0 });
  });

  test('[host] a host that cannot be started is told in its own words', async () => {
    await using trial = await open();
    const world = new HostWorld(programs, trial);
    const config = await world.configure({ agnets: {} });
    const window = world.mirror({ argv: [...here(world), '--config', config] });
    await until('the words', () => window.trouble.includes('“agnets”'));
    expect(window.state).toBe('reconnecting');
  });
});
