import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Answers } from '../../src/backends/host/answering.ts';
import { DiskWorkspace } from '../../src/machine/diskWorkspace.ts';
import type { Command } from '../../src/model/event.ts';
import { readAddresses, readPaired, readPairingOffer, readRelayState } from '../../src/protocol/view/relay.ts';
import { until } from '../tools/until.ts';
import { windowOn } from '../tools/windowOn.ts';
import { hostPrograms, HostWorld, type Ready } from './hostWorld.ts';
import { codeOf, DeviceClient, pairDevice, type PairedDevice, postPair, tokenOf } from './relayDevices.ts';
import { Trial } from './trial.ts';

const never = new AbortController().signal;

const programs = hostPrograms();

const open = (): Promise<Trial> => Trial.open({ host: '', watchdog: '', agent: '' });

const devicesOf = async (world: HostWorld): Promise<readonly Readonly<Record<string, unknown>>[]> => {
  const { stdout } = await world.run('devices', '--json', '--state', world.state).ended;
  return JSON.parse(stdout) as readonly Readonly<Record<string, unknown>>[];
};

const revoke = (world: HostWorld, ...args: readonly string[]) =>
  world.run('revoke', ...args, '--json', '--state', world.state).ended;

const connected = async (ready: Ready, { token }: PairedDevice, client: string): Promise<DeviceClient> => {
  const device = new DeviceClient(`${ready.relay}?client_id=${client}`, token);
  await device.hear('the welcome', (frame) => frame['type'] === 'relay_welcome');
  return device;
};

/** A page over the view door. */
const pageOf = async (ready: Ready, token: string): Promise<DeviceClient> => {
  const page = new DeviceClient(new URL('/view', ready.relay).href, token, ['wheelhouse.v1', `bearer.${token}`]);
  await page.ready();
  page.say({ type: 'hello', version: 1 });
  return page;
};

const refusal = (message: string) => ({ type: 'result', failure: { message: expect.stringContaining(message) } });

