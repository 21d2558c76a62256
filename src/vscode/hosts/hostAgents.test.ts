import { describe, expect, test } from 'vitest';
import type { AgentDefinition } from '../../backends/agent.ts';
import type { AgentSet } from '../../backends/agents.ts';
import type { HostBackend } from '../../backends/host.ts';
import { HostAgents } from './hostAgents.ts';

const { signal } = new AbortController();
const NEAR: AgentDefinition = { id: 'near', label: 'Near', command: 'near', args: [] };
const FAR: AgentDefinition = {
  ...{ id: 'far', label: 'Far', command: 'wss://far.example/acp', args: [] },
  address: {
    id: 'far',
    label: 'Far',
    kind: 'acp',
    url: 'wss://far.example/acp',
    folder: '/',
    headers: {},
    files: 'there',
  },
};

/** What was asked of the host, and of the window. */
const world = () => {
  const asked: string[] = [];
  let applied: readonly AgentDefinition[] = [];
  const note = (what: string): void => void asked.push(what);
  const own: AgentSet = {
    get all() {
      return applied;
    },
    get known() {
      return applied;
    },
    onChanged: () => ({ dispose: () => undefined }),
    label: (id) => applied.find((agent) => agent.id === id)?.label,
    figures: () => undefined,
    stderrTail: () => '',
    isRunning: () => false,
    look: async () => undefined,
    start: async (id) => note(`window start ${id}`),
    stop: async (id) => note(`window stop ${id}`),
    signOut: async () => false,
    apply: (definitions) => void (applied = definitions),
    restart: async (id) => note(`window restart ${id}`),
    [Symbol.asyncDispose]: async () => note('window ended'),
  };
  const host: Pick<HostBackend, 'act'> = {
    act: async (action) => {
      note(`host ${action.kind}`);
      return '[]';
    },
  };
  const agents = new HostAgents(async () => host as HostBackend, own);
  agents.apply([NEAR, FAR]);
  return { agents, asked, applied: () => applied };
};

describe('agents while sessions live in the background host', () => {
  test('[acp address] one at an address is this window’s own, and among the others for whoever chooses', () => {
    const { agents, applied } = world();
    expect(agents.all.map(({ id }) => id)).toEqual(['near', 'far']);
    expect(applied().map(({ id }) => id)).toEqual(['far']);
    expect(agents.isOwn('far')).toBe(true);
    expect(agents.isOwn('near')).toBe(false);
  });

  test('[acp address] what is asked of it stays here, and ends with the window', async () => {
    const { agents, asked } = world();
    await agents.start('far', signal);
    await agents.restart('far', signal);
    await agents.stop('far');
    await agents.restart('near', signal);
    await agents[Symbol.asyncDispose]();
    expect(asked).toEqual([
      'window start far',
      'window restart far',
      'window stop far',
      'host agent/restart',
      'window ended',
    ]);
  });
});
