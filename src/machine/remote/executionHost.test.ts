import { describe, expect, test } from 'vitest';
import { never, ScriptedHost } from './executionTesting.ts';

const HELLO = { type: 'host.hello', envID: 'env_x', hostSessionID: 'run-1', capabilities: { defaultShell: 'sh' } };
const bash = { command: 'true', description: 'a test' };

/** What became of it, so that nobody is surprised by a rejection that comes before it is looked at. */
const outcome = (promise: Promise<unknown>): Promise<unknown> => promise.catch((failure: unknown) => failure);

const reached = async (hello?: typeof HELLO): Promise<ScriptedHost> => {
  const scripted = new ScriptedHost({ hello });
  await scripted.reach();
  return scripted;
};

describe('a host of remote execution', () => {
  test('[environment 10 session] one session for all that runs, opened with the first', async () => {
    await using there = await reached();
    const one = there.host.bash(bash, never);
    const two = there.host.bash(bash, never);
    const open = await there.asked();
    expect(open).toMatchObject({ version: 1, envID: 'env_x', tool: 'session', action: 'open' });
    expect(open['payload']).toEqual({ action: 'open', label: 'a test' });
    expect(open).not.toHaveProperty('sessionID');
    there.succeed(open, { status: 'opened', sessionID: 's1' });
    for (const run of [one, two]) {
      const asked = await there.asked();
      expect(asked).toMatchObject({ tool: 'bash', action: 'execute', sessionID: 's1', payload: bash });
      there.succeed(asked, { exit: 1 });
      expect((await run).metadata.exit).toBe(1);
    }
  });

  test('[environment 10 session_required] what needs a session is not sent without one', async () => {
    await using there = await reached();
    const failed = await outcome(there.host.process({ action: 'list' }, never));
    expect(failed).toMatchObject({ code: 'session_invalid' });
    expect(there.unread).toBe(0);
  });

  test.each([
    ['busy', { status: 'busy', sessionID: 'of-somebody', remoteAgentID: 'agent' }, 'session_busy'],
    ['refused', { status: 'refused' }, 'session_refused'],
    ['opened without a session', { status: 'opened' }, 'session_refused'],
  ])('[environment 10 busy] as a status: %s', async (_name, metadata, code) => {
    await using there = await reached();
    const run = outcome(there.host.bash(bash, never));
    there.succeed(await there.asked(), metadata);
    expect(await run).toMatchObject({ code });
    // The session of somebody else is not ours.
    expect(there.host.hasSession).toBe(false);
    expect(there.unread).toBe(0);
  });

  test.each(['session_busy', 'session_refused'])('[environment 10 busy] as an error: %s', async (code) => {
    await using there = await reached();
    const run = outcome(there.host.bash(bash, never));
    there.fail(await there.asked(), code);
    expect(await run).toMatchObject({ code });
    expect(there.host.hasSession).toBe(false);
  });

  test('[environment 10 heartbeat] every four minutes while there is a session', async () => {
    await using there = await reached();
    const run = there.host.bash(bash, never);
    await there.opens();
    there.succeed(await there.asked(), { exit: 0 });
    await run;
    for (let beat = 0; beat < 3; beat += 1) {
      there.clock.advance(4 * 60_000 - 1);
      expect(there.unread).toBe(0);
      there.clock.advance(1);
      const asked = await there.asked();
      expect(asked).toMatchObject({ tool: 'session', payload: { action: 'heartbeat', sessionID: 's1' } });
      there.succeed(asked, { status: 'alive', sessionID: 's1' });
      await new Promise((resolve) => setImmediate(resolve));
    }
  });

  test('[environment 10 uncorrelated] an error under an id of nobody’s is the answer to the one thing that is asked', async () => {
    await using there = await reached();
    const run = there.host.bash(bash, never);
    await there.opens();
    await there.asked();
    // The session has ended there: it is opened anew, and the command is sent once more, which was never begun.
    there.fail(undefined, 'session_invalid');
    await there.opens('s2');
    const again = await there.asked();
    expect(again).toMatchObject({ tool: 'bash', sessionID: 's2' });
    there.succeed(again, { exit: 0 });
    expect((await run).metadata.exit).toBe(0);
  });

  test('[environment 10 uncorrelated] without a hello it is asked one thing at a time, with one eight', async () => {
    for (const [hello, most] of [
      [undefined, 1],
      [HELLO, 8],
    ] as const) {
      await using there = await reached(hello);
      const opening = there.host.open(never);
      await there.opens();
      await opening;
      const runs = Array.from({ length: 10 }, () => there.host.bash(bash, never));
      await there.asked();
      await new Promise((resolve) => setImmediate(resolve));
      expect(there.unread).toBe(most - 1);
      void Promise.all(runs.map(outcome));
    }
  });

  test('[environment 10 uncorrelated] with several under way such an error is nobody’s', async () => {
    await using there = await reached(HELLO);
    const opening = there.host.open(never);
    await there.opens();
    await opening;
    const [one, two] = [there.host.bash(bash, never), there.host.bash(bash, never)];
    const asked = [await there.asked(), await there.asked()];
    there.fail(undefined, 'host_internal_error', 'whose?');
    for (const each of asked) there.succeed(each, { exit: 0 });
    expect([(await one).metadata.exit, (await two).metadata.exit]).toEqual([0, 0]);
    expect(there.logged.join('\n')).toContain('An answer to nothing that is asked');
  });

  test('[environment 10 unanswered] an answer that never comes is one after 30 s', async () => {
    await using there = await reached();
    const run = outcome(there.host.bash(bash, never));
    await there.opens();
    await there.asked();
    there.clock.advance(30_000);
    expect(await run).toMatchObject({ code: 'unanswered' });
  });

  test('[environment 10 unanswered] a close that is never answered is waited for no longer than two seconds', async () => {
    await using there = await reached();
    const opening = there.host.open(never);
    await there.opens();
    await opening;
    const closed = there.host.close();
    there.succeed(await there.asked(), { processes: [] });
    expect(await there.asked()).toMatchObject({ payload: { action: 'close', sessionID: 's1' } });
    there.clock.advance(2000);
    await closed;
    expect(there.host.hasSession).toBe(false);
  });

  test('[environment 10 session] where something of another window runs, the session is left open', async () => {
    await using there = await reached();
    const opening = there.host.open(never);
    await there.opens();
    await opening;
    const closed = there.host.close();
    const processes = [{ processId: 'p', status: 'running', command: 'make', runtimeMs: 1 }];
    there.succeed(await there.asked(), { processes });
    await closed;
    expect(there.unread).toBe(0);
  });

  test('[environment 10 restarted] another run of the host: what ran is told, whatever the answer was', async () => {
    await using there = await reached();
    const lost: string[] = [];
    there.host.onLost(({ code }) => lost.push(code));
    const run = there.host.bash(bash, never);
    await there.opens();
    there.succeed(await there.asked(), { exit: 0, hostSessionID: 'run-1' });
    await run;
    const listed = there.host.process({ action: 'list' }, never);
    there.succeed(await there.asked(), { processes: [], hostSessionID: 'run-2' });
    await listed;
    expect(lost).toEqual(['stale_process_handle']);
    expect(there.host.hasSession).toBe(false);
  });

  test('[environment 10 heartbeat] after a cut it is asked whether the session is alive, and what ran goes on', async () => {
    await using there = await reached(HELLO);
    const lost: string[] = [];
    there.host.onLost(({ code }) => lost.push(code));
    const opening = there.host.open(never);
    await there.opens();
    await opening;
    await there.cut();
    const again = there.reach();
    const asked = await there.asked();
    expect(asked).toMatchObject({ payload: { action: 'heartbeat', sessionID: 's1' } });
    expect(there.connections).toBe(2);
    there.succeed(asked, { status: 'alive' });
    await again;
    expect([there.host.hasSession, lost]).toEqual([true, []]);
  });

  test('[environment 10 unanswered] a heartbeat without an answer is asked again as a list, whose failure is answered', async () => {
    await using there = await reached();
    const lost: string[] = [];
    there.host.onLost(({ code }) => lost.push(code));
    const opening = there.host.open(never);
    await there.opens();
    await opening;
    await there.cut();
    const again = there.reach();
    expect(await there.asked()).toMatchObject({ action: 'heartbeat' });
    expect(await there.asked()).toMatchObject({ tool: 'process', action: 'list' });
    there.fail(undefined, 'session_invalid');
    await again;
    expect(lost).toEqual(['session_invalid']);
  });

  test('[environment 10 lost] a command whose answer was lost is not sent again', async () => {
    await using there = await reached(HELLO);
    const run = outcome(there.host.bash(bash, never));
    await there.opens();
    await there.asked();
    await there.cut();
    void outcome(there.reach());
    expect(await run).toMatchObject({ code: 'lost' });
    expect(await there.asked()).toMatchObject({ action: 'heartbeat' });
    expect(there.unread).toBe(0);
  });

  test('[environment 2] a host that is another one, or that does not say which one it is, is not used', async () => {
    const other = new ScriptedHost({ envID: 'env_y', hello: HELLO });
    expect(await outcome(other.host.reach(never))).toMatchObject({
      code: 'refused',
      message: expect.stringMatching(/env_x/u),
    });
    await other[Symbol.asyncDispose]();
    const silent = new ScriptedHost({ envID: null });
    const failed = outcome(silent.reach());
    expect(await failed).toMatchObject({ code: 'refused', next: expect.stringContaining('envID') });
    await silent[Symbol.asyncDispose]();
  });

  test('[environment 10 garbage] what is no answer ends nothing', async () => {
    await using there = await reached();
    const run = there.host.bash(bash, never);
    await there.opens();
    const asked = await there.asked();
    for (const text of ['', '{', '[]', '{"event":"nobody.knows"}', '{"event":"meta.execution.error","payload":{}}'])
      there.say(text);
    there.respond({ version: 1, requestID: 'of-nobody', ok: true });
    there.succeed(asked, { exit: 0 });
    expect((await run).metadata.exit).toBe(0);
    expect(there.logged.every((line) => line.length < 300)).toBe(true);
  });
});