describe('the devices of a host', { timeout: 120_000 }, () => {
  test('[relay pairing] a device comes in when the person says so, once for each code', async () => {
    await using trial = await open();
    const world = new HostWorld(programs, trial);
    const { ready } = await world.serve();
    const pairing = world.run('pair', '--json', '--state', world.state);
    const code = await codeOf(pairing);
    expect(JSON.parse(pairing.lines[0] ?? '')).toMatchObject({
      code: expect.stringMatching(/^[0-9A-Z]{4}-[0-9A-Z]{4}$/u),
      url: `${ready.app}#pair=${code}`,
      expiresAt: expect.any(Number),
    });
    const posted = postPair(ready, { code, name: 'Ann’s phone', want: ['drive'] });
    await until('the question', () => pairing.lines.length > 1);
    expect(JSON.parse(pairing.lines[1] ?? '')).toMatchObject({
      device: expect.any(String),
      name: 'Ann’s phone',
      want: ['watch', 'answer', 'drive'],
    });
    pairing.child.stdin?.write('yes\n');
    const response = await posted;
    expect(response.status).toBe(200);
    const device = (await response.json()) as PairedDevice;
    expect(await pairing.ended).toMatchObject({ code: 0 });
    const listed = await devicesOf(world);
    expect(listed).toEqual([
      {
        id: device.deviceId,
        name: 'Ann’s phone',
        capabilities: ['watch', 'answer', 'drive'],
        createdAt: expect.any(Number),
        lastSeenAt: expect.any(Number),
      },
    ]);
    // Neither the code nor the token is of any use to who reads along.
    expect((await postPair(ready, { code, name: 'Eve', want: ['drive'] })).status).toBe(403);
    const kept = join(world.state, 'devices.json');
    expect(await readFile(kept, 'utf8')).not.toContain(device.token);
    expect((await stat(kept)).mode & 0o777).toBe(0o600);
    (await connected(ready, device, 'phone')).end();
    const { stdout } = await world.run('status', '--json', '--state', world.state).ended;
    expect(JSON.parse(stdout)).toMatchObject({ hostId: ready.hostId, devices: 1, relay: ready.relay, app: ready.app });
  });

  test('[relay pairing] no, a code that died, and a person who went away all let nobody in', async () => {
    await using trial = await open();
    const world = new HostWorld(programs, trial);
    const { ready } = await world.serve();
    const refused = world.run('pair', '--json', '--state', world.state);
    const posted = postPair(ready, { code: await codeOf(refused), name: 'Phone', want: ['drive'] });
    await until('the question', () => refused.lines.length > 1);
    refused.child.stdin?.write('no\n');
    expect((await posted).status).toBe(403);
    expect(await refused.ended).toMatchObject({ code: 0, stdout: expect.stringContaining('{"paired":null}') });

    const died = world.run('pair', '--json', '--yes', '--state', world.state);
    const code = await codeOf(died);
    for (let wrong = 0; wrong < 5; wrong += 1)
      expect((await postPair(ready, { code: `0000-000${wrong}`, name: 'Eve', want: ['drive'] })).status).toBe(403);
    expect((await postPair(ready, { code, name: 'Phone', want: ['drive'] })).status).toBe(403);
    expect(await died.ended).toMatchObject({ code: 1, stderr: expect.stringContaining('dead') });

    const left = world.run('pair', '--json', '--yes', '--state', world.state);
    const shown = await codeOf(left);
    left.child.kill('SIGKILL');
    await left.ended;
    await until('the code to be dead', async () => {
      return (await postPair(ready, { code: shown, name: 'Phone', want: ['drive'] })).status === 403;
    });
    expect(await devicesOf(world)).toEqual([]);
  });

  test('[S9] what is revoked is closed within a second, and never comes back', async () => {
    await using trial = await open();
    const world = new HostWorld(programs, trial);
    const { ready } = await world.serve();
    const [phone, tablet] = [await pairDevice(world, ready, 'Phone'), await pairDevice(world, ready, 'Tablet')];
    const [lost, kept] = [await connected(ready, phone, 'phone'), await connected(ready, tablet, 'tablet')];
    const page = await pageOf(ready, phone.token);
    await page.hear('the welcome', ({ type }) => type === 'welcome');
    expect(await lost.ask('phone-1', '_chances/unstable/take_control', {})).toMatchObject({
      result: { holder: 'phone' },
    });
    // Both may be closed before the command has ended.
    expect(await revoke(world, phone.deviceId)).toMatchObject({ code: 0 });
    const from = performance.now();
    await until('both to be closed', () => lost.closed !== undefined && page.closed !== undefined);
    // Counted from the end of the command, which says that it is done.
    for (const { closed } of [lost, page]) {
      expect(closed?.code).toBe(4001);
      expect((closed?.at ?? Infinity) - from).toBeLessThan(1000);
    }
    const again = new DeviceClient(`${ready.relay}?client_id=phone`, phone.token);
    await until('the refusal', () => again.status === 401);
    // And the wheel that it had is free.
    const made = await kept.ask('tablet-1', 'session/new', { cwd: world.root, mcpServers: [] });
    expect(made).toMatchObject({ result: { sessionId: expect.any(String) } });
    expect(await revoke(world, 'owner')).toMatchObject({ code: 1, stderr: expect.stringContaining('this machine') });
    expect(kept.open).toBe(true);
    expect(await revoke(world, '--all')).toMatchObject({ code: 0 });
    await until('the last one to be closed', () => kept.closed);
    expect(await devicesOf(world)).toEqual([]);
    // The owner's own goes on.
    const own = new DeviceClient(`${ready.relay}?client_id=own`, await tokenOf(ready));
    await own.hear('the welcome', (frame) => frame['type'] === 'relay_welcome');
    own.end();
  });

  test('[S7] a page drives as far as its device may, and is told what needs an editor', async () => {
    await using trial = await open();
    const world = new HostWorld(programs, trial);
    const { ready } = await world.serve();
    const [phone, watch] = [await pairDevice(world, ready, 'Phone'), await pairDevice(world, ready, 'Watch', 'watch')];
    const page = await pageOf(ready, phone.token);
    expect(await page.hear('the welcome', ({ type }) => type === 'welcome')).toMatchObject({
      setup: { me: `page-${phone.deviceId}`, folder: true },
    });
    page.say({ type: 'do', id: 1, action: { kind: 'session/new' } });
    const { key } = await page.hear('the session', ({ type }) => type === 'focus');
    page.say({ type: 'attach', key });
    await page.hear('that it has the wheel', (frame) =>
      JSON.stringify(frame).includes(`"driver":"page-${phone.deviceId}"`),
    );
    const prompt = [{ type: 'text', text: '/slow 3' }];
    page.say({ type: 'command', id: 2, key, command: { kind: 'prompt', prompt } });
    expect(await page.hear('the answer', ({ type, id }) => type === 'result' && id === 2)).toEqual({
      type: 'result',
      id: 2,
    });
    page.say({ type: 'do', id: 3, action: { kind: 'mend', what: 'settings' } });
    expect(await page.hear('the answer', ({ id }) => id === 3)).toMatchObject(refusal('on the machine itself'));
    page.say({ type: 'do', id: 4, action: { kind: 'location/open', key, entry: 'x', index: 0 } });
    expect(await page.hear('the answer', ({ id }) => id === 4)).toMatchObject(refusal('needs an editor'));

    const watching = await pageOf(ready, watch.token);
    await watching.hear('the welcome', ({ type }) => type === 'welcome');
    watching.say({ type: 'attach', key });
    await watching.hear('the session', ({ type }) => type === 'snapshot');
    const wished = [{ kind: 'prompt', prompt }, { kind: 'cancel' }, { kind: 'control/take' }];
    for (const [at, command] of wished.entries()) {
      watching.say({ type: 'command', id: at + 1, key, command });
      expect(await watching.hear('the refusal', ({ id }) => id === at + 1)).toMatchObject(refusal('may only watch'));
    }
    // What only windows say is nothing that it can say.
    const said = watching.frames.length;
    watching.say({ type: 'host', id: 9, action: { kind: 'stop' } });
    watching.say({ type: 'command', id: 10, key, command: { kind: 'cancel' } });
    await watching.hear('the refusal', ({ id }) => id === 10);
    expect(watching.frames.slice(said).some(({ id }) => id === 9)).toBe(false);
    page.end();
    watching.end();
  });

  test('[relay host] a window starts the relay, follows it, and lets a device in for less than it wanted', async () => {
    await using trial = await open();
    const world = new HostWorld(programs, trial);
    const { ready } = await world.serve('--no-relay');
    expect(ready.relay).toBeUndefined();
    const asked: string[] = [];
    const answers = (window: string): Answers => ({
      workspace: new DiskWorkspace(() => [world.root]),
      secrets: { of: () => Promise.resolve({}), ask: () => Promise.resolve(false) },
      keepRule: () => Promise.resolve(),
      askProgram: () => Promise.resolve(false),
      admitDevice: ({ name, want }) => {
        asked.push(`${window}: ${name} ${want}`);
        return Promise.resolve('watch');
      },
      isOpen: () => true,
      onChanged: () => ({ dispose: () => undefined }),
    });
    const { host } = windowOn(ready, { answers: answers('one') });
    const { host: other } = windowOn(ready, { answers: answers('two') });
    await until('both to be connected', () => host.state === 'connected' && other.state === 'connected');
    expect(readRelayState(await host.act({ kind: 'relay/state' }, never))).toMatchObject({ sockets: 0, devices: [] });
    const addresses = readAddresses(await host.act({ kind: 'relay/start' }, never));
    if (addresses === undefined) throw new Error('It does not listen.');
    await until('that to be told', () => host.relay?.listening?.relay === addresses.relay);
    expect(other.relay).toBeUndefined();
    const offer = readPairingOffer(await host.act({ kind: 'pair/begin' }, never));
    const over = host.act({ kind: 'pair/wait' }, never);
    const now = { ...ready, ...addresses };
    const posted = await postPair(now, { code: offer?.code, name: 'Phone', want: ['drive'] });
    expect(await posted.json()).toMatchObject({ capabilities: ['watch'] });
    expect(asked).toEqual(['one: Phone drive']);
    expect(readPaired(await over)).toMatchObject({ device: { name: 'Phone', capability: 'watch' } });
    await until('that to be told', () => host.relay?.devices.length === 1);

    // Its own wheel is the one that devices have.
    const tablet = await pairDevice(world, now, 'Tablet');
    const session = await host.open({ cwd: world.root, roots: [world.root] }, never);
    const device = await connected(now, tablet, 'tablet');
    expect(await device.ask('tablet-1', '_chances/unstable/take_control', {})).toMatchObject({
      result: { holder: 'tablet' },
    });
    const prompt: Command = { kind: 'prompt', prompt: [{ type: 'text', text: '/slow 2' }] };
    await expect(host.perform(session, prompt, never)).rejects.toMatchObject({ message: 'Tablet has the wheel.' });
    await host.perform(session, { kind: 'control/take' }, never);
    await host.perform(session, prompt, never);
    await host.act({ kind: 'relay/stop' }, never);
    await until('the device to be told', () => device.closed?.code === 1001);
    await until('the window to be told', () => host.relay !== undefined && host.relay.listening === undefined);
    await host[Symbol.asyncDispose]();
    await other[Symbol.asyncDispose]();
  });

  test('[relay lease] of two that may drive one does, until the other takes the wheel', async () => {
    await using trial = await open();
    const world = new HostWorld(programs, trial);
    const { ready } = await world.serve();
    const phone = await pairDevice(world, ready, 'Phone');
    const page = await pageOf(ready, phone.token);
    await page.hear('the welcome', ({ type }) => type === 'welcome');
    page.say({ type: 'do', id: 1, action: { kind: 'session/new' } });
    const { key } = await page.hear('the session', ({ type }) => type === 'focus');
    const own = new DeviceClient(`${ready.relay}?client_id=own&session_id=${String(key)}`, await tokenOf(ready));
    const prompt = [{ type: 'text', text: '/slow 2' }];
    expect(await own.ask('own-1', 'session/prompt', { sessionId: key, prompt })).toMatchObject({
      error: { code: -32010, data: { holder: `page-${phone.deviceId}` } },
    });
    expect(await own.ask('own-2', '_chances/unstable/take_control', {})).toMatchObject({ result: { holder: 'own' } });
    page.say({ type: 'command', id: 2, key, command: { kind: 'prompt', prompt } });
    expect(await page.hear('the refusal', ({ id }) => id === 2)).toMatchObject(refusal('has the wheel'));
    page.say({ type: 'command', id: 3, key, command: { kind: 'control/take' } });
    expect(await page.hear('the answer', ({ type, id }) => type === 'result' && id === 3)).toEqual({
      type: 'result',
      id: 3,
    });
    expect(await own.ask('own-3', 'session/prompt', { sessionId: key, prompt })).toMatchObject({
      error: { code: -32010, data: { holder: `page-${phone.deviceId}` } },
    });
    page.end();
    own.end();
  });
});
