import type { ContentBlock } from '@agentclientprotocol/sdk';
import type { Brand } from '../base/brand.ts';
import { type Entries, noEntries } from './entry.ts';
import type { Question, SettledQuestion } from './question.ts';
import type { Rule } from './rule.ts';

/** Minted by us before the agent answers. The agent's own id is a field: ids collide between agents and change on resume. */
export type SessionKey = Brand<'SessionKey'>;
/** A backend's own position: opaque, stored, handed back. Never mixed with {@link Position}. */
export type Cursor = Brand<'Cursor'>;

/** Ours: `seq` is dense from 1 and never restarts; a position of an older epoch gets a reset. */
export interface Position {
  readonly epoch: string;
  readonly seq: number;
}

/**
 * Which parts the far side keeps. What it owns is mirrored, its queue commands are forwarded, and our rules never answer its
 * questions. A queue in another `store` of ours is that one's to send, and folded as our own: by it the fold holds it as well.
 */
export interface Owns {
  readonly history: 'us' | 'them';
  readonly queue: 'us' | 'them' | 'store';
  readonly questions: 'us' | 'them';
  /** The wheel is the far side's: taking it is asked there. */
  readonly control?: 'them';
}

export interface Link {
  readonly state: 'connecting' | 'ready' | 'replaying' | 'reconnecting' | 'disconnected' | 'failed';
  /** One sentence for a person: what is going on, or what happened and what to do. */
  readonly detail?: string;
  /** How many events we know we lack. */
  readonly behind?: number;
  /** Ready: what a cut had kept from us has come, up to this number of the far side. */
  readonly replayed?: number;
  /** Seconds since anything came from the agent while a turn ran; told after the first 40, then once a minute at most. */
  readonly silent?: number;
  /** Connecting: the agent has ended more than once, and is started again after so many seconds. */
  readonly again?: number;
  /** Disconnected for good: the agent remembers nothing of this session, which can only go on afresh. */
  readonly forgotten?: true;
  /** On a surface only: another window has the session, or had it and let go; here it can only be read. */
  readonly elsewhere?: 'open' | 'left';
}

/** A prompt that waits for its turn. Its id becomes the id of the turn that it begins. */
export interface QueuedPrompt {
  readonly id: string;
  readonly prompt: readonly ContentBlock[];
  readonly device: string;
  /** Wall time, ms since 1970. */
  readonly at: number;
  /** `unknown`: it may have been sent before an end without warning; only a person sends it again. */
  readonly state: 'waiting' | 'unknown';
  /** A person wants it sent next, even while the queue is paused. Such prompts stand in front. */
  readonly now?: true;
}

/** Who has the wheel of the relay that the session is served by. */
export interface Control {
  /** The base of a client's id; absent while nobody has it. */
  readonly driver?: string;
  /** What a person calls the device of the driver. */
  readonly name?: string;
  readonly epoch: number;
  /** The wheel is needed to drive; without this, anyone drives. */
  readonly lease?: true;
}

export type Turn =
  /** `from`: index of the first entry that came after the last turn. */
  | { readonly state: 'idle'; readonly last?: TurnEnd; readonly from?: number }
  | { readonly state: 'running'; readonly id: string; readonly at: number; readonly cancelling: boolean };

export interface TurnEnd {
  readonly id: string;
  /**
   * ACP's stop reason (one that nobody knows is kept), or ours: `failed`, the agent answered with an error; `agent gone`;
   * `unknown`, we ended while it ran.
   */
  readonly reason: string;
  readonly error?: TurnError;
}
export interface TurnError {
  readonly message: string;
  readonly code?: number;
  /** What to do next, where we know it. */
  readonly next?: string;
}

/** What a person who was away asks about, and no entry tells: a turn that ended, a question that was put to them. */
export type Milestone = { readonly seq: number } & (
  | {
      readonly kind: 'ended';
      /** As in {@link TurnEnd}. */
      readonly reason: string;
      /** As the transcript says it, where it does; an agent's own words are cut. */
      readonly title?: string;
    }
  /** Never one that a rule has answered. */
  | { readonly kind: 'asked'; readonly question: string }
);

