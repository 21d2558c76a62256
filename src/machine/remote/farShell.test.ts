import { spawn } from 'node:child_process';
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checksum } from './checksum.ts';
import { argumentsFor, FAR, type FarProgram, headerOf, quoted } from './farShell.ts';

interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

let folder: string;
let shells: readonly string[];
beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'wheelhouse-shell-')));
  const found = await Promise.all(
    ['dash', 'bash', 'ksh', 'zsh'].map(async (name) => {
      const { stdout } = await run('sh', ['-c', 'command -v "$1"', 'sh', name]);
      return stdout === '' ? [] : [name];
    }),
  );
  shells = found.flat().length > 0 ? found.flat() : ['sh'];
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** As the leader of a group, as everything is that is reached through a program. `more` may come after the input. */
const run = (command: string, args: readonly string[], input = '', more = false): Promise<Ended> => {
  const child = spawn(command, args, { detached: true, cwd: tmpdir() });
  const said = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said.stderr += text));
  child.stdin.on('error', () => undefined);
  if (more) child.stdin.write(input);
  else child.stdin.end(input);
  return new Promise((resolve) => child.on('close', (code, signal) => resolve({ code, signal, ...said })));
};

const agent = (shell: string, program: FarProgram, input = ''): Promise<Ended> =>
  run(shell, ['-c', FAR.agent, 'sh'], headerOf(program) + input);

/** Every character of a kind once, then what shells care about, then anything. */
const text = fc.oneof(
  fc.constantFrom(
    Array.from({ length: 0x400 }, (_, index) => String.fromCodePoint(index + 1)).join(''),
    ...['', '\n', 'a\n\n', '-n', '--', '+x', '\\', "'", '"', '$(id)', '`id`', '*', '~', '!!', '\r\n', '.', 'd/', '😀'],
  ),
  fc.string({ unit: 'binary', maxLength: 40 }).map((each) => each.replaceAll('\0', '').toWellFormed()),
);
const name = fc.constantFrom('A', 'PATHS', '_x9', 'n', 't');

/** Prints what it got as JSON, and gives its input back. */
const ECHO = `
  let input = '';
  process.stdin.setEncoding('utf8').on('data', (text) => (input += text)).on('end', () => {
    const { argv, env } = process;
    console.log(JSON.stringify({ args: argv.slice(2), env, input, cwd: process.cwd() }));
    process.exit(7);
  });`;

const perShell = async (check: (shell: string) => Promise<void>): Promise<void> => {
  await Promise.all(shells.map(check));
};

/** Its input is open for as long as it lives: nobody hurries it. */
const attended = (shell: string, program: FarProgram): Promise<Ended> =>
  run(shell, ['-c', FAR.agent, 'sh'], headerOf(program), true);

