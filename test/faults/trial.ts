import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemProcesses } from '../../src/machine/processIdentity.ts';
import type { HostOptions } from '../fakes/hostProgram.ts';
import { until } from '../tools/until.ts';

/** The programs of a trial, bundled: a Node that has to strip types first starts far slower. */
export interface Programs {
  readonly host: string;
  readonly watchdog: string;
  readonly agent: string;
}

export interface Found {
  readonly pid: number;
  readonly start: string;
  readonly command: string;
}

/** Every process that a trial starts inherits this variable, whatever else becomes of it. */
const TRIAL = 'DEATHS_TRIAL';

/** One life and death of a host, and all processes that came of it. */
export class Trial implements AsyncDisposable {
  readonly id = randomUUID();
  readonly folder: string;
  readonly #programs: Programs;
  readonly #known = new Map<string, Found>();

  private constructor(folder: string, programs: Programs) {
    this.folder = folder;
    this.#programs = programs;
  }

  static async open(programs: Programs): Promise<Trial> {
    return new Trial(await mkdtemp(join(tmpdir(), 'wheelhouse-deaths-')), programs);
  }

  /** The variable by which its processes are found. */
  get mark(): Readonly<Record<string, string>> {
    return { [TRIAL]: this.id };
  }

  /** What a process of the trial has to be started with. */
  get environment(): NodeJS.ProcessEnv {
    return { ...process.env, ...this.mark };
  }

  /** Resolves when the host says that all that it should start is running. */
  async host(agents: HostOptions['agents'], shell?: string): Promise<ChildProcess> {
    const { host, watchdog, agent } = this.#programs;
    const options: HostOptions = {
      lists: join(this.folder, 'processes'),
      watchdog,
      agent,
      agents,
      ...(shell === undefined ? {} : { shell }),
    };
    // Node can wait for its own threads for ever when it exits (nodejs/node#54918); with one thread it cannot.
    const child = spawn(process.execPath, ['--single-threaded', host, JSON.stringify(options)], {
      cwd: this.folder,
      env: this.environment,
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    child.stdin.on('error', () => undefined);
    let said = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
    await until('the host to be ready', () => {
      if (child.exitCode !== null) throw new Error('the host ended too early');
      return said.includes('ready');
    });
    return child;
  }

  /** The process ids in the lists that hosts of the trial have written to the end. */
  async listed(): Promise<readonly number[]> {
    const lists = join(this.folder, 'processes');
    const names = (await readdir(lists)).filter((name) => name.endsWith('.json'));
    const texts = await Promise.all(names.map((name) => readFile(join(lists, name), 'utf8')));
    return texts.flatMap((text) => (JSON.parse(text) as { groups: { pid: number }[] }).groups.map(({ pid }) => pid));
  }

  /** All processes of the trial that live now, found by what they inherited; from then on they are known. */
  async look(): Promise<readonly Found[]> {
    const names = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
    const found = (await Promise.all(names.map((name) => this.#read(Number(name))))).filter((one) => one !== undefined);
    for (const one of found) this.#known.set(`${one.pid} ${one.start}`, one);
    return found;
  }

  /** Those that were known at any time and still live, or are new: by process id and start, and by what they inherited. */
  async alive(): Promise<readonly Found[]> {
    const still = await Promise.all(
      [...this.#known.values()].map(async (one) =>
        (await systemProcesses.find(one.pid))?.started === one.start ? one : undefined,
      ),
    );
    const left = still.filter((one) => one !== undefined);
    return left.length > 0 ? left : this.look();
  }

  /** The test itself leaves nothing behind, whatever it found. */
  async [Symbol.asyncDispose](): Promise<void> {
    await until('the remains of a trial to go', async () => {
      const left = await this.alive();
      for (const { pid } of left) kill(pid);
      return left.length === 0;
    });
    await rm(this.folder, { recursive: true, force: true });
  }

  async #read(pid: number): Promise<Found | undefined> {
    try {
      if (!(await readFile(`/proc/${pid}/environ`, 'utf8')).split('\0').includes(`${TRIAL}=${this.id}`))
        return undefined;
      const command = (await readFile(`/proc/${pid}/cmdline`, 'utf8')).replaceAll('\0', ' ').trim();
      const start = (await systemProcesses.find(pid))?.started;
      return start === undefined ? undefined : { pid, start, command };
    } catch {
      // Ended while we were looking, or somebody else's.
      return undefined;
    }
  }
}

const kill = (pid: number): void => {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It went by itself.
  }
};
