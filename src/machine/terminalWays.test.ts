import { mkdir, mkdtemp, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { until } from '../../test/tools/until.ts';
import { silent } from '../base/log.ts';
import type { Terminal, TerminalOptions } from '../router/ports.ts';
import { systemClock } from './clock.ts';
import { localEnvironment } from './local.ts';
import { markedProcesses, MARKER } from './processTable.ts';
import { findScript } from './scriptTerminal.ts';
import type { StartTerminal } from './terminal.ts';
import { TerminalWays } from './terminalWays.ts';

const never = new AbortController().signal;
/** The node-pty of the real VS Code that the tests have. */
const EDITOR = resolve('.tools/vscode/node_modules/code-server/lib/vscode/node_modules/node-pty');

let folder: string;

beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'wheelhouse-')));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const started = (startTerminal: StartTerminal, options: Partial<TerminalOptions>): Promise<Terminal> => {
  const environment = localEnvironment({
    label: 'here',
    env: { ...process.env, SHELL: '/bin/of-the-person' },
    clock: systemClock,
    log: silent,
    forbiddenRoots: () => [],
    guard: { admit: () => ({ variables: { [MARKER]: 'ways-test' }, started: () => undefined }) },
    startTerminal,
  });
  onTestFinished(() => environment.dispose());
  return environment.terminal(
    { name: 't', command: '', args: [], cwd: folder, columns: 90, rows: 20, ...options },
    never,
  );
};

const waysBeside = (program: string, way?: StartTerminal): TerminalWays =>
  new TerminalWays({ program, script: () => Promise.resolve(way), clock: systemClock, log: silent });

const script = async (): Promise<StartTerminal> => {
  const start = await findScript(systemClock);
  if (start === undefined) throw new Error('The program “script” of this machine does not work.');
  return start;
};

/** Each way to a real terminal that there is. */
const REAL: readonly (readonly [string, () => Promise<StartTerminal>])[] = [
  [
    'the node-pty of an editor, by its path',
    async () => {
      const ways = waysBeside(join(folder, 'host.js'));
      ways.useNodePty(EDITOR);
      return ways.start;
    },
  ],
  [
    'a node-pty that is installed beside the host',
    async () => {
      await mkdir(join(folder, 'node_modules', '@lydell'), { recursive: true });
      await symlink(EDITOR, join(folder, 'node_modules', '@lydell', 'node-pty'));
      return waysBeside(join(folder, 'dist', 'host.js')).start;
    },
  ],
  ['script', script],
];

