import { spawn, spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { AcpBackend } from '../../src/backends/acp.ts';
import { silent } from '../../src/base/log.ts';
import { systemClock } from '../../src/machine/clock.ts';
import { localEnvironment } from '../../src/machine/local.ts';
import { farContext } from '../../src/machine/remote/farContext.ts';
import { eachEntry } from '../../src/model/entry.ts';
import type { Question } from '../../src/model/question.ts';
import type { SessionKey } from '../../src/model/session.ts';
import type { FarMachine } from '../../src/router/farMachine.ts';
import type { Workspace } from '../../src/router/ports.ts';
import { Router } from '../../src/router/router.ts';
import { SessionStore } from '../../src/router/store.ts';
import { noJournal } from '../../src/router/testing.ts';
import { Sshd } from '../tools/sshd.ts';
import { until } from '../tools/until.ts';
import { windowOn } from '../tools/windowOn.ts';
import { hostPrograms, HostWorld, type Ready } from './hostWorld.ts';
import { type Found, Trial } from './trial.ts';

const never = new AbortController().signal;

const programs = hostPrograms();

/** Nothing of this machine is ever asked for: not one of these may be called. */
const untouchable = (): never => {
  throw new Error('A file of this machine was asked for.');
};
const NOTHING_HERE: Workspace = {
  roots: untouchable,
  place: untouchable,
  readText: untouchable,
  writeText: untouchable,
};

/** Another machine with an agent on it, a server where it is reached by ssh, and this machine, which has a router. */
class World implements AsyncDisposable {
  readonly trial: Trial;
  readonly machine: FarMachine;
  readonly server: Sshd | undefined;
  readonly store = new SessionStore({ clock: systemClock, journal: noJournal, log: silent });
  readonly router = new Router({ store: this.store, clock: systemClock, log: silent });
  readonly #local: ReturnType<typeof localEnvironment>;

  private constructor(trial: Trial, machine: FarMachine, server: Sshd | undefined) {
    this.trial = trial;
    this.machine = machine;
    this.server = server;
    this.#local = localEnvironment({
      label: 'here',
      env: trial.environment,
      clock: systemClock,
      log: silent,
      forbiddenRoots: () => [],
    });
  }

  static async open(kind: 'ssh' | 'exec', parts: Partial<FarMachine> = {}): Promise<World> {
    const trial = await Trial.open({ host: '', watchdog: '', agent: '' });
    const folder = join(trial.folder, "it's the project");
    await mkdir(folder);
    const about = { id: 'box', label: 'Box', folder };
    if (kind === 'exec') {
      // Another program's child, which it waits for and does not end by itself, as a container's client does.
      const command = [process.execPath, '-e', WRAPPER, '--'];
      const own = { ...about, kind, command };
      return new World(trial, { ...own, ...parts } as FarMachine, undefined);
    }
    const server = await Sshd.start(join(trial.folder, 'sshd'), variablesOf(trial));
    const { destination, options } = server;
    return new World(trial, { ...about, kind, destination, options }, server);
  }

  /** The key of a session that is open. */
  async session(program: string, ...args: readonly string[]): Promise<SessionKey> {
    const { store, router, machine, trial } = this;
    const context = {
      emit: store.append.bind(store),
      workspace: NOTHING_HERE,
      permissions: router.permissions,
      environment: this.#local,
      clock: systemClock,
      log: silent,
    };
    const here = { variables: () => Promise.resolve(trial.environment), forbiddenRoots: () => [] };
    const definition = {
      id: `agent ${systemClock.id()}`,
      label: 'Agent · Box',
      command: process.execPath,
      args: [join(programs, 'dist', program), ...args],
      env: { SECRET_TOKEN: SECRET },
      machine,
    };
    router.add(new AcpBackend(definition, farContext(machine, context, here)));
    return await router.newSession({ backend: definition.id, cwd: machine.folder }, never);
  }

  /** Prompts, allows what it asks, and gives the questions back. */
  async run(key: SessionKey, text: string): Promise<{ readonly reason: string; readonly asked: readonly Question[] }> {
    const ended = this.router.prompt(key, [{ type: 'text', text }], 'editor', never);
    let over = false;
    void ended.finally(() => (over = true)).catch(() => undefined);
    const asked: Question[] = [];
    await until('the end of the turn', async () => {
      for (const question of this.store.get(key)?.questions ?? []) {
        asked.push(question);
        const option = question.options.find((each) => each.kind === 'allow_once')?.id ?? '';
        const answer = { question: question.id, hash: question.hash, outcome: { kind: 'selected', option } } as const;
        await this.router.perform(key, { kind: 'question/answer', ...answer }, 'editor', never);
      }
      return over;
    });
    return { reason: (await ended).reason, asked };
  }

  /** All that stands in the transcript. */
  told(key: SessionKey): string {
    const session = this.store.get(key);
    const entries = session === undefined ? [] : [...eachEntry(session.entries)];
    return JSON.stringify([entries, session?.terminals, session?.link]);
  }

  /** What runs on the other machine, and what reaches it. */
  async running(): Promise<{ readonly far: readonly Found[]; readonly near: readonly Found[] }> {
    const all = await this.trial.look();
    const isNear = ({ command }: Found): boolean => /^\S*ssh -/u.test(command) || command.includes(MARK);
    return { far: all.filter((each) => !isNear(each)), near: all.filter(isNear) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.router.dispose();
    this.#local.dispose();
    await this.server?.[Symbol.asyncDispose]();
    await this.trial[Symbol.asyncDispose]();
  }
}

