import { describe, expect, test } from 'vitest';
import { HELP, readCommandLine } from './commandLine.ts';

describe('the command line of the host', () => {
  test('[host] what is there, in full', () => {
    expect(
      readCommandLine(['serve', '--config', 'c', '--root', 'a', '--root', 'b', '--state', 's', '--token-file', 't']),
    ).toEqual({ kind: 'serve', config: 'c', roots: ['a', 'b'], state: 's', tokenFile: 't' });
    expect(readCommandLine(['view', '--state', 's', '--config', 'c', '--root', 'a'])).toEqual({
      kind: 'view',
      config: 'c',
      roots: ['a'],
      state: 's',
    });
    expect(readCommandLine(['view'])).toEqual({ kind: 'view', roots: [] });
    expect(readCommandLine(['serve'])).toEqual({ kind: 'serve', roots: [] });
    expect(readCommandLine(['status', '--json', '--state=s'])).toEqual({ kind: 'status', json: true, state: 's' });
    expect(readCommandLine(['stop'])).toEqual({ kind: 'stop', json: false });
    expect(readCommandLine(['--version'])).toEqual({ kind: 'version' });
  });

  test.each([[[]], [['--help']], [['help']], [['serve', '--help']], [['-h']]])('[host] help for %j', (args) => {
    expect(readCommandLine(args)).toEqual({ kind: 'help' });
  });

  test.each([
    [['nonsense'], 'nonsense'],
    [['serve', '--nonsense'], '--nonsense'],
    [['serve', 'more'], 'more'],
    [['serve', '--root'], '--root'],
    [['status', '--root', 'a'], '--root'],
    [['view', '--token-file', 'a'], '--token-file'],
    [['pair'], '“pair” belongs to the relay'],
    [['acp', '--state', 's'], '“acp” belongs to the relay'],
    [['serve', '--port', '0'], '--port belongs to the relay'],
    [['serve', '--lease=on'], '--lease belongs to the relay'],
  ])('[host] %j is refused by name', (args, named) => {
    expect(() => readCommandLine(args)).toThrow(expect.objectContaining({ code: 'usage' }));
    expect(() => readCommandLine(args)).toThrow(named);
  });

  test('[host] the help names every command that there is, and nothing that is not', () => {
    for (const name of ['serve', 'view', 'status', 'stop']) expect(HELP).toContain(`wheelhouse-host ${name}`);
    for (const name of ['pair', 'devices', 'revoke', '--port']) expect(HELP).not.toContain(name);
  });
});
