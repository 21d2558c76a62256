// Commands in a host of its own process: what is told of them, where they run, and what they get.
import { mkdir, readFile, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { until } from '../tools/until.ts';
import { refusedWith } from './doorWorld.ts';
import { connect, openTrial, owners, running, serving } from './executionWorld.ts';
import { hostPrograms, HostWorld } from './hostWorld.ts';
import { tokenOf } from './relayDevices.ts';

describe('commands on a host', { timeout: 120_000 }, () => {
  test('[environment 11 endpoint] there is none unless the configuration wants one', async () => {
    await using trial = await openTrial();
    const { ready } = await new HostWorld(hostPrograms(), trial).serve();
    expect(ready.environment).toBeUndefined();
    const url = new URL('/environment', ready.relay).href;
    expect(await refusedWith(url, await tokenOf(ready))).toBe(404);
  });

  test('[environment 8 hello] a host says first what it is, and keeps its id when it is started again', async () => {
    await using trial = await openTrial();
    const { world, ready, running: first } = await serving(trial, {});
    const { hello } = await connect(ready);
    expect(hello).toMatchObject({
      type: 'host.hello',
      envID: expect.stringMatching(/^env_.{22,}$/u),
      hostSessionID: ready.hostId,
      capabilities: { platform: 'linux', runtime: 'node', defaultShell: 'sh', supportsPty: false, lineEndings: 'lf' },
    });
    first.child.kill('SIGTERM');
    await first.ended;
    const again = await world.serve('--config', join(world.root, 'config.json'));
    const other = await connect(again.ready);
    expect(other.hello.envID).toBe(hello.envID);
    expect(other.hello.hostSessionID).not.toBe(hello.hostSessionID);
  });

  test('[environment 10 bash exit≠0] a command that fails was run: both outputs in their order, and its code', async () => {
    await using trial = await openTrial();
    const { device } = await owners(trial);
    const failed = await device.bash('echo one; echo two >&2; echo three; exit 3');
    expect(failed).toMatchObject({
      title: 'a test',
      output: expect.stringMatching(/^one\ntwo\nthree\n\n<meta_runtime>\ndurationMs=\d+\n<\/meta_runtime>$/u),
      metadata: { exit: 3, envID: device.hello.envID, hostSessionID: device.hello.hostSessionID, backend: 'remote' },
    });
    expect((await device.bash('kill -KILL $$')).metadata['exit']).toBeNull();
    // Nobody can write to it: it does not wait for that.
    expect((await device.bash('cat; echo over')).output).toMatch(/^over\n/u);
  });

  test('[environment 10 timeout] what takes too long is ended with all that it started, and says so', async () => {
    await using trial = await openTrial();
    const { device } = await owners(trial);
    const command = "trap '' TERM; echo begun; sleep 31415 & sleep 31415; echo over";
    const { output, metadata } = await device.bash(command, { timeout: 400 });
    expect(metadata).toMatchObject({ exit: null, timedOut: true });
    expect(output).toMatch(/^begun\n\n<meta_runtime>\ndurationMs=\d+\ntimedOut=true\n/u);
    await until('its group to be gone', async () => (await running(trial, '31415')) === 0);
  });

  test('[environment 10 yield] what takes long goes on in the background, and is read page by page', async () => {
    await using trial = await openTrial();
    const { device } = await owners(trial);
    const line = 'echo early; read x; for n in 1 2 3 4 5; do echo "$x $n"; done; exit 4';
    const yielded = await device.bash(line, { yieldMs: 100 });
    expect(yielded).toMatchObject({ title: '[Auto-Background] a test', metadata: { background: true } });
    expect(yielded.metadata).not.toHaveProperty('exit');
    const processId = String(yielded.metadata['processId']);
    await until('its first word', async () =>
      (await device.process({ action: 'log', processId })).output.includes('early'),
    );
    const polled = await device.process({ action: 'poll', processId });
    expect(polled.metadata).toMatchObject({ action: 'poll', status: 'running' });
    expect(await device.process({ action: 'write', processId, data: 'go\n' })).toMatchObject({
      metadata: { status: 'running' },
    });
    const ended = await device.process({ action: 'poll', processId, block: true });
    expect(ended.metadata).toMatchObject({ status: 'failed', exitCode: 4 });
    const pages: string[] = [];
    for (let offset = 0; pages.length < 10;) {
      const { output, metadata } = await device.process({ action: 'log', processId, offset, limit: 4 });
      if (metadata['nextOffset'] === offset) break;
      pages.push(output);
      offset = Number(metadata['nextOffset']);
    }
    expect(pages).toEqual(['early\ngo 1\ngo 2\ngo 3', 'go 4\ngo 5\n']);
  });

  test('[environment 10 send-keys] keys are typed: a line, its end, and what interrupts', async () => {
    await using trial = await openTrial();
    const { device } = await owners(trial);
    const processId = await device.background(
      'trap \'echo caught\' INT; while read x; do echo "got $x"; done; echo end',
    );
    const log = async (): Promise<string> => (await device.process({ action: 'log', processId })).output;
    await device.process({ action: 'send-keys', processId, keys: ['two words', 'Enter', '^[', 'f1', 'enter'] });
    await until('what was typed', async () => (await log()).endsWith('got \u001B\u001BOP\n'));
    const waiting = await device.background('sleep 2718');
    // A shell that is just becoming its command loses one.
    const interrupted = await until('its end', async () => {
      await device.process({ action: 'send-keys', processId: waiting, keys: ['C-c'] });
      const polled = await device.process({ action: 'poll', processId: waiting });
      return polled.metadata['status'] !== 'running' && polled;
    });
    expect(interrupted.metadata).toMatchObject({ status: 'failed' });
    expect(interrupted.output).toContain('SIGINT');
    await device.process({ action: 'send-keys', processId, keys: ['C-d'] });
    await until('the end of its input', async () => (await log()).endsWith('end\n'));
    const deaf = await device.process({ action: 'send-keys', processId, keys: ['x'] });
    expect(deaf.metadata).toMatchObject({ status: 'error' });
    const nothing = await device.process({ action: 'send-keys', processId: waiting, keys: [] });
    expect(nothing.metadata).toMatchObject({ status: 'error' });
  });

  test('[environment 4 process] what runs in the background is listed, ended, cleared and removed', async () => {
    await using trial = await openTrial();
    const { device } = await owners(trial);
    const [long, short] = [await device.background('sleep 1618'), await device.background('true')];
    await device.process({ action: 'poll', processId: short, block: true });
    expect((await device.process({ action: 'list' })).metadata['processes']).toMatchObject([
      { processId: long, status: 'running', command: 'sleep 1618', description: 'a test' },
      { processId: short, status: 'completed', command: 'true' },
    ]);
    const status = async (action: 'kill' | 'clear' | 'remove' | 'poll', processId: string): Promise<unknown> =>
      (await device.process({ action, processId })).metadata['status'];
    expect(await status('clear', long)).toBe('error');
    expect(await status('kill', long)).toBe('killed');
    expect(await status('kill', short)).toBe('completed');
    expect(await status('clear', short)).toBe('cleared');
    expect(await status('poll', short)).toBe('not_found');
    expect(await status('remove', long)).toBe('removed');
    expect(await status('remove', long)).toBe('removed');
    expect((await device.process({ action: 'list' })).metadata['processes']).toEqual([]);
  });

  test('[environment 11 limits] output is kept to its end, and so many processes are known and no more', async () => {
    await using trial = await openTrial();
    const { device } = await owners(trial);
    const { output, metadata } = await device.bash("head -c 300000 /dev/zero | tr '\\0' a; echo; echo end");
    expect(metadata).toMatchObject({ exit: 0, droppedChars: 100_005 });
    expect(output.split('\n\n<meta_runtime>')[0]).toHaveLength(200_000 - 1);
    for (let count = 0; count < 64; count += 1) await device.background('sleep 1414');
    const refused = device.bash('true');
    await expect(refused).rejects.toThrow(/remote_execution_error: 64 processes/u);
  });

  test('[environment 11 workdir] a command runs where its folder really is, and nowhere outside', async () => {
    await using trial = await openTrial();
    const { world, device } = await owners(trial);
    await mkdir(join(world.root, 'inner/deep'), { recursive: true });
    await symlink('/etc', join(world.root, 'out'));
    await symlink('inner', join(world.root, 'in'));
    const where = async (workdir?: string): Promise<string> =>
      (await device.bash('pwd -P', workdir === undefined ? {} : { workdir })).output.split('\n')[0] ?? '';
    const real = await where();
    expect(await where('in/deep')).toBe(join(real, 'inner/deep'));
    expect(await where(join(world.root, 'in'))).toBe(join(real, 'inner'));
    for (const outside of ['..', '/etc', 'out', 'in/../out', 'inner/../../..', world.state, 'state/journal'])
      await expect(where(outside), outside).rejects.toThrow(/^remote_execution_error: .* outside /u);
    await expect(where('config.json')).rejects.toThrow(/is no folder/u);
    await expect(where('missing')).rejects.toThrow(/is no folder/u);
  });

  test('[S30] a command inherits neither what is the editor’s and node’s nor any secret of ours', async () => {
    await using trial = await openTrial();
    const polluted = {
      VSCODE_IPC_HOOK: 'x',
      ELECTRON_RUN_AS_NODE: '1',
      NODE_OPTIONS: '--no-warnings',
      GIT_ASKPASS: 'x',
    };
    Object.assign(process.env, polluted);
    try {
      const { ready, device } = await owners(trial);
      const token = await tokenOf(ready);
      const { output } = await device.bash('env; cat /proc/$$/cmdline');
      expect(output).toContain('PATH=');
      const names = output.split('\n').map((line) => line.split('=')[0] ?? '');
      const denied = /^(?:VSCODE_|ELECTRON_|CODE_SERVER_|NODE_OPTIONS|GIT_ASKPASS)/u;
      expect(names.filter((name) => denied.test(name))).toEqual([]);
      // By which what it started is found, and nothing else of ours.
      expect(names.filter((name) => name.startsWith('WHEELHOUSE_'))).toEqual(['WHEELHOUSE_OWNER']);
      expect(output).not.toContain(token);
    } finally {
      for (const name of Object.keys(polluted)) delete process.env[name];
    }
  });
});

describe('what is no request', { timeout: 120_000 }, () => {
  test('[environment 11 frames] what cannot be read is answered once, and ends the connection', async () => {
    await using trial = await openTrial();
    const { ready } = await serving(trial);
    for (const text of ['{', '[]', '{"payload":{}}']) {
      const device = await connect(ready);
      device.say(text);
      await until('the end', () => device.closed === 1003);
      expect(device.frames.slice(1)).toMatchObject([
        { event: 'meta.execution.error', payload: { code: 'invalid_request', message: expect.any(String) } },
      ]);
    }
    const device = await connect(ready);
    device.say('{"event":"meta.of.somebody.else","payload":{}}');
    device.say('{"event":"meta.execution.request","payload":{"tool":"bash"}}');
    await until('a complaint', () => device.frames.length === 2);
    expect(device.frames[1]).toMatchObject({ event: 'meta.execution.error' });
    expect((await device.open()).metadata).toMatchObject({ status: 'opened' });
    expect(await device.code({ tool: 'python', action: 'x' })).toBe('unsupported_tool');
    expect(await device.code({ tool: 'bash', action: 'x' })).toBe('unsupported_action');
    expect(await device.code({ version: 2, tool: 'bash', action: 'execute' })).toBe('invalid_request');
    expect(device.closed).toBeUndefined();
  });

  test('[S50] [environment 11 record] neither the log nor what stands on the disk beside its own file has the token', async () => {
    await using trial = await openTrial();
    const { world, ready, device, running: host } = await owners(trial);
    const token = await tokenOf(ready);
    await device.bash('echo done');
    device.say('{"never":"understood"');
    await until('the end', () => device.closed === 1003);
    expect(host.stderr).toContain('{"never":"understood"');
    expect(host.stderr).not.toContain(token);
    expect(await world.keeps(token)).toBe(false);
    expect(await readFile(join(world.state, 'devices.json'), 'utf8').catch(() => '')).not.toContain(token);
  });
});