const MARK = 'the wrapper of a test';
const WRAPPER = `/* ${MARK} */
  const [file, ...args] = process.argv.slice(1);
  const child = require('node:child_process').spawn(file, args, { detached: true, stdio: ['pipe', 'inherit', 'inherit'] });
  process.stdin.pipe(child.stdin);
  child.stdin.on('error', () => undefined);
  child.on('exit', (code) => process.exit(code ?? 137));`;

const SECRET = 'tell-nobody-4711';

const variablesOf = (trial: Trial): Record<string, string> =>
  Object.fromEntries(
    Object.entries(trial.environment).flatMap(([name, value]) =>
      value === trial.id && value !== undefined ? [[name, value]] : [],
    ),
  );

const kill = (found: readonly Found[]): void => {
  for (const { pid } of found) process.kill(pid, 'SIGKILL');
};

describe.each(['exec', 'ssh'] as const)('an agent reached by %s', { timeout: 120_000 }, (kind) => {
  test('[remote] it reads, edits, asks and runs there, and its questions and terminals are of there', async () => {
    await using world = await World.open(kind);
    const { folder } = world.machine;
    await writeFile(join(folder, 'README.md'), '# Far\n');
    const key = await world.session('demoAgent.js');
    expect(world.store.get(key)).toMatchObject({ machine: 'Box', agentLabel: 'Agent · Box', cwd: folder });
    const edit = await world.run(key, '/edit README.md');
    expect(edit.reason).toBe('end_turn');
    expect(edit.asked.map(({ tool }) => tool?.locations[0]?.path)).toEqual([join(folder, 'README.md')]);
    expect(await readFile(join(folder, 'README.md'), 'utf8')).toMatch(/^# Far\n[^]+/u);
    expect(await readdir(folder)).toEqual(['README.md']);

    const run = await world.run(key, '/run echo "I am in $PWD"; echo more >&2; exit 3');
    expect(run.reason).toBe('end_turn');
    const [terminal] = Object.values(world.store.get(key)?.terminals ?? {});
    expect(terminal?.tail).toContain(`I am in ${folder}`);
    expect(terminal?.tail).toContain('more');
    expect(terminal?.tail).not.toMatch(/connection|ssh/iu);
    expect(terminal?.exit).toEqual({ code: 3, signal: null });
  });

  test('[S21] [S26] the folder there bounds it, and what is protected there is asked about', async () => {
    await using world = await World.open(kind);
    await writeFile(join(world.trial.folder, 'outside.md'), 'x\n');
    const key = await world.session('demoAgent.js');
    const outside = await world.run(key, '/edit ../outside.md');
    expect(outside.asked.map(({ guard }) => guard?.kind)).toContain('outside');
    const guarded = await world.run(key, '/edit .github/workflows/ci.yml');
    expect(guarded.asked.map(({ guard }) => guard?.kind)).toContain('protected');
    expect(await readdir(join(world.machine.folder, '.github/workflows'))).toEqual(['ci.yml']);
  });

  test('[I9] a turn that is cancelled ends, and closing it leaves nobody there', async () => {
    await using world = await World.open(kind);
    const key = await world.session('demoAgent.js');
    const turn = world.router.prompt(key, [{ type: 'text', text: '/slow 500' }], 'editor', never);
    await until('some lines', () => world.told(key).includes('line 3'));
    await world.router.perform(key, { kind: 'cancel' }, 'editor', never);
    expect((await turn).reason).toBe('cancelled');
    expect((await world.running()).far).not.toEqual([]);
    await world.router.dispose();
    await until('nobody to be left there', async () => (await world.running()).far.length === 0);
  });

  test('[I9] killing what reaches it is an honest end here, and nobody is left there, however stubborn', async () => {
    await using world = await World.open(kind);
    const [key, other] = [
      await world.session('agent.js', '--ignore-eof', '--ignore-sigterm'),
      await world.session('demoAgent.js'),
    ];
    const command = world.run(other, '/run trap "" HUP TERM; echo begun; sleep 600; sleep 601').catch(() => undefined);
    await until('the command to run', () => world.told(other).includes('begun\\'));
    const { far, near } = await world.running();
    expect(far.length).toBeGreaterThan(3);
    kill(near);
    await until('the end to be told', () => world.store.get(key)?.link.state === 'failed');
    await until('nobody to be left there', async () => (await world.running()).far.length === 0);
    await command;
  });

  test('[S30] what is secret stands in nobody’s arguments, here or there', async () => {
    await using world = await World.open(kind);
    const key = await world.session('demoAgent.js');
    expect(world.store.get(key)?.link.state).toBe('ready');
    const { far, near } = await world.running();
    const variables = await Promise.all(far.map(({ pid }) => readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '')));
    expect(variables.join('\0')).toContain(`SECRET_TOKEN=${SECRET}`);
    expect([...far, ...near].map(({ command: words }) => words).join('\n')).not.toContain(SECRET);
  });

  test('[remote] an agent that is not there says so in the words of that machine', async () => {
    await using world = await World.open(kind);
    await expect(world.session('no-such-program.js')).rejects.toThrow(/Agent · Box ended with exit code 1/u);
    expect(world.told(await world.session('demoAgent.js'))).toContain('ready');
    await rm(world.machine.folder, { recursive: true });
    await expect(world.session('demoAgent.js')).rejects.toThrow(/exit code 126.*it's the project/su);
  });
});

describe('the background host', { timeout: 120_000 }, () => {
  test('[remote] its agents run on other machines too, and their folders are none of this machine’s', async () => {
    await using trial = await Trial.open({ host: '', watchdog: '', agent: '' });
    await using server = await Sshd.start(join(trial.folder, 'sshd'), variablesOf(trial));
    const folder = join(trial.folder, 'there');
    await mkdir(folder);
    await writeFile(join(folder, 'README.md'), '# There\n');
    const world = new HostWorld(programs, trial);
    const config = await world.configure({
      environments: { box: { kind: 'ssh', destination: server.destination, options: server.options, folder } },
      agents: { far: { command: process.execPath, args: [world.program('demoAgent.js')], environment: 'box' } },
    });
    // One host for each folder of state; none of its own folders is the one of the session.
    const state = join(trial.folder, 'here');
    await mkdir(state);
    const running = world.run('serve', '--state', state, '--root', state, '--config', config);
    await until('the host to be ready', () => running.lines.length > 0);
    const { view, tokenFile } = JSON.parse(running.lines[0] ?? '') as Ready;
    const { store, host: backend, router } = windowOn({ view, tokenFile });
    await using host = backend;
    await until('the window to be connected', () => host.state === 'connected');
    const key = await host.open({ agent: 'far', cwd: folder, roots: [state] }, never);
    await until('the agent to be there', () => store.get(key)?.link.state === 'ready');
    expect(store.get(key)).toMatchObject({ machine: 'box', agentLabel: 'far · box' });
    const turn = router.perform(
      key,
      { kind: 'prompt', prompt: [{ type: 'text', text: '/edit README.md' }] },
      'editor',
      never,
    );
    await until('the question', () => (store.get(key)?.questions.length ?? 0) > 0);
    await turn;
    const [question] = store.get(key)?.questions ?? [];
    const option = question?.options.find(({ kind }) => kind === 'allow_once')?.id ?? '';
    const answer = { question: question?.id ?? '', hash: question?.hash ?? '' };
    const outcome = { kind: 'selected', option } as const;
    await router.perform(key, { kind: 'question/answer', ...answer, outcome }, 'editor', never);
    await until('the end of the turn', () => store.get(key)?.turn.state === 'idle');
    expect(await readFile(join(folder, 'README.md'), 'utf8')).toMatch(/^# There\n[^]+/u);
    running.child.kill('SIGTERM');
    expect(await running.ended).toMatchObject({ code: 0 });
    await until('nobody to be left', async () => (await trial.look()).length === 0);
  });
});

describe('a container', { timeout: 120_000 }, () => {
  const canMount = spawnSync('unshare', ['--mount', 'true']).status === 0;

  // Only a user who may mount can have one without a program for containers.
  test.skipIf(!canMount)(
    '[remote] the same path is another file there, and what is written there is not written here',
    async () => {
      const folder = await mkdtemp(join(tmpdir(), 'wheelhouse-exec-container-'));
      onTestFinished(() => rm(folder, { recursive: true, force: true }));
      await writeFile(join(folder, 'README.md'), '# Here\n');
      const inside =
        'mount -t tmpfs none "$1" && cd "$1" && echo "# There" >README.md && mkfifo "$2/up" && shift 2 && sleep 600';
      const shared = await mkdtemp(join(tmpdir(), 'wheelhouse-exec-shared-'));
      onTestFinished(() => rm(shared, { recursive: true, force: true }));
      const container = spawn('unshare', ['--mount', 'sh', '-c', inside, 'sh', folder, shared], { stdio: 'ignore' });
      onTestFinished(() => void container.kill('SIGKILL'));
      await until('the container to be up', async () => (await readdir(shared)).includes('up'));
      const command = ['nsenter', '--mount', '--target', String(container.pid)];
      await using world = await World.open('exec', { folder, command });
      const key = await world.session('demoAgent.js');
      expect((await world.run(key, '/edit README.md')).reason).toBe('end_turn');
      expect(world.told(key)).toContain('# There');
      const shown = await world.run(key, '/run cat README.md');
      expect(shown.reason).toBe('end_turn');
      expect(Object.values(world.store.get(key)?.terminals ?? {})[0]?.tail).toMatch(/# There[^]+/u);
      expect(await readFile(join(folder, 'README.md'), 'utf8')).toBe('# Here\n');
    },
  );
});

describe('ssh', { timeout: 120_000 }, () => {
  test('[remote] files go through the agent’s own connection, and nothing of it stays', async () => {
    await using world = await World.open('ssh');
    await writeFile(join(world.machine.folder, 'README.md'), '# Far\n');
    const sockets = async (): Promise<readonly string[]> =>
      (await readdir(tmpdir())).filter((name) => name.startsWith('wheel-'));
    const before = await sockets();
    const key = await world.session('demoAgent.js');
    const connections = await world.server?.connections();
    expect(connections).toHaveLength(1);
    let most = 0;
    let over = false;
    const watching = until('the end of the turn', async () => {
      most = Math.max(most, (await world.server?.connections())?.length ?? 0);
      return over;
    });
    await world.run(key, '/edit README.md');
    over = true;
    await watching;
    expect(most).toBe(1);
    expect(await sockets()).toHaveLength(before.length + 1);
    await world.router.dispose();
    await until('its socket to be gone', async () => (await sockets()).length === before.length);
  });

  test('[remote] a server that is not the known one is not spoken with, and ssh’s own words say so', async () => {
    await using world = await World.open('ssh');
    await world.server?.forgetHost();
    await expect(world.session('demoAgent.js')).rejects.toThrow(
      /Host key verification failed.*ssh did not get through/su,
    );
    expect((await world.running()).far).toEqual([]);
  });
});