/** A mode, a model or any other switch of the agent, in one shape. */
export interface SessionOption {
  readonly id: string;
  readonly name: string;
  readonly description?: string;
  /** UX hint only: `mode`, `model`, `thought_level`, or anything. */
  readonly category?: string;
  /** Which method sets it: `session/set_config_option`, or the older `session/set_mode` and `session/set_model`. */
  readonly source: 'config' | 'mode' | 'model';
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

/** A session that the agent runs inside of this one, for a part of the work. */
export interface Subagent {
  /** The agent's id for it. */
  readonly session: string;
  readonly title?: string;
  readonly description?: string;
  /** The agent's word for what it does: `running`, `requires_action`, `idle`, or anything. */
  readonly state?: string;
  readonly cwd?: string;
  /** The end of what it said and was told, 4 KiB at the most. */
  readonly said: string;
}

/** What the agent said of itself and of this session when it was opened. */
export interface AgentFacts {
  readonly name: string;
  readonly version?: string;
  readonly image: boolean;
  readonly embeddedContext: boolean;
  /** It can go on from where a session is in another one. */
  readonly fork?: true;
}

/**
 * What a surface does not hold of the beginning of a transcript. Its pages stand empty in their places, so that every
 * index means the same as in the core; what later events may still name there is known by name.
 */
export interface Older {
  /** How many pages are not held, from the first one on. */
  readonly pages: number;
  /** Tool calls of which the agent has said how they ended, and the others: their ids. */
  readonly over: readonly string[];
  readonly unfinished: readonly string[];
  /** Ids of compactions. */
  readonly compactions: readonly string[];
  /** The number of the last event that changed something there: a page as it was before is out of date. */
  readonly changed: number;
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
  /** What a person calls the machine where that is, when it is not the one of its window or host: its paths are paths there. */
  readonly machine?: string;
  readonly createdAt: number;
  /** Wall time of the last event that was more than its link. */
  readonly changedAt: number;
  readonly owns: Owns;
  readonly link: Link;
  readonly control: Control;
  readonly turn: Turn;
  readonly entries: Entries;
  /** On a surface only, and only while some of the entries are not there. */
  readonly older?: Older;
  /** Index of the first entry of the running or last turn: where the plan and the tool calls of this turn are looked for. */
  readonly turnFrom: number;
  readonly questions: readonly Question[];
  /** Who settled the last ones, oldest first: somebody who answers too late is told. */
  readonly settled: readonly SettledQuestion[];
  /** The last ones, oldest first. */
  readonly milestones: readonly Milestone[];
  /** Those of the scope `session`. */
  readonly rules: readonly Rule[];
  /** No rule of a wider scope allows anything here: something was done behind our back. */
  readonly wary?: true;
  readonly queue: readonly QueuedPrompt[];
  /** Nothing of the queue is sent by itself. An empty queue is not paused. */
  readonly queuePaused: boolean;
  /** Why, unless a person paused it: a sentence that is a key of translation. */
  readonly queueWhy?: string;
  readonly commands: readonly SlashCommand[];
  readonly options: readonly SessionOption[];
  readonly usage?: Usage;
  readonly terminals: Readonly<Record<string, TerminalView>>;
  /** By the agent's ids for them. */
  readonly subagents: Readonly<Record<string, Subagent>>;
  /** How far its backend has heard the far side, where that has a position of its own. */
  readonly cursor?: Cursor;
  readonly at: Position;
}

export const emptySession = (
  about: Pick<Session, 'key' | 'backend' | 'agentLabel' | 'title' | 'cwd' | 'machine' | 'createdAt' | 'owns'> & {
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
    settled: [],
    milestones: [],
    rules: [],
    queue: [],
    queuePaused: false,
    commands: [],
    options: [],
    terminals: {},
    subagents: {},
    at: { epoch, seq: 0 },
  };
};
