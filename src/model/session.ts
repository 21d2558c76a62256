import type { Brand } from '../base/brand.ts';
import { type Entries, noEntries } from './entry.ts';
import type { Question } from './question.ts';

/** Minted by us before the agent answers. The agent's own id is a field: ids collide between agents and change on resume. */
export type SessionKey = Brand<'SessionKey'>;
/** A backend's own position: opaque, stored, handed back. Never mixed with {@link Position}. */
export type Cursor = Brand<'Cursor'>;

/** Ours: `seq` is dense from 1 and never restarts; a position of an older epoch gets a reset. */
export interface Position {
  readonly epoch: string;
  readonly seq: number;
}

/** Which parts the far side keeps. What it owns is mirrored, its queue commands are forwarded, and our rules never answer its questions. */
export interface Owns {
  readonly history: 'us' | 'them';
  readonly queue: 'us' | 'them';
  readonly questions: 'us' | 'them';
}

export interface Link {
  readonly state: 'connecting' | 'ready' | 'replaying' | 'reconnecting' | 'disconnected' | 'failed';
  /** One sentence for a person: what is going on, or what happened and what to do. */
  readonly detail?: string;
  /** How many events we know we lack. */
  readonly behind?: number;
}

export interface Control {
  readonly driver?: string;
  readonly epoch: number;
}

export type Turn =
  /** `from`: index of the first entry that came after the last turn. */
  | { readonly state: 'idle'; readonly last?: TurnEnd; readonly from?: number }
  | { readonly state: 'running'; readonly id: string; readonly at: number; readonly cancelling: boolean };

export interface TurnEnd {
  readonly id: string;
  /** ACP's stop reason (one that nobody knows is kept), or ours: `failed`, the agent answered with an error; `agent gone`. */
  readonly reason: string;
  readonly error?: TurnError;
}
export interface TurnError {
  readonly message: string;
  readonly code?: number;
  /** What to do next, where we know it. */
  readonly next?: string;
}

/** A mode, a model or any other switch of the agent, in one shape. */
export interface SessionOption {
  readonly id: string;
  readonly name: string;
  readonly description?: string;
  /** UX hint only: `mode`, `model`, `thought_level`, or anything. */
  readonly category?: string;
  /** Which method sets it: `session/set_config_option`, or `session/set_mode` for agents that only have modes. */
  readonly source: 'config' | 'mode';
  readonly control:
    | { readonly kind: 'select'; readonly value: string; readonly choices: readonly Choice[] }
    | { readonly kind: 'boolean'; readonly value: boolean };
}
export interface Choice {
  readonly value: string;
  readonly name: string;
  readonly description?: string;
  readonly group?: string;
}

/** A slash command; `name` without the slash. */
export interface SlashCommand {
  readonly name: string;
  readonly description: string;
  readonly hint?: string;
}

/** What the agent reported, never computed by us. */
export interface Usage {
  readonly used: number;
  readonly size: number;
  readonly cost?: { readonly amount: number; readonly currency: string };
}

/** A terminal of the session, as much of it as the transcript shows; its full stream goes to the terminal itself. */
export interface TerminalView {
  readonly id: string;
  readonly command: string;
  /** The last 8 KiB at the most, text with SGR sequences. */
  readonly tail: string;
  /** Bytes written in all. */
  readonly bytes: number;
  readonly exit?: { readonly code: number | null; readonly signal: string | null };
  readonly released: boolean;
}

/** What the agent said of itself and of this session when it was opened. */
export interface AgentFacts {
  readonly name: string;
  readonly version?: string;
  readonly image: boolean;
  readonly embeddedContext: boolean;
}

export interface Session {
  readonly key: SessionKey;
  readonly backend: string;
  readonly agentLabel: string;
  readonly agentSession?: string;
  readonly agent?: AgentFacts;
  readonly title: string;
  /** A person gave the title: the agent's own no longer replaces it. */
  readonly named?: true;
  /** Absolute folder, in the file system where the agent runs. */
  readonly cwd: string;
  readonly createdAt: number;
  readonly changedAt: number;
  readonly owns: Owns;
  readonly link: Link;
  readonly control: Control;
  readonly turn: Turn;
  readonly entries: Entries;
  /** Index of the first entry of the running or last turn: where the plan and the tool calls of this turn are looked for. */
  readonly turnFrom: number;
  readonly questions: readonly Question[];
  readonly commands: readonly SlashCommand[];
  readonly options: readonly SessionOption[];
  readonly usage?: Usage;
  readonly terminals: Readonly<Record<string, TerminalView>>;
  readonly at: Position;
}

export const emptySession = (
  about: Pick<Session, 'key' | 'backend' | 'agentLabel' | 'title' | 'cwd' | 'createdAt' | 'owns'> & {
    readonly epoch: string;
  },
): Session => {
  const { epoch, ...rest } = about;
  return {
    ...rest,
    changedAt: about.createdAt,
    link: { state: 'connecting' },
    control: { epoch: 0 },
    turn: { state: 'idle' },
    entries: noEntries,
    turnFrom: 0,
    questions: [],
    commands: [],
    options: [],
    terminals: {},
    at: { epoch, seq: 0 },
  };
};
