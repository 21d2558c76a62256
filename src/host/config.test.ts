import { describe, expect, test } from 'vitest';
import { DEFAULT_CONFIG, parseConfig } from './config.ts';

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
    expect(config).toMatchObject({ defaultAgent: 'mine', messageBytes: 1_000_000, idleMinutes: 5 });
    expect(config.agents).toEqual([{ id: 'mine', label: 'mine', command: '/opt/agent', args: ['--acp'] }]);
    expect(config.rules).toMatchObject([{ scope: 'machine', tool: 'edit', match: 'docs/**', decision: 'allow' }]);
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
    ['what is not served yet', { relay: { lease: 'auto' } }, '“relay” belongs to what this version'],
    ['a limit of what is not served yet', { limits: { ringFrames: 1 } }, '“limits.ringFrames” belongs'],
  ])('[host] %s is refused by name', (_, value, named) => {
    expect(() => parseConfig(value)).toThrow(named);
  });
});
