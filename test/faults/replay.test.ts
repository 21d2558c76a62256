import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test, vi } from 'vitest';
import { AcpBackend } from '../../src/backends/acp.ts';
import { silent } from '../../src/base/log.ts';
import { systemClock } from '../../src/machine/clock.ts';
import { localEnvironment } from '../../src/machine/local.ts';
import type { Logged } from '../../src/model/event.ts';
import { reduce } from '../../src/model/reduce.ts';
import { emptySession, type Session, type SessionKey } from '../../src/model/session.ts';
import { exportSession, type Exported } from '../../src/router/export.ts';
import { headerOf } from '../../src/router/journal.ts';
import { Router } from '../../src/router/router.ts';
import { SessionStore } from '../../src/router/store.ts';
import { noJournal, noRules, openPlace } from '../../src/router/testing.ts';
import { viewOf } from '../golden/view.ts';

const never = new AbortController().signal;
const fake = fileURLToPath(new URL('../fakes/agent.ts', import.meta.url));
const replay = fileURLToPath(new URL('../tools/replay.ts', import.meta.url));

const NOBODY = { folders: [], values: [] };

/** What a person with a real agent in front of them sees, and the log of it. */
const runAgent = async (program: string, args: readonly string[], cwd: string, prompts: readonly string[]) => {
  const environment = localEnvironment({
    label: 'here',
    env: process.env,
    clock: systemClock,
    log: silent,
    forbiddenRoots: () => [cwd],
  });
  const log: Logged[] = [];
  const store = new SessionStore({
    clock: systemClock,
    journal: { ...noJournal, append: (_, logged) => log.push(...logged) },
    log: silent,
  });
  const router = new Router({ store, clock: systemClock, log: silent });
  const workspace = {
    roots: () => [cwd],
    place: openPlace,
    readText: () => Promise.resolve('read'),
    writeText: () => Promise.resolve('written' as const),
  };
  router.add(
    new AcpBackend(
      { id: 'a', label: 'Agent', command: program, args, node: true },
      { emit: store.append.bind(store), workspace, permissions: noRules, environment, clock: systemClock, log: silent },
    ),
  );
  const shown = (key: SessionKey): Session => {
    const session = store.get(key);
    if (session === undefined) throw new Error('The session is gone.');
    return session;
  };
  // Everything that is asked is allowed at once.
  store.onAppended(({ key, logged }) => {
    for (const { event } of logged) {
      if (event.kind !== 'question/asked') continue;
      const { id, hash, options } = event.question;
      const outcome = { kind: 'selected', option: options[0]?.id ?? '' } as const;
      void router.perform(key, { kind: 'question/answer', question: id, hash, outcome }, 'desk', never);
    }
  });
  try {
    const key = await router.newSession({ backend: 'a', cwd }, never);
    for (const words of prompts) {
      await router.prompt(key, [{ type: 'text', text: words }], 'desk', never);
      // What is said after a turn belongs before the next prompt: whoever is faster may not decide that.
      if (words === 'late') await vi.waitFor(() => expect(viewOf(shown(key))).toContain('after the turn'), 30_000);
    }
    return { session: shown(key), log };
  } finally {
    await router.dispose();
    environment.dispose();
  }
};

const folder = async (): Promise<string> => {
  const made = await mkdtemp(join(tmpdir(), 'wheelhouse-replay-'));
  onTestFinished(() => rm(made, { recursive: true, force: true }));
  return made;
};

const PROMPTS = [
  'burst 30',
  'ask Write it',
  'elicit',
  'unknown',
  'out-of-order',
  'leave-open',
  'plain words',
  'late',
  'spoof',
];

const replayed = async (exported: Exported, cwd: string, prompts: readonly string[]): Promise<Session> => {
  const file = join(cwd, 'session.jsonl');
  await writeFile(file, [...exportSession(exported, NOBODY)].join('\n'));
  return (await runAgent(replay, [file], cwd, prompts)).session;
};

test('[export] what is exported replays, through a real process and the real backend, as the same transcript', async () => {
  const cwd = await folder();
  const { session, log } = await runAgent(fake, [], cwd, PROMPTS);
  const view = viewOf(session);
  expect(view.split('\n').length).toBeGreaterThan(12);
  const header = { ...headerOf(session), title: '' };
  const fromEvents = await replayed({ header, tail: log }, cwd, PROMPTS);
  expect(viewOf(fromEvents)).toBe(view);

  // From its fold alone, and from a fold with what came after it, as a journal has them.
  const half = log.findLastIndex(({ event }) => event.kind === 'turn/started');
  const snapshot = reduce(emptySession(header), log.slice(0, half));
  const fromFold = await replayed({ header, snapshot, tail: log.slice(half) }, cwd, PROMPTS);
  expect(undecided(viewOf(fromFold))).toBe(undecided(view));
});

/** What was allowed is in a fold as a decision, which no agent tells. */
const undecided = (view: string): string => view.replaceAll(/ \| (?:allowed|rejected) "[^"]*" by desk/gu, '');

test('[export] nothing of the machine and no secret is in the file', async () => {
  const cwd = await folder();
  const secret = 'sk-proj-abcdefghijklmnopqrstuvwx';
  const { session, log } = await runAgent(fake, [], cwd, [
    `say ${secret} in ${cwd}/file with TOKEN=abcdef123`,
    'ask Write it',
  ]);
  const what = { folders: [{ path: cwd, word: '<workspace>' }], values: [] };
  for (const source of [
    { header: headerOf(session), tail: log },
    { header: headerOf(session), snapshot: session, tail: [] },
  ]) {
    const lines = [...exportSession(source, what)];
    const text = lines.join('\n');
    expect(text).not.toContain(secret);
    expect(text).not.toContain('abcdef123');
    expect(text).not.toContain(cwd);
    expect(text).toContain('<workspace>/file');
    for (const line of lines) expect(JSON.parse(line)).toBeTypeOf('object');
  }
});
