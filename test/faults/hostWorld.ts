import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { build, type Plugin } from 'esbuild';
import type { AnsweringOptions, Did } from '../fakes/answeringWindow.ts';
import type { TerminalWindowOptions } from '../fakes/terminalWindow.ts';
import type { Heard, WindowOptions } from '../fakes/windowProgram.ts';
import type { MirrorOptions } from '../fakes/mirrorProgram.ts';
import { until } from '../tools/until.ts';
import { builtinsForCommonJs } from '../../esbuild.mjs';
import { MirrorWindow } from './mirrorWindow.ts';
import type { Trial } from './trial.ts';

export interface Ready {
  readonly hostId: string;
  readonly pid: number;
  /** Absent with `--no-relay`. */
  readonly relay: string;
  readonly app: string;
  /** Where the configuration has it. */
  readonly environment?: string;
  readonly terminal: string;
  readonly view: string;
  readonly tokenFile: string;
}

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A program that was started, and all that it said so far. */
export class Running {
  readonly child: ChildProcess;
  stdout = '';
  stderr = '';
  readonly ended: Promise<Ended>;

  constructor(child: ChildProcess) {
    this.child = child;
    child.stdout?.setEncoding('utf8').on('data', (text: string) => (this.stdout += text));
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
    this.ended = new Promise((resolve) => {
      child.once('close', (code) => resolve({ code, stdout: this.stdout, stderr: this.stderr }));
    });
  }

  get lines(): readonly string[] {
    return this.stdout.split('\n').slice(0, -1);
  }
}

/** A text of a source that a build has something else for. */
export interface Change {
  /** How the path of the source ends. */
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

/** Where the programs of an ordinary host lie, built once for all files of tests by `hostSetup.ts`. */
export const hostPrograms = (): string => {
  const folder = process.env['WHEELHOUSE_HOST_PROGRAMS'];
  if (folder === undefined)
    throw new Error('The programs of a host are built for the project “hosts” of vitest alone.');
  return folder;
};

/** The package as it is installed: its manifest beside the folder of its programs. */
export const buildHost = async (folder: string, changes: readonly Change[] = []): Promise<void> => {
  await build({
    entryPoints: {
      host: 'src/host.ts',
      demoAgent: 'src/demo/main.ts',
      watchdog: 'src/machine/watchdogMain.ts',
      window: 'test/fakes/windowProgram.ts',
      mirror: 'test/fakes/mirrorProgram.ts',
      answering: 'test/fakes/answeringWindow.ts',
      terminals: 'test/fakes/terminalWindow.ts',
      agent: 'test/fakes/agent.ts',
    },
    bundle: true,
    format: 'esm',
    platform: 'node',
    splitting: true,
    outdir: join(folder, 'dist'),
    plugins: [changing(changes), builtinsForCommonJs],
  });
  await writeFile(join(folder, 'package.json'), '{ "type": "module", "version": "1.2.3" }');
};

const changing = (changes: readonly Change[]): Plugin => ({
  name: 'change',
  setup(build) {
    build.onLoad({ filter: /\.ts$/ }, async ({ path }) => {
      const own = changes.filter(({ file }) => path.endsWith(file));
      if (own.length === 0) return undefined;
      let contents = await readFile(path, 'utf8');
      for (const { from, to } of own) {
        if (!contents.includes(from)) throw new Error(`“${from}” does not stand in ${path}`);
        contents = contents.replace(from, to);
      }
      return { contents, loader: 'ts' };
    });
  },
});

/** Hosts on one state folder, and what is started against them. */
export class HostWorld {
  readonly #programs: string;
  readonly #trial: Trial;
  readonly #node: readonly string[];
  readonly state: string;

  /** `node`: what is said to the node that runs each of them. */
  constructor(programs: string, trial: Trial, node: readonly string[] = []) {
    this.#programs = programs;
    this.#trial = trial;
    this.#node = node;
    this.state = join(trial.folder, 'state');
  }

