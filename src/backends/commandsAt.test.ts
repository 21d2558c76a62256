import { expect, test } from 'vitest';
import { agentsWithCommandsAt } from './commandsAt.ts';
import { parseEnvironments } from './environmentSettings.ts';

const agent = (id: string, more: object = {}) => ({ id, label: id.toUpperCase(), command: id, args: [], ...more });

test('[environment] each agent of this machine once more for each host that runs commands', () => {
  const far = parseEnvironments({
    box: { kind: 'environment', name: 'The Box', url: 'wss://box.example/environment' },
    streams: { kind: 'terminal', url: 'https://box.example' },
    ssh: { kind: 'ssh', destination: 'box', folder: '/srv' },
    at: { kind: 'acp', url: 'wss://box.example/acp', folder: '/srv' },
  });
  const [address, machine] = [far.addresses.get('at'), far.environments.get('ssh')];
  const all = [agent('one'), agent('two'), agent('there', { machine }), agent('at', { address })];
  expect(agentsWithCommandsAt(all, far)).toEqual([
    { ...agent('one'), id: 'one@box', label: 'ONE · The Box', commandsAt: far.addresses.get('box') },
    { ...agent('two'), id: 'two@box', label: 'TWO · The Box', commandsAt: far.addresses.get('box') },
  ]);
});
