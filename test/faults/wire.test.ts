import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { AcpBackend } from '../../src/backends/acp.ts';
import { silent } from '../../src/base/log.ts';
import { systemClock } from '../../src/machine/clock.ts';
import { localEnvironment } from '../../src/machine/local.ts';
import { Places } from '../../src/machine/place.ts';
import { eachEntry } from '../../src/model/entry.ts';
import type { Session, SessionKey, TurnEnd } from '../../src/model/session.ts';
import { LIMITS } from '../../src/router/limits.ts';
import { Router } from '../../src/router/router.ts';
import { SessionStore } from '../../src/router/store.ts';
import { noJournal, noRules } from '../../src/router/testing.ts';
import { until } from '../tools/until.ts';
import { runningCommands } from '../ui/processes.ts';

const never = new AbortController().signal;
const program = fileURLToPath(new URL('../fakes/agent.ts', import.meta.url));
const MB = 1024 * 1024;
/** Damaged lines; a hundred thousand each time, and a million where there is time for it. */
const FUZZED = Number(process.env['FUZZED_LINES'] ?? 100_000);
const ROUND = 50_000;
/** What one abuse may cost in memory at its worst, above what was there before; it holds the line, its text and a copy. */
const RSS = 400 * MB;

/** The core over real processes of the fake agent: one that misbehaves, with two sessions, and one that does not. */
const world = async (...args: string[]) => {
  const cwd = await mkdtemp(join(tmpdir(), 'wheelhouse-'));
  const places = new Places(() => [cwd]);
  const warnings: string[] = [];
  const log = { ...silent, warn: (text: string) => void warnings.push(text) };
  const environment = localEnvironment({
    label: 'here',
    env: process.env,
    clock: systemClock,
    log: silent,
    forbiddenRoots: () => [cwd],
  });
  const store = new SessionStore({ clock: systemClock, journal: noJournal, log: silent });
  const router = new Router({ store, clock: systemClock, log: silent });
  const backend = (id: string, more: readonly string[]): AcpBackend =>
    new AcpBackend(
      { id, label: id, command: program, args: more, node: true },
      {
        emit: store.append.bind(store),
        workspace: {
          roots: () => [cwd],
          place: (path) => places.find(path),
          readText: () => Promise.resolve(''),
          writeText: () => Promise.resolve('written'),
        },
        permissions: noRules,
        environment,
        clock: systemClock,
        log,
      },
    );
  router.add(backend('bad', args));
  router.add(backend('good', []));
  onTestFinished(async () => {
    await router.dispose();
    environment.dispose();
    await rm(cwd, { recursive: true, force: true });
  });
  const open = async (agent: string): Promise<Talk> =>
    new Talk(store, router, await router.newSession({ backend: agent, cwd }, never));
  return { open, warnings, talk: await open('bad'), beside: await open('bad'), elsewhere: await open('good') };
};

class Talk {
  readonly #store: SessionStore;
  readonly #router: Router;
  readonly #key: SessionKey;

  constructor(store: SessionStore, router: Router, key: SessionKey) {
    this.#store = store;
    this.#router = router;
    this.#key = key;
  }

  get session(): Session {
    const found = this.#store.get(this.#key);
    if (found === undefined) throw new Error('The session is gone.');
    return found;
  }

  get said(): string {
    const entries = [...eachEntry(this.session.entries)];
    const parts = entries.flatMap((entry) => (entry.kind === 'agent' ? entry.parts : []));
    return parts.map((part) => (part.type === 'text' ? part.text : '')).join('');
  }

  prompt(text: string): Promise<TurnEnd> {
    return this.#router.prompt(this.#key, [{ type: 'text', text }], 'desk', never);
  }

  async cancel(): Promise<void> {
    await this.#router.perform(this.#key, { kind: 'cancel' }, 'desk', never);
  }

  async close(): Promise<void> {
    await this.#router.perform(this.#key, { kind: 'close' }, 'desk', never);
  }
}

type World = Awaited<ReturnType<typeof world>>;

/** The two other sessions answer while `abuse` is under way and after it. @returns the most memory above that before, bytes */
const bearing = async ({ beside, elsewhere }: World, abuse: () => Promise<unknown>): Promise<number> => {
  const before = process.memoryUsage.rss();
  let most = before;
  const timer = setInterval(() => (most = Math.max(most, process.memoryUsage.rss())), 20);
  try {
    const [, ...ends] = await Promise.all([abuse(), beside.prompt('burst 500'), elsewhere.prompt('burst 500')]);
    expect(ends.map(({ reason }) => reason)).toEqual(['end_turn', 'end_turn']);
    for (const other of [beside, elsewhere]) {
      expect(await other.prompt('burst 7')).toMatchObject({ reason: 'end_turn' });
      expect(other.said).toContain('END-OF-BURST-500');
      expect(other.said).toContain('END-OF-BURST-7');
      expect(other.session.link).toMatchObject({ state: 'ready' });
    }
  } finally {
    clearInterval(timer);
  }
  return most - before;
};

