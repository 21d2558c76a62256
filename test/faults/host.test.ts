import { chmod, mkdir, readFile, stat } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import type { HostBackend } from '../../src/backends/host.ts';
import type { Position, SessionKey } from '../../src/model/session.ts';
import { greetingLine } from '../../src/protocol/view/greeting.ts';
import type { SessionStore } from '../../src/router/store.ts';
import type { Heard } from '../fakes/windowProgram.ts';
import { until } from '../tools/until.ts';
import { windowOn } from '../tools/windowOn.ts';
import { hostPrograms, heardBy, HostWorld, type Running, Stranger } from './hostWorld.ts';
import { Trial } from './trial.ts';

const never = new AbortController().signal;
const MB = 2 ** 20;

const programs = hostPrograms();

const worldOf = (trial: Trial): HostWorld => new HostWorld(programs, trial);
const open = (): Promise<Trial> => Trial.open({ host: '', watchdog: '', agent: '' });

const openSession = async (host: HostBackend, cwd: string, agent?: string): Promise<SessionKey> => {
  await until('the window to be connected', () => host.state === 'connected');
  return await host.open({ cwd, roots: [cwd], ...(agent === undefined ? {} : { agent }) }, never);
};

const isReady = (store: SessionStore, key: SessionKey) => (): boolean => store.get(key)?.link.state === 'ready';

/** The numbers of the lines that a `/long` said. */
const lineNumbers = (heard: readonly Heard[]): readonly number[] =>
  heard.flatMap((one) => (one.kind === 'event' ? numbersIn(one.text ?? '') : []));

/** Of what a window was given first. */
const snapshotLines = ([first]: readonly Heard[]): readonly number[] =>
  first?.kind === 'snapshot' ? numbersIn(first.text) : [];

const numbersIn = (text: string): readonly number[] =>
  [...text.matchAll(/- line (\d+)/gu)].map(([, number]) => Number(number));

const upTo = (n: number): readonly number[] => Array.from({ length: n }, (_, index) => index + 1);

const positionOf = (heard: readonly Heard[]): Position | undefined => heard.at(-1)?.at;

