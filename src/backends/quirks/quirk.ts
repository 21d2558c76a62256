import type { CapabilityOverride } from '../../protocol/acp/capabilities.ts';
import type { AgentDefinition } from '../agent.ts';
import { gemini } from './gemini.ts';

/** What one agent needs that others do not. Each says in its file what the agent does and how that was found. */
export interface Quirk {
  /** What the agent calls itself at `initialize`: this alone says whether it is the one. */
  readonly name: string;
  /** Whether it looks like it before it has said so. A wrong guess costs a second start, and nothing else. */
  guess(definition: Pick<AgentDefinition, 'command' | 'args'>): boolean;
  readonly capabilities: CapabilityOverride;
  /** It tells the past after its answer to `session/load`: until nothing has come for this long, ms. */
  readonly pastIsOverAfter?: number;
}

const QUIRKS: readonly Quirk[] = [gemini];

/** `name`: what the agent calls itself. Undefined where its answer to `session/load` is the end of the past. */
export const pastIsOverAfter = (name: string | undefined): number | undefined =>
  QUIRKS.find((quirk) => quirk.name === name)?.pastIsOverAfter;

/** What is to be taken back for this agent: by its quirks, and by the person. `name`: what it calls itself, once it has. */
export const overridesFor = (definition: AgentDefinition, name?: string): readonly CapabilityOverride[] => [
  ...QUIRKS.filter((quirk) => (name === undefined ? quirk.guess(definition) : quirk.name === name)).map(
    (quirk) => quirk.capabilities,
  ),
  ...(definition.capabilities === undefined ? [] : [definition.capabilities]),
];
