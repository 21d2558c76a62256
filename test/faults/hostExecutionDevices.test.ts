// Devices that run commands on a host: who may, who answers, and that nothing outlives anything.
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { until } from '../tools/until.ts';
import { windowOn } from '../tools/windowOn.ts';
import type { ExecutionDevice } from './executionDevice.ts';
import { connect, openTrial, owners, running, serving } from './executionWorld.ts';
import type { Ready } from './hostWorld.ts';
import { DeviceClient, pairDevice, type PairedDevice } from './relayDevices.ts';
import type { Trial } from './trial.ts';

const never = new AbortController().signal;

describe('the devices of a host that run commands', { timeout: 120_000 }, () => {
  test('[environment 11 reconnect] a session is its device’s: after a cut it goes on, and finds what ran', async () => {
    await using trial = await openTrial();
    const { world, ready } = await serving(trial);
    const { token } = await pairDevice(world, ready, 'phone');
    const before = await connect(ready, token);
    await before.open('work');
    const processId = await before.background('read x; echo "got $x"');
    // Its answer never comes: somebody has to be able to end it.
    before.ask({
      tool: 'bash',
      action: 'execute',
      payload: { command: 'sleep 1732', description: 'in front' },
    });
    await until('the command to run', async () => (await running(trial, 'sleep 1732')) > 0);
    before.cut();
    const after = await connect(ready, token);
    after.sessionID = before.sessionID;
    const alive = await after.session({ action: 'heartbeat', sessionID: before.sessionID });
    expect(alive.metadata).toMatchObject({ status: 'alive' });
    await after.process({ action: 'write', processId, data: 'it\n' });
    const { output } = await after.process({ action: 'poll', processId, block: true });
    expect(output).toContain('got it');
    const listed = await until('the one in front', async () => {
      const { metadata } = await after.process({ action: 'list' });
      return (metadata['processes'] as { readonly command: string; readonly processId: string }[]).find(
        ({ command }) => command === 'sleep 1732',
      );
    });
    await after.process({ action: 'kill', processId: listed.processId });
    expect((await after.open()).metadata).toMatchObject({ status: 'opened', sessionID: before.sessionID });
  });

  test('[environment 11 reconnect] wherever a conversation breaks off, the next connection finds all of it, and can end it', async () => {
    await using trial = await openTrial();
    const { ready } = await serving(trial);
    const conversation = [
      { tool: 'session', action: 'open', payload: { action: 'open' } },
      bash('echo in front'),
      bash('sleep 1777', { background: true }),
      bash('sleep 1777', { yieldMs: 10 }),
      { tool: 'process', action: 'list', payload: { action: 'list' } },
      { tool: 'session', action: 'heartbeat', payload: { action: 'heartbeat' } },
      bash('sleep 1777'),
    ];
    for (let cut = 0; cut <= conversation.length; cut += 1) {
      const before = await connect(ready);
      await before.open();
      const { sessionID } = before;
      for (const [at, fields] of conversation.slice(0, cut).entries()) {
        const asked = before.ask({ ...fields, payload: { ...fields.payload, sessionID } });
        // Of the last one no answer is waited for.
        if (at < cut - 1) await before.answered(asked);
      }
      before.cut();
      const after = await connect(ready);
      expect((await after.open()).metadata).toMatchObject({ status: 'opened', sessionID });
      const begun = conversation
        .slice(0, Math.max(cut - 1, 0))
        .filter(({ payload }) => 'background' in payload || 'yieldMs' in payload);
      const { processes } = (await after.process({ action: 'list' })).metadata as { readonly processes: unknown[] };
      expect(processes.length).toBeGreaterThanOrEqual(begun.length);
      await after.session({ action: 'close', sessionID });
      expect(await running(trial, 'sleep 1777')).toBe(0);
    }
  });

  test('[environment 10 caller mismatch] two devices: one runs, the other learns nothing and can do nothing of it', async () => {
    await using trial = await openTrial();
    const { world, ready } = await serving(trial);
    const [phone, tablet] = [await pairDevice(world, ready, 'phone'), await pairDevice(world, ready, 'tablet')];
    const first = await connect(ready, phone.token);
    await first.open();
    const processId = await first.background('sleep 1123');
    const second = await connect(ready, tablet.token);
    const busy = await second.open();
    expect(busy.metadata).toMatchObject({ status: 'busy' });
    expect(JSON.stringify(busy)).not.toContain(first.sessionID);
    expect(JSON.stringify(busy)).not.toContain(phone.deviceId);
    second.sessionID = first.sessionID;
    const kill = { tool: 'process', action: 'kill', payload: { action: 'kill', processId } };
    expect(await second.code(kill)).toBe('session_caller_mismatch');
    expect(await second.code({ ...kill, sessionID: undefined })).toBe('session_required');
    expect(await second.code({ ...kill, envID: 'env_other' })).toBe('session_caller_mismatch');
    expect(await first.code({ ...kill, envID: 'env_other' })).toBe('env_not_found');
    expect(await running(trial, 'sleep 1123')).toBeGreaterThan(0);
    await first.session({ action: 'close', sessionID: first.sessionID });
    expect((await second.open()).metadata).toMatchObject({ status: 'opened' });
  });

  test('[environment 11 ask] the question stands on every surface; the device that asks does not answer it', async () => {
    await using trial = await openTrial();
    const { world, ready } = await serving(trial, {});
    const phone = await pairDevice(world, ready, 'phone');
    const watch = await pairDevice(world, ready, 'watch', 'answer');
    const device = await connect(ready, phone.token);
    const opening = device.open('the build');
    const [own, other] = [await asked(ready, phone), await asked(ready, watch)];
    const outcome = { outcome: 'selected', optionId: 'allow' };
    own.client.say({ jsonrpc: '2.0', id: own.id, result: { outcome } });
    const refusal = await own.client.hear('a refusal', (frame) => frame['id'] === own.id && 'error' in frame);
    expect(refusal).toMatchObject({ error: { message: expect.stringContaining('This device asks for it itself') } });
    expect(device.frames).toHaveLength(1);
    other.client.say({ jsonrpc: '2.0', id: other.id, result: { outcome } });
    expect((await opening).metadata).toMatchObject({ status: 'opened', label: 'the build' });
    expect((await device.bash('echo it runs')).metadata).toMatchObject({ exit: 0 });
    own.client.end();
    other.client.end();
  });

  test('[environment 11 record] a window answers, sees what is run as it runs, and stops it; the journal keeps it', async () => {
    await using trial = await openTrial();
    const { world, ready } = await serving(trial, { policy: 'ask' });
    const { store, host, router } = windowOn(ready);
    await using _window = host;
    const device = await connect(ready);
    const refused = device.open();
    const session = await until('the question', () => store.all().find(({ questions }) => questions.length > 0));
    expect(session).toMatchObject({ title: expect.stringMatching(/^Commands from /u), turn: { state: 'running' } });
    const answer = async (option: string): Promise<void> => {
      const [question] = store.get(session.key)?.questions ?? [];
      if (question === undefined) throw new Error('nothing is asked');
      const outcome = { kind: 'selected', option } as const;
      const { id, hash } = question;
      await router.perform(session.key, { kind: 'question/answer', question: id, hash, outcome }, 'editor', never);
    };
    await answer('reject');
    expect((await refused).metadata).toMatchObject({ status: 'refused' });
    const opening = device.open();
    await until('the second question', () => (store.get(session.key)?.questions.length ?? 0) > 0);
    await answer('allow');
    expect((await opening).metadata).toMatchObject({ status: 'opened' });
    await device.background('echo "said $((20 + 22))"; sleep 1321');
    const shown = (): string => JSON.stringify(store.get(session.key)?.terminals ?? {});
    await until('its words', () => shown().includes('said 42'));
    await router.perform(session.key, { kind: 'cancel' }, 'editor', never);
    await until('its end', async () => (await running(trial, 'sleep 1321')) === 0);
    const invalid = { tool: 'process', action: 'list', payload: { action: 'list' } };
    await until('the session to be over', async () => (await device.code(invalid)) === 'session_invalid');
    await until('the turn to be over', () => store.get(session.key)?.turn.state === 'idle');
    await until('the journal', () => world.keeps('said 42'));
  });

  test('[environment 11 revoked] a device that is revoked is cut off, and what it started ends', async () => {
    await using trial = await openTrial();
    const { world, ready } = await serving(trial);
    const phone = await pairDevice(world, ready, 'phone');
    const device = await connect(ready, phone.token);
    await device.open();
    await device.background('sleep 1255');
    await until('it to run', async () => (await running(trial, 'sleep 1255')) > 0);
    await world.run('revoke', phone.deviceId, '--state', world.state).ended;
    await until('the word', () => device.closed === 4001);
    await until('the end of what it started', async () => (await running(trial, 'sleep 1255')) === 0);
  });
});

