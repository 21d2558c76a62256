import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { until } from '../../test/tools/until.ts';
import { silent } from '../base/log.ts';
import type { Process, Terminal, TerminalOptions } from '../router/ports.ts';
import { systemClock } from './clock.ts';
import { localEnvironment, type LocalParts } from './local.ts';
import { type NodePty, ptyTerminal } from './terminal.ts';

const never = new AbortController().signal;
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wheelhouse-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const machine = (parts: Partial<LocalParts> = {}) => {
  const environment = localEnvironment({
    label: 'here',
    env: process.env,
    clock: systemClock,
    log: silent,
    forbiddenRoots: () => [folder],
    ...parts,
  });
  onTestFinished(() => environment.dispose());
  return environment;
};

const script = async (text: string): Promise<string> => {
  const path = join(folder, `script${Math.floor(systemClock.monotonic() * 1000)}.mjs`);
  await writeFile(path, text);
  return path;
};

const read = async (child: Process): Promise<string[]> => {
  const lines: string[] = [];
  const reader = child.lines.readable.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return lines;
    lines.push(...value.map(String));
  }
};

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

describe('children', () => {
  const node = (path: string, args: readonly string[] = []) => ({ command: path, args, cwd: folder, node: true });

  test('[demand 11] a program finds the variables of the person, and a script of ours waits for nothing', async () => {
    const told = Promise.withResolvers<Record<string, string>>();
    const environment = machine({ env: { OURS: '1' }, variables: () => told.promise });
    const path = await script('console.log(JSON.stringify([process.env.OURS, process.env.PERSONS]))');
    const own = await environment.spawn(node(path), never);
    expect(await read(own)).toEqual(['["1",null]']);
    told.resolve({ OURS: '1', PERSONS: '2' });
    const other = await environment.spawn({ command: process.execPath, args: [path], cwd: folder }, never);
    expect(await read(other)).toEqual(['["1","2"]']);
  });

  test('[S30] a child gets neither the editor’s variables nor ours', async () => {
    const env = {
      ...process.env,
      VSCODE_IPC_HOOK: 'x',
      ELECTRON_NO_ASAR: '1',
      NODE_OPTIONS: '--no-warnings',
      WHEELHOUSE_SECRET: 'sentinel',
    };
    const child = await machine({ env }).spawn(
      {
        ...node(await script('console.log(JSON.stringify({ env: process.env, argv: process.argv }))')),
        env: { KEPT: 'yes' },
      },
      never,
    );
    const [line = ''] = await read(child);
    const dumped = JSON.parse(line) as { env: Record<string, string> };
    expect(Object.keys(dumped.env).filter((name) => /^(?:VSCODE_|WHEELHOUSE_|NODE_OPTIONS)/u.test(name))).toEqual([]);
    expect(dumped.env).toMatchObject({ KEPT: 'yes', ELECTRON_RUN_AS_NODE: '1' });
    expect(dumped.env).not.toHaveProperty('ELECTRON_NO_ASAR');
    expect(line).not.toContain('sentinel');
  });

  test('[S29] hostile arguments arrive as they are', async () => {
    const words = fc.sample(
      fc.string({ unit: 'grapheme', maxLength: 30 }).filter((text) => !text.includes('\0')),
      { numRuns: 300, seed: 29 },
    );
    const hostile = [
      '',
      ' ',
      '"',
      "'",
      '$(touch x)',
      '`id`',
      'a\nb',
      '%PATH%',
      '^&|<>()!',
      '\\',
      '--',
      ';rm -rf',
      ...words,
    ];
    const child = await machine().spawn(
      node(await script('console.log(JSON.stringify(process.argv.slice(2)))'), hostile),
      never,
    );
    expect(JSON.parse((await read(child))[0] ?? '')).toEqual(hostile);
    await expect(machine().spawn(node(join(folder, 'x'), ['a\0b']), never)).rejects.toMatchObject({ code: 'invalid' });
  });

  test('[S34] a program planted in the workspace is not run by its name', async () => {
    const outside = await mkdtemp(join(tmpdir(), 'wheelhouse-bin-'));
    onTestFinished(() => rm(outside, { recursive: true, force: true }));
    const plant = async (path: string, says: string) => writeFile(path, `#!/bin/sh\necho ${says}\n`, { mode: 0o755 });
    await mkdir(join(folder, 'bin'));
    await plant(join(folder, 'bin', 'agent'), 'planted');
    await plant(join(folder, 'agent'), 'planted');
    const linked = join(outside, 'linked');
    await symlink(join(folder, 'bin'), linked);
    const env = { ...process.env, PATH: ['.', '', linked, join(folder, 'bin'), folder].join(':') };
    const run = { command: 'agent', args: [], cwd: folder };
    await expect(machine({ env }).spawn(run, never)).rejects.toMatchObject({ code: 'missing' });
    await plant(join(outside, 'agent'), 'genuine');
    const child = await machine({ env: { ...env, PATH: `${env.PATH}:${outside}` } }).spawn(run, never);
    expect(await read(child)).toEqual(['genuine']);
  });

  test('[S29] a program or a folder that does not exist fails in words', async () => {
    await expect(machine().spawn({ command: '/no/such/agent', args: [], cwd: folder }, never)).rejects.toMatchObject({
      code: 'missing',
      message: 'There is no program at /no/such/agent.',
    });
    await expect(
      machine().spawn({ command: '/bin/sh', args: [], cwd: join(folder, 'no') }, never),
    ).rejects.toMatchObject({ code: 'failed' });
  });

  test('[I9] one that ignores the end of its input and SIGTERM is gone after the ladder, with all that it started', async () => {
    const stubborn = await script(`
      import { spawn } from 'node:child_process';
      process.on('SIGTERM', () => {});
      const grandchild = spawn(process.execPath, ['-e', 'process.on("SIGTERM", () => {}); setInterval(() => {}, 1000)'], { stdio: 'inherit' });
      console.log(JSON.stringify({ grandchild: grandchild.pid }));
      process.stdin.resume();
      setInterval(() => {}, 1000);
    `);
    const child = await machine({ ladder: { close: 100, ask: 100 } }).spawn(node(stubborn), never);
    const reader = child.lines.readable.getReader();
    const { value } = await reader.read();
    const { grandchild } = JSON.parse(typeof value?.[0] === 'string' ? value[0] : '') as { grandchild: number };
    await child[Symbol.asyncDispose]();
    expect(await child.exited).toEqual({ code: null, signal: 'SIGKILL' });
    await until('the grandchild to be gone', () => !isAlive(grandchild));
    expect((await reader.read()).done).toBe(true);
  });

  test('[I9] a leader that ends by itself leaves nobody behind, and its output ends though somebody held it', async () => {
    const leader = await script(`
      import { spawn } from 'node:child_process';
      const grandchild = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'inherit' });
      console.log(grandchild.pid);
      process.exit(3);
    `);
    const child = await machine().spawn(node(leader), never);
    const lines = await read(child);
    expect(await child.exited).toEqual({ code: 3, signal: null });
    await until('the grandchild to be gone', () => !isAlive(Number(lines[0])));
  });

  test('[I9] disposing the machine ends what runs', async () => {
    // Whoever is asked on a busy machine may take a while to hear it.
    const environment = machine({ ladder: { close: 50, ask: 20_000 } });
    const child = await environment.spawn(node(await script('setInterval(() => {}, 1000)')), never);
    environment.dispose();
    expect(await child.exited).toEqual({ code: null, signal: 'SIGTERM' });
  });

  test('[rpc] [acp 4.1.21] writing to one that is gone rejects and is no unhandled error; its last words are kept without colours', async () => {
    const child = await machine().spawn(
      node(await script(`process.stderr.write('\\u001b[31mno key\\u001b[0m\\r\\n'); process.exit(1);`)),
      never,
    );
    await child.exited;
    const writer = child.lines.writable.getWriter();
    writer.closed.catch(() => undefined);
    await expect(writer.write(['x'.repeat(1024 * 1024)])).rejects.toThrow();
    await until('the words', () => child.stderrTail() === 'no key');
  });
});

