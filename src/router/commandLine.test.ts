import { describe, expect, test } from 'vitest';
import { parseCommandLine } from './commandLine.ts';

const reads = (line: string, ...argv: readonly string[]): void =>
  expect(parseCommandLine(line, 'posix'), JSON.stringify(line)).toEqual(argv);
const asks = (...lines: readonly string[]): void => {
  for (const line of lines) expect(parseCommandLine(line, 'posix'), JSON.stringify(line)).toBeUndefined();
};

describe('a single literal command', () => {
  test('[S28] plain words, and words that are quoted whole, are read as their arguments', () => {
    reads('git status', 'git', 'status');
    reads('  npm   run   test  ', 'npm', 'run', 'test');
    reads(`git commit -m 'fix: a; b && c > d'`, 'git', 'commit', '-m', 'fix: a; b && c > d');
    reads('grep -rn "größer als" src/', 'grep', '-rn', 'größer als', 'src/');
    reads('./build.sh --out=dist/a,b', './build.sh', '--out=dist/a,b');
    reads("touch ''", 'touch', '');
    reads('/usr/bin/g++ -std=c++20 @args', '/usr/bin/g++', '-std=c++20', '@args');
  });

  test('[S28] [CVE-2025-54377] a second command on a line of its own, or behind any separator', () => {
    asks(
      'ls \r',
      'ls\n',
      '\nls',
      '\u00a0ls',
      'ls\nrm -rf x',
      'ls\r\nrm x',
      'ls;rm x',
      'ls ; rm x',
      'ls&&rm x',
      'ls || rm x',
      'ls|sh',
      'ls & rm x',
      'ls |& sh',
      'ls &',
    );
  });

  test('[S28] [CVE-2026-110206] [CVE-2026-30314] a command that stands in for a word', () => {
    asks(
      'ls $(rm x)',
      '$(rm x)',
      'ls `rm x`',
      '`rm x`',
      'ls "$(rm x)"',
      'ls "`rm x`"',
      'ls <(rm x)',
      'ls >(rm x)',
      'ls $((1+1))',
      'ls ${x:-$(rm y)}',
      'ls $x',
      'ls$IFS-l',
      'ls "$x"',
      "ls $'\\x41'",
      'ls $"a"',
    );
  });

  test('[S28] [Roo 11095] redirections, also without a space and with numbers', () => {
    asks(
      'git show > ~/.ssh/id',
      'git show>x',
      'git show 2>x',
      'git show >>x',
      'cat <x',
      'cat <<x',
      'cat <<<x',
      'ls >|x',
      'ls &>x',
      'ls {fd}>x',
    );
  });

  test('[S28] variables before the command, and commands that set them', () => {
    asks(
      'X=1 ls',
      'GIT_EXTERNAL_DIFF=./evil git diff',
      'PATH=. ls',
      'A=1',
      "A='1' ls",
      'export PATH=.',
      'declare x=1',
      'PATH+=:. ls',
    );
  });

  test('[S28] [CVE-2026-25722] aliases, `cd`, functions and what only a shell knows', () => {
    asks(
      'eval x',
      'exec ls',
      'source x',
      '. x',
      'alias ls=rm',
      'command ls',
      'builtin ls',
      'trap x EXIT',
      'cd x',
      'pushd x',
      'set -x',
      'time ls',
      '! ls',
      '{ ls',
      '( ls )',
      'if ls',
      'for',
      'while ls',
      'case x',
      'function f',
      'f() ls',
      '[[ x',
      'coproc ls',
      'noglob ls',
      'nocorrect ls',
      'repeat 3 ls',
      'and ls',
      'not ls',
      '- ls',
      '-x',
      '=ls',
      'ls =ls',
      'src/',
      '..',
      '../',
      '.',
      'a/..',
    );
  });

  test('[S28] pieces that a shell joins to one word', () => {
    asks(
      "r'm' x",
      "'r'm x",
      `"r""m" x`,
      `''rm x`,
      `rm''`,
      `r\\m x`,
      `rm x\\`,
      `ls a"b"c`,
      `ls 'a''b'`,
      `ls "a"'b'`,
      `'ls' x`,
      '"ls" x',
      "ls 'a",
      'ls "a',
    );
  });

  test('[S28] what a shell expands in a word', () => {
    asks(
      'ls *',
      'ls ?',
      'ls [a]',
      'ls {a,b}',
      'ls a{1..3}',
      'ls ~',
      'ls ~root',
      'ls a=~',
      'ls x^y',
      'ls !!',
      'ls "a!b"',
      "ls 'a!b'",
      'ls ^a^b',
      'ls #x',
      'ls a#b',
      'ls %1',
      'ls "a\\b"',
      "ls 'a\\b'",
      'ls (x)',
      'ls "a\'b"',
    );
  });

  test('[S31] what cannot be seen, or looks like something else', () => {
    asks(
      'ls a\u00a0b',
      'ls\u2003x',
      "ls 'a\u00a0b'",
      "ls 'a\u2003b'",
      "ls 'a\u202eb'",
      "ls 'a\u200bb'",
      'ls "a\u0007b"',
      "ls 'a\tb'",
      'ls\tx',
      "ls 'a\nb'",
      'ls \u0000',
      "ls '\ud800'",
      'lѕ x',
      "ls '\u3164'",
      'ls ﹨',
      "ls 'a\u2800b'",
    );
  });

  test('[S28] nothing, and more than anybody reads', () => {
    asks('', '   ', `echo ${'x '.repeat(5000)}`);
  });

  test('[S28] on Windows, where shells agree on less, quotes and percent signs are asked', () => {
    expect(parseCommandLine('git status -s', 'windows')).toEqual(['git', 'status', '-s']);
    expect(parseCommandLine('C:\\tools\\x.exe -o:a', 'windows')).toEqual(['C:\\tools\\x.exe', '-o:a']);
    for (const line of [
      'echo %PATH%',
      "echo 'a & del x'",
      'echo "a"',
      'a,b',
      'echo a,b',
      'echo @x',
      'CALL x',
      'start x',
      'cd ..',
      '..\\',
      'a^b',
      'a&b',
    ])
      expect(parseCommandLine(line, 'windows'), line).toBeUndefined();
  });
});
