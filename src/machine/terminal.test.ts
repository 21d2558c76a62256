import { mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { until } from '../../test/tools/until.ts';
import { silent } from '../base/log.ts';
import type { Terminal, TerminalOptions } from '../router/ports.ts';
import { systemClock } from './clock.ts';
import { localEnvironment, type LocalParts } from './local.ts';
import { ptyTerminal, type NodePty } from './terminal.ts';

const never = new AbortController().signal;
let folder: string;

beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'wheelhouse-')));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const start = (options: Partial<TerminalOptions>, parts: Partial<LocalParts> = {}): Promise<Terminal> => {
  const environment = localEnvironment({
    label: 'here',
    env: process.env,
    clock: systemClock,
    log: silent,
    forbiddenRoots: () => [folder],
    ...parts,
  });
  onTestFinished(() => environment.dispose());
  return environment.terminal(
    { name: 't', command: '', args: [], cwd: folder, columns: 80, rows: 24, ...options },
    never,
  );
};

const script = async (text: string): Promise<string> => {
  const path = join(folder, 'script.mjs');
  await writeFile(path, text);
  return path;
};

const output = async (terminal: Terminal): Promise<string> => {
  let text = '';
  terminal.onData((more) => (text += more));
  await terminal.exited;
  return text;
};

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

describe('a command of an agent', () => {
  test('[S29] ten thousand hostile arguments arrive as they are, with no shell between', async () => {
    const hostile = fc.string({
      unit: fc.oneof(
        fc.constantFrom(...Array.from('"%^&|<>()!\'$`\\;*?[]{}~# \t\n\r-=/')),
        fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 }),
      ),
      maxLength: 12,
    });
    const words = fc
      .sample(hostile, { numRuns: 10_000, seed: 29 })
      .map((word) => word.replaceAll('\0', '').toWellFormed());
    const path = await script('console.log(JSON.stringify(process.argv.slice(2)))');
    for (let from = 0; from < words.length; from += 2_500) {
      const args = words.slice(from, from + 2_500);
      const terminal = await start({ command: path, args, node: true });
      expect(JSON.parse(await output(terminal))).toEqual(args);
    }
  });

  test('[S30] it gets nothing of the editor’s and of ours, in its environment or its arguments; what its agent asks for it gets', async () => {
    const secret = 'sentinel-3f9a';
    const env = {
      PATH: process.env['PATH'],
      HOME: '/home/me',
      VSCODE_IPC_HOOK_CLI: secret,
      VSCODE_GIT_ASKPASS_NODE: secret,
      vscode_lower: secret,
      ELECTRON_RUN_AS_NODE: secret,
      NODE_OPTIONS: '--no-warnings',
      NODE_CHANNEL_FD: '9',
      GIT_ASKPASS: secret,
      CODE_SERVER_PARENT_PID: secret,
      WHEELHOUSE_RELAY_TOKEN: secret,
    };
    const path = await script('console.log(JSON.stringify({ env: process.env, argv: process.argv }))');
    const terminal = await start({ command: process.execPath, args: [path], env: { PAGER: 'cat' } }, { env });
    const text = await output(terminal);
    expect(text).not.toContain(secret);
    const { env: given } = JSON.parse(text) as { env: Record<string, string> };
    expect(
      Object.keys(given)
        .filter((name) => !['TERM', 'COLORTERM', 'PWD'].includes(name))
        .toSorted(),
    ).toEqual(['HOME', 'PAGER', 'PATH']);
  });

  test('[S25] where it would run is a folder, or it does not run and says why', async () => {
    const file = await script('');
    const gone = join(folder, 'gone');
    await symlink(gone, join(folder, 'dangling'));
    for (const [cwd, why] of [
      [file, `${file} is no folder.\n`],
      [gone, `The folder ${gone} does not exist.\n`],
      [join(folder, 'dangling'), `The folder ${join(folder, 'dangling')} does not exist.\n`],
    ] as const) {
      const terminal = await start({ command: 'touch', args: ['ran'], cwd });
      expect(await output(terminal)).toBe(why);
      expect(await terminal.exited).toEqual({ code: 127, signal: null });
    }
  });

  test('[acp 4.1.9] killed, its whole group goes, the stubborn in it as well', async () => {
    const path = await script(`
      import { spawn } from 'node:child_process';
      const child = spawn(process.execPath, ['-e', 'process.on("SIGTERM", () => {}); console.log("up"); setInterval(() => {}, 1000)'], { stdio: 'inherit' });
      console.log(child.pid);
      setInterval(() => {}, 1000);
    `);
    const terminal = await start({ command: path, node: true });
    let text = '';
    terminal.onData((more) => (text += more));
    await until('both', () => /\d+\n/u.test(text) && text.includes('up'));
    terminal.kill();
    expect(await terminal.exited).toEqual({ code: null, signal: 'SIGTERM' });
    const child = Number(/\d+/u.exec(text)?.[0]);
    await until('the stubborn one to be gone', () => !isAlive(child));
  });

  test('[I9] what it left behind lives on with its terminal, and ends when that is disposed', async () => {
    const charge = { variables: { WHEELHOUSE_OWNER: 'test-left-behind' }, started: () => undefined };
    const terminal = await start(
      { command: 'sleep 1000 >/dev/null 2>&1 & echo $!', shell: true },
      { guard: { admit: () => charge } },
    );
    const left = Number(await output(terminal));
    expect(await terminal.exited).toEqual({ code: 0, signal: null });
    expect(isAlive(left)).toBe(true);
    await terminal[Symbol.asyncDispose]();
    await until('it to be gone', () => !isAlive(left));
  });

  test('[S32] nothing is kept for nobody: what comes when all listeners have left is gone', async () => {
    const terminal = await start({ command: 'echo first; read x; echo second; read y', shell: true });
    const heard: string[] = [];
    const listening = terminal.onData((text) => heard.push(text));
    await until('the first', () => heard.join('') === 'first\n');
    listening.dispose();
    terminal.write('x\n');
    terminal.write('y\n');
    await terminal.exited;
    terminal.onData((text) => heard.push(text));
    expect(heard.join('')).toBe('first\n');
  });
});

