import { readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { HostBackend } from '../../src/backends/host.ts';
import type { SessionKey } from '../../src/model/session.ts';
import type { SessionStore } from '../../src/router/store.ts';
import { HostTerminals } from '../../src/vscode/hosts/terminals.ts';
import { DrawnTerminals, type DrawnTerminal } from '../tools/drawnTerminals.ts';
import { patience, until } from '../tools/until.ts';
import { windowOn } from '../tools/windowOn.ts';
import { hostPrograms, HostWorld, type Ready, type Running } from './hostWorld.ts';
import { Trial } from './trial.ts';

const never = new AbortController().signal;
const MB = 2 ** 20;
/** Megabytes that a host gets for all that it holds. */
const HEAP = 56;
/** The node-pty of a real VS Code, as a window tells the host of it. */
const EDITOR = resolve('.tools/vscode/node_modules/code-server/lib/vscode/node_modules/node-pty');

const programs = hostPrograms();

/** Says what it is told, with a number, and the size of its terminal. */
const TALK = `
let lines = 0;
const say = (text) => console.log('line ' + (lines += 1) + ' ' + text);
say(process.stdout.isTTY ? 'tty' : 'none');
process.stdout.on('resize', () => say('size ' + process.stdout.columns + ' x ' + process.stdout.rows));
require('node:readline').createInterface({ input: process.stdin, terminal: false }).on('line', (text) => {
  if (text === 'end') process.exit(5);
  say('heard ' + text);
});
`;

/** A window of this process. */
class Window implements AsyncDisposable {
  readonly store: SessionStore;
  readonly host: HostBackend;
  readonly screens = new DrawnTerminals();
  readonly terminals: HostTerminals;

  constructor(ready: Ready) {
    const { store, host } = windowOn(ready);
    this.store = store;
    this.host = host;
    this.terminals = new HostTerminals(this.host, this.screens);
  }

  async terminal(): Promise<DrawnTerminal> {
    return await until('a terminal', () => this.screens.all[0]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.terminals.dispose();
    await this.host[Symbol.asyncDispose]();
  }
}

/** A host whose agent may run everything that is run here, and a window with a session of it. */
class Scene implements AsyncDisposable {
  readonly trial: Trial;
  readonly world: HostWorld;
  readonly ready: Ready;
  readonly running: Running;
  readonly window: Window;
  readonly session: SessionKey;

  static async open(nodePty?: string): Promise<Scene> {
    const trial = await Trial.open({ host: '', watchdog: '', agent: '' });
    const world = new HostWorld(programs, trial, [`--max-old-space-size=${HEAP}`]);
    const talk = join(trial.folder, 'talk.cjs');
    await writeFile(talk, TALK);
    const config = {
      agents: { fake: { command: process.execPath, args: [world.program('agent.js')] } },
      permissions: {
        rules: [[process.execPath, talk], ['yes'], ['sleep', '1000']].map((match) => ({
          tool: 'execute',
          match,
          decision: 'allow',
        })),
      },
    };
    const { ready, running } = await world.serve('--config', await world.configure(config));
    const window = new Window(ready);
    await until('the window to be connected', () => window.host.state === 'connected');
    if (nodePty !== undefined) await window.host.act({ kind: 'configure', config, mcpServers: [], nodePty }, never);
    const session = await window.host.open({ cwd: world.root, roots: [world.root], agent: 'fake' }, never);
    await until('the agent to be there', () => window.store.get(session)?.link.state === 'ready');
    return new Scene({ trial, world, ready, running, window, session });
  }

  private constructor(parts: Pick<Scene, 'trial' | 'world' | 'ready' | 'running' | 'window' | 'session'>) {
    this.trial = parts.trial;
    this.world = parts.world;
    this.ready = parts.ready;
    this.running = parts.running;
    this.window = parts.window;
    this.session = parts.session;
  }

  get talk(): string {
    return `"${process.execPath}" "${join(this.trial.folder, 'talk.cjs')}"`;
  }

  async prompt(text: string): Promise<void> {
    await this.window.host.perform(this.session, { kind: 'prompt', prompt: [{ type: 'text', text }] }, never);
  }

  /** All that stands in the transcript. */
  get said(): string {
    return JSON.stringify(this.window.store.get(this.session)?.entries);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.window[Symbol.asyncDispose]();
    await this.trial[Symbol.asyncDispose]();
  }
}

const numbersIn = ({ text }: DrawnTerminal): readonly number[] =>
  [...text.matchAll(/^line (\d+)/gmu)].map(([, number]) => Number(number));

/** Megabytes that a process has in memory. */
const memoryOf = async ({ child: { pid } }: Running): Promise<number> => {
  const status = await readFile(`/proc/${String(pid)}/status`, 'utf8');
  return Math.round(Number(/VmRSS:\s+(\d+)/u.exec(status)?.[1]) / 1024);
};

/** How much of its output a window was sent. */
const unitsTo = (window: Running): number => window.lines.reduce((sum, line) => sum + Number(line), 0);

describe('terminals of the background host', { timeout: 240_000 }, () => {
  test.each([
    ['the node-pty of the editor', EDITOR],
    ['the program script', undefined],
  ])(
    '[T1] by %s: a window that comes in mid-turn has all of it once, types and sizes, and ends it',
    async (_, nodePty) => {
      await using scene = await Scene.open(nodePty);
      await scene.prompt(`run ${scene.talk}`);
      const first = await scene.window.terminal();
      await until('its first words', () => first.text.includes('line 1 tty'));
      expect(first).toMatchObject({ kind: 'pty', name: expect.stringContaining('talk.cjs') });
      first.write('one\r');
      await until('an answer', () => first.text.includes('line 2 heard one'));

      await using late = new Window(scene.ready);
      const second = await late.terminal();
      await until('what was before', () => second.text.includes('line 2 heard one'));
      second.write('two\r');
      second.resize(91, 17);
      for (const each of [first, second]) await until('its size', () => each.text.includes('size 91 x 17'));
      await until('both to have it all', () => first.text === second.text && first.text.includes('heard two'));
      // Each once, and one more where the system sets the two numbers of a size one after the other.
      const lines = numbersIn(first);
      expect(lines.length).toBeGreaterThanOrEqual(4);
      expect(lines).toEqual(lines.map((_, index) => index + 1));
      expect(scene.window.store.get(scene.session)?.turn.state).toBe('running');

      second.kill();
      for (const each of [first, second]) await until('its end', () => each.exit);
      expect(second.exit).toEqual(first.exit);
      await until('the agent to know', () => scene.said.includes('terminal/output'));
      expect(scene.said).toMatch(/SIGTERM|SIGHUP|143/u);
      expect([first.missed, second.missed]).toEqual([0, 0]);

      // What has ended is there for a window that knows nothing of it, when somebody asks.
      await using third = new Window(scene.ready);
      await until('the session there', () => third.store.get(scene.session) !== undefined);
      expect(third.screens.all).toEqual([]);
      const { terminal = '' } = first.owner ?? {};
      expect(await third.terminals.reveal(scene.session, terminal, never)).toBe(true);
      await until('its text', () => third.screens.all[0]?.exit);
      expect(third.screens.all[0]?.text).toBe(first.text);
      await expect(third.terminals.reveal(scene.session, 'none', never)).rejects.toMatchObject({ code: 'refused' });
    },
  );

  test('[T2] [S32] “yes” in a window that stands still and is killed: the memory of the host is bounded, and another window has it', async () => {
    await using scene = await Scene.open(EDITOR);
    const slow = await scene.world.terminals(scene.ready);
    await scene.prompt('start yes');
    await until('the flood in the other window', () => unitsTo(slow) > MB);
    const yes = await scene.window.terminal();
    const shown = (): number => {
      const { terminals = {} } = scene.window.store.get(scene.session) ?? {};
      return Object.values(terminals)[0]?.bytes ?? 0;
    };
    slow.child.kill('SIGSTOP');
    const start = shown();
    // More than the host may have: if it piled up there, it would not be there any more.
    await until('much more of it', () => shown() > start + 1.5 * HEAP * MB, 2 * patience);
    console.log(`${1.5 * HEAP} MB of “yes”, and a window that stands still: ${await memoryOf(scene.running)} MB`);
    slow.child.kill('SIGKILL');
    await slow.ended;

    await using late = new Window(scene.ready);
    const drawn = await late.terminal();
    await until('the flood there', () => drawn.text.length > 100_000);
    expect(drawn.text.slice(0, 300)).toBe('y\r\n'.repeat(100));
    drawn.kill();
    await until('its end', () => yes.exit);
    expect(yes.exit).toMatchObject({ code: null, signal: 'SIGTERM' });
  });

  test.each(['SIGTERM', 'SIGKILL'] as const)(
    '[I9] [S47] a host that ends by %s ends what runs in terminals',
    async (signal) => {
      await using scene = await Scene.open(signal === 'SIGTERM' ? undefined : EDITOR);
      await scene.prompt('start sleep 1000');
      const drawn = await scene.window.terminal();
      const runs = async (): Promise<boolean> =>
        (await scene.trial.look()).some(({ command }) => command.endsWith('/sleep 1000'));
      await until('it to run', runs);
      scene.running.child.kill(signal);
      await scene.running.ended;
      await until('all to be gone', async () => (await scene.trial.alive()).length === 0);
      expect(await runs()).toBe(false);
      if (signal === 'SIGTERM') await until('the window to know', () => drawn.exit);
    },
  );
});