describe('what a shell elsewhere is given', () => {
  test('[S29] folder, variables, arguments and input arrive to the letter, and nothing of them is run', async () => {
    await perShell(async (shell) => {
      const data = fc.record({
        args: fc.array(text, { maxLength: 4 }),
        env: fc.dictionary(name, text, { maxKeys: 3 }),
        input: text,
      });
      const heard = async ({ args, env, input }: { args: string[]; env: Record<string, string>; input: string }) => {
        const program = { command: process.execPath, args: ['-e', ECHO, '--', 'first', ...args], cwd: folder, env };
        const { code, stdout, stderr } = await agent(shell, program, input);
        expect({ code, stderr }).toEqual({ code: 7, stderr: '' });
        const got = JSON.parse(stdout) as { args: string[]; env: Record<string, string>; input: string; cwd: string };
        expect(got.args).toEqual(args);
        expect(got.env).toMatchObject(env);
        expect(got.input).toBe(input);
        expect(got.cwd).toBe(folder);
      };
      await fc.assert(fc.asyncProperty(data, heard), { numRuns: 12 });
    });
  });

  test('[S29] a word of a line means its text and nothing else', async () => {
    await perShell(async (shell) => {
      const all = async (words: readonly string[]): Promise<void> => {
        const line = `printf "%s\\0" ${words.map(quoted).join(' ')}`;
        expect((await run(shell, ['-c', line])).stdout).toBe(words.map((word) => `${word}\0`).join(''));
      };
      await fc.assert(fc.asyncProperty(fc.array(text, { minLength: 1, maxLength: 30 }), all), { numRuns: 25 });
    });
  });

  test('[S29] arguments do what lines do, where the input is a terminal', async () => {
    await perShell(async (shell) => {
      const program = {
        command: 'sh',
        args: ['-c', 'pwd; echo "$A|$B|${GONE-unset}|$1"; cat; exit 5', 'sh', 'x\ny'],
        cwd: folder,
        env: { A: "it's", B: '', GONE: null },
      };
      for (const script of [FAR.command, FAR.terminal]) {
        const ended = await run('env', ['GONE=1', shell, '-c', script, 'sh', ...argumentsFor(program)], 'in');
        expect(ended).toEqual({ code: 5, signal: null, stdout: `${folder}\nit's||unset|x\ny\nin`, stderr: '' });
      }
    });
  });

  test('[S29] what cannot be carried is refused', () => {
    const program = { command: 'x', args: [], cwd: '/' };
    const wrong = [
      { ...program, command: 'a\0b' },
      { ...program, args: ['\0'] },
      { ...program, cwd: '/\0' },
      { ...program, env: { A: '\0' } },
      { ...program, env: { 'A-B': '' } },
      { ...program, env: { 'A;id': '' } },
      { ...program, env: { '': '' } },
    ];
    for (const each of wrong) {
      expect(() => headerOf(each)).toThrow();
      expect(() => argumentsFor(each)).toThrow();
    }
    expect(() => quoted('\0')).toThrow();
  });

  test('[S30] values of variables stand in no argument', () => {
    const program = { command: 'x', args: ['y'], cwd: '/', env: { KEY: 'secret' } };
    expect(headerOf(program)).toContain('secret');
    expect(FAR.agent).not.toMatch(/\benv\b/u);
  });
});

describe('the end of what runs there', () => {
  test('[I9] exit codes and words come back as they are', async () => {
    await perShell(async (shell) => {
      const program = { command: 'sh', args: ['-c', 'echo words >&2; exit 9'], cwd: '/' };
      expect(await attended(shell, program)).toEqual({ code: 9, signal: null, stdout: '', stderr: 'words\n' });
      const missing = await attended(shell, { ...program, command: 'no-such-program' });
      expect(missing).toMatchObject({ code: 127, stderr: expect.stringContaining('not found') as string });
      const nowhere = await attended(shell, { ...program, cwd: '/no such folder' });
      expect(nowhere).toMatchObject({ code: 126, stderr: expect.stringContaining('/no such folder') as string });
      expect((await run(shell, ['-c', FAR.agent, 'sh'], '')).code).toBe(125);
    });
  });

  test('[I9] who does not leave when the input ends is made to, with all of its group', async () => {
    await perShell(async (shell) => {
      const stubborn = { command: 'sh', args: ['-c', 'trap "" TERM HUP; (sleep 600) & sleep 601'], cwd: '/' };
      // It resolves only when everybody has let go of the output.
      expect(await agent(shell, stubborn)).toMatchObject({ code: null, signal: 'SIGKILL' });
    });
  });

  test('[I9] what a program left behind ends with it, while its input is open', async () => {
    await perShell(async (shell) => {
      const line = '(trap "" TERM HUP; sleep 600; :) & exit 4';
      const child = spawn(shell, ['-c', FAR.agent, 'sh'], { detached: true });
      child.stdin.write(headerOf({ command: 'sh', args: ['-c', line], cwd: '/' }));
      child.stdout.resume();
      expect(await new Promise((resolve) => child.on('close', resolve))).toBe(4);
    });
  });
});

test('[remote] a checksum is the one that every system computes', async () => {
  for (const size of [0, 1, 255, 256, 65_536, 100_001]) {
    const bytes = 'aé0'.repeat(size).slice(0, size);
    expect(`${checksum(Buffer.from(bytes))}\n`).toBe((await run('cksum', [], bytes)).stdout);
  }
});
