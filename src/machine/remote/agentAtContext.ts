import { Failure } from '../../base/failure.ts';
import type { BackendContext, Environment } from '../../router/ports.ts';
import { elsewhere } from './farContext.ts';

/** How much of this machine an agent at an address is given; `here`: it has this machine's files under the same paths. */
export interface AgentPlace {
  readonly label: string;
  readonly folder: string;
  readonly files: 'here' | 'there';
}

/**
 * With what an agent at an address works. It runs already, so that nothing that is for a process of ours reaches it: no
 * variables, and so nothing that a person would enter for them. `reach` gives what it is spawned by.
 */
export const agentAtContext = (
  { label, folder, files }: AgentPlace,
  context: BackendContext,
  reach: () => Promise<Pick<Environment, 'spawn'>>,
): BackendContext => {
  const { secrets: _, mcpServers: __, ...rest } = context;
  const spawn: Environment['spawn'] = async (...asked) => (await reach()).spawn(...asked);
  if (files === 'here')
    return { ...rest, environment: { label, spawn, terminal: (...asked) => context.environment.terminal(...asked) } };
  const refuse = async (): Promise<never> => {
    throw new Failure('unsupported', `${label} has files of its own, and is given none of this machine.`);
  };
  return elsewhere(label, rest, {
    environment: { label, spawn, terminal: refuse },
    workspace: { roots: () => [folder], place: refuse, readText: refuse, writeText: refuse },
  });
};
