import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import type { HostCapabilities } from '../../protocol/environment/messages.ts';
import { folderThere, lineFor } from './executionLines.ts';

const runs = (line: string): string => execFileSync('/bin/sh', ['-c', line], { encoding: 'utf8' });

const windows: HostCapabilities = {
  platform: 'win32',
  arch: 'x64',
  runtime: 'node',
  defaultShell: 'cmd',
  supportedShells: ['cmd'],
  supportsPty: false,
  supportsSendKeys: true,
  supportsSoftKill: false,
  supportsProcessGroups: false,
  envCaseInsensitive: true,
  lineEndings: 'crlf',
};

describe('command lines for the shell of a host', () => {
  test.each([['plain'], ['with space'], [`it's "quoted"`], ['$HOME `id` $(id)'], ['a\\b\nc'], ['*?[x]~;&|<>#!'], ['']])(
    '[S29] %j arrives as one word and nothing else',
    (word) => {
      expect(runs(lineFor({ command: 'printf', args: ['<%s>', word, 'end'] }, undefined))).toBe(`<${word}><end>`);
      expect(runs(lineFor({ command: 'printenv', args: ['WORD'], env: { WORD: word } }, undefined))).toBe(`${word}\n`);
    },
  );

  test('[S29] a whole line is the shell’s own; variables are set before it, or taken away', () => {
    const env = { A: 'b c', HOME: null };
    expect(runs(lineFor({ command: 'echo "$A"; echo ${HOME-none}', args: [], shell: true, env }, undefined))).toBe(
      'b c\nnone\n',
    );
    expect(() => lineFor({ command: 'x', args: [], env: { 'a;id': '' } }, undefined)).toThrow(/cannot be set/u);
    expect(() => lineFor({ command: 'x\0', args: ['\0'] }, undefined)).toThrow(/NUL/u);
  });

  test('[S29] what a Windows shell reads in its own way is not said to it', () => {
    expect(lineFor({ command: 'git', args: ['log', 'a b & c'], env: { A: 'b', C: null } }, windows)).toBe(
      'set "A=b"& set "C="& "git" "log" "a b & c"',
    );
    for (const word of ['a"b', '%PATH%', 'a!b', 'a\nb'])
      expect(() => lineFor({ command: 'git', args: [word] }, windows)).toThrow(/reads in its own way/u);
  });
});

describe('where a folder of this machine is there', () => {
  test.each([
    ['/home/me/app', '/srv/app', '/srv/app'],
    ['/home/me/app/', '/srv/app', '/srv/app'],
    ['/home/me/app/src/x', '/srv/app', '/srv/app/src/x'],
    ['/home/me/app/src', '/', '/src'],
    ['/home/me/app', undefined, undefined],
    ['/home/me/app/src', undefined, 'src'],
  ])('[environment 4] %s, in a session of /home/me/app, with %s there: %s', (cwd, folder, found) => {
    expect(folderThere(cwd, '/home/me/app', { name: 'Box', ...(folder === undefined ? {} : { folder }) })).toBe(found);
  });

  test.each(['/home/me', '/home/me/apples', '/etc'])('[environment 4] %s is nowhere there', (cwd) => {
    expect(() => folderThere(cwd, '/home/me/app', { name: 'Box', folder: '/srv' })).toThrow(
      /outside of the session’s folder/u,
    );
  });

  test('[environment 4] of a session at the root, and with the other separator', () => {
    expect(folderThere('/usr/lib', '/', { name: 'Box', folder: '/mnt' })).toBe('/mnt/usr/lib');
    expect(folderThere('C:\\work\\app\\src', 'C:\\work\\app', { name: 'Box', folder: '/srv' })).toBe('/srv/src');
  });
});