describe.each(REAL)('a terminal by %s', (_, way) => {
  test('[terminal ways] it is one: it has a size, echoes, is resized, and tells the exit code', async () => {
    const ask = 'test -t 0 && test -t 1 && stty size; read -r line; printf "got %s\\n" "$line"; stty size; exit 9';
    const start = await way();
    const terminal = await started(start, { command: '/bin/sh', args: ['-c', ask] });
    expect(terminal.kind).toBe('pty');
    let said = '';
    terminal.onData((text) => (said += text));
    await until('its size', () => said.includes('20 90'));
    terminal.resize(50, 10);
    const sizeOf = async (): Promise<string> => {
      const look = `stty size < ${await ttyOf(terminal)}`;
      const probe = await started(start, { command: '/bin/sh', args: ['-c', look] });
      let size = '';
      probe.onData((text) => (size += text));
      await probe.exited;
      return size.trim();
    };
    await until('the new size', async () => (await sizeOf()) === '10 50');
    terminal.write('é🚀\n');
    expect(await terminal.exited).toEqual({ code: 9, signal: null });
    expect(said).toBe('20 90\r\né🚀\r\ngot é🚀\r\n10 50\r\n');
  });

  test('[S29] its words arrive as they are, and its variables are those of a command of ours', async () => {
    const words = ['', ' ', '"', "'", '$(touch ran)', '`touch ran`', '\\', '*', '-e', 'a\nb', '%s', '🚀', '=', ';'];
    const told = join(folder, 'told.json');
    const text = `require('node:fs').writeFileSync(${JSON.stringify(told)}, JSON.stringify([process.argv.slice(1), process.env]))`;
    const terminal = await started(await way(), {
      command: process.execPath,
      args: ['-e', text, '--', ...words],
      env: { MINE: 'x\ny"$(z)', PATH: '/somewhere:/else' },
    });
    terminal.onData(() => undefined);
    expect(await terminal.exited).toEqual({ code: 0, signal: null });
    const [argv, env] = JSON.parse(await readFile(told, 'utf8')) as [string[], Record<string, string>];
    expect(argv).toEqual(words);
    expect(env).toMatchObject({
      MINE: 'x\ny"$(z)',
      PATH: '/somewhere:/else',
      SHELL: '/bin/of-the-person',
      [MARKER]: 'ways-test',
      TERM: 'xterm-256color',
      HOME: process.env['HOME'],
    });
    expect(Object.keys(env).filter((name) => name.startsWith('WHEELHOUSE_'))).toEqual([MARKER]);
  });

  test('[I9] its end is the end of its whole group, and no other process is marked as ours', async () => {
    const terminal = await started(await way(), {
      command: '/bin/sh',
      args: ['-c', 'trap "" TERM; sleep 1000 & echo up; wait; wait'],
    });
    let said = '';
    terminal.onData((text) => (said += text));
    await until('it to be up', () => said.includes('up'));
    const { pid } = terminal;
    // A list that is read while one of them is being made may lack it.
    const groups = await until('both', async () => {
      const marked = await markedProcesses('ways-test');
      return marked.length >= 2 && marked.map(({ group }) => group);
    });
    expect(groups).toEqual([pid, pid]);
    terminal.write('\u0003');
    terminal.kill();
    const { code, signal } = await terminal.exited;
    expect(code === null ? signal : code).toSatisfy(
      (how) => how === 'SIGKILL' || how === 137 || how === 'SIGINT' || how === 130,
    );
    await until('all to be gone', async () => (await markedProcesses('ways-test')).length === 0);
    await terminal[Symbol.asyncDispose]();
  });
});

const ttyOf = async ({ pid }: Terminal): Promise<string> => await realpath(`/proc/${pid}/fd/0`);

test('[terminal ways] without any of them commands run over pipes, and say so', async () => {
  const terminal = await started(waysBeside(join(folder, 'host.js')).start, { command: 'true' });
  expect(terminal.kind).toBe('pipes');
});

test('[terminal ways] a node-pty that does not load or does not start is passed over; one that an editor tells later is taken', async () => {
  const broken = join(folder, 'node-pty');
  await mkdir(broken);
  await writeFile(join(broken, 'index.js'), 'throw new Error("wrong ABI")');
  const ways = waysBeside(join(folder, 'host.js'));
  ways.useNodePty(broken);
  expect((await started(ways.start, { command: 'true' })).kind).toBe('pipes');
  await writeFile(join(broken, 'other.js'), 'exports.spawn = () => { throw new Error("posix_spawnp failed") }');
  ways.useNodePty(join(broken, 'other.js'));
  expect((await started(ways.start, { command: 'true' })).kind).toBe('pipes');
  ways.useNodePty(EDITOR);
  expect((await started(ways.start, { command: 'true' })).kind).toBe('pty');
});

test('[terminal ways] a script that takes its command as BSD’s does is used in that way, and one that does neither is not', async () => {
  const stand = async (body: string): Promise<StartTerminal | undefined> => {
    const path = join(folder, 'script');
    await writeFile(path, `#!/bin/sh\n${body}\n`, { mode: 0o755 });
    return await findScript(systemClock, path);
  };
  const bsd = await stand('[ "$1 $2 $3 $4" = "-q /dev/null /bin/sh -c" ] || exit 64\nexec script -qefc "$5" /dev/null');
  if (bsd === undefined) throw new Error('It is not used.');
  const terminal = await started(bsd, { command: 'printf', args: ['%s', '$(x) "'] });
  let said = '';
  terminal.onData((text) => (said += text));
  expect(await terminal.exited).toEqual({ code: 0, signal: null });
  expect(said).toBe('$(x) "');
  expect(await stand('exec sh -c "$2" < /dev/null 3>&-')).toBeUndefined();
  expect(await findScript(systemClock, join(folder, 'missing'))).toBeUndefined();
});
