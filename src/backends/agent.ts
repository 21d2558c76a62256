import type { FarMachine } from '../router/farMachine.ts';
import type { FarAddressOf } from './environmentSettings.ts';
import type { CapabilityOverride } from '../protocol/acp/capabilities.ts';

/** How an agent is started: from the settings, or built in. */
export interface AgentDefinition {
  readonly id: string;
  /** What a person calls it. */
  readonly label: string;
  /** An absolute path, or a name that is looked up on PATH outside the workspace; with `node`, the script's path. */
  readonly command: string;
  readonly args: readonly string[];
  /** Over the machine's own; null removes. */
  readonly env?: Readonly<Record<string, string | null>>;
  /** A script of ours, run by the node that runs us. */
  readonly node?: boolean;
  readonly capabilities?: CapabilityOverride;
  /** Where it runs, when that is not this machine. */
  readonly machine?: FarMachine;
  /** It runs already, and is spoken with there: nothing is started, and `command` is what a person reads of it. */
  readonly address?: FarAddressOf<'acp'>;
  /** Where its commands run, when that is not where it runs itself. */
  readonly commandsAt?: FarAddressOf<'environment'>;
  /** The entry of the public registry that it was installed from. */
  readonly registry?: { readonly id: string; readonly version: string };
}
