import { realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { describe, expect, test } from 'vitest';
import { until } from '../tools/until.ts';
import { attachedTerminal } from '../../src/machine/remote/executionTerminal.ts';
import { clientOf, executionWorld, never, shownTerminal } from './executionWorld.ts';

/** As a host of ours has to be, and as known ones are. */
const KINDS = [
  ['ours', { ours: true }],
  ['known', {}],
  ['through a tunnel', { tunnel: true }],
  ['of before', { old: true }],
  ['with keys that nobody knows', { extra: true }],
  ['among garbage', { garbage: true, ours: true }],
] as const;

describe.each(KINDS)('a host: %s', (_name, options) => {
  test('[environment 10 bash] a command that fails is a result, with its code and its output', async () => {
    await using world = await executionWorld(options);
    await world.host.reach(never);
    const payload = { command: 'echo out; echo err >&2; exit 3', description: 'fails' };
    const { title, metadata } = await world.host.bash(payload, never);
    expect({ title, ...metadata }).toMatchObject({ title: 'fails', exit: 3, output: 'out\nerr\n', timedOut: false });
  });

  test('[environment 10 timeout] a command that takes too long is ended, without a code', async () => {
    await using world = await executionWorld(options);
    await world.host.reach(never);
    const payload = { command: 'echo begun; sleep 60', description: 'sleeps', timeout: 200 };
    expect((await world.host.bash(payload, never)).metadata).toMatchObject({ exit: null, timedOut: true });
  });

  test('[environment 10 yield] in the background after a while, its whole output in pages, its code at the end', async () => {
    await using world = await executionWorld(options);
    const { host } = world;
    await host.reach(never);
    const command = 'echo one; read answer; echo "two $answer"; exit 4';
    const { metadata } = await host.bash({ command, description: 'asks', yieldMs: 50 }, never);
    expect(metadata).toMatchObject({ background: true });
    expect(metadata.exit).toBeUndefined();
    const processId = metadata.processId ?? '';
    const listed = await host.process({ action: 'list' }, never);
    expect(listed.metadata.processes).toMatchObject([{ processId, status: 'running', command, description: 'asks' }]);
    await host.process({ action: 'write', processId, data: 'yes\n' }, never);
    const polled = await host.process({ action: 'poll', processId, block: true, timeout: 20 }, never);
    expect(polled.metadata).toMatchObject({ status: 'failed', exitCode: 4 });
    const page = await host.process({ action: 'log', processId, limit: 1 }, never);
    expect([page.output, page.metadata.nextOffset]).toEqual(['one', 1]);
    const rest = await host.process({ action: 'log', processId, offset: 1 }, never);
    expect(rest.output).toBe('two yes\n');
    expect((await host.process({ action: 'clear', processId }, never)).metadata.status).toBe('cleared');
    expect((await host.process({ action: 'poll', processId }, never)).metadata.status).toBe('not_found');
    expect((await host.process({ action: 'remove', processId }, never)).metadata.status).toBe('removed');
  });

  test('[environment 10 send-keys] keys arrive as what they stand for; none at all is said to be an error', async () => {
    await using world = await executionWorld(options);
    const { host } = world;
    await host.reach(never);
    const command = 'head -c 5 | od -An -tx1';
    const { metadata } = await host.bash({ command, description: 'keys', background: true }, never);
    const processId = metadata.processId ?? '';
    expect((await host.process({ action: 'send-keys', processId, keys: [] }, never)).metadata.status).toBe('error');
    await host.process({ action: 'send-keys', processId, keys: ['^C', 'M-x', 'Enter', 'q'] }, never);
    await host.process({ action: 'poll', processId, block: true }, never);
    expect((await host.process({ action: 'log', processId }, never)).output.trim()).toBe('03 1b 78 0d 71');
  });

  test('[environment 10 kill] what is ended says so', async () => {
    await using world = await executionWorld(options);
    const { host } = world;
    await host.reach(never);
    const { terminal } = await shownTerminal(host, 'sleep 60');
    terminal.kill();
    expect(await terminal.exited).toEqual({ code: null, signal: null });
    await terminal[Symbol.asyncDispose]();
    expect(world.fake.running).toBe(0);
  });

  test('[environment 10 terminal] a command as a terminal: each character once, its code, and what is typed', async () => {
    await using world = await executionWorld(options);
    await world.host.reach(never);
    const line = 'for n in 1 2 3; do printf "$n "; sleep 0.1; done; read word; echo; echo "got $word"; exit 5';
    const shown = await shownTerminal(world.host, line, tmpdir());
    await until('the first part', () => shown.text.includes('3 '));
    shown.terminal.write('hallo\r');
    expect(await shown.terminal.exited).toEqual({ code: 5, signal: null });
    expect(shown.text).toBe('1 2 3 hallo\n\ngot hallo\n');
  });

  test('[environment 10 shell] a shell of lines: folders and variables stay, a code is shown, Ctrl+C ends a command alone', async () => {
    await using world = await executionWorld(options);
    await world.host.reach(never);
    const shown = await shownTerminal(world.host);
    const there = realpathSync(tmpdir());
    const says = (text: string) => until(JSON.stringify(text), () => shown.text.endsWith(text));
    await until('a prompt', () => shown.text.endsWith('$ '));
    shown.terminal.write(`cd ${there}; word=kept\r`);
    await says(`\nBox:${there}$ `);
    shown.terminal.write('echo is $word; (exit 7)\r');
    await says(`is kept\n[7] Box:${there}$ `);
    shown.terminal.write('if\r');
    await says(`[2] Box:${there}$ `);
    // At once: it has not begun there when that is said.
    shown.terminal.write('sleep 61\r');
    shown.terminal.write('\u0003');
    await says(`[130] Box:${there}$ `);
    shown.terminal.write('echo nothing of this\u0003');
    await says(`Box:${there}$ `);
    shown.terminal.write('printf unfinished\r');
    await says(`unfinished\nBox:${there}$ `);
    shown.terminal.write('exit 6\r');
    expect(await shown.terminal.exited).toEqual({ code: 6, signal: null });
    expect(shown.text).not.toContain('nothing of this\n');
  });
});

test('[environment 11] another window of the same device: it sees what runs, types in it, and leaves it running', async () => {
  await using world = await executionWorld({ ours: true });
  await world.host.reach(never);
  const shown = await shownTerminal(world.host, undefined, tmpdir());
  await until('a prompt', () => shown.text.endsWith('$ '));
  await using other = clientOf(world.fake.url);
  await other.reach(never);
  await other.open(never);
  const [process] = (await other.process({ action: 'list' }, never)).metadata.processes ?? [];
  if (process === undefined) throw new Error('Nothing runs there.');
  const attached = attachedTerminal(other, process);
  let text = '';
  attached.onData((more) => (text += more));
  await until('the prompt', () => text.endsWith('$ '));
  attached.write('echo from the other\r');
  await until('it in both', () => [text, shown.text].every((each) => each.includes('from the other\nBox:')));
  await attached[Symbol.asyncDispose]();
  await other.close();
  expect([world.fake.running, world.fake.hasSession]).toEqual([1, true]);
});

test.each([
  ['busy', { busy: true }, 'session_busy'],
  ['busy, as a host of ours says it', { busy: true, ours: true }, 'session_busy'],
  ['busy, as an error', { busy: true, errors: true }, 'session_busy'],
  ['refused', { refuse: true }, 'session_refused'],
  ['refused, as an error', { refuse: true, errors: true }, 'session_refused'],
])('[environment 10 busy] %s', async (_name, options, code) => {
  await using world = await executionWorld(options);
  await world.host.reach(never);
  const failed = await world.host.open(never).catch((failure: unknown) => failure);
  expect(failed).toMatchObject({ code, next: expect.stringMatching(/./u) });
  expect(String(failed)).not.toContain('session-of-somebody');
  expect(world.host.hasSession).toBe(false);
});

test.each([
  ['tool', { wrongTool: true }],
  ['action', { wrongAction: true }],
])('[environment 10 mismatch] a result of another %s is no result', async (_name, options) => {
  await using world = await executionWorld({ ours: true, ...options });
  await world.host.reach(never);
  const failed = await world.host
    .bash({ command: 'true', description: 'x' }, never)
    .catch((failure: unknown) => failure);
  expect(failed).toMatchObject({ code: 'remote_execution_error', message: expect.stringContaining('was asked') });
});

test('[environment 10 unanswered] a command that is never answered, and a window that goes all the same', async () => {
  await using world = await executionWorld({ mute: true });
  await world.host.reach(never);
  const patience = new AbortController();
  const run = world.host.bash({ command: 'true', description: 'x' }, patience.signal).catch(() => 'left');
  await until('the question', () => world.fake.asked('bash').length === 1);
  patience.abort();
  expect(await run).toBe('left');
  // The host is asked one thing at a time, and waits for nothing that nobody wants any more.
  expect((await world.host.process({ action: 'list' }, never)).metadata.processes).toEqual([]);
  await world.host[Symbol.asyncDispose]();
  await until('no connection', () => world.fake.sockets.size === 0);
});

test('[environment 10 caller mismatch] a token that is not taken is no reason to try again', async () => {
  await using world = await executionWorld({ token: 'another' });
  const failed = await world.host.reach(never).catch((failure: unknown) => failure);
  expect(failed).toMatchObject({ code: 'refused', message: expect.stringContaining('token') });
  expect(world.host.state).toBe('refused');
});
