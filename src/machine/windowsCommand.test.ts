import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { shellInvocation, toInvocation, type Machine } from './invocation.ts';
import { commandLine, npmShimScript, treeKill } from './windowsCommand.ts';

const shim = [
  '@ECHO off',
  'GOTO start',
  ':find_dp0',
  'SET dp0=%~dp0',
  'EXIT /b',
  ':start',
  'SETLOCAL',
  'CALL :find_dp0',
  'IF EXIST "%dp0%\\node.exe" (',
  '  SET "_prog=%dp0%\\node.exe"',
  ') ELSE (',
  '  SET "_prog=node"',
  '  SET PATHEXT=%PATHEXT:;.JS;=;%',
  ')',
  'endLocal & goto #_undefined_# 2>NUL || title %COMSPEC% & "%_prog%"  "%dp0%\\node_modules\\@scope\\agent\\dist\\cli.js" %*',
].join('\r\n');

const HOSTILE = Array.from('ab "\\&|<>^()!\'$`;,=');

/** What a program gets whose arguments cmd.exe and the C runtime read: quotes toggle, a doubled one is a quote. */
const argumentsOf = (line: string): string[] => {
  const found: string[] = [];
  let word: string | undefined;
  let quoted = false;
  for (let at = 0; at < line.length; at += 1) {
    const slashes = /^\\*/u.exec(line.slice(at))?.[0].length ?? 0;
    if (slashes > 0) {
      const beforeQuote = line[at + slashes] === '"';
      word = `${word ?? ''}${'\\'.repeat(beforeQuote ? Math.floor(slashes / 2) : slashes)}`;
      at += slashes - 1;
      continue;
    }
    const character = line[at] ?? '';
    if (character === '"' && quoted && line[at + 1] === '"') {
      word = `${word ?? ''}"`;
      at += 1;
    } else if (character === '"') {
      quoted = !quoted;
      word ??= '';
    } else if (character === ' ' && !quoted) {
      if (word !== undefined) found.push(word);
      word = undefined;
    } else word = `${word ?? ''}${character}`;
  }
  if (word !== undefined) found.push(word);
  return found;
};

describe('commands on Windows', () => {
  test('[S29] an npm shim is the script that it runs', () => {
    expect(npmShimScript(shim, 'C:\\npm')).toBe('C:\\npm\\node_modules\\@scope\\agent\\dist\\cli.js');
    expect(npmShimScript('@echo off\r\ncall something.exe %*', 'C:\\npm')).toBeUndefined();
    expect(npmShimScript('"%_prog%" "%dp0%\\a.exe" %*', 'C:\\npm')).toBeUndefined();
  });

  test('[S29] [acp 4.2.2] any argument without a percent sign and a line break arrives as it is, and never outside of quotes', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: fc.constantFrom(...HOSTILE) })), (args) => {
        const line = commandLine('C:\\a b\\agent.cmd', args).at(-1) ?? '';
        const inner = line.slice(1, -1);
        expect(argumentsOf(inner)).toEqual(['C:\\a b\\agent.cmd', ...args]);
        const outside = inner.replace(/"(?:[^"]|"")*"/gu, '');
        expect(outside.trim()).toBe('');
      }),
      { numRuns: 2000 },
    );
  });

  test('[S29] a percent sign and a line break are refused with words', () => {
    for (const hostile of ['%PATH%', 'a\nb', 'a\r']) {
      expect(() => commandLine('C:\\agent.cmd', [hostile])).toThrow(/percent sign or a line break/u);
    }
  });

  test('[S29] [acp 4.2.2] a .cmd is run through its script with the node beside it, or through cmd.exe', async () => {
    const machine = (files: readonly string[], text: string): Machine => ({
      platform: 'win32',
      env: { Path: 'C:\\npm', PATHEXT: '.EXE;.CMD', SystemRoot: 'C:\\Windows' },
      isFile: (path) => Promise.resolve(files.includes(path)),
      realPath: (path) => Promise.resolve(path),
      readFile: () => Promise.resolve(text),
    });
    const run = { command: 'agent', args: ['--acp'], cwd: 'C:\\ws' };
    const rules = { forbidden: ['C:\\ws'], relative: false };
    const script = 'C:\\npm\\node_modules\\@scope\\agent\\dist\\cli.js';
    const beside = await toInvocation(run, machine(['C:\\npm\\agent.CMD', 'C:\\npm\\node.exe', script], shim), rules);
    expect(beside).toMatchObject({ file: 'C:\\npm\\node.exe', args: [script, '--acp'], verbatim: false });
    const ours = await toInvocation(run, machine(['C:\\npm\\agent.CMD', script], shim), rules);
    expect(ours).toMatchObject({ file: process.execPath, args: [script, '--acp'], env: { ELECTRON_RUN_AS_NODE: '1' } });
    const batch = await toInvocation(run, machine(['C:\\npm\\agent.CMD'], '@echo off'), rules);
    expect(batch).toMatchObject({ file: 'C:\\Windows\\System32\\cmd.exe', verbatim: true });
    expect(batch.args.at(-1)).toBe('""C:\\npm\\agent.CMD" "--acp""');
  });

  test('[S29] the tree is ended by the taskkill of the system, not by one that lies about', () => {
    expect(treeKill(42, 'C:\\Windows')).toEqual({
      file: 'C:\\Windows\\System32\\taskkill.exe',
      args: ['/pid', '42', '/t', '/f'],
    });
  });

  test('[acp 3] a whole line goes to the shell of the platform', () => {
    expect(shellInvocation('cd a && make', {}, 'linux')).toMatchObject({
      file: '/bin/sh',
      args: ['-c', 'cd a && make'],
    });
    expect(shellInvocation('dir', {}, 'win32')).toMatchObject({
      file: 'C:\\Windows\\System32\\cmd.exe',
      verbatim: true,
    });
  });
});
