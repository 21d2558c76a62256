import { describe, expect, test } from 'vitest';
import { parseAgents, writtenAgents } from './agentSettings.ts';
import { parseEnvironments } from './environmentSettings.ts';

const SSH = { kind: 'ssh', destination: 'me@build.example', folder: '/srv/app' };
const EXEC = { kind: 'exec', name: 'Container', command: ['docker', 'exec', '-i', 'app'], folder: '/app' };
const problemsOf = (value: unknown): readonly string[] =>
  parseEnvironments(value).problems.map(
    ({ key, expected }) => `${key.replace('wheelhouse.environments', '')} ${expected}`,
  );

describe('the machines that agents run on', () => {
  test('[remote] ssh and any program that gives stdio are read', () => {
    const terminal = ['docker', 'exec', '-it', 'app'];
    const { environments, problems } = parseEnvironments({
      build: { ...SSH, options: ['-p', '2222'], host: ['wheelhouse-host'] },
      box: { ...EXEC, terminal },
    });
    expect(problems).toEqual([]);
    expect([...environments.values()]).toEqual([
      { ...SSH, id: 'build', label: 'build', options: ['-p', '2222'], host: ['wheelhouse-host'] },
      { kind: 'exec', id: 'box', label: 'Container', command: EXEC.command, folder: '/app', terminal },
    ]);
    expect(parseEnvironments(undefined).problems).toEqual([]);
  });

  test.each([
    [[], ['', 'object']],
    [{ a: 'x' }, ['.a', 'object']],
    [{ '-a': SSH }, ['.-a', 'environmentId']],
    [{ a: { ...SSH, kind: 'cloud' } }, ['.a.kind', 'environmentKind']],
    [{ a: { kind: 'relay' } }, ['.a.url', 'socketAddress']],
    [{ a: { kind: 'relay', url: 'https://box.example/acp' } }, ['.a.url', 'socketAddress']],
    [{ a: { kind: 'relay', url: 'wss://me:secret@box.example/acp' } }, ['.a.url', 'socketAddress']],
    [{ a: { kind: 'relay', url: 'ws://192.168.1.2/acp' } }, ['.a.url', 'socketAddress']],
    [{ a: { kind: 'relay', url: 'ws://127.0.0.1.example.net/acp' } }, ['.a.url', 'socketAddress']],
    [{ a: { kind: 'relay', url: 'wss://box.example/acp', token: 'x' } }, ['.a.token', 'knownKey']],
    [{ a: { kind: 'relay', url: 'wss://box.example/acp', name: 3 } }, ['.a.name', 'text']],
    [{ a: { ...SSH, destination: '-oProxyCommand=id' } }, ['.a.destination', 'destination']],
    [{ a: { ...SSH, destination: 'a b' } }, ['.a.destination', 'destination']],
    [{ a: { ...SSH, destination: '' } }, ['.a.destination', 'destination']],
    [{ a: { ...SSH, options: 'x' } }, ['.a.options', 'textList']],
    [{ a: { ...SSH, options: ['a\0'] } }, ['.a.options', 'textList']],
    [{ a: { ...SSH, folder: 'app' } }, ['.a.folder', 'farPath']],
    [{ a: { ...SSH, folder: 'C:\\app' } }, ['.a.folder', 'farPath']],
    [{ a: { ...SSH, password: 'x' } }, ['.a.password', 'knownKey']],
    [{ a: { ...SSH, host: [] } }, ['.a.host', 'arguments']],
    [{ a: { ...EXEC, command: 'docker' } }, ['.a.command', 'arguments']],
    [{ a: { ...EXEC, command: [''] } }, ['.a.command', 'arguments']],
    [{ a: { ...EXEC, terminal: [1] } }, ['.a.terminal', 'arguments']],
    [{ a: { ...EXEC, destination: 'x' } }, ['.a.destination', 'knownKey']],
    [{ a: { ...EXEC, name: 3 } }, ['.a.name', 'text']],
  ])('[S29] %j is not used, and what is wrong is named', (value, [key, expected]) => {
    expect(problemsOf(value)).toEqual([`${key} ${expected}`]);
    expect(parseEnvironments(value).environments.size).toBe(0);
    expect(parseEnvironments(value).addresses.size).toBe(0);
  });

  test('[relay 9] a relay is no machine that agents are started on; unencrypted it is of this machine alone', () => {
    const urls = ['wss://box.example:8443/acp', 'ws://127.0.0.1:7331/acp', 'ws://localhost/acp', 'ws://[::1]:1/acp'];
    for (const url of urls) {
      const { environments, addresses, problems } = parseEnvironments({ box: { kind: 'relay', name: 'The Box', url } });
      expect(problems).toEqual([]);
      expect(environments.size).toBe(0);
      expect(addresses.get('box')).toEqual({ kind: 'relay', id: 'box', label: 'The Box', url });
    }
  });

  test('[remote] an agent names its machine and is told apart by it; without it, it is not started here instead', () => {
    const { environments } = parseEnvironments({ build: SSH });
    const settings = { mine: { name: 'Mine', command: 'agent', environment: 'build' }, other: { command: 'x' } };
    const { agents, problems } = parseAgents(settings, undefined, environments);
    expect(problems).toEqual([]);
    expect(agents.map(({ label, machine }) => [label, machine?.id])).toEqual([
      ['Mine · build', 'build'],
      ['other', undefined],
    ]);
    const alone = parseAgents(settings);
    expect(alone.agents.map(({ id }) => id)).toEqual(['other']);
    expect(alone.problems).toEqual([{ key: 'wheelhouse.agents.mine.environment', expected: 'environment' }]);
  });

  test('[remote] what was read can be written for another reader', () => {
    const read = (agents: unknown, environments: unknown) =>
      parseAgents(agents, undefined, parseEnvironments(environments).environments).agents;
    const settings = {
      mine: { name: 'Mine', command: 'agent', args: ['x'], env: { A: 'b' }, environment: 'build' },
      boxed: { command: 'agent', environment: 'box' },
      here: { command: 'agent' },
    };
    const agents = read(settings, { build: SSH, box: EXEC });
    expect(agents).toHaveLength(3);
    const written = writtenAgents(agents);
    expect(read(written.agents, written.environments)).toEqual(agents);
  });
});
