import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Entry } from '../../src/model/entry.ts';
import type { Question } from '../../src/model/question.ts';
import type { Session } from '../../src/model/session.ts';
import type { Secrets, TerminalOptions } from '../../src/router/ports.ts';
import { until } from '../tools/until.ts';
import { coreOpening, coreWith, never, said } from './core.ts';

const SECRET = 'wholly-unrecognizable-5d1e88b2';

/** A person who enters these, one after the other; undefined thinks better of it. */
const person = (...entries: readonly (string | undefined)[]) => {
  const kept: Record<string, string> = {};
  const asked: string[] = [];
  const left = [...entries];
  const secrets: Secrets = {
    of: () => Promise.resolve({ ...kept }),
    ask: (_, values) => {
      for (const { name } of values) {
        asked.push(name);
        const text = left.shift();
        if (text === undefined) return Promise.resolve(false);
        kept[name] = text;
      }
      return Promise.resolve(true);
    },
  };
  return { kept, asked, secrets };
};

const folder = async (): Promise<string> => {
  const made = await mkdtemp(join(tmpdir(), 'wheelhouse-sign-in-'));
  onTestFinished(() => rm(made, { recursive: true, force: true }));
  return made;
};

type Core = Awaited<ReturnType<typeof coreOpening>>;

const question = (it: Core, when: (asked: Question) => boolean = () => true): Promise<Question> =>
  until('the question', () => it.session().questions.find(when));
const chooses = (asked: Question): boolean => asked.signIn?.under === undefined;
const choose = async (it: Core, name: string): Promise<Question> => {
  const asked = await question(it, ({ options }) => options.some((option) => option.name === name));
  const option = asked.options.find((offered) => offered.name === name)?.id ?? '';
  const { id, hash } = asked;
  const outcome = { kind: 'selected', option } as const;
  await it.router.perform(it.key, { kind: 'question/answer', question: id, hash, outcome }, 'desk', never);
  return asked;
};
const notices = (entries: readonly Entry[]): string[] =>
  entries.flatMap((entry) => (entry.kind === 'notice' ? [entry.title] : []));
const auth = (methods: string, ...more: string[]): string[] => ['--auth', '--auth-methods', methods, ...more];

