import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { until } from '../tools/until.ts';
import type { Running } from './hostWorld.ts';
import { pairDevice, tokenOf } from './relayDevices.ts';
import { StreamHost } from './streamCaller.ts';
import { numbered, SHELL, StreamScene } from './streamScene.ts';

/** Megabytes that a process has in memory. */
const memoryOf = async ({ child: { pid } }: Running): Promise<number> => {
  const status = await readFile(`/proc/${String(pid)}/status`, 'utf8');
  return Math.round(Number(/VmRSS:\s+(\d+)/u.exec(status)?.[1]) / 1024);
};

describe('terminals behind the door of a host', { timeout: 240_000 }, () => {
  test('[terminal 7 rest] are made, listed, described, typed into, looked at and deleted', async () => {
    await using scene = await StreamScene.open();
    const { host, world } = scene;
    expect(scene.ready.terminal).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/terminal$/u);
    const made = await host.ask('POST', '/sessions', { name: 'build', ...SHELL, cols: 50, rows: 10 });
    expect(made.status).toBe(201);
    const session = JSON.parse(made.text) as { readonly id: string };
    expect(session).toEqual({
      ...{ id: expect.any(String), name: 'build', description: '', state: 'idle', lastOutputAt: expect.any(String) },
    });
    const at = `/sessions/${session.id}`;
    expect(await host.ask('PATCH', at, { description: 'what it\nis for' })).toEqual({
      status: 200,
      text: JSON.stringify({ id: session.id, description: 'what it ⏎ is for' }),
    });
    const caller = await host.resume(session.id);
    expect((await host.ask('POST', `${at}/input`, { type: 'keys', data: 'stty size; pwd' })).status).toBe(204);
    expect((await host.ask('POST', `${at}/input`, { type: 'key', name: 'Enter' })).status).toBe(204);
    await caller.saw('10 50');
    await caller.saw(world.root);
    expect((await host.ask('POST', `${at}/input`, { type: 'paste', data: 'echo pas' })).status).toBe(204);
    expect((await host.ask('POST', `${at}/input`, { type: 'key', name: 'BSpace' })).status).toBe(204);
    caller.say({ type: 'keys', data: 'sted' });
    caller.say({ type: 'key', name: 'Enter' });
    await caller.saw('\r\npasted');
    const thumbnail = await host.ask('GET', `${at}/thumbnail`);
    expect(thumbnail.text.split('\n').length).toBeLessThanOrEqual(12);
    expect(thumbnail.text).toContain('pasted');
    expect(thumbnail.text.split('\n').every((line) => line.length <= 40)).toBe(true);
    expect(await host.get(`${at}/commands`)).toEqual([]);
    expect(await host.get('/sessions')).toEqual([
      {
        ...{ id: session.id, name: 'build', description: 'what it ⏎ is for', state: 'idle' },
        lastOutputAt: expect.stringMatching(/^\d{4}-.*Z$/u),
      },
    ]);
    expect(await host.get('/health')).toEqual({
      ...{ ok: true, uptime: expect.any(Number), sessions: 1, sessionIds: [session.id], warnings: [] },
      ...{ bufferMb: expect.any(Number), diskFreeGb: expect.any(Number) },
    });
    expect((await host.ask('DELETE', at)).status).toBe(204);
    expect(await caller.told('exit')).toMatchObject({ type: 'exit' });
    await until('the end of its socket', () => caller.closed);
    expect(caller.closed).toBe(1000);
    expect(await host.get('/sessions')).toEqual([]);
    expect((await host.ask('DELETE', at)).status).toBe(404);
    expect(await scene.world.keepsBelow('terminals', 'pa')).toBe(false);
  });

  test('[terminal 7 rest] what cannot be understood is refused with words, and nothing runs', async () => {
    await using scene = await StreamScene.open();
    const { host, world, trial } = scene;
    await mkdir(join(world.root, 'inside'));
    await symlink('/etc', join(world.root, 'out'));
    await writeFile(join(world.root, 'file'), '');
    const refused = async (body: unknown): Promise<number> => (await host.ask('POST', '/sessions', body)).status;
    for (const body of [
      '{',
      [],
      '"text"',
      { command: 5 },
      { command: 'a\0b' },
      { command: 'ls', args: 'x' },
      { command: 'ls', args: [5] },
      { args: ['x'] },
      { cwd: '/etc' },
      { cwd: 'inside' },
      { cwd: join(world.root, 'out') },
      { cwd: join(world.root, 'inside', '..', '..') },
      { cwd: join(world.root, 'file') },
      { cwd: join(world.root, 'nothing') },
      { cwd: world.state },
      { cwd: 5 },
      { env: [] },
      { env: { A: 5 } },
      { env: { 'A=B': 'c' } },
      { env: { A: 'a\0b' } },
    ])
      expect([body, await refused(body)]).toEqual([body, 400]);
    expect(await host.get('/sessions')).toEqual([]);
    const id = await host.start({
      cwd: join(world.root, 'inside'),
      command: '/bin/sh',
      args: ['-c', 'pwd; sleep 1000'],
    });
    for (const [method, path, status] of [
      ['GET', '', 404],
      ['GET', '/', 404],
      ['GET', '/other', 404],
      ['GET', '/sessions/nobody', 404],
      ['GET', `/sessions/${id}`, 405],
      ['PUT', '/sessions', 405],
      ['POST', '/health', 405],
      ['GET', `/sessions/${id}/other`, 404],
      ['GET', `/sessions/${id}/input`, 405],
      ['GET', `/sessions/${id}/stream`, 426],
      ['GET', `/sessions/${id}/stream/x`, 404],
      ['POST', '/pair', 404],
    ] as const)
      expect([method, path, (await host.ask(method, path)).status]).toEqual([method, path, status]);
    expect((await host.ask('POST', `/sessions/${id}/input`, { type: 'keys' })).status).toBe(400);
    expect((await host.ask('PATCH', `/sessions/${id}`, { description: 5 })).status).toBe(400);
    expect((await host.ask('POST', `/sessions/${id}/input`, { type: 'keys', data: 'x'.repeat(3e6) })).status).toBe(400);
    const caller = await host.resume(id);
    await caller.saw(join(world.root, 'inside'));
    expect((await trial.look()).filter(({ command }) => command.startsWith('sleep'))).toHaveLength(1);
  });

  test('[S30] has none of our variables, none of those of an editor, and no token', async () => {
    const names = ['VSCODE_PID', 'ELECTRON_RUN_AS_NODE', 'NODE_OPTIONS', 'WHEELHOUSE_SECRET'];
    const before = names.map((name) => [name, process.env[name]] as const);
    for (const name of names) process.env[name] = name === 'NODE_OPTIONS' ? '--no-warnings' : 'sentinel';
    try {
      await using scene = await StreamScene.open();
      const { host, ready } = scene;
      const id = await host.start({ command: '/usr/bin/env', args: [], env: { MINE: 'here' } });
      const caller = await host.resume(id);
      await caller.told('exit');
      const found = caller.text.split('\r\n').map((line) => line.split('=', 1)[0] ?? '');
      expect(caller.text).toContain('MINE=here');
      expect(caller.text).toContain('TERM=xterm-256color');
      // The mark by which it ends with us is no secret.
      const ours = found.filter((name) => /^(?:VSCODE_|ELECTRON_|NODE_OPTIONS|WHEELHOUSE_(?!OWNER$))/u.test(name));
      expect(ours).toEqual([]);
      expect(caller.text).not.toContain('sentinel');
      expect(caller.text).not.toContain(await tokenOf(ready));
    } finally {
      for (const [name, value] of before)
        if (value === undefined) delete process.env[name];
        else process.env[name] = value;
    }
  });

  test('[S13] [terminal 9 403] a device that may watch looks and does nothing else; where terminals are off it does not even look', async () => {
    await using scene = await StreamScene.open({ relay: { terminals: true } });
    const { host, world, ready } = scene;
    const id = await host.start({ name: 'mine', ...SHELL });
    const owner = await host.resume(id);
    const watch = await pairDevice(world, ready, 'a tablet', 'watch');
    const looking = new StreamHost(ready.terminal, watch.token);
    expect(await looking.get('/sessions')).toHaveLength(1);
    for (const [method, path, body] of [
      ['POST', '/sessions', {}],
      ['PATCH', `/sessions/${id}`, { description: 'x' }],
      ['DELETE', `/sessions/${id}`, undefined],
      ['POST', `/sessions/${id}/input`, { type: 'keys', data: 'rm x\r' }],
    ] as const)
      expect([path, (await looking.ask(method, path, body)).status]).toEqual([path, 403]);
    const watcher = await looking.resume(id);
    for (const message of [
      { type: 'input', data: 'echo typed\r' },
      { type: 'keys', data: 'echo typed\r' },
      { type: 'resize', cols: 3, rows: 3 },
      { type: 'signal', name: 'KILL' },
    ])
      watcher.say(message);
    expect(await watcher.told('error', 4)).toMatchObject({ code: 'forbidden' });
    const drive = await pairDevice(world, ready, 'a laptop', 'drive');
    const driver = await new StreamHost(ready.terminal, drive.token).resume(id);
    driver.type('stty size; echo driven-$((1+1))\r');
    for (const each of [owner, watcher, driver]) await each.saw('driven-2');
    expect(owner.text).toContain('24 80');
    expect(owner.text).not.toContain('typed');
    const other = host.look('nobody');
    await until('it to be refused', () => other.refused);
    expect(other.refused).toBe(404);

    await using closed = await StreamScene.open();
    const far = await pairDevice(closed.world, closed.ready, 'a laptop', 'drive');
    const denied = new StreamHost(closed.ready.terminal, far.token);
    expect((await denied.ask('GET', '/sessions')).status).toBe(403);
    const own = await closed.host.start(SHELL);
    const refused = denied.look(own);
    await until('it to be refused', () => refused.refused);
    expect(refused.refused).toBe(403);
    expect((await new StreamHost(closed.ready.terminal, 'A'.repeat(43)).ask('GET', '/sessions')).status).toBe(401);
  });

  test.each(['SIGTERM', 'SIGKILL'] as const)(
    '[terminal 10 restart] after %s of the host nothing runs on, what was said is there, and its numbers go on',
    async (signal) => {
      const first = await StreamScene.open();
      const id = await first.host.start({ name: 'work', ...SHELL });
      const caller = await first.host.resume(id);
      caller.type('echo before-$((1+1)); sleep 1000\r');
      await caller.saw('before-2');
      // What is written down is written at once.
      await until('it to be written', () => first.world.keepsBelow('terminals', 'before-2'));
      await using scene = await first.again(signal);
      expect(await scene.host.get('/sessions')).toMatchObject([{ id, name: 'work', ended: true, state: 'idle' }]);
      const late = await scene.host.resume(id);
      await until('its end', () => late.closed);
      expect(late.text.slice(0, caller.text.length)).toBe(caller.text);
      expect(late.seqs[0]).toBe(1);
      expect(late.messages.at(-1)?.type).toBe('exit');
      const thumbnail = await scene.host.ask('GET', `/sessions/${id}/thumbnail`);
      expect(thumbnail.text).toContain('before-2');
      expect(await scene.host.start({ name: 'work', ...SHELL })).toBe(id);
      const back = await scene.host.resume(id, caller.last);
      back.type('echo after-$((2+2))\r');
      await back.saw('after-4');
      expect(back.seqs.every((seq) => seq > caller.last)).toBe(true);
      expect(back.text).not.toContain('before-2');
      const { seq, text } = await back.snapshot();
      expect(seq).toBeGreaterThanOrEqual(back.last);
      expect(text).toContain('after-4');
    },
  );

  test('[terminal 10 lagging] one that reads nothing holds nobody up, still stops a flood, and then sees the screen', async () => {
    await using scene = await StreamScene.open();
    const { host, running } = scene;
    const id = await host.start({ command: '/usr/bin/yes', args: ['a line of a flood that nobody reads to its end'] });
    const [slow, fast] = [await host.resume(id), await host.resume(id)];
    await slow.told('resumed');
    slow.socket.pause();
    const before = fast.text.length;
    await until('a flood', () => fast.text.length > before + 40e6);
    expect(await memoryOf(running)).toBeLessThan(500);
    slow.type('\u0003');
    expect(await fast.told('exit')).toMatchObject({ type: 'exit' });
    slow.socket.resume();
    await slow.told('exit');
    await until('its end', () => slow.closed);
    expect(slow.order).toContain('lagging');
    const [picture] = slow.messages.filter(({ type }) => type === 'snapshot').slice(-1);
    expect(picture).toMatchObject({ seq: expect.any(Number) });
    expect(slow.order.indexOf('lagging')).toBeLessThan(slow.order.indexOf('snapshot'));
    expect(slow.messages.slice(-1)).toMatchObject([{ type: 'exit' }]);
    // All that was kept is within its bound.
    const { bufferMb } = (await host.get('/health')) as { readonly bufferMb: number };
    expect(bufferMb).toBeLessThanOrEqual(8);
    expect(bufferMb).toBeGreaterThan(6);
    const late = await host.resume(id, 1);
    expect(await late.told('resumed')).toMatchObject({ complete: false });
    expect(late.seqs).toEqual(numbered(late.seqs[0] ?? 0, late.last));
  });
});