  get root(): string {
    return this.#trial.folder;
  }

  run(...args: readonly string[]): Running {
    return this.#start('host.js', args);
  }

  /** Resolves with the ready line. */
  async serve(...args: readonly string[]): Promise<{ readonly running: Running; readonly ready: Ready }> {
    const running = this.run('serve', '--state', this.state, '--root', this.root, ...args);
    await until('the host to be ready', () => {
      if (running.child.exitCode !== null) throw new Error(`the host ended: ${running.stderr}`);
      return running.lines.length > 0;
    });
    return { running, ready: JSON.parse(running.lines[0] ?? '') as Ready };
  }

  async window(ready: Ready, options: Omit<WindowOptions, 'view' | 'token'>): Promise<Running> {
    const token = (await readFile(ready.tokenFile, 'utf8')).trim();
    const all: WindowOptions = { view: ready.view, token, ...options };
    return this.#start('window.js', [JSON.stringify(all)]);
  }

  /** A window that answers what the host asks, when it is connected. */
  async answering(ready: Ready, options: Omit<AnsweringOptions, 'view' | 'tokenFile' | 'roots'>): Promise<Running> {
    const { view, tokenFile } = ready;
    const all: AnsweringOptions = { view, tokenFile, roots: [this.root], ...options };
    const window = this.#start('answering.js', [JSON.stringify(all)]);
    await until('a window that answers', () => hasDone(window, 'connected'));
    return window;
  }

  /** A window that draws terminals. */
  async terminals(ready: Ready): Promise<Running> {
    const { view, tokenFile } = ready;
    return this.#start('terminals.js', [JSON.stringify({ view, tokenFile } satisfies TerminalWindowOptions)]);
  }

  /** A window with a mirror, by a way of its own to the host. */
  mirror(way: MirrorOptions['way']): MirrorWindow {
    return new MirrorWindow(this.#start('mirror.js', [JSON.stringify({ way } satisfies MirrorOptions)]));
  }

  /** Absolute path of a program of the package. */
  program(name: string): string {
    return join(this.#programs, 'dist', name);
  }

  /** Whether a text stands in the journal of a session. */
  async keeps(text: string): Promise<boolean> {
    return await this.keepsBelow('journal', text);
  }

  /** The same of another folder of its state. */
  async keepsBelow(folder: string, text: string): Promise<boolean> {
    const files = await readdir(join(this.state, folder), { recursive: true, withFileTypes: true });
    const paths = files.filter((file) => file.isFile()).map((file) => join(file.parentPath, file.name));
    const texts = await Promise.all(paths.map((path) => readFile(path, 'utf8').catch(() => '')));
    return texts.some((each) => each.includes(text));
  }

  async configure(config: object): Promise<string> {
    await mkdir(this.root, { recursive: true });
    const path = join(this.root, 'config.json');
    await writeFile(path, JSON.stringify(config));
    return path;
  }

  #start(program: string, args: readonly string[]): Running {
    const child = spawn(process.execPath, ['--single-threaded', ...this.#node, this.program(program), ...args], {
      cwd: this.root,
      env: this.#trial.environment,
      stdio: 'pipe',
    });
    // One that is killed takes no more.
    child.stdin.on('error', () => undefined);
    return new Running(child);
  }
}

export const hasDone = (window: Running, did: Did): boolean => window.lines.includes(did);

export const heardBy = (window: Running): readonly Heard[] => window.lines.map((line) => JSON.parse(line) as Heard);

/** A connection that says what no window would, and hears what comes. */
export class Stranger {
  readonly #socket: Socket;
  bytes = 0;
  closed = false;

  constructor(view: string) {
    this.#socket = connect(view);
    this.#socket.on('data', (bytes) => (this.bytes += bytes.length));
    this.#socket.on('error', () => undefined);
    this.#socket.on('close', () => (this.closed = true));
  }

  say(bytes: string | Uint8Array): void {
    this.#socket.write(bytes);
  }
}
