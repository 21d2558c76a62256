import { expect, test } from 'vitest';
import { toDisposable } from '../base/disposable.ts';
import { AcpBackend } from './acp.ts';
import { intro, keyOf, never, scriptedWorld } from './acp/testing.ts';
import type { AgentDefinition } from './agent.ts';
import { Agents } from './agents.ts';
import { agentsWithCommandsAt } from './commandsAt.ts';
import { parseEnvironments } from './environmentSettings.ts';

test('[environment] an agent once more, with its commands elsewhere: known while it runs, and never offered beside itself', async () => {
  const far = parseEnvironments({ box: { kind: 'environment', url: 'wss://box.example/environment' } });
  const one: AgentDefinition = { id: 'one', label: 'One', command: 'one', args: [] };
  const world = scriptedWorld();
  const made = new Map<string, AcpBackend>();
  await using agents = new Agents({
    make: (definition) => {
      const backend = new AcpBackend(definition, world.context);
      made.set(definition.id, backend);
      return backend;
    },
    register: () => toDisposable(() => undefined),
    resume: async () => undefined,
  });
  agents.apply([one, ...agentsWithCommandsAt([one], far)]);
  expect([agents.all.map(({ id }) => id), agents.known.map(({ id }) => id)]).toEqual([['one'], ['one']]);
  expect(agents.label('one@box')).toBe('One · box');
  const created = made.get('one@box')?.create(keyOf('k'), { cwd: '/ws' }, never);
  const agent = await world.started();
  await agent.answer('initialize', intro);
  await agent.answer('session/new', { sessionId: 's' });
  await created;
  expect(agents.all.map(({ id }) => id)).toEqual(['one']);
  expect(agents.known.map(({ id }) => id)).toEqual(['one', 'one@box']);
});