describe('the background host', { timeout: 120_000 }, () => {
  test('[I4] a window that is killed in mid-answer goes on by its position: each line once', async () => {
    await using trial = await open();
    const world = worldOf(trial);
    const { ready, running } = await world.serve();
    const { host, store } = windowOn(ready);
    const session = await openSession(host, world.root);
    await until('the agent to be there', isReady(store, session));

    const first = await world.window(ready, { session, prompt: '/slow 30' });
    await until('some lines', () => lineNumbers(heardBy(first)).length > 4);
    first.child.kill('SIGKILL');
    await first.ended;
    const before = heardBy(first);
    const position = positionOf(before);
    if (position === undefined) throw new Error('The window heard nothing.');

    const second = await world.window(ready, { session, position });
    await until('the end of the turn', () =>
      heardBy(second).some((one) => one.kind === 'event' && one.end !== undefined),
    );
    expect(heardBy(second).filter(({ kind }) => kind === 'snapshot')).toEqual([]);
    // What the agent had said before the first window was there, it got at once.
    expect([...snapshotLines(before), ...lineNumbers([...before, ...heardBy(second)])]).toEqual(upTo(30));

    second.child.kill('SIGKILL');
    await second.ended;
    const third = await world.window(ready, {
      session,
      position: heardBy(second).at(-1)?.at ?? position,
      prompt: '/long 200',
    });
    const all = (): readonly number[] => [...snapshotLines(heardBy(third)).slice(30), ...lineNumbers(heardBy(third))];
    await until('two hundred lines', () => all().length >= 200);
    expect(all()).toEqual(upTo(200));
    const numbers = [...before, ...heardBy(second), ...heardBy(third)].map(({ at }) => at.seq).filter((seq) => seq > 0);
    expect(numbers.slice(1)).toEqual(numbers.slice(1).map((_, index) => (numbers[0] ?? 0) + index + 1));
    await host[Symbol.asyncDispose]();
    running.child.kill('SIGTERM');
    expect(await running.ended).toMatchObject({ code: 0 });
  });

  test('[I1] a window mirrors the numbers of the host, and each prompt and answer is the host’s', async () => {
    await using trial = await open();
    const world = worldOf(trial);
    const { ready } = await world.serve();
    const [one, two] = [windowOn(ready), windowOn(ready)];
    const session = await openSession(one.host, world.root);
    await until('the second window to follow', () => two.store.get(session)?.link.state === 'ready');
    const end = await one.router.prompt(session, [{ type: 'text', text: '/long 50' }], 'editor', never);
    expect(end.reason).toBe('end_turn');
    await until('both to be there', () => one.store.get(session)?.at.seq === two.store.get(session)?.at.seq);
    expect(one.store.get(session)?.entries).toEqual(two.store.get(session)?.entries);
    expect(one.store.get(session)?.at).toEqual(two.store.get(session)?.at);
    await one.host[Symbol.asyncDispose]();
    await two.host[Symbol.asyncDispose]();
  });

  test('[I9] SIGTERM in mid-turn ends in order within two seconds, and nothing stays', async () => {
    await using trial = await open();
    const world = worldOf(trial);
    const config = await world.configure({
      agents: {
        stubborn: { command: process.execPath, args: [world.program('agent.js'), '--ignore-eof', '--ignore-sigterm'] },
      },
    });
    const { ready, running } = await world.serve('--config', config);
    const { host, store } = windowOn(ready);
    const session = await openSession(host, world.root);
    const other = await openSession(host, world.root, 'stubborn');
    await until('both agents to be there', () => isReady(store, session)() && isReady(store, other)());
    await host.perform(session, { kind: 'prompt', prompt: [{ type: 'text', text: '/slow 1000' }] }, never);
    await until('the turn to run', () => store.get(session)?.turn.state === 'running');
    expect((await trial.look()).length).toBeGreaterThan(2);

    const start = performance.now();
    running.child.kill('SIGTERM');
    const { code, stdout, stderr } = await running.ended;
    const took = performance.now() - start;
    console.log(`SIGTERM with a stubborn agent: ended after ${Math.round(took)} ms`);
    // Two seconds, and as much again for a machine that has other things to do.
    expect(took).toBeLessThan(4000);
    expect({ code, lines: stdout.split('\n').length }).toEqual({ code: 0, lines: 2 });
    expect(stderr).toContain('it was sent SIGTERM');
    await until('all to be gone', async () => (await trial.alive()).length === 0);
    await host[Symbol.asyncDispose]();

    // What was left in order is there again, with the same numbers.
    const again = await world.serve();
    const { host: next, store: kept } = windowOn(again.ready);
    await until('the list', () => next.get(session) !== undefined);
    expect(next.get(session)).toMatchObject({ asleep: true, state: 'Disconnected' });
    await next.attach(session, never);
    expect(kept.get(session)?.turn).toMatchObject({ state: 'idle', last: { reason: 'cancelled' } });
    await next[Symbol.asyncDispose]();
  });

  test('[I3] a host that is killed is told honestly, and its sessions are there at the next one', async () => {
    await using trial = await open();
    const world = worldOf(trial);
    const first = await world.serve();
    const { host, store } = windowOn(first.ready);
    const session = await openSession(host, world.root);
    await until('the agent to be there', isReady(store, session));
    await host.perform(session, { kind: 'prompt', prompt: [{ type: 'text', text: '/long 20' }] }, never);
    await until('the answer to be on the disk', () => world.keeps('line 20'));
    first.running.child.kill('SIGKILL');
    await until('the window to know', () => store.get(session)?.link.state === 'disconnected');
    await expect(host.perform(session, { kind: 'cancel' }, never)).rejects.toMatchObject({ code: 'offline' });
    const again = await world.serve();
    expect(again.ready.hostId).not.toBe(first.ready.hostId);
    host.retry();
    await until('the window to be back', () => host.state === 'connected');
    await host.attach(session, never);
    const now = store.get(session);
    expect(JSON.stringify(now?.entries)).toContain('line 20');
    expect(JSON.stringify(now?.entries)).toContain('ended without warning');
    expect(now).toMatchObject({ link: { state: 'disconnected' }, owns: { questions: 'them' } });
    await host[Symbol.asyncDispose]();
  });

  test('[host] a second one on the same state says who has it, and a killed one is in nobody’s way', async () => {
    await using trial = await open();
    const world = worldOf(trial);
    const { ready, running } = await world.serve();
    const second = await world.run('serve', '--state', world.state, '--root', world.root).ended;
    expect(second).toMatchObject({ code: 1, stdout: '' });
    expect(second.stderr).toContain(`process ${ready.pid}, Wheelhouse 1.2.3`);
    const status = await world.run('status', '--state', world.state, '--json').ended;
    expect(JSON.parse(status.stdout)).toMatchObject({
      hostId: ready.hostId,
      pid: ready.pid,
      version: '1.2.3',
      devices: 0,
    });
    running.child.kill('SIGKILL');
    await running.ended;
    expect(await world.run('status', '--state', world.state).ended).toMatchObject({ code: 1 });
    const third = await world.serve();
    const stopped = await world.run('stop', '--state', world.state, '--json').ended;
    expect(stopped).toMatchObject({ code: 0 });
    expect(JSON.parse(stopped.stdout)).toEqual({ hostId: third.ready.hostId, pid: third.ready.pid });
    expect(await third.running.ended).toMatchObject({ code: 0 });
  });

  test('[S3] the state is this user’s alone, and put right where it was not', async () => {
    await using trial = await open();
    const world = worldOf(trial);
    await mkdir(world.state, { recursive: true });
    await chmod(world.state, 0o755);
    const { ready } = await world.serve();
    const modeOf = async (path: string): Promise<number> => (await stat(path)).mode & 0o777;
    expect(await modeOf(world.state)).toBe(0o700);
    expect(await modeOf(ready.tokenFile)).toBe(0o600);
    expect(await modeOf(ready.view)).toBe(0o600);
  });

  test('[S1] who does not show the token hears not a byte, and keeps nobody out', async () => {
    await using trial = await open();
    const world = worldOf(trial);
    const { ready, running } = await world.serve();
    const said = [
      `${greetingLine({ app: 'x', token: 'wrong', device: 'x' })}\n`,
      '{"type":"hello","version":1}\n',
      'GET / HTTP/1.1\r\nHost: x\r\n\r\n',
      `${'x'.repeat(10_000)}\n`,
      '\n\n\n',
    ];
    const strangers = said.map((text) => {
      const stranger = new Stranger(ready.view);
      stranger.say(text);
      return stranger;
    });
    // One that says half a line, and those that say nothing, are sent away when their time is over.
    const half = new Stranger(ready.view);
    half.say('{"wheelhouse":"view","versi');
    const silentOnes = Array.from({ length: 40 }, () => new Stranger(ready.view));
    const all = [...strangers, half, ...silentOnes];
    await until('all to be sent away', () => all.every(({ closed }) => closed));
    expect(all.map(({ bytes }) => bytes)).toEqual(all.map(() => 0));
    const { host } = windowOn(ready);
    await until('a window to get in', () => host.state === 'connected');
    await host[Symbol.asyncDispose]();
    expect(running.child.exitCode).toBeNull();
  });

  test('[S15] 40 MB in one message end its connection, and cost the host nothing', async () => {
    await using trial = await open();
    const world = worldOf(trial);
    const { ready, running } = await world.serve();
    const memory = async (): Promise<number> =>
      Number(/VmRSS:\s+(\d+)/u.exec(await readFile(`/proc/${ready.pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;
    const before = await memory();
    const token = (await readFile(ready.tokenFile, 'utf8')).trim();
    const flood = new Stranger(ready.view);
    flood.say(`${greetingLine({ app: 'x', token, device: 'x' })}\n`);
    await until('the greeting', () => flood.bytes > 0);
    const piece = Buffer.alloc(MB, 'x');
    for (let sent = 0; sent < 40; sent += 1) flood.say(piece);
    flood.say('\n');
    await until('the end of the connection', () => flood.closed);
    expect(running.stderr).toContain('a message of 41943040 bytes');
    expect((await memory()) - before).toBeLessThan(100);
    const { host } = windowOn(ready);
    await until('a window to get in', () => host.state === 'connected');
    await host[Symbol.asyncDispose]();
  });

  test('[I12] a window that reads nothing while much is said costs no memory, and is caught up from what is held', async () => {
    await using trial = await open();
    const world = worldOf(trial);
    const { ready } = await world.serve();
    const { host, store } = windowOn(ready);
    const session = await openSession(host, world.root);
    await until('the agent to be there', isReady(store, session));
    const slow: Running = await world.window(ready, { session });
    await until('it to be attached', () => heardBy(slow).length > 0);
    slow.child.kill('SIGSTOP');
    await host.perform(session, { kind: 'prompt', prompt: [{ type: 'text', text: '/long 20000' }] }, never);
    await until(
      'the turn to end',
      () => store.get(session)?.turn.state === 'idle' && (store.get(session)?.at.seq ?? 0) > 20_000,
    );
    slow.child.kill('SIGCONT');
    const { seq } = store.get(session)?.at ?? { seq: 0 };
    await until('it to be caught up', () => positionOf(heardBy(slow))?.seq === seq);
    expect(heardBy(slow).filter(({ kind }) => kind === 'snapshot').length).toBeGreaterThan(1);
    expect(heardBy(slow).length).toBeLessThan(10_000);
    slow.child.kill('SIGKILL');
    await host[Symbol.asyncDispose]();
  });

  test('[host] it ends by itself when nothing runs and nobody is there', async () => {
    await using trial = await open();
    const world = worldOf(trial);
    const config = await world.configure({ limits: { idleMinutes: 0.02 } });
    const { ready, running } = await world.serve('--config', config);
    const { host } = windowOn(ready);
    await until('a window', () => host.state === 'connected');
    expect(running.child.exitCode).toBeNull();
    await host[Symbol.asyncDispose]();
    expect(await running.ended).toMatchObject({ code: 0 });
    expect(running.stderr).toContain('nothing ran for 0.02 minutes');
  });

  test.each([
    ['an unknown key', { agnets: {} }, '“agnets”'],
    ['an unknown key of an agent', { agents: { a: { command: 'x', shell: true } } }, 'agents.a.shell'],
    ['a default that is none', { defaultAgent: 'b' }, '“b”'],
    ['an id that is none', { environment: { id: 'x' } }, '“env_”'],
    ['a folder that is none', { environment: { folders: ['nowhere'] } }, 'nowhere is no folder'],
  ])('[host] a configuration with %s ends with 2 and names it', async (_, config, named) => {
    await using trial = await open();
    const world = worldOf(trial);
    const path = await world.configure(config);
    const ended = await world.run('serve', '--state', world.state, '--config', path).ended;
    expect(ended).toMatchObject({ code: 2, stdout: '' });
    expect(ended.stderr).toContain(named);
  });

  test('[host] a file or a folder that does not exist, and what nobody knows, end with 2', async () => {
    await using trial = await open();
    const world = worldOf(trial);
    const wrong = [
      ['serve', '--config', 'nowhere.json'],
      ['serve', '--root', 'nowhere'],
      ['serve', '--port', 'http'],
      ['serve', '--lease', 'always'],
      ['serve', '--nonsense'],
      ['revoke'],
      ['nonsense'],
    ];
    for (const args of wrong) {
      const { code, stdout, stderr } = await world.run(...args).ended;
      expect({ args, code, stdout }).toEqual({ args, code: 2, stdout: '' });
      expect(stderr).not.toBe('');
    }
    const help = await world.run('--help').ended;
    expect(help).toMatchObject({ code: 0 });
    expect(help.stdout).toContain('wheelhouse-host serve');
  });
});