describe('an agent that says anything', () => {
  test.each([
    ['garbage', 'after the garbage'],
    [`big ${40 * MB}`, 'after the big line'],
    ['nested 2000000', 'after the nested arrays'],
    ['unknown', 'after the unknown'],
    ['burst 100000', 'END-OF-BURST-100000'],
  ])('[I5] costs neither the next message nor another session: %s', async (abuse, last) => {
    const it = await world();
    const more = await bearing(it, async () => {
      expect(await it.talk.prompt(abuse)).toMatchObject({ reason: 'end_turn' });
      expect(it.talk.said).toContain(last);
    });
    expect(more).toBeLessThan(RSS);
    expect(await it.talk.prompt('burst 3')).toMatchObject({ reason: 'end_turn' });
    expect(it.talk.said).toContain('END-OF-BURST-3');
  });

  test('[I5] [acp 2] a line that comes byte by byte is read as it was meant', async () => {
    const { talk } = await world();
    expect(await talk.prompt('half')).toMatchObject({ reason: 'end_turn' });
    expect(talk.said).toBe('é € 🚀 after the halves\n');
  });

  test('[I5] [acp 2] what is told again in its own words is no answer, and no request', async () => {
    const it = await world('--echo');
    await bearing(it, async () => {
      expect(await it.talk.prompt('burst 20')).toMatchObject({ reason: 'end_turn' });
      // Ours are answers then, and come back as well.
      expect(await it.talk.prompt('read a.txt')).toMatchObject({ reason: 'end_turn' });
      expect(it.talk.said).toContain('read: {"content":""}');
      expect(await it.talk.prompt('unknown-request')).toMatchObject({ reason: 'end_turn' });
      expect(it.talk.said).toContain('_vendor/thing: error -32601');
    });
    // A line for each power of two, not for each echo.
    expect(it.warnings.filter((text) => text.includes('echo')).length).toBeLessThan(10);
  });

  test('[I5] [S32] a flood of permission requests is refused above the limit, and a cancel answers the rest', async () => {
    const it = await world();
    await bearing(it, async () => {
      const end = it.talk.prompt('flood-ask 5000');
      await until('the limit', () => it.talk.session.questions.length === LIMITS.openQuestions);
      await it.talk.cancel();
      // It ends when each of its requests was answered.
      await end;
    });
    expect(it.talk.session.questions).toEqual([]);
    expect(it.talk.said).toMatch(/refused: \d+ of 5000/u);
    expect(await it.talk.prompt('burst 3')).toMatchObject({ reason: 'end_turn' });
  });

  test('[I5] [S32] a flood of terminals is refused above the limit, and all of them end with the session', async () => {
    const it = await world();
    await bearing(it, async () => {
      expect(await it.talk.prompt('flood-terminals 1000')).toMatchObject({ reason: 'end_turn' });
    });
    expect(it.talk.said).toContain(`refused: ${1000 - LIMITS.agentTerminals} of 1000`);
    expect(Object.values(it.talk.session.terminals)).toHaveLength(LIMITS.agentTerminals);
    const running = (): Promise<readonly string[]> => runningCommands(process.pid, /sleep 6017/u);
    expect(await running()).toHaveLength(LIMITS.agentTerminals);
    await it.talk.close();
    await until('the end of the commands', async () => (await running()).length === 0);
  });

  test(
    `[I5] of ${FUZZED} damaged lines none takes a good one with it`,
    async () => {
      const it = await world();
      const growth: number[] = [];
      const before = process.memoryUsage.rss();
      for (let from = 0; from < FUZZED; from += ROUND) {
        const lines = Math.min(ROUND, FUZZED - from);
        const talk = await it.open('bad');
        const more = await bearing(it, async () => {
          expect(await talk.prompt(`fuzz ${lines} ${from + 1}`)).toMatchObject({ reason: 'end_turn' });
          const good = [...talk.said.matchAll(/<good (\d+)>/gu)].map(([, number]) => Number(number));
          expect(good).toEqual(Array.from({ length: Math.floor(lines / 100) }, (_, index) => index + 1));
        });
        expect(more).toBeLessThan(RSS);
        await talk.close();
        growth.push(process.memoryUsage.rss() - before);
      }
      console.log(
        `${FUZZED} damaged lines; at the end of each round RSS was up by ${growth.map((bytes) => Math.round(bytes / MB)).join(', ')} MB`,
      );
      expect(Math.max(...growth)).toBeLessThan(2 * RSS);
    },
    60_000 + FUZZED,
  );
});