describe('a pseudo-terminal', () => {
  /** As node-pty is: it throws where it is asked for no size, and where its file is closed. */
  const fake = () => {
    const sizes: string[] = [];
    let closed = false;
    const pty: NodePty = {
      spawn: (_file, _args, { cols, rows, env }) => {
        sizes.push(`${cols}x${rows} ${env['COLORTERM']}`);
        return {
          pid: 2 ** 22 + 1,
          onData: () => ({ dispose: () => undefined }),
          onExit: () => ({ dispose: () => undefined }),
          write: () => undefined,
          resize: (columns, rows) => {
            if (closed || !(columns > 0 && rows > 0)) throw new Error('EBADF');
            sizes.push(`${columns}x${rows}`);
          },
          kill: () => undefined,
        };
      },
    };
    return { pty, sizes, close: () => (closed = true) };
  };

  test('[S13] its size is between 1 and 1000, whoever asks for what', () => {
    const { pty, sizes, close } = fake();
    const terminal = ptyTerminal(
      pty,
      { file: '/bin/sh', args: [], env: {}, verbatim: false },
      { name: 't', command: 'sh', args: [], cwd: '/', columns: 0, rows: 1e9 },
    );
    for (const [columns, rows] of [
      [-1, 24],
      [80.9, Number.NaN],
      [Number.POSITIVE_INFINITY, 2 ** 31],
    ] as const)
      terminal.resize(columns, rows);
    expect(sizes).toEqual(['1x1000 truecolor', '1x24', '80x1', '1x1000']);
    close();
    expect(() => terminal.resize(80, 24)).not.toThrow();
  });
});