describe('terminals', () => {
  const options = (parts: Partial<TerminalOptions>): TerminalOptions => ({
    name: 't',
    command: '',
    args: [],
    cwd: folder,
    columns: 80,
    rows: 24,
    ...parts,
  });
  const output = async (terminal: Terminal): Promise<string> => {
    let text = '';
    terminal.onData((more) => (text += more));
    await terminal.exited;
    return text;
  };

  test('[acp 3] [acp 4.1.7] arguments are arguments, a shell line goes through the shell', async () => {
    const plain = await machine().terminal(options({ command: 'echo', args: ['a  b', '$HOME', '; id'] }), never);
    expect(await output(plain)).toBe('a  b $HOME ; id\n');
    const line = await machine().terminal(
      options({ command: 'printf "%s-" 1 2; pwd >/dev/null && exit 7', shell: true }),
      never,
    );
    expect(await output(line)).toBe('1-2-');
    expect(await line.exited).toEqual({ code: 7, signal: null });
    expect(line.kind).toBe('pipes');
  });

  test('[acp 3] [acp 4.1.7] a command that cannot start ends with 127 and says why', async () => {
    for (const broken of [
      { command: 'no-such-command', args: ['x'] },
      { command: 'ls', args: ['x'], cwd: join(folder, 'gone') },
    ]) {
      const terminal = await machine().terminal(options(broken), never);
      expect(await output(terminal)).toMatch(/not on PATH|does not exist/u);
      expect(await terminal.exited).toEqual({ code: 127, signal: null });
    }
  });

  test('[acp 3] [acp 4.1.9] kill ends the group; a grandchild that holds the output does not keep the terminal open', async () => {
    const terminal = await machine().terminal(
      options({ command: 'sleep 1000 & echo $!; sleep 1000', shell: true }),
      never,
    );
    let text = '';
    terminal.onData((more) => (text += more));
    const grandchild = Number(await until('its number', () => /^(\d+)\n/u.exec(text)?.[1]));
    terminal.kill();
    expect(await terminal.exited).toEqual({ code: null, signal: 'SIGTERM' });
    await until('the grandchild to be gone', () => !isAlive(grandchild));
    const left = await machine().terminal(options({ command: 'setsid sleep 5 & echo left', shell: true }), never);
    expect(await output(left)).toBe('left\n');
  });

  test('[acp 3] [acp 4.1.8] a character that was cut between two writes arrives whole', async () => {
    const path = await script(`
      const bytes = Buffer.from('é🚀');
      for (const byte of bytes) { process.stdout.write(Buffer.of(byte)); await new Promise((r) => setTimeout(r, 5)); }
    `);
    const texts: string[] = [];
    const terminal = await machine().terminal(options({ command: path, node: true }), never);
    terminal.onData((text) => texts.push(text));
    await terminal.exited;
    expect(texts.join('')).toBe('é🚀');
    expect(texts.join('|')).not.toContain('\uFFFD');
  });

  test('[acp 3] with a pseudo-terminal at hand that is what runs it', async () => {
    const started: unknown[] = [];
    const pty: NodePty = {
      spawn(file, args, { cols, rows, name }) {
        started.push({ file, args, cols, rows, name });
        return {
          pid: 2 ** 22 + 1,
          onData: (listener) => (listener('hello\r\n'), { dispose: () => undefined }),
          onExit: (listener) => (
            queueMicrotask(() => listener({ exitCode: 0, signal: 15 })),
            { dispose: () => undefined }
          ),
          write: () => undefined,
          resize: () => undefined,
          kill: () => undefined,
        };
      },
    };
    const terminal = await machine({
      startTerminal: (invocation, asked) => ptyTerminal(pty, invocation, asked),
    }).terminal(options({ command: '/bin/sh', args: ['-c', 'x'] }), never);
    expect(terminal.kind).toBe('pty');
    expect(await output(terminal)).toBe('hello\r\n');
    expect(await terminal.exited).toEqual({ code: null, signal: 'SIGTERM' });
    expect(started).toEqual([{ file: '/bin/sh', args: ['-c', 'x'], cols: 80, rows: 24, name: 'xterm-256color' }]);
    const without = await machine().terminal(options({ command: '/bin/echo', args: ['x'] }), never);
    expect(without.kind).toBe('pipes');
  });
});
