import { access, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { redactor } from '../../src/base/redact.ts';
import { systemClock } from '../../src/machine/clock.ts';
import { WireLog } from '../../src/router/wireLog.ts';
import { until } from '../tools/until.ts';
import { core, coreWith, never } from './core.ts';

const newSession = (it: Awaited<ReturnType<typeof core>>) =>
  it.router.newSession({ backend: 'fake', cwd: it.cwd }, never);

describe('a new session over a real process that is gone', () => {
  test('[demand 16] killed a moment before: the session is opened in another process', async () => {
    const it = await core();
    for (let round = 0; round < 4; round += 1) {
      const { pid = 0 } = it.backend.figures;
      process.kill(pid, 'SIGKILL');
      const key = await newSession(it);
      expect(it.sessionOf(key).link).toEqual({ state: 'ready' });
      expect(it.backend.figures.pid).not.toBe(pid);
    }
  });

  test('[demand 16] killed with a child that holds its output: the session is opened in another process', async () => {
    const it = await core();
    await it.prompt('grandchild');
    process.kill(it.backend.figures.pid ?? 0, 'SIGKILL');
    const key = await newSession(it);
    expect(it.sessionOf(key).link).toEqual({ state: 'ready' });
    expect(it.backend.figures.pids).toHaveLength(2);
  });

  test.each(['hang-up', 'deaf'])(
    '[demand 16] half closed (%s): the process is ended, and another one has the session',
    async (how) => {
      const it = await core();
      const { pid = 0 } = it.backend.figures;
      const turn = it.prompt(how);
      if (how === 'deaf') await turn;
      const key = await newSession(it);
      expect(it.sessionOf(key).link).toEqual({ state: 'ready' });
      expect(it.session().link).toMatchObject({ state: 'failed' });
      await turn;
      await until('the process to be gone', () => {
        try {
          process.kill(pid, 0);
          return false;
        } catch {
          return true;
        }
      });
    },
  );

  test('[demand 16] one that ends while it starts is tried again, given up, and works again after a restart', async () => {
    const broken = join(process.env['TMPDIR'] ?? '/tmp', `wheelhouse-broken-${process.pid}`);
    const it = await core('--resume', '--crash-while', broken);
    await writeFile(broken, '');
    try {
      process.kill(it.backend.figures.pid ?? 0, 'SIGKILL');
      await expect(newSession(it)).rejects.toMatchObject({
        code: 'given up',
        message: expect.stringMatching(/ended 5 times.*exit code 9.*before it has said a word/su) as string,
      });
      expect(it.backend.figures).toMatchObject({ givenUp: true, ends: 5, state: 'failed' });
      await expect(newSession(it)).rejects.toMatchObject({ code: 'given up' });
    } finally {
      await rm(broken);
    }
    await expect(access(broken)).rejects.toThrow();
    await it.router.restart('fake', never);
    expect(it.session().link).toEqual({ state: 'ready' });
    expect(it.backend.figures).toMatchObject({ givenUp: false, ends: 0 });
    expect(await it.prompt('hello')).toMatchObject({ reason: 'end_turn' });
  });
});

describe('the wire log over a real process', () => {
  test('[wire log] begins and ends while the agent runs, and has a line for each frame of a turn', async () => {
    const shown: string[] = [];
    const { one: redact } = redactor({ folders: [], values: [] });
    const log = new WireLog({ clock: systemClock, redact, show: (line) => void shown.push(line) });
    const tap = { on: false, heard: log.heard.bind(log), said: log.said.bind(log) };
    const it = await coreWith({ tap });
    await it.prompt('hello');
    expect(shown).toEqual([]);
    tap.on = true;
    await it.prompt('thought');
    const seen = [...shown];
    tap.on = false;
    await it.prompt('hello');
    expect(shown).toEqual(seen);
    expect(seen[0]).toMatch(/^→ #\d+ session\/prompt \{"sessionId":/u);
    expect(seen.at(-1)).toMatch(/^← #\d+ session\/prompt \d+\.\d{3} s \{"stopReason":"end_turn"\}$/u);
    expect(seen.filter((line) => line.startsWith('← session/update ')).length).toBe(seen.length - 2);
  });
});
