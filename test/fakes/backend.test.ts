import { describe, expect, test } from 'vitest';
import { until } from '../tools/until.ts';
import { core, never, said } from './core.ts';

describe('the core over a real process', () => {
  test('[order] [acp 4.1.19] permission, update, response and update of one write arrive in this order', async () => {
    const it = await core();
    await until('its commands', () => it.session().commands.length > 0);
    const before = it.kinds.length;
    await it.prompt('one-chunk');
    await until('the last update', () => it.kinds.length >= before + 5);
    expect(it.kinds.slice(before, before + 5)).toEqual([
      'turn/started',
      'question/asked',
      'update',
      'turn/ended',
      'update',
    ]);
  });

  test('[I5] [acp 4.1.21] garbage and a line of nine megabytes cost neither the connection nor the next message', async () => {
    const it = await core();
    expect(await it.prompt('garbage')).toMatchObject({ reason: 'end_turn' });
    expect(await it.prompt(`big ${9 * 1024 * 1024}`)).toMatchObject({ reason: 'end_turn' });
    expect(it.kinds.filter((kind) => kind === 'gap')).toHaveLength(1);
    expect(await it.prompt('burst 2000')).toMatchObject({ reason: 'end_turn' });
    expect(said(it.entries())).toContain('END-OF-BURST-2000');
  });

  test('[acp 3] a command runs in a terminal of ours and its output reaches agent and transcript', async () => {
    const it = await core();
    await it.prompt('run echo from the terminal');
    expect(said(it.entries())).toContain('from the terminal');
    const [terminal] = Object.values(it.session().terminals);
    expect(terminal).toMatchObject({ tail: 'from the terminal\n', exit: { code: 0, signal: null } });
  });

  test('[demand 7] an agent that ends in the middle of a turn is told with its exit code, at once', async () => {
    const it = await core();
    expect(await it.prompt('exit 3')).toMatchObject({ reason: 'agent gone' });
    expect(it.session().link).toMatchObject({
      state: 'failed',
      detail: expect.stringContaining('Fake ended with exit code 3.') as string,
    });
    await it.router.newSession({ backend: 'fake', cwd: it.session().cwd }, never);
    expect(it.backend.state).toBe('running');
  });

  test('[demand 7] a prompt brings a dead agent back in a new process, which takes the session up where it was', async () => {
    const it = await core('--resume');
    const id = it.session().agentSession;
    await it.prompt('exit 3');
    const before = it.kinds.length;
    expect(await it.prompt('hello again')).toMatchObject({ reason: 'end_turn' });
    expect(it.kinds.slice(before)).not.toContain('reset');
    expect(it.session()).toMatchObject({ agentSession: id, link: { state: 'ready' }, queue: [] });
    expect(said(it.entries())).toContain('You said: hello again');
  });

  test('[acp 3] [acp 4.1.15] a restart loads the session again, and what it tells of a past that we have is not shown twice', async () => {
    const it = await core('--load');
    await it.prompt('hello');
    const before = it.entries();
    await it.router.restart('fake', never);
    expect(it.session().link).toEqual({ state: 'ready' });
    expect(it.entries()).toEqual(before);
  });

  test('[K3] an agent that has forgotten the session says so, and the next prompt starts it afresh', async () => {
    const it = await core('--resume', '--load', '--forget');
    await it.prompt('hello');
    await it.router.restart('fake', never);
    expect(it.session().link).toMatchObject({ state: 'disconnected', forgotten: true });
    expect(await it.prompt('hello again')).toMatchObject({ reason: 'end_turn' });
    expect(it.entries().map(({ kind }) => kind)).toEqual(['user', 'agent', 'notice', 'user', 'agent']);
  });

  test('[I7] prompts that wait are sent one after the other, each to its own answer', async () => {
    const it = await core();
    const ends = await Promise.all(['burst 3', 'leave-open', 'hello'].map((words) => it.prompt(words)));
    expect(ends.map(({ reason }) => reason)).toEqual(['end_turn', 'end_turn', 'end_turn']);
    expect(it.kinds.filter((kind) => kind.startsWith('turn/'))).toEqual(
      Array.from({ length: 3 }, () => ['turn/started', 'turn/ended']).flat(),
    );
  });

  test('[I9] an agent that ignores everything is gone within two seconds, and its child with it', async () => {
    const it = await core('--ignore-eof', '--ignore-sigterm');
    await it.prompt('grandchild');
    const notice = await until('the notice', () => it.entries().find((entry) => entry.kind === 'notice'));
    const grandchild = Number(/\d+/u.exec(JSON.stringify([notice.title, notice.description]))?.[0]);
    expect(isAlive(grandchild)).toBe(true);
    const started = performance.now();
    await it.backend[Symbol.asyncDispose]();
    expect(performance.now() - started).toBeLessThan(2000);
    await until('the grandchild to be gone', () => !isAlive(grandchild));
  });
});

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};
