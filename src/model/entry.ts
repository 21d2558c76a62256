import type * as acp from '@agentclientprotocol/sdk';
import type { Rule } from './rule.ts';

/** One thing that stands in the transcript. Its place is fixed when it first appears; later events change it in place. */
export type Entry =
  | UserEntry
  | AgentEntry
  | ThoughtEntry
  | ToolEntry
  | PlanEntry
  | SubagentEntry
  | NoticeEntry
  | UnknownEntry;

interface Common {
  /** Unique in its session and stable for good: `e` and the number of the event that made it. */
  readonly id: string;
  /** The number of the event that made it. */
  readonly seq: number;
  /** The number of the last event that changed it: equal means "nothing to draw again". */
  readonly changed: number;
  /** Wall time of the first event, ms since 1970. */
  readonly at: number;
}

/** Text grows in place; everything else stands between texts in the order in which it came. */
export type Part = { readonly type: 'text'; readonly text: string } | OtherPart;
/** Any ACP content block that is not text, and any block that nobody knows (kept whole). */
export type OtherPart = Exclude<acp.ContentBlock, { type: 'text' }> | UnknownPart;
export interface UnknownPart {
  readonly type: 'unknown';
  readonly name: string;
  readonly value: unknown;
}

interface Message extends Common {
  readonly messageId?: string;
  readonly parts: readonly Part[];
}
export interface UserEntry extends Message {
  readonly kind: 'user';
  /** The turn that it began, where it is a prompt of ours and not the agent's telling of one. */
  readonly turn?: string;
}
export interface AgentEntry extends Message {
  readonly kind: 'agent';
}
export interface ThoughtEntry extends Message {
  readonly kind: 'thought';
}

/**
 * ACP's four states, and two of ours: `cancelled`, the person stopped the turn while it was open (a late `completed`
 * still wins), and `abandoned`, the turn ended and the agent never said what became of it.
 */
export type ToolStatus = acp.ToolCallStatus | 'cancelled' | 'abandoned';

export interface ToolEntry extends Common {
  readonly kind: 'tool';
  readonly call: string;
  readonly title: string;
  readonly name?: string;
  /** ACP's tool kind; one that nobody knows is kept as it came and shown as `other`. */
  readonly toolKind: string;
  readonly status: ToolStatus;
  /** The number of the event in which the agent said how it ended, where that is not the one that made it. */
  readonly ended?: number;
  readonly content: readonly ToolContent[];
  readonly locations: readonly acp.ToolCallLocation[];
  readonly rawInput?: unknown;
  readonly rawOutput?: unknown;
  /** How the permission for it was settled, in words for a person. */
  readonly decision?: Decision;
  /** A word of ours about it. */
  readonly note?: string;
}
export type ToolContent =
  | { readonly type: 'content'; readonly content: Part }
  | { readonly type: 'diff'; readonly path: string; readonly oldText: string | null; readonly newText: string }
  | { readonly type: 'terminal'; readonly terminalId: string }
  | UnknownPart;

export interface Decision {
  readonly outcome: 'allowed' | 'rejected' | 'cancelled';
  /** The option's own name, where one was chosen. */
  readonly option?: string;
  /** The device that answered, the id of the rule that did, or what else ended the question. */
  readonly by: string;
  /** The rule as it was then. */
  readonly rule?: Rule;
  readonly at: number;
}

/** One for each turn that has a plan, and for each plan where the agent names several; the agent replaces it whole. */
export interface PlanEntry extends Common {
  readonly kind: 'plan';
  readonly items: readonly PlanItem[];
  /** ACP's planId, where the agent names its plans. */
  readonly plan?: string;
  /** A plan without items: markdown, or the address of the file that it stands in. */
  readonly text?: string;
  readonly uri?: string;
  /** The agent took it back. */
  readonly withdrawn?: true;
}
export type PlanItem = Pick<acp.PlanEntry, 'content' | 'priority' | 'status'>;

/** Where a helper of the agent was heard of in a turn; what is known of it stands in the session, under its id. */
export interface SubagentEntry extends Common {
  readonly kind: 'subagent';
  readonly session: string;
}

export interface NoticeEntry extends Common {
  readonly kind: 'notice';
  readonly severity: 'info' | 'warning' | 'error';
  readonly title: string;
  readonly description?: string;
  /** The files that it is about. */
  readonly locations?: readonly acp.ToolCallLocation[];
  /** How many entries stood here that were removed to save space. */
  readonly removed?: number;
  /** ACP's compactionId, where the notice tells of one: later updates change it in place. */
  readonly compaction?: string;
}

/** Something the agent said that nobody here knows: kept whole and shown neutrally, never dropped. */
export interface UnknownEntry extends Common {
  readonly kind: 'unknown';
  readonly name: string;
  readonly value: unknown;
}

/**
 * Entries in pages of {@link PAGE}: plain data, yet changing one costs a page and not the transcript, so that the
 * cost of an event does not grow with the length of the session.
 */
export type Entries = readonly (readonly Entry[])[];
export const PAGE = 64;

export const noEntries: Entries = [];

export const entryCount = (entries: Entries): number => {
  const last = entries.at(-1);
  return last === undefined ? 0 : (entries.length - 1) * PAGE + last.length;
};

export const entryAt = (entries: Entries, index: number): Entry | undefined =>
  entries[Math.floor(index / PAGE)]?.[index % PAGE];

export const paged = (all: readonly Entry[]): Entries =>
  Array.from({ length: Math.ceil(all.length / PAGE) }, (_, index) => all.slice(index * PAGE, (index + 1) * PAGE));

export function* eachEntry(entries: Entries): Generator<Entry> {
  for (const page of entries) yield* page;
}