describe('a host that ends while commands run', { timeout: 120_000 }, () => {
  /** One that asks to be killed, and one whose leader has left it. */
  const stubborn = async (device: ExecutionDevice, trial: Trial): Promise<void> => {
    await device.background("trap '' TERM; sleep 1999 & sleep 1999; sleep 1999");
    await device.bash('(sleep 1999 > /dev/null 2>&1 &) ; exit 0');
    await until('all of them', async () => (await running(trial, 'sleep 1999')) >= 3);
  };

  test('[environment 11 groups] a session that is closed leaves nobody behind', async () => {
    await using trial = await openTrial();
    const { device } = await owners(trial);
    await stubborn(device, trial);
    await device.session({ action: 'close', sessionID: device.sessionID });
    expect(await running(trial, 'sleep 1999')).toBe(0);
  });

  test('[environment 11 groups] a host that is told to end ends them all first', async () => {
    await using trial = await openTrial();
    const { device, running: host } = await owners(trial);
    await stubborn(device, trial);
    host.child.kill('SIGTERM');
    expect(await host.ended).toMatchObject({ code: 0 });
    expect(await running(trial, 'sleep 1999')).toBe(0);
  });

  test('[environment 11 groups] a host that is killed leaves nobody behind either', async () => {
    await using trial = await openTrial();
    const { device, running: host } = await owners(trial);
    await stubborn(device, trial);
    host.child.kill('SIGKILL');
    await host.ended;
    await until('all of them to be gone', async () => (await running(trial, 'sleep 1999')) === 0);
  });

  test('[environment 10 restarted host] what was before is no session any more, and its processes are told to be gone', async () => {
    await using trial = await openTrial();
    const { world, device, running: host } = await owners(trial);
    const processId = await device.background('sleep 1888');
    host.child.kill('SIGKILL');
    await host.ended;
    const { ready } = await world.serve('--config', join(world.root, 'config.json'));
    const after = await connect(ready);
    expect(after.hello.hostSessionID).not.toBe(device.hello.hostSessionID);
    after.sessionID = device.sessionID;
    const poll = { tool: 'process', action: 'poll', payload: { action: 'poll', processId } };
    expect(await after.code(poll)).toBe('session_invalid');
    await after.open();
    expect(await after.code(poll)).toBe('stale_process_handle');
    const removed = await after.process({ action: 'remove', processId });
    expect(removed.metadata).toMatchObject({ status: 'removed' });
  });
});

const bash = (command: string, more: object = {}) => ({
  tool: 'bash',
  action: 'execute',
  payload: { command, description: 'a test', ...more },
});

/** A client of the relay that was asked, and the id of what it was asked under. */
const asked = async (
  ready: Ready,
  { token, deviceId }: PairedDevice,
): Promise<{ readonly client: DeviceClient; readonly id: string }> => {
  const client = new DeviceClient(`${ready.relay}?client_id=${deviceId}`, token);
  await client.hear('the welcome', (frame) => frame['type'] === 'relay_welcome');
  const question = await until('the question', async () => {
    const { result } = await client.ask('list', 'session/list', {});
    const { sessions } = result as { readonly sessions: readonly { readonly sessionId: string }[] };
    const [session] = sessions;
    if (session === undefined) return undefined;
    client.say({
      jsonrpc: '2.0',
      id: 'load',
      method: 'session/load',
      params: { sessionId: session.sessionId, cwd: '/', mcpServers: [] },
    });
    return await client.hear('it', (frame) => frame['method'] === 'session/request_permission');
  });
  return { client, id: String(question['id']) };
};
