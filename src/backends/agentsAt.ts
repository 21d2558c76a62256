import type { CapabilityOverride } from '../protocol/acp/capabilities.ts';
import type { AgentDefinition } from './agent.ts';
import type { EnvironmentSettings, FarAddressOf } from './environmentSettings.ts';

/** Nothing of this machine is promised to what has none of its files; a terminal that runs it is none of ours. */
const THERE: CapabilityOverride = {
  fs: { readTextFile: false, writeTextFile: false },
  terminal: false,
  terminalSignIn: false,
};
const HERE: CapabilityOverride = { terminalSignIn: false };

/** An environment whose id is that of an agent already; there is no agent by its address. */
export interface TakenId {
  /** Where it stands: `wheelhouse.environments.box`. */
  readonly key: string;
  readonly expected: 'otherId';
}

/** The agents that are reached by an address. `taken` are the ids of all others, by which sessions are known. */
export const agentsAt = (
  { addresses }: Pick<EnvironmentSettings, 'addresses'>,
  taken: ReadonlySet<string>,
): { readonly agents: readonly AgentDefinition[]; readonly problems: readonly TakenId[] } => {
  const all = [...addresses.values()].filter((address) => address.kind === 'acp');
  return {
    agents: all.filter(({ id }) => !taken.has(id)).map(definitionOf),
    problems: all
      .filter(({ id }) => taken.has(id))
      .map(({ id }) => ({ key: `wheelhouse.environments.${id}`, expected: 'otherId' })),
  };
};

const definitionOf = (address: FarAddressOf<'acp'>): AgentDefinition => {
  const { id, label, url, files } = address;
  return { id, label, command: url, args: [], capabilities: files === 'here' ? HERE : THERE, address };
};
