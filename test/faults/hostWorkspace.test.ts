import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { HostBackend } from '../../src/backends/host.ts';
import { eachEntry } from '../../src/model/entry.ts';
import type { Question } from '../../src/model/question.ts';
import type { Session, SessionKey } from '../../src/model/session.ts';
import { WORDS } from '../../src/model/fold/words.ts';
import { isUnfinished } from '../../src/router/unfinished.ts';
import type { SessionStore } from '../../src/router/store.ts';
import type { StopAt } from '../fakes/answeringWindow.ts';
import { until } from '../tools/until.ts';
import { windowOn } from '../tools/windowOn.ts';
import { hostPrograms, hasDone, HostWorld, type Ready, type Running } from './hostWorld.ts';
import { Trial } from './trial.ts';

const never = new AbortController().signal;

const programs = hostPrograms();

/** A host with a session of the fake agent, and a window that follows it and is asked for nothing. */
class Scene implements AsyncDisposable {
  readonly world: HostWorld;
  readonly ready: Ready;
  readonly running: Running;
  readonly session: SessionKey;
  readonly #trial: Trial;
  readonly #host: HostBackend;
  readonly #store: SessionStore;
  #ended = 0;
  #begun = 0;

  static async open(): Promise<Scene> {
    const trial = await Trial.open({ host: '', watchdog: '', agent: '' });
    const world = new HostWorld(programs, trial);
    const fake = { command: process.execPath, args: [world.program('agent.js'), '--resume'] };
    const config = await world.configure({ agents: { fake } });
    const { ready, running } = await world.serve('--config', config);
    const { store, host } = windowOn(ready);
    await until('the window to be connected', () => host.state === 'connected');
    const session = await host.open({ cwd: world.root, roots: [world.root], agent: 'fake' }, never);
    await until('the agent to be there', () => store.get(session)?.link.state === 'ready');
    return new Scene({ trial, world, ready, running, session, host, store });
  }

  private constructor(parts: {
    readonly trial: Trial;
    readonly world: HostWorld;
    readonly ready: Ready;
    readonly running: Running;
    readonly session: SessionKey;
    readonly host: HostBackend;
    readonly store: SessionStore;
  }) {
    this.#trial = parts.trial;
    this.world = parts.world;
    this.ready = parts.ready;
    this.running = parts.running;
    this.session = parts.session;
    this.#host = parts.host;
    this.#store = parts.store;
    this.#store.onAppended(({ logged }) => {
      this.#ended += logged.filter(({ event }) => event.kind === 'turn/ended').length;
    });
  }

  get now(): Session {
    const session = this.#store.get(this.session);
    if (session === undefined) throw new Error('The session is gone.');
    return session;
  }

  get question(): Question | undefined {
    return this.now.questions[0];
  }

  /** All that was said, and all notices. */
  get said(): string {
    return [...eachEntry(this.now.entries)]
      .flatMap((entry) => {
        if (entry.kind === 'agent') return entry.parts.map((part) => (part.type === 'text' ? part.text : ''));
        return entry.kind === 'notice' ? [`${entry.title}\n`] : [];
      })
      .join('');
  }

  path(name: string): string {
    return join(this.world.root, name);
  }

  read(name: string): Promise<string | undefined> {
    return readFile(this.path(name), 'utf8').catch(() => undefined);
  }

  async prompt(text: string): Promise<void> {
    await this.#host.perform(this.session, { kind: 'prompt', prompt: [{ type: 'text', text }] }, never);
    this.#begun += 1;
  }

  async idle(): Promise<void> {
    await until('the end of the turn', () => this.#ended === this.#begun);
  }

  async answer(option: string): Promise<void> {
    const { id, hash } = this.question ?? { id: '', hash: '' };
    const outcome = { kind: 'selected', option } as const;
    await this.#host.perform(this.session, { kind: 'question/answer', question: id, hash, outcome }, never);
  }

  async cancel(): Promise<void> {
    await this.#host.perform(this.session, { kind: 'cancel' }, never);
  }

  async restart(): Promise<void> {
    await this.#host.do({ kind: 'agent/restart', key: this.session }, never);
    await until('the agent to be back', () => this.now.link.state === 'ready');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#host[Symbol.asyncDispose]();
    await this.#trial[Symbol.asyncDispose]();
  }
}

