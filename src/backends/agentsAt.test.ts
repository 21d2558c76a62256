import { describe, expect, test } from 'vitest';
import { clientCapabilities } from '../protocol/acp/capabilities.ts';
import { agentsAt } from './agentsAt.ts';
import { parseEnvironments } from './environmentSettings.ts';

const FAR = { kind: 'acp', name: 'Far', url: 'wss://far.example/acp', folder: '/srv' };
const read = (entries: object, ...taken: readonly string[]) => agentsAt(parseEnvironments(entries), new Set(taken));

describe('agents at an address', () => {
  test('[acp address] each address of an agent is one, and no other kind is', () => {
    const { agents, problems } = read({ far: FAR, box: { kind: 'relay', url: 'wss://box.example/acp' } });
    expect(agents).toMatchObject([{ id: 'far', label: 'Far', command: 'wss://far.example/acp', args: [] }]);
    expect(problems).toEqual([]);
  });

  test('[acp address] one whose id an agent has is left out, and that is told', () => {
    const { agents, problems } = read({ far: FAR, near: FAR }, 'far');
    expect(agents.map(({ id }) => id)).toEqual(['near']);
    expect(problems).toEqual([{ key: 'wheelhouse.environments.far', expected: 'otherId' }]);
  });

  test.each([
    ['there', false],
    ['here', true],
  ])('[acp 4] files %s: what it is promised of this machine', (files, promised) => {
    const [agent] = read({ far: { ...FAR, files } }).agents;
    expect(clientCapabilities(agent?.capabilities)).toMatchObject({
      fs: { readTextFile: promised, writeTextFile: promised },
      terminal: promised,
      auth: { terminal: false },
      _meta: { 'terminal-auth': false },
    });
  });
});
