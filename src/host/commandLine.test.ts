import { describe, expect, test } from 'vitest';
import { HELP, readCommandLine } from './commandLine.ts';

describe('the command line of the host', () => {
  const serve = { kind: 'serve', roots: [], relay: {}, noRelay: false };

  test('[host] what is there, in full', () => {
    expect(
      readCommandLine(['serve', '--config', 'c', '--root', 'a', '--root', 'b', '--state', 's', '--token-file', 't']),
    ).toEqual({ ...serve, config: 'c', roots: ['a', 'b'], state: 's', tokenFile: 't' });
    expect(readCommandLine(['view', '--state', 's', '--config', 'c', '--root', 'a'])).toEqual({
      kind: 'view',
      config: 'c',
      roots: ['a'],
      state: 's',
    });
    expect(readCommandLine(['view'])).toEqual({ kind: 'view', roots: [] });
    expect(readCommandLine(['serve'])).toEqual(serve);
    expect(readCommandLine(['status', '--json', '--state=s'])).toEqual({ kind: 'status', json: true, state: 's' });
    expect(readCommandLine(['stop'])).toEqual({ kind: 'stop', json: false });
    expect(readCommandLine(['--version'])).toEqual({ kind: 'version' });
  });

  test('[host] the relay', () => {
    expect(readCommandLine(['serve', '--bind', '::1', '--port=8080', '--lease', 'on'])).toEqual({
      ...serve,
      relay: { bind: '::1', port: 8080, lease: 'on' },
    });
    expect(readCommandLine(['serve', '--no-relay', '--port', '0'])).toEqual({
      ...serve,
      noRelay: true,
      relay: { port: 0 },
    });
    expect(readCommandLine(['pair', '--yes', '--json', '--state', 's'])).toEqual({
      kind: 'pair',
      yes: true,
      json: true,
      state: 's',
    });
    expect(readCommandLine(['devices', '--json'])).toEqual({ kind: 'devices', json: true });
    expect(readCommandLine(['revoke', 'x1', '--state', 's'])).toEqual({
      kind: 'revoke',
      device: 'x1',
      state: 's',
      json: false,
    });
    expect(readCommandLine(['revoke', '--state', 's', 'x1', '--json'])).toEqual({
      kind: 'revoke',
      device: 'x1',
      state: 's',
      json: true,
    });
    expect(readCommandLine(['revoke', '--all'])).toEqual({ kind: 'revoke', json: false });
    expect(readCommandLine(['acp', '--state', 's'])).toEqual({ kind: 'acp', state: 's' });
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
    [['pair', 'now'], 'now'],
    [['acp', '--json'], '--json'],
    [['revoke'], '--all'],
    [['revoke', 'x1', '--all'], '--all'],
    [['revoke', 'x1', 'x2'], 'x2'],
    [['serve', '--port', '-1'], '--port'],
    [['serve', '--port', '65536'], '65536'],
    [['serve', '--port', 'http'], 'http'],
    [['serve', '--lease=always'], 'always'],
    [['serve', '--bind', ''], '--bind'],
  ])('[host] %j is refused by name', (args, named) => {
    expect(() => readCommandLine(args)).toThrow(expect.objectContaining({ code: 'usage' }));
    expect(() => readCommandLine(args)).toThrow(named);
  });

  test('[host] the help names every command and option that there is', () => {
    for (const name of ['serve', 'view', 'pair', 'devices', 'revoke', 'acp', 'status', 'stop'])
      expect(HELP).toContain(`wheelhouse-host ${name}`);
    for (const name of ['--bind', '--port', '--lease', '--no-relay', '--yes', '--all', '--token-file'])
      expect(HELP).toContain(name);
  });
});
