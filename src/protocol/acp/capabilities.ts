import type * as acp from '@agentclientprotocol/sdk';

/** Takes back what we would otherwise advertise, for an agent that misuses it. It can only take: nothing untrue is ever promised. */
export interface CapabilityOverride {
  readonly fs?: { readonly readTextFile?: boolean; readonly writeTextFile?: boolean };
  readonly terminal?: boolean;
  /** The person signs in to it in a terminal that runs it. */
  readonly terminalSignIn?: boolean;
  readonly elicitation?: boolean;
  readonly plan?: boolean;
  readonly subagents?: boolean;
}

/** In the schema that may still change (protocol §4), and shown here all the same. */
interface Unstable {
  readonly plan?: object;
  readonly subagents?: object;
}

/** What this client really does (protocol §4), less what is taken back for the agent. */
export const clientCapabilities = (
  ...overrides: readonly (CapabilityOverride | undefined)[]
): acp.ClientCapabilities & Unstable => {
  const kept = (read: (override: CapabilityOverride) => boolean | undefined): boolean =>
    overrides.every((override) => override === undefined || read(override) !== false);
  const signIn = kept((override) => override.terminalSignIn);
  return {
    fs: {
      readTextFile: kept((override) => override.fs?.readTextFile),
      writeTextFile: kept((override) => override.fs?.writeTextFile),
    },
    terminal: kept((override) => override.terminal),
    // The second is what agents knew before the first was in the schema.
    auth: { terminal: signIn },
    _meta: { 'terminal-auth': signIn },
    session: { configOptions: { boolean: {} }, notices: {}, compaction: {} },
    ...(kept((override) => override.elicitation) ? { elicitation: { form: {}, url: {} } } : {}),
    ...(kept((override) => override.plan) ? { plan: {} } : {}),
    ...(kept((override) => override.subagents) ? { subagents: {} } : {}),
  };
};
