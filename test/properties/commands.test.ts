import { execFile } from 'node:child_process';
import { access, chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseCommandLine } from '../../src/router/commandLine.ts';

/** Lines in all; those that are read as a literal command are run in each of the shells. */
const COMMANDS = Number(process.env['COMMANDS'] ?? 10_000);
const BATCH = 5_000;
const SHELLS = ['bash', 'dash', 'zsh', 'ksh'];

const run = promisify(execFile);

const programs = ['git', 'ls', 'rm', 'npm', 'sed', 'x-y.z', 'g++'];
const command = fc.constantFrom(
  ...programs,
  './here',
  'echo',
  'eval',
  'cd',
  'export',
  '.',
  'A=1',
  "'ls'",
  '!',
  '{',
  'time',
  '-x',
  '=ls',
  '~',
);
const plain = fc.constantFrom(
  'a',
  '-n',
  '--out=x,y',
  'src/a.ts',
  '1',
  'a:b',
  '@b',
  '+x',
  '..',
  'status',
  'if',
  'fi',
  'A=1',
  '%s',
);
const inside = fc.string({
  unit: fc.constantFrom(
    'a',
    ' ',
    ';',
    '&',
    '|',
    '<',
    '>',
    '(',
    ')',
    '*',
    '?',
    '~',
    '#',
    '{',
    '}',
    ',',
    '=',
    '-',
    'é',
    '€',
    '🎉',
    '[',
    ']',
    '^',
    '%',
  ),
  maxLength: 8,
});
const quoted = fc.oneof(
  inside.map((text) => `'${text}'`),
  inside.map((text) => `"${text}"`),
);
const special = fc.constantFrom(
  ';',
  '&',
  '&&',
  '||',
  '|',
  '\n',
  '\r',
  '\t',
  '<',
  '>',
  '>>',
  '2>',
  '<<',
  '$(rm a)',
  '`rm a`',
  '$a',
  '${a}',
  '$',
  '`',
  '"',
  "'",
  '\\',
  '*',
  '?',
  '[a]',
  '{a,b}',
  '~',
  '#',
  '!',
  '!!',
  '^',
  '(',
  ')',
  '=',
  ' ',
  '  ',
  '\u00a0',
  '\u200b',
  '\u202e',
  '\u0000',
  '\ufeff',
  "$'\\n'",
  '<(ls)',
  '&>',
  '%',
  'a',
  '\u2028',
);
const literal = fc
  .tuple(
    command,
    fc.array(fc.oneof({ weight: 3, arbitrary: plain }, { weight: 2, arbitrary: quoted }), { maxLength: 5 }),
  )
  .map(([name, words]) => [name, ...words].join(' '));
const line = fc.oneof(
  { weight: 3, arbitrary: literal },
  // A literal one with something put into it anywhere, and again.
  {
    weight: 4,
    arbitrary: fc
      .tuple(literal, fc.array(fc.tuple(fc.nat(40), special), { minLength: 1, maxLength: 2 }))
      .map(([text, all]) =>
        all.reduce(
          (whole, [at, sign]) => whole.slice(0, at % (whole.length + 1)) + sign + whole.slice(at % (whole.length + 1)),
          text,
        ),
      ),
  },
  {
    weight: 1,
    arbitrary: fc.array(fc.oneof(command, plain, quoted, special), { maxLength: 8 }).map((pieces) => pieces.join('')),
  },
);

/** Writes down how it was called: its name and each argument, ended by NUL, and a line end. */
const RECORDER = `#!/bin/sh
printf '%s\\0' "\${0##*/}" "$@" >>"$LOG"
echo >>"$LOG"
`;

const found = async (shell: string): Promise<string | undefined> => {
  for (const path of [`/bin/${shell}`, `/usr/bin/${shell}`])
    if (
      await access(path).then(
        () => true,
        () => false,
      )
    )
      return path;
  return undefined;
};

describe('lines that are read as one literal command', () => {
  let folder: string;
  const at = (name: string): string => join(folder, name);

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'wheelhouse-commands-'));
    await mkdir(at('bin'));
    await mkdir(at('work'));
    const recorders = [...programs.map((name) => at(`bin/${name}`)), at('work/here')];
    for (const path of recorders) {
      await writeFile(path, RECORDER);
      await chmod(path, 0o755);
    }
  });
  afterAll(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  /** What each of the lines ran, in one shell that reads them one after the other. */
  const ranBy = async (
    shell: string,
    lines: readonly string[],
  ): Promise<readonly (readonly (readonly string[])[])[]> => {
    const script = lines.flatMap((text, index) => [`echo "@@ ${index}" >>"$LOG"`, text]).join('\n');
    await writeFile(at('script'), `${script}\n`);
    await writeFile(at('log'), '');
    const env = { PATH: at('bin'), LOG: at('log'), HOME: at('work'), LANG: 'C.UTF-8' };
    // What it prints, and the code of the last line, are no matter.
    await run(shell, [at('script')], { cwd: at('work'), env, maxBuffer: 2 ** 30 }).catch((failure: unknown) => failure);
    const ran: string[][][] = lines.map(() => []);
    let now = -1;
    for (const record of (await readFile(at('log'), 'utf8')).split('\n').slice(0, -1)) {
      const mark = /^@@ (\d+)$/u.exec(record);
      if (mark !== null) now = Number(mark[1]);
      else ran[now]?.push(record.split('\0').slice(0, -1));
    }
    return ran;
  };

  test(
    `[S28] of ${COMMANDS} lines, each that is read runs exactly what was read, in every shell that is here, and writes nothing`,
    { timeout: 3_600_000 },
    async () => {
      const shells = (await Promise.all(SHELLS.map(found))).flatMap((shell) => shell ?? []);
      expect(shells.length).toBeGreaterThan(0);
      let read = 0;
      for (let done = 0; done < COMMANDS; done += BATCH) {
        const seed = 20261120 + done;
        const lines = fc.sample(line, { numRuns: Math.min(BATCH, COMMANDS - done), seed });
        const literals = lines.flatMap((text) => {
          const argv = parseCommandLine(text, 'posix');
          return argv === undefined ? [] : [{ text, argv }];
        });
        read += literals.length;
        for (const shell of shells) {
          const ran = await ranBy(
            shell,
            literals.map(({ text }) => text),
          );
          for (const [index, { text, argv }] of literals.entries()) {
            const [name = '', ...args] = argv;
            // What a shell has built in and only prints is not seen; all else is.
            const wanted = programs.includes(name) || name === './here' ? [[basename(name), ...args]] : [];
            expect(ran[index], `${basename(shell)}, seed ${seed}: ${JSON.stringify(text)}`).toEqual(wanted);
          }
        }
      }
      expect(await readdir(at('work'))).toEqual(['here']);
      expect((await readdir(folder)).toSorted()).toEqual(['bin', 'log', 'script', 'work']);
      console.log(
        `${read} of ${COMMANDS} lines were literal; ran in ${shells.map((shell) => basename(shell)).join(', ')}`,
      );
      // A parser that reads nothing would pass all of the above.
      expect(read).toBeGreaterThan(COMMANDS / 10);
    },
  );
});
