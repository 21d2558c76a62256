import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { AcpBackend } from '../../src/backends/acp.ts';
import { silent } from '../../src/base/log.ts';
import { systemClock } from '../../src/machine/clock.ts';
import { localEnvironment } from '../../src/machine/local.ts';
import { Places } from '../../src/machine/place.ts';
import { eachEntry, type Entry } from '../../src/model/entry.ts';
import type { Outcome, Question } from '../../src/model/question.ts';
import type { Session, SessionKey } from '../../src/model/session.ts';
import type { BackendContext, Terminal, TerminalOptions } from '../../src/router/ports.ts';
import { Router } from '../../src/router/router.ts';
import { SessionStore } from '../../src/router/store.ts';
import { noJournal, noRules } from '../../src/router/testing.ts';
import { until } from '../tools/until.ts';

export const never = new AbortController().signal;
const program = fileURLToPath(new URL('agent.ts', import.meta.url));

/** The whole core without an editor, over a real process of the fake agent. */
export const core = (...args: string[]) => coreWith({}, ...args);

/** With its session open. */
export const coreWith = async (context: Extras, ...args: string[]) => {
  const it = await coreOpening(context, ...args);
  await it.opened;
  return it;
};

interface Extras extends Pick<BackendContext, 'mcpServers' | 'tap' | 'secrets'> {
  /** Hears of every terminal. */
  readonly onTerminal?: (terminal: Terminal, options: TerminalOptions) => void;
}

/** With a session that is being opened, for an agent that does not open it at once. */
export const coreOpening = async ({ onTerminal, ...context }: Extras, ...args: string[]) => {
  const cwd = await mkdtemp(join(tmpdir(), 'wheelhouse-'));
  const environment = localEnvironment({
    label: 'here',
    env: process.env,
    clock: systemClock,
    log: silent,
    forbiddenRoots: () => [cwd],
  });
  const store = new SessionStore({ clock: systemClock, journal: noJournal, log: silent });
  const router = new Router({ store, clock: systemClock, log: silent });
  const kinds: string[] = [];
  store.onAppended(({ logged }) => kinds.push(...logged.map(({ event }) => event.kind)));
  const files = new Map<string, string>();
  const backend = new AcpBackend(
    { id: 'fake', label: 'Fake', command: program, args, node: true },
    {
      ...context,
      emit: store.append.bind(store),
      workspace: {
        roots: () => [cwd],
        place: (path) => new Places(() => [cwd]).find(path),
        readText: ({ path }) => Promise.resolve(files.get(path) ?? ''),
        writeText: ({ path }, content) => {
          files.set(path, content);
          return Promise.resolve('written');
        },
      },
      permissions: noRules,
      environment: {
        label: environment.label,
        spawn: (options, signal) => environment.spawn(options, signal),
        terminal: async (options, signal) => {
          const terminal = await environment.terminal(options, signal);
          onTerminal?.(terminal, options);
          return terminal;
        },
      },
      clock: systemClock,
      log: silent,
    },
  );
  router.add(backend);
  onTestFinished(async () => {
    await router.dispose();
    environment.dispose();
    await rm(cwd, { recursive: true, force: true });
  });
  const opened = router.newSession({ backend: 'fake', cwd }, never);
  opened.catch(() => undefined);
  const key = store.all()[0]?.key;
  if (key === undefined) throw new Error('No session was begun.');
  const sessionOf = (one: SessionKey): Session => {
    const found = store.get(one);
    if (found === undefined) throw new Error('The session is gone.');
    return found;
  };
  const session = (): Session => sessionOf(key);
  return {
    backend,
    opened,
    files,
    cwd,
    router,
    key,
    kinds,
    session,
    sessionOf,
    sessions: (): readonly Session[] => store.all(),
    entries: (): Entry[] => [...eachEntry(session().entries)],
    /** Answers the question that comes next with one of its options, or in any other way. */
    answer: async (outcome: string | Outcome): Promise<Question> => {
      const question = await until('the question', () => session().questions[0]);
      const { id, hash } = question;
      const chosen = typeof outcome === 'string' ? ({ kind: 'selected', option: outcome } as const) : outcome;
      await router.perform(key, { kind: 'question/answer', question: id, hash, outcome: chosen }, 'desk', never);
      return question;
    },
    set: (option: string, value: string | boolean) =>
      router.perform(key, { kind: 'option/set', option, value }, 'desk', never),
    cancel: () => router.perform(key, { kind: 'cancel' }, 'desk', never),
    prompt: (words: string) => router.prompt(key, [{ type: 'text', text: words }], 'desk', never),
  };
};

export const said = (entries: readonly Entry[]): string =>
  entries
    .flatMap((entry) =>
      entry.kind === 'agent' ? entry.parts.map((part) => (part.type === 'text' ? part.text : `(${part.type})`)) : [],
    )
    .join('');
