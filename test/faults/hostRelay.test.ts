import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { client, methods, ndJsonStream } from '@agentclientprotocol/sdk';
import { describe, expect, test } from 'vitest';
import { until } from '../tools/until.ts';
import { hostPrograms, HostWorld } from './hostWorld.ts';
import { DeviceClient, pairDevice, PlainClient, tokenOf } from './relayDevices.ts';
import { Trial } from './trial.ts';

const programs = hostPrograms();

const open = (): Promise<Trial> => Trial.open({ host: '', watchdog: '', agent: '' });

interface Line {
  readonly id?: unknown;
  readonly method?: string;
}

describe('the relay of a host', { timeout: 120_000 }, () => {
  test('[relay plain] the SDK’s own client runs the main job, and is told ACP and nothing more', async () => {
    await using trial = await open();
    const world = new HostWorld(programs, trial);
    const { ready, running } = await world.serve();
    expect(ready).toMatchObject({
      ready: true,
      relay: expect.stringMatching(/^ws:\/\/127\.0\.0\.1:\d+\/acp$/u),
      app: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/app\/$/u),
    });
    const plain = new PlainClient(ready.relay, await tokenOf(ready), 'allow_once');
    expect(await plain.initialize()).toMatchObject({ protocolVersion: 1, agentCapabilities: { loadSession: true } });
    const session = await plain.session(world.root);
    expect(await plain.prompt(session, '/slow 5')).toMatchObject({ stopReason: 'end_turn' });
    expect(plain.said(session)).toContain('- line 5');
    expect(await plain.prompt(session, '/run echo here > ran.txt')).toMatchObject({ stopReason: 'end_turn' });
    expect(plain.asked).toHaveLength(1);
    expect(await readFile(join(world.root, 'ran.txt'), 'utf8')).toBe('here\n');
    for (const line of plain.lines) {
      expect(line.trimEnd().split('\n')).toHaveLength(1);
      expect(line).not.toContain('rseq');
      expect(line).not.toContain('_chances/');
      expect(line).not.toContain('relay_welcome');
    }
    plain.connection.close();
    running.child.kill('SIGTERM');
    expect(await running.ended).toMatchObject({ code: 0 });
  });

  test('[relay plain] two clients whose requests have the same ids share a session', async () => {
    await using trial = await open();
    const world = new HostWorld(programs, trial);
    const { ready } = await world.serve();
    const token = await tokenOf(ready);
    const [one, two] = [new PlainClient(ready.relay, token, 'allow_once'), new PlainClient(ready.relay, token)];
    await Promise.all([one.initialize(), two.initialize()]);
    const session = await one.session(world.root);
    await two.connection.agent.request(methods.agent.session.load, {
      sessionId: session,
      cwd: world.root,
      mcpServers: [],
    });
    expect(await one.prompt(session, '/slow 5')).toMatchObject({ stopReason: 'end_turn' });
    await until('the other one to see it', () => two.said(session).includes('- line 5'));
    expect(await two.prompt(session, '/slow 3')).toMatchObject({ stopReason: 'end_turn' });
    // Each was answered what it had asked, and nothing else: ids begin anew with each of them.
    for (const { lines } of [one, two]) {
      const answers = lines.map((line) => JSON.parse(line) as Line).filter((line) => line.method === undefined);
      expect(answers.map(({ id }) => id)).toEqual([...new Set(answers.map(({ id }) => id))]);
      expect(answers).toHaveLength(3);
    }
    one.connection.close();
    two.connection.close();
  });

  test('[relay 8 permission] a device answers what was asked while nobody was there', async () => {
    await using trial = await open();
    const world = new HostWorld(programs, trial);
    const { ready } = await world.serve();
    const [phone, tablet] = [
      await pairDevice(world, ready, 'Phone'),
      await pairDevice(world, ready, 'Tablet', 'answer'),
    ];
    const driver = new DeviceClient(`${ready.relay}?client_id=phone`, phone.token);
    const welcome = await driver.hear('the welcome', (frame) => frame['type'] === 'relay_welcome');
    expect(welcome).toMatchObject({ hostId: ready.hostId, lease: true, holder: null });
    const made = await driver.ask('phone-1', 'session/new', { cwd: world.root, mcpServers: [] });
    const { sessionId } = made['result'] as { readonly sessionId: string };
    driver.say({
      jsonrpc: '2.0',
      id: 'phone-2',
      method: 'session/prompt',
      params: { sessionId, prompt: [{ type: 'text', text: '/run echo yes > answered.txt' }] },
    });
    await driver.hear('the echo of the prompt', (frame) => JSON.stringify(frame).includes('user_message_chunk'));
    driver.end();
    await until('the phone to be gone', () => driver.closed);

    const answering = new DeviceClient(`${ready.relay}?client_id=tablet&session_id=${sessionId}`, tablet.token);
    const asked = await answering.hear('the question', ({ method }) => method === 'session/request_permission');
    expect(await answering.ask('tablet-1', 'session/prompt', { sessionId, prompt: [] })).toMatchObject({
      error: { code: -32010, data: { capability: 'answer' } },
    });
    const { options } = asked['params'] as { readonly options: readonly { optionId: string; kind: string }[] };
    const optionId = options.find(({ kind }) => kind === 'allow_once')?.optionId;
    answering.say({ jsonrpc: '2.0', id: asked['id'], result: { outcome: { outcome: 'selected', optionId } } });
    const end = await answering.hear('the end of the turn', (frame) => frame['id'] === 'phone-2');
    expect(end).toMatchObject({ result: { stopReason: 'end_turn' } });
    expect(await readFile(join(world.root, 'answered.txt'), 'utf8')).toBe('yes\n');
    answering.end();
  });

  test('[relay 8 workspace] queries, edits and terminals reach the folders of the host, and nothing else', async () => {
    await using trial = await open();
    const world = new HostWorld(programs, trial);
    const config = await world.configure({ relay: { terminals: true } });
    const { ready } = await world.serve('--config', config);
    const device = new DeviceClient(`${ready.relay}?client_id=a`, await tokenOf(ready));
    let last = 0;
    const ask = async (method: string, params: object) => await device.ask(`a-${(last += 1)}`, method, params);
    const own = async (method: string, params: object) => await ask(`_chances/unstable/${method}`, params);
    expect(await ask('initialize', { protocolVersion: 1, clientCapabilities: {} })).toMatchObject({
      result: {
        agentCapabilities: {
          _meta: {
            'wheelhouse.relay': {
              workspaceQueries: true,
              workspaceEdits: true,
              terminal: true,
              lease: false,
              sessions: true,
              roots: [world.root],
            },
          },
        },
      },
    });
    const path = join(world.root, 'notes.txt');
    await writeFile(path, 'one\n');
    const read = await own('read_file', { path });
    expect(read).toMatchObject({ result: { path, content: 'one\n', eol: '\n', truncated: false } });
    const { version } = read['result'] as { readonly version: string };
    const start = { line: 0, character: 0 };
    const edits = [{ range: { start, end: { line: 0, character: 3 } }, newText: 'two' }];
    expect(await own('apply_edit', { path, edits, expectedVersion: version })).toMatchObject({ result: { path } });
    expect(await readFile(path, 'utf8')).toBe('two\n');
    await device.hear('that it has changed', ({ method }) => method === '_chances/unstable/workspace_changed');
    expect(await own('apply_edit', { path, edits, expectedVersion: version })).toMatchObject({
      error: { code: -32011, data: { path } },
    });
    expect(await own('read_file', { path: '/etc/passwd' })).toMatchObject({ error: { code: -32602 } });
    expect(await own('terminal_open', { command: 'echo said', cwd: '/' })).toMatchObject({ error: { code: -32602 } });
    const opened = await own('terminal_open', { command: 'echo said in $PWD' });
    const { terminalId } = opened['result'] as { readonly terminalId: string };
    const exit = await device.hear('its end', ({ method }) => method === '_chances/unstable/terminal_exit');
    expect(exit['params']).toEqual({ terminalId, exitCode: 0, signal: null });
    const output = device.frames.filter(({ method }) => method === '_chances/unstable/terminal_output');
    expect(output.map(({ params }) => (params as { readonly data: string }).data).join('')).toContain(
      `said in ${world.root}`,
    );
    device.end();
  });

  test('[relay 8 load] a session is closed, sleeps in the list, and is woken with its history', async () => {
    await using trial = await open();
    const world = new HostWorld(programs, trial);
    const { ready, running } = await world.serve();
    const device = new DeviceClient(`${ready.relay}?client_id=a`, await tokenOf(ready));
    const outside = await device.ask('a-0', 'session/new', { cwd: '/', mcpServers: [] });
    expect(outside).toMatchObject({ error: { code: -32602 } });
    const made = await device.ask('a-1', 'session/new', { cwd: world.root, mcpServers: [] });
    const { sessionId } = made['result'] as { readonly sessionId: string };
    const prompt = [{ type: 'text', text: '/slow 2' }];
    expect(await device.ask('a-2', 'session/prompt', { sessionId, prompt })).toMatchObject({
      result: { stopReason: 'end_turn' },
    });
    await device.ask('a-3', 'session/close', { sessionId });
    expect(await device.ask('a-4', '_chances/unstable/list_sessions', {})).toMatchObject({
      result: { sessions: [{ id: sessionId, cwd: world.root, live: false, busy: false }] },
    });
    running.child.kill('SIGTERM');
    await running.ended;
    const { ready: next } = await world.serve();
    const again = new DeviceClient(`${next.relay}?client_id=a&host_id=${ready.hostId}&last_seq=3`, await tokenOf(next));
    expect(await again.hear('the welcome', ({ type }) => type === 'relay_welcome')).toMatchObject({ sessionId: null });
    const loaded = await again.ask('a-5', 'session/load', { sessionId, cwd: world.root, mcpServers: [] });
    expect(loaded).toMatchObject({
      result: { _meta: { 'wheelhouse.relay': { hostId: next.hostId, complete: true, busy: false } } },
    });
    const numbers = again.frames.flatMap(({ rseq }) => (typeof rseq === 'number' ? [rseq] : []));
    expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
    expect(JSON.stringify(again.frames)).toContain('- line 2');
    expect(await again.ask('a-6', 'session/prompt', { sessionId, prompt })).toMatchObject({
      result: { stopReason: 'end_turn' },
    });
    again.end();
  });

  test('[relay acp] the running host is an agent on stdin and stdout', async () => {
    await using trial = await open();
    const world = new HostWorld(programs, trial);
    const { running: host } = await world.serve('--no-relay');
    const acp = spawn(
      process.execPath,
      ['--single-threaded', world.program('host.js'), 'acp', '--state', world.state],
      {
        env: trial.environment,
        stdio: 'pipe',
      },
    );
    let complaints = '';
    acp.stderr.setEncoding('utf8').on('data', (text: string) => (complaints += text));
    const ended = once(acp, 'close');
    const stream = ndJsonStream(Writable.toWeb(acp.stdin), Readable.toWeb(acp.stdout) as ReadableStream<Uint8Array>);
    let said = '';
    const { agent } = client()
      .onNotification(methods.client.session.update, ({ params: { update } }) => {
        if (update.sessionUpdate === 'agent_message_chunk' && update.content.type === 'text')
          said += update.content.text;
      })
      .connect(stream);
    await agent.request(methods.agent.initialize, { protocolVersion: 1, clientCapabilities: {} });
    const { sessionId } = await agent.request(methods.agent.session.new, { cwd: world.root, mcpServers: [] });
    const prompt = [{ type: 'text' as const, text: '/slow 3' }];
    expect(await agent.request(methods.agent.session.prompt, { sessionId, prompt })).toMatchObject({
      stopReason: 'end_turn',
    });
    expect(said).toContain('- line 3');
    host.child.kill('SIGTERM');
    // It is told that the host goes, and that is no failure.
    expect([...(await ended), complaints]).toEqual([0, null, '']);
    expect(await host.ended).toMatchObject({ code: 0 });
  });

  test('[relay host] SIGTERM with sockets open and a turn under way ends in order', async () => {
    await using trial = await open();
    const world = new HostWorld(programs, trial);
    const { ready, running } = await world.serve();
    const device = new DeviceClient(`${ready.relay}?client_id=a`, await tokenOf(ready));
    const made = await device.ask('a-1', 'session/new', { cwd: world.root, mcpServers: [] });
    const { sessionId } = made['result'] as { readonly sessionId: string };
    const prompt = [{ type: 'text', text: '/slow 1000' }];
    device.say({ jsonrpc: '2.0', id: 'a-2', method: 'session/prompt', params: { sessionId, prompt } });
    await device.hear('some of it', (frame) => JSON.stringify(frame).includes('- line 3'));
    const idle = new DeviceClient(`${ready.relay}?client_id=b`, await tokenOf(ready));
    await idle.hear('the welcome', (frame) => frame['type'] === 'relay_welcome');
    running.child.kill('SIGTERM');
    expect(await running.ended).toMatchObject({ code: 0 });
    // How its turn ended it was told before the door closed.
    expect(device.frames.find((frame) => frame['id'] === 'a-2')).toMatchObject({ result: { stopReason: 'cancelled' } });
    await until('both to be closed', () => device.closed !== undefined && idle.closed !== undefined);
    expect([device.closed?.code, idle.closed?.code]).toEqual([1001, 1001]);
  });

  test('[relay host] what cannot be listened on is said before anything listens', async () => {
    await using trial = await open();
    const world = new HostWorld(programs, trial);
    const serve = async (...args: readonly string[]) =>
      await world.run('serve', '--state', world.state, '--root', world.root, ...args).ended;
    const [insecure, nowhere] = [await serve('--bind', '0.0.0.0'), await serve('--bind', 'box.example')];
    expect(insecure).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('without a certificate') });
    expect(nowhere).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('box.example') });
    const config = await world.configure({ relay: { tls: { cert: 'none.pem', key: 'none.pem' } } });
    const unreadable = await serve('--config', config);
    expect(unreadable).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('none.pem') });
    const { ready } = await world.serve();
    await using spare = await open();
    const other = new HostWorld(programs, spare);
    const port = new URL(ready.app).port;
    const taken = await other.run('serve', '--state', other.state, '--root', other.root, '--port', port).ended;
    expect(taken).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining(port) });
  });
});