describe('signing in to a real process', () => {
  test('[acp 4] [acp 4.1.22] [demand 23] an agent’s own way: asked, gone, and the session opens by itself', async () => {
    const it = await coreOpening({}, ...auth('agent'));
    const asked = await choose(it, 'Log in');
    expect(asked).toMatchObject({
      kind: 'sign-in',
      title: 'Sign in',
      signIn: {
        agent: 'Fake',
        said: 'Authentication required',
        ways: [
          { option: 'method 0', kind: 'agent', description: 'Opens a page in your browser.' },
          { option: 'terminal', kind: 'terminal' },
        ],
      },
    });
    expect(asked.options.map(({ name }) => name)).toEqual([
      'Log in',
      'Open a terminal with the agent',
      'Try again',
      'Cancel',
    ]);
    await it.opened;
    expect(it.session()).toMatchObject({ link: { state: 'ready' }, questions: [] });
    expect(notices(it.entries())).toEqual(['Signed in.']);
    expect(await it.prompt('hello')).toMatchObject({ reason: 'end_turn' });
  });

  test('[acp 4] one that fails says why in its own words, and asks again', async () => {
    const it = await coreOpening({}, ...auth('agent', '--auth-fails'));
    await choose(it, 'Log in');
    const again = await question(it, ({ signIn }) => signIn?.problem !== undefined);
    expect(again.signIn).toMatchObject({ problem: 'Fake: The browser said no.' });
    await choose(it, 'Cancel');
    await expect(it.opened).rejects.toMatchObject({ code: 'sign in' });
    expect(it.session()).toMatchObject({
      questions: [],
      link: { state: 'failed', detail: 'Fake asks you to sign in.' },
    });
    // Asked again, it is not held against the person that they did not want to before.
    const resumed = it.router.resume(it.key, never);
    resumed.catch(() => undefined);
    expect((await question(it)).signIn?.problem).toBeUndefined();
  });

  test('[acp 4] one that waits for a browser can be cancelled, and is taken back at the agent', async () => {
    const it = await coreOpening({}, ...auth('agent', '--auth-waits'));
    await choose(it, 'Log in');
    const waiting = await question(it, (asked) => asked.signIn?.under === 'agent');
    expect(waiting.options.map(({ name }) => name)).toEqual(['Cancel']);
    await choose(it, 'Cancel');
    const asked = await question(it, chooses);
    expect(asked.signIn?.problem).toBeUndefined();
  });

  test.each(['terminal', 'own', 'meta'])(
    '[acp 4] [demand 23] by %s: its command runs in a terminal, and its end with 0 is the sign-in',
    async (kind) => {
      const file = join(await folder(), 'who');
      const seen: TerminalOptions[] = [];
      const it = await coreOpening(
        {
          onTerminal: (terminal, options) => {
            seen.push(options);
            terminal.write(seen.length === 1 ? 'nobody\n' : 'Ann\n');
          },
        },
        ...auth(kind, '--auth-file', file),
      );
      const asked = await question(it);
      const [way] = asked.signIn?.ways ?? [];
      expect(way?.kind).toBe('terminal');
      expect(way?.command?.at(-1)).toBe('--login');
      const name = asked.options[0]?.name ?? '';
      await choose(it, name);
      const failed = await question(it, ({ signIn }) => signIn?.problem !== undefined);
      expect(failed.signIn?.problem).toBe('What ran in the terminal ended with code 3.');
      await choose(it, name);
      await it.opened;
      expect(await readFile(file, 'utf8')).toBe('Ann');
      expect(seen[0]).toMatchObject({ front: true, name: 'Sign in: Fake' });
      expect([seen[0]?.command, ...(seen[0]?.args ?? [])]).toEqual(way?.command);
      expect(it.session().link).toEqual({ state: 'ready' });
    },
  );

  test('[acp 4] a person who has signed in need not wait for the end of the terminal', async () => {
    const file = join(await folder(), 'who');
    const it = await coreOpening({}, ...auth('terminal', '--auth-file', file));
    await choose(it, 'Log in here');
    await question(it, (asked) => asked.signIn?.under === 'terminal');
    await writeFile(file, 'elsewhere');
    await choose(it, 'I have signed in');
    await it.opened;
    expect(it.session().questions).toEqual([]);
  });

  test('[acp 4] where no way is named, a terminal with the agent or another place will do', async () => {
    const file = join(await folder(), 'who');
    const seen: TerminalOptions[] = [];
    const it = await coreOpening(
      { onTerminal: (_, options) => seen.push(options) },
      ...auth('none,unknown', '--auth-file', file),
    );
    const asked = await question(it);
    expect(asked.options.map(({ name }) => name)).toEqual(['Open a terminal with the agent', 'Try again', 'Cancel']);
    await choose(it, 'Try again');
    const again = await question(it, ({ id }) => id !== asked.id);
    expect(again.signIn?.problem).toBe('Fake still asks for it.');
    await choose(it, 'Open a terminal with the agent');
    await until('the terminal', () => seen.length === 1);
    expect(seen[0]?.args).toContain('--auth');
    await choose(it, 'Cancel');
    await question(it, chooses);
    await writeFile(file, 'elsewhere');
    await choose(it, 'Try again');
    await it.opened;
  });

  test('[S30] [S50] a variable that is entered reaches the agent’s own process, started anew, and nothing else', async () => {
    const ann = person(undefined, SECRET);
    const events: string[] = [];
    const it = await coreOpening({ secrets: ann.secrets }, ...auth('variables'));
    await choose(it, 'Use a key');
    const asked = await question(it, chooses);
    expect(asked.signIn?.problem).toBeUndefined();
    await choose(it, 'Use a key');
    await it.opened;
    expect(ann.asked).toEqual(['FAKE_AGENT_KEY', 'FAKE_AGENT_KEY']);
    await it.prompt('variable FAKE_AGENT_KEY');
    expect(said(it.entries())).toContain(`FAKE_AGENT_KEY has ${SECRET.length} characters`);
    await it.prompt('run env');
    expect(said(it.entries())).not.toContain(SECRET);
    events.push(JSON.stringify(it.session()));
    expect(events.join()).not.toContain(SECRET);
    expect(process.env['FAKE_AGENT_KEY']).toBeUndefined();
    // What was entered is good for the next start as well, without a word.
    await it.router.restart('fake', never);
    expect(it.session().questions).toEqual([]);
  });

  test('[S50] a key that is handed over is entered once: the agent that is started next is given it again', async () => {
    const ann = person('wrong', SECRET);
    const it = await coreOpening({ secrets: ann.secrets }, ...auth('key'), '--resume', '--auth-at', 'load');
    await it.opened;
    const restarted = it.router.restart('fake', never);
    await choose(it, 'API key');
    const again = await question(it, ({ signIn }) => signIn?.problem !== undefined);
    expect(again.signIn?.problem).toBe('Fake: This key is wrong.');
    await choose(it, 'API key');
    await restarted;
    expect(it.session().link).toEqual({ state: 'ready' });
    await it.router.restart('fake', never);
    expect(it.session()).toMatchObject({ link: { state: 'ready' }, questions: [] });
    expect(ann.asked).toHaveLength(2);
    expect(JSON.stringify(it.session())).not.toContain(SECRET);
  });

  test('[acp 4.1.22] [I7] a prompt that fails for it is sent again by itself, once, in the same turn', async () => {
    const it = await coreWith({}, ...auth('agent', '--auth-at', 'prompt'));
    const prompted = it.prompt('hello');
    await choose(it, 'Log in');
    expect(await prompted).toMatchObject({ reason: 'end_turn' });
    expect(it.kinds.filter((kind) => kind.startsWith('turn/'))).toEqual(['turn/started', 'turn/ended']);
    expect(said(it.entries()).match(/You said: hello/gu)).toHaveLength(1);
  });

  test.each([
    ['new where nothing was said', []],
    ['taken up', ['--resume']],
  ])('[acp 4.1.22] a prompt is sent in the session of the agent that was started anew, %s', async (_, more) => {
    const ann = person(SECRET);
    const it = await coreWith({ secrets: ann.secrets }, ...auth('variables', '--auth-at', 'prompt'), ...more);
    const prompted = it.prompt('hello');
    await choose(it, 'Use a key');
    expect(await prompted).toMatchObject({ reason: 'end_turn' });
    expect(said(it.entries())).toContain('You said: hello');
    expect(it.session().link).toEqual({ state: 'ready' });
  });

  test('[acp 4.1.22] a prompt that nobody signs in for fails in words; stopped, it is cancelled', async () => {
    const it = await coreWith({}, ...auth('agent', '--auth-at', 'prompt'));
    const first = it.prompt('hello');
    await choose(it, 'Cancel');
    expect(await first).toMatchObject({
      reason: 'failed',
      error: { message: 'Authentication required', code: -32000 },
    });
    const second = it.prompt('hello');
    await question(it);
    await it.cancel();
    expect(await second).toMatchObject({ reason: 'cancelled' });
    expect(it.session().questions).toEqual([]);
  });

  test('[acp 4.1.22] an agent that refuses to introduce itself, or an option, is understood as well', async () => {
    const file = join(await folder(), 'who');
    const shy = await coreOpening({}, ...auth('agent', '--auth-at', 'initialize', '--auth-file', file));
    expect((await question(shy)).options[0]?.name).toBe('Open a terminal with the agent');
    await writeFile(file, 'elsewhere');
    await choose(shy, 'Try again');
    await shy.opened;

    const it = await coreWith({}, ...auth('agent', '--auth-at', 'option'), '--options', 'copilot');
    const option = await until('an option', () => it.session().options[0]);
    const value = option.control.kind === 'select' ? (option.control.choices.at(-1)?.value ?? '') : true;
    const set = it.set(option.id, value);
    await choose(it, 'Log in');
    await set;
    expect(it.session().options[0]?.control.value).toBe(value);
  });

  test('[demand 23] sessions that wait for the same agent share one sign-in', async () => {
    const it = await coreOpening({}, ...auth('agent'));
    await question(it);
    const others = [0, 1].map(() => it.router.newSession({ backend: 'fake', cwd: it.cwd }, never));
    const waiting = await until('all to wait', () => {
      const all = it.sessions().filter(({ questions }) => questions.length > 0);
      return all.length === 3 ? all : undefined;
    });
    expect(new Set(waiting.map(({ questions }) => questions[0]?.id)).size).toBe(3);
    await choose(it, 'Log in');
    await Promise.all([it.opened, ...others]);
    const by = (session: Session) => session.settled.map((settled) => settled.by.kind);
    expect(it.sessions().map(({ link, questions }) => [link.state, questions.length])).toEqual([
      ['ready', 0],
      ['ready', 0],
      ['ready', 0],
    ]);
    expect(it.sessions().flatMap(by)).toContain('signed in');
  });

  test('[demand 7] a session that waits for it can be closed, and its agent restarted', async () => {
    const it = await coreOpening({}, ...auth('agent'));
    await question(it);
    const restarted = it.router.restart('fake', never);
    await expect(it.opened).rejects.toMatchObject({ code: 'stopped' });
    await question(it);
    await it.router.perform(it.key, { kind: 'close' }, 'desk', never);
    await restarted;
    expect(it.sessions()).toEqual([]);
  });

  test('[acp 4] signing out is asked of an agent that says it can, and of no other', async () => {
    const file = join(await folder(), 'who');
    await writeFile(file, 'Ann');
    const it = await coreWith({}, ...auth('agent', '--auth-file', file), '--logout');
    expect(await it.backend.signOut(never)).toBe(true);
    expect(existsSync(file)).toBe(false);
    const other = await coreWith({});
    expect(await other.backend.signOut(never)).toBe(false);
  });
});
