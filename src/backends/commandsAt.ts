import type { AgentDefinition } from './agent.ts';
import type { EnvironmentSettings } from './environmentSettings.ts';

/** By what a session knows an agent of this machine whose commands run elsewhere; no agent of the settings has such an id. */
export const commandsAtId = (agent: string, environment: string): string => `${agent}@${environment}`;

/** Each agent of this machine once more for each host that runs commands: the same program, in a process of its own. */
export const agentsWithCommandsAt = (
  agents: readonly AgentDefinition[],
  { addresses }: Pick<EnvironmentSettings, 'addresses'>,
): readonly AgentDefinition[] => {
  const here = agents.filter(({ machine, address }) => machine === undefined && address === undefined);
  return [...addresses.values()].flatMap((address) =>
    address.kind === 'environment'
      ? here.map((agent) => ({
          ...agent,
          id: commandsAtId(agent.id, address.id),
          label: `${agent.label} · ${address.label}`,
          commandsAt: address,
        }))
      : [],
  );
};
