import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { zipEntries } from '../../src/machine/zip.ts';
import type { Ready } from '../faults/hostWorld.ts';
import { copySample } from '../tools/sample.ts';
import { until } from '../tools/until.ts';

/** The packaged extension, unpacked as an installation would be: its host is a program of its own. */
const unpack = async (vsix: string, folder: string): Promise<void> => {
  const file = await open(vsix);
  try {
    for await (const { name, body } of zipEntries(file)) {
      if (!/^extension\/(?:package\.json|dist\/.*[^/])$/u.test(name)) continue;
      const path = join(folder, name);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, await buffer(body()));
    }
  } finally {
    await file.close();
  }
};

interface Program {
  readonly child: ChildProcess;
  readonly lines: () => readonly string[];
  readonly said: () => string;
}

/** A background host in a process of its own, with no window anywhere near. Whoever opened it closes it. */
export class LoneHost {
  readonly #folder: string;
  readonly #programs = new Set<ChildProcess>();
  #serving: Program | undefined;
  #port = '0';
  #tokenFile = '';
  /** Of the page. */
  app = '';
  /** Of its sessions. */
  relay = '';
  /** Of those who have commands run; empty unless its configuration wants that. */
  environment = '';

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** @param config what stands in the file of its configuration */
  static async open(config: object = {}): Promise<LoneHost> {
    const vsix = process.env['WHEELHOUSE_VSIX'];
    if (vsix === undefined) throw new Error('WHEELHOUSE_VSIX is not set: run the suite through `npm test`');
    const folder = await mkdtemp(join(tmpdir(), 'wheelhouse-lone-'));
    await unpack(vsix, folder);
    await copySample(join(folder, 'project'));
    await writeFile(join(folder, 'config.json'), JSON.stringify(config), { mode: 0o600 });
    const host = new LoneHost(folder);
    await host.start();
    return host;
  }

  /** Where it was, if it ran before: a page that is open finds it there. */
  async start(): Promise<void> {
    const config = join(this.#folder, 'config.json');
    const args = ['--config', config, '--root', join(this.#folder, 'project'), '--port', this.#port];
    this.#serving = this.#run('serve', ...args);
    const ready = await this.#line<Ready>(this.#serving, 'ready');
    ({ app: this.app, relay: this.relay, environment: this.environment = '' } = ready);
    this.#tokenFile = ready.tokenFile;
    this.#port = new URL(this.app).port;
  }

  /** As a crash would end it. */
  async kill(): Promise<void> {
    const child = this.#serving?.child;
    child?.kill('SIGKILL');
    await until('the end of the host', () => child?.exitCode !== null || child.signalCode !== null);
  }

  /** A file of the folder that sessions work in. */
  async read(name: string): Promise<string> {
    return await readFile(join(this.#folder, 'project', name), 'utf8');
  }

  /** Of the person whose machine it is. */
  async token(): Promise<string> {
    return (await readFile(this.#tokenFile, 'utf8')).trim();
  }

  /** A code for one device. */
  async invite(): Promise<Invitation> {
    const program = this.#run('pair', '--json');
    const { url, code } = await this.#line<{ readonly url: string; readonly code: string }>(program, 'url');
    return {
      url,
      code,
      asked: () => this.#line(program, 'device'),
      say: (word) => void program.child.stdin?.write(`${word}\n`),
    };
  }

  async devices(): Promise<readonly { readonly id: string; readonly name: string }[]> {
    return JSON.parse(await this.#answer('devices', '--json'));
  }

  async revoke(id: string): Promise<void> {
    await this.#answer('revoke', id);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of this.#programs) child.kill('SIGTERM');
    await until('the end of all programs', () =>
      [...this.#programs].every((child) => child.exitCode !== null || child.signalCode !== null),
    );
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #answer(...args: readonly string[]): Promise<string> {
    const { child, said } = this.#run(...args);
    await until(`the end of “${args.join(' ')}”`, () => child.exitCode !== null);
    return said();
  }

  #run(...args: readonly string[]): Program {
    const state = join(this.#folder, 'state');
    const program = join(this.#folder, 'extension', 'dist', 'host.js');
    const child = spawn(process.execPath, [program, ...args, '--state', state], { stdio: ['pipe', 'pipe', 'pipe'] });
    this.#programs.add(child);
    let text = '';
    child.stdout?.setEncoding('utf8').on('data', (part: string) => (text += part));
    child.stderr?.resume();
    return { child, said: () => text, lines: () => text.split('\n').slice(0, -1) };
  }

  /** The first line of JSON with the field. */
  #line<T>({ lines, child }: Program, field: string): Promise<T> {
    return until(`a line with “${field}”`, () => {
      const line = lines().find((one) => one.startsWith('{') && Object.hasOwn(JSON.parse(one), field));
      if (line === undefined && child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}`);
      return line === undefined ? undefined : (JSON.parse(line) as T);
    });
  }
}

export interface Invitation {
  readonly url: string;
  readonly code: string;
  /** Resolves when a device has come with the code. */
  asked(): Promise<{ readonly name: string; readonly want: readonly string[] }>;
  /** What the person at the host answers. */
  say(word: 'yes' | 'no' | 'watch' | 'answer'): void;
}
