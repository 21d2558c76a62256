import { describe, expect, test } from 'vitest';
import { parseAgents } from './agentSettings.ts';

describe('parseAgents', () => {
  test('[settings] an entry in full', () => {
    const mine = {
      name: 'My Agent',
      command: '/opt/agent',
      args: ['--acp'],
      env: { A: '1', B: null },
      capabilities: { terminal: false, fs: { writeTextFile: false } },
    };
    expect(parseAgents({ mine })).toEqual({
      problems: [],
      agents: [
        {
          id: 'mine',
          label: 'My Agent',
          command: '/opt/agent',
          args: ['--acp'],
          env: { A: '1', B: null },
          capabilities: mine.capabilities,
        },
      ],
    });
  });

  test('[settings] where an agent came from is read, and told where it makes no sense', () => {
    const registry = { id: 'mine', version: '1.2.3' };
    expect(parseAgents({ mine: { command: 'agent', registry } }).agents).toMatchObject([{ registry }]);
    const problems = (value: unknown) => parseAgents({ mine: { command: 'agent', registry: value } });
    expect(problems({ id: 'mine' })).toMatchObject({
      agents: [],
      problems: [{ key: 'wheelhouse.agents.mine.registry.version', expected: 'text' }],
    });
    expect(problems('mine').agents).toEqual([]);
  });

  test('[settings] what is absent is left out, the id stands for the name', () => {
    expect(parseAgents({ mine: { command: 'agent' } }).agents).toEqual([
      { id: 'mine', label: 'mine', command: 'agent', args: [] },
    ]);
    expect(parseAgents(undefined)).toEqual({ agents: [], problems: [] });
  });

  test('[settings] an entry with a problem is not used, the others are, and the key is named', () => {
    const { agents, problems } = parseAgents({
      good: { command: 'good' },
      nothing: { name: 'x' },
      wrongArgs: { command: 'a', args: 'one two' },
      wrongEnv: { command: 'a', env: { A: 1 } },
      where: { command: 'a', environment: 'elsewhere' },
      wrongCapability: { command: 'a', capabilities: { terminal: 'no', nonsense: true } },
      notThere: 5,
      demo: { command: 'a' },
      'with space': { command: 'a' },
    });
    expect(agents.map(({ id }) => id)).toEqual(['good']);
    expect(problems).toEqual([
      { key: 'wheelhouse.agents.nothing.command', expected: 'text' },
      { key: 'wheelhouse.agents.wrongArgs.args', expected: 'textList' },
      { key: 'wheelhouse.agents.wrongEnv.env.A', expected: 'textOrNull' },
      { key: 'wheelhouse.agents.where.environment', expected: 'environment' },
      { key: 'wheelhouse.agents.wrongCapability.capabilities.terminal', expected: 'boolean' },
      { key: 'wheelhouse.agents.wrongCapability.capabilities.nonsense', expected: 'knownKey' },
      { key: 'wheelhouse.agents.notThere', expected: 'object' },
      { key: 'wheelhouse.agents.demo', expected: 'id' },
      { key: 'wheelhouse.agents.with space', expected: 'id' },
    ]);
  });

  test('[settings] a value that is no object at all', () => {
    for (const value of [null, 5, 'x', ['a']])
      expect(parseAgents(value)).toEqual({ agents: [], problems: [{ key: 'wheelhouse.agents', expected: 'object' }] });
  });
});
