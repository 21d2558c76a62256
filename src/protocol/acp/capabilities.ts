import type * as acp from '@agentclientprotocol/sdk';

/** Takes back what we would otherwise advertise, for an agent that misuses it. It can only take: nothing untrue is ever promised. */
export interface CapabilityOverride {
  readonly fs?: { readonly readTextFile?: boolean; readonly writeTextFile?: boolean };
  readonly terminal?: boolean;
  readonly elicitation?: boolean;
}

/** What this client really does (protocol §4), less what is taken back for the agent. */
export const clientCapabilities = (
  ...overrides: readonly (CapabilityOverride | undefined)[]
): acp.ClientCapabilities => {
  const kept = (read: (override: CapabilityOverride) => boolean | undefined): boolean =>
    overrides.every((override) => override === undefined || read(override) !== false);
  return {
    fs: {
      readTextFile: kept((override) => override.fs?.readTextFile),
      writeTextFile: kept((override) => override.fs?.writeTextFile),
    },
    terminal: kept((override) => override.terminal),
    session: { configOptions: { boolean: {} }, notices: {}, compaction: {} },
    ...(kept((override) => override.elicitation) ? { elicitation: { form: {} } } : {}),
  };
};
