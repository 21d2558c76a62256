import type { CapabilityOverride } from '../../protocol/acp/capabilities.ts';
import type { AgentDefinition } from '../agent.ts';
import { gemini } from './gemini.ts';

/** What one agent needs that others do not. Each says in its file what the agent does and how that was found. */
export interface Quirk {
  /** `name` is what the agent calls itself, once it has said so. */
  matches(definition: AgentDefinition, name: string | undefined): boolean;
  readonly capabilities: CapabilityOverride;
}

const QUIRKS: readonly Quirk[] = [gemini];

/** What is to be taken back for this agent: by its quirks, and by the person. */
export const overridesFor = (definition: AgentDefinition, name?: string): readonly CapabilityOverride[] => [
  ...QUIRKS.filter((quirk) => quirk.matches(definition, name)).map((quirk) => quirk.capabilities),
  ...(definition.capabilities === undefined ? [] : [definition.capabilities]),
];