const kill = async ({ child, ended }: Running): Promise<void> => {
  child.kill('SIGKILL');
  await ended;
};

describe('files of a session in the background host', { timeout: 180_000 }, () => {
  test('[I9] come from the window and go through it, and without one from the disk, which is said', async () => {
    await using scene = await Scene.open();
    const [name, path] = ['a.txt', scene.path('a.txt')];
    await writeFile(path, 'on the disk\n');
    const window = await scene.world.answering(scene.ready, { unsaved: { path, text: 'not saved\n' } });
    await scene.prompt(`read ${name}`);
    await scene.idle();
    expect(scene.said).toContain('not saved');
    await scene.prompt('write b.txt new');
    await scene.idle();
    expect(await scene.read('b.txt')).toBe('new');
    expect(window.lines).toEqual(['connected', 'read', 'write']);
    expect(scene.said).not.toContain(WORDS.onDisk);

    await kill(window);
    await scene.prompt(`read ${name}`);
    await scene.idle();
    expect(scene.said).toContain('on the disk');
    // What was only read is told in a card, and this agent has none.
    expect(scene.said).not.toContain(WORDS.onDisk);
    await scene.prompt('write b.txt newer');
    await scene.idle();
    expect(await scene.read('b.txt')).toBe('newer');
    expect(scene.said.split(WORDS.onDisk)).toHaveLength(2);
  });

  const points: readonly (readonly [at: StopAt, name: string, after: string])[] = [
    ['before', 'old.txt', 'new text'],
    ['beside', 'old.txt', 'new text'],
    ['after', 'old.txt', 'new text'],
    ['empty', 'new.txt', 'new text'],
  ];

  test.each(points)(
    '[I9] a window that is killed %s a write leaves the old text or the new one',
    async (at, name, text) => {
      await using scene = await Scene.open();
      await writeFile(scene.path('old.txt'), 'old text');
      const window = await scene.world.answering(scene.ready, { stopAt: at });
      await scene.prompt(`write ${name} ${text}`);
      await until('the window to be in the middle of it', () => hasDone(window, at));
      await kill(window);
      await scene.idle();
      expect(scene.said).toContain('write: {}');
      expect(scene.now.settled).toEqual([]);
      expect(await scene.read(name)).toBe(text);
      // The session goes on.
      await scene.prompt('write old.txt and on');
      await scene.idle();
      expect(await scene.read('old.txt')).toBe('and on');
      expect((await readdir(scene.world.root)).filter(isUnfinished)).toHaveLength(at === 'beside' ? 1 : 0);
    },
  );

  test('[I9] what a killed window left half written is asked about, and nobody but the person answers', async () => {
    await using scene = await Scene.open();
    await writeFile(scene.path('a.txt'), 'old text');
    const torn = async (): Promise<void> => {
      const window = await scene.world.answering(scene.ready, { stopAt: 'torn' });
      await scene.prompt('write a.txt new text');
      await until('the window to be in the middle of it', () => hasDone(window, 'torn'));
      await kill(window);
      await until('the question', () => scene.question !== undefined);
    };
    await torn();
    expect(scene.question).toMatchObject({
      guard: { kind: 'lost' },
      options: [{ id: 'mine' }, { id: 'theirs' }],
      tool: { content: [{ type: 'diff', oldText: 'new ', newText: 'new text' }] },
    });
    // A window that comes back settles nothing.
    await kill(await scene.world.answering(scene.ready, {}));
    expect(scene.now.settled).toEqual([]);
    await scene.answer('theirs');
    await scene.idle();
    expect(await scene.read('a.txt')).toBe('new text');
    expect(scene.said).toContain('write: {}');

    await writeFile(scene.path('a.txt'), 'old text');
    await torn();
    await scene.answer('mine');
    await scene.idle();
    expect(await scene.read('a.txt')).toBe('new ');
    expect(scene.said).toContain('the person left what stands there');

    await writeFile(scene.path('a.txt'), 'old text');
    await torn();
    await scene.cancel();
    await scene.idle();
    expect(scene.question).toBeUndefined();
    expect(await scene.read('a.txt')).toBe('new ');
  });

  test('[I9] a conflict outlives its window: the person answers, and nothing of theirs is overwritten unasked', async () => {
    await using scene = await Scene.open();
    const path = scene.path('a.txt');
    await writeFile(path, 'old text');
    const unsaved = { path, text: 'typed' };
    const ask = async (): Promise<Running> => {
      const window = await scene.world.answering(scene.ready, { unsaved });
      await scene.prompt('write a.txt new text');
      await until('the question', () => scene.question !== undefined);
      expect(scene.question).toMatchObject({ guard: { kind: 'unsaved' } });
      return window;
    };
    const first = await ask();
    await scene.answer('mine');
    await scene.idle();
    expect(hasDone(first, 'settled')).toBe(true);
    expect(await scene.read('a.txt')).toBe('old text');
    expect(scene.said).toContain('and kept them');
    await kill(first);

    const second = await ask();
    await kill(second);
    expect(scene.question).toBeDefined();
    expect(await scene.read('a.txt')).toBe('old text');
    await scene.answer('theirs');
    await scene.idle();
    expect(await scene.read('a.txt')).toBe('new text');
    expect(scene.said).toContain(WORDS.onDisk);
  });

  test('[I9] a window that stands still is not written behind: the person is asked', async () => {
    await using scene = await Scene.open();
    await writeFile(scene.path('a.txt'), 'old text');
    const window = await scene.world.answering(scene.ready, {});
    window.child.kill('SIGSTOP');
    await scene.prompt('write a.txt new text');
    await until('the question', () => scene.question !== undefined);
    expect(scene.question).toMatchObject({ guard: { kind: 'lost' } });
    expect(await scene.read('a.txt')).toBe('old text');
    // It is past its time, and begins nothing more.
    window.child.kill('SIGCONT');
    await scene.answer('theirs');
    await scene.idle();
    expect(await scene.read('a.txt')).toBe('new text');
    expect(scene.now.turn).toMatchObject({ state: 'idle', last: { reason: 'end_turn' } });
    await kill(window);
  });

  test('[S50] a secret reaches the agent from a window, and stands in no argument, variable, log or file of the host', async () => {
    const secret = 'wholly-unrecognizable-0b77';
    await using scene = await Scene.open();
    const window = await scene.world.answering(scene.ready, { secrets: { A_KEY: secret } });
    await scene.prompt('variable A_KEY');
    await scene.idle();
    expect(scene.said).toContain('A_KEY is not set');
    await scene.restart();
    await scene.prompt('variable A_KEY');
    await scene.idle();
    expect(scene.said).toContain(`A_KEY has ${secret.length} characters`);
    // No window is there, and the agent is started again.
    await kill(window);
    await scene.restart();
    await scene.prompt('variable A_KEY');
    await scene.idle();
    expect(scene.said.split(`A_KEY has ${secret.length} characters`)).toHaveLength(3);

    const about = async (file: string): Promise<string> => await readFile(`/proc/${scene.ready.pid}/${file}`, 'utf8');
    expect(await about('cmdline')).not.toContain(secret);
    expect(await about('environ')).not.toContain(secret);
    expect(scene.running.stderr).not.toContain(secret);
    expect(scene.running.stdout).not.toContain(secret);
    expect(await scene.world.keeps(secret)).toBe(false);
    for (const file of await readdir(scene.world.root, { recursive: true, withFileTypes: true }))
      if (file.isFile()) expect(await readFile(join(file.parentPath, file.name), 'utf8')).not.toContain(secret);
  });
});
