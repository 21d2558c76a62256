import { describe, expect, test } from 'vitest';
import { RELAY_LIMITS } from '../relay/ports.ts';
import { LIMITS } from '../router/limits.ts';
import { DEFAULT_CONFIG, parseConfig } from './config.ts';
import { relayOptions, windowBytes } from './relay.ts';
import { DEFAULT_RELAY } from './relayConfig.ts';

describe('the configuration of the host', () => {
  test('[host] an empty one is that of nobody', () => {
    expect(parseConfig({})).toEqual(DEFAULT_CONFIG);
  });

  test('[host] one in full', () => {
    const config = parseConfig({
      agents: { mine: { command: '/opt/agent', args: ['--acp'] } },
      defaultAgent: 'mine',
      permissions: { rules: [{ tool: 'edit', match: 'docs/**', decision: 'allow' }] },
      limits: { messageBytes: 1_000_000, idleMinutes: 5 },
    });
    expect(config).toMatchObject({ defaultAgent: 'mine', limits: { messageBytes: 1_000_000 }, idleMinutes: 5 });
    expect(config.relay).toBeUndefined();
    expect(config.agents).toEqual([{ id: 'mine', label: 'mine', command: '/opt/agent', args: ['--acp'] }]);
    expect(config.rules).toMatchObject([{ scope: 'machine', tool: 'edit', match: 'docs/**', decision: 'allow' }]);
  });

  test('[host] the relay, with what is not said as it is by default', () => {
    const relay = {
      lease: 'on',
      terminals: true,
      port: 4141,
      hosts: ['box.example:443'],
      tls: { cert: 'c', key: '/k' },
    };
    const config = parseConfig({ relay, limits: { ringFrames: 5, terminals: 2 } }, '/home/ann');
    expect(config.relay).toEqual({
      ...DEFAULT_RELAY,
      lease: 'on',
      terminals: true,
      port: 4141,
      hosts: ['box.example:443'],
      tls: { cert: '/home/ann/c', key: '/k' },
    });
    expect(config.limits).toEqual({ relay: { ringFrames: 5, terminals: 2 } });
    expect(relayOptions(config, { port: 0, lease: 'off' })).toMatchObject({
      bind: '127.0.0.1',
      port: 0,
      lease: 'off',
      terminals: true,
      messageBytes: 16 * 1024 * 1024,
      limits: { ...RELAY_LIMITS, ringFrames: 5, terminals: 2 },
    });
  });

  test('[host] one size of messages is that of every door', () => {
    expect(windowBytes(DEFAULT_CONFIG)).toBe(LIMITS.windowLine);
    const config = parseConfig({ limits: { messageBytes: 100_000 } });
    expect([windowBytes(config), relayOptions(config, {}).messageBytes]).toEqual([100_000, 100_000]);
  });

  test('[remote] agents of other machines', () => {
    const build = { kind: 'ssh', destination: 'build', folder: '/srv/app' };
    const { agents } = parseConfig({
      environments: { build },
      agents: { mine: { command: 'agent', environment: 'build' } },
    });
    const machine = { ...build, id: 'build', label: 'build', options: [] };
    expect(agents).toEqual([{ id: 'mine', label: 'mine · build', command: 'agent', args: [], machine }]);
  });

  test('[host] no minutes are never', () => {
    expect(parseConfig({ limits: { idleMinutes: 0 } }).idleMinutes).toBeUndefined();
  });

  test('[host] an environment asks, unless it says something else; its folders count from the file', () => {
    expect(parseConfig({ environment: {} }).environment).toEqual({ policy: 'ask', folders: [] });
    expect(parseConfig({}).environment).toBeUndefined();
    const said = { id: 'env_build', policy: 'allow', folders: ['src', '/srv'] };
    const read = parseConfig({ environment: said }, '/home/ann').environment;
    expect(read).toEqual({ id: 'env_build', policy: 'allow', folders: ['/home/ann/src', '/srv'] });
  });

  test.each([
    ['no object', [], 'it must be an object'],
    ['an unknown key', { agnets: {} }, '“agnets”'],
    ['an unknown limit', { limits: { idleMinuts: 1 } }, '“limits.idleMinuts”'],
    ['an unknown key of the rules', { permissions: { rule: [] } }, '“permissions.rule”'],
    ['an agent without a command', { agents: { a: {} } }, 'agents.a.command must be a text'],
    ['an unknown key of an agent', { agents: { a: { command: 'x', cwd: '/' } } }, 'agents.a.cwd is not known'],
    ['a rule that decides nothing', { permissions: { rules: [{ tool: 'edit' }] } }, 'permissions.rules[0].decision'],
    [
      'a machine that nobody knows',
      { agents: { a: { command: 'x', environment: 'b' } } },
      'agents.a.environment names',
    ],
    ['a machine of another kind', { environments: { a: { kind: 'x', folder: '/' } } }, 'environments.a.kind must be'],
    [
      'an option for a host',
      { environments: { a: { kind: 'ssh', destination: '-ox', folder: '/' } } },
      'a.destination',
    ],
    ['a default that is none', { defaultAgent: 'a' }, '“a”'],
    ['a limit that is none', { limits: { idleMinutes: -1 } }, 'limits.idleMinutes'],
    ['a message that holds nothing', { limits: { messageBytes: 10 } }, 'limits.messageBytes'],
    ['an environment that is none', { environment: true }, 'environment must be an object'],
    ['an unknown key of it', { environment: { folder: '/' } }, '“environment.folder”'],
    ['an id that is none', { environment: { id: 'mine' } }, 'environment.id must begin with “env_”'],
    ['the beginning of an id', { environment: { id: 'env_' } }, 'environment.id'],
    ['a policy that is none', { environment: { policy: 'yes' } }, 'environment.policy'],
    ['folders that are none', { environment: { folders: [''] } }, 'environment.folders'],
    ['a relay that is none', { relay: true }, 'relay must be an object'],
    ['an unknown key of the relay', { relay: { leas: 'on' } }, '“relay.leas”'],
    ['a lease that is none', { relay: { lease: true } }, 'relay.lease'],
    ['a port that is none', { relay: { port: 70_000 } }, 'relay.port'],
    ['names that are none', { relay: { hosts: [''] } }, 'relay.hosts'],
    ['a certificate without its key', { relay: { tls: { cert: 'a' } } }, 'relay.tls must hold “cert” and “key”'],
    ['an unknown key of the certificate', { relay: { tls: { ca: 'a' } } }, '“relay.tls.ca”'],
    ['a ring that holds nothing', { limits: { ringFrames: 0 } }, 'limits.ringFrames'],
    ['sessions that are no number', { limits: { liveSessions: '16' } }, 'limits.liveSessions'],
  ])('[host] %s is refused by name', (_, value, named) => {
    expect(() => parseConfig(value)).toThrow(named);
  });
});
