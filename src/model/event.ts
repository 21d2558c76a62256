import type * as acp from '@agentclientprotocol/sdk';
import type { Outcome, Question, Remember, Settler } from './question.ts';
import type { Rule } from './rule.ts';
import type {
  AgentFacts,
  Control,
  Cursor,
  Link,
  QueuedPrompt,
  Session,
  SessionOption,
  TerminalView,
  TurnError,
} from './session.ts';

/**
 * Everything that can happen to a session. Plain data: it survives JSON and `postMessage`.
 * `update` is ACP's own `session/update` payload (protocol §6), already known to have a shape that the fold reads;
 * what has none is `unknown`, kept whole.
 */
export type SessionEvent =
  | {
      readonly kind: 'session/opened';
      readonly agentSession: string;
      readonly agent: AgentFacts;
      readonly options: readonly SessionOption[];
    }
  | { readonly kind: 'session/renamed'; readonly title: string }
  | { readonly kind: 'update'; readonly update: acp.SessionUpdate }
  | { readonly kind: 'options/changed'; readonly options: readonly SessionOption[] }
  /** Takes the prompt with the id of the turn out of the queue: what was sent can never be in both. */
  | {
      readonly kind: 'turn/started';
      readonly turn: string;
      readonly prompt: readonly acp.ContentBlock[];
      readonly device: string;
    }
  | { readonly kind: 'cancel/requested'; readonly turn: string; readonly device: string }
  | {
      readonly kind: 'turn/ended';
      readonly turn: string;
      /** ACP's stop reason, or one of ours: see `TurnEnd`. */
      readonly reason: string;
      readonly error?: TurnError;
    }
  | { readonly kind: 'question/asked'; readonly question: Question }
  | { readonly kind: 'question/settled'; readonly question: string; readonly by: Settler; readonly outcome: Outcome }
  /** The agent said something else about the call than what was asked: nothing allows the question any more. */
  | { readonly kind: 'question/changed'; readonly question: string }
  /**
   * The rules of the session as they are now. `wary`: something was done behind our back, so that from now on no rule of a
   * wider scope allows anything in this session.
   */
  | { readonly kind: 'rules/changed'; readonly rules: readonly Rule[]; readonly wary?: true }
  /** The whole queue as it is now. `why`: what paused it, unless a person did. */
  | {
      readonly kind: 'queue/changed';
      readonly queue: readonly QueuedPrompt[];
      readonly paused: boolean;
      readonly why?: string;
    }
  | { readonly kind: 'terminal/changed'; readonly terminal: TerminalView }
  /** A word of ours about a call, which its card shows. */
  | { readonly kind: 'call/noted'; readonly call: string; readonly note: string }
  /** What a helper of the agent said or was told: more of the text that its card shows. */
  | { readonly kind: 'subagent/said'; readonly session: string; readonly text: string }
  | { readonly kind: 'control'; readonly control: Control }
  | { readonly kind: 'link'; readonly link: Link }
  /** Everything before is replaced: what follows is the far side's history from its start. */
  | { readonly kind: 'reset'; readonly why: string }
  /** Something is missing here and will not come: `lost` events where that is known. */
  | { readonly kind: 'gap'; readonly why: string; readonly lost?: number }
  | {
      readonly kind: 'notice';
      readonly severity: 'info' | 'warning' | 'error';
      readonly title: string;
      readonly description?: string;
      /** The files that it is about. */
      readonly locations?: readonly acp.ToolCallLocation[];
    }
  | { readonly kind: 'unknown'; readonly name: string; readonly value: unknown };

/** A numbered event. */
export interface Logged {
  readonly seq: number;
  /** Wall time, ms since 1970. */
  readonly at: number;
  readonly event: SessionEvent;
  /** The agent's own line, where the event is one: relayed as it came, never stringified again. */
  readonly raw?: string;
  readonly cursor?: Cursor;
}

/** What a backend emits: an event, with the line it came from where there is one. */
export interface Emitted {
  readonly event: SessionEvent;
  readonly raw?: string;
}

/** What a person, a script or another device may ask of a session. */
export type Command =
  /**
   * Begins a turn, or waits in the queue while one runs or the agent is being connected. `turn`: its id, where who asks
   * has to know it again.
   */
  | { readonly kind: 'prompt'; readonly prompt: readonly acp.ContentBlock[]; readonly turn?: string }
  | { readonly kind: 'cancel' }
  | {
      readonly kind: 'question/answer';
      readonly question: string;
      readonly hash: string;
      readonly outcome: Outcome;
      /** Make a rule of it as well. */
      readonly remember?: Remember;
      /** A permission is answered with `cancelled`, since the wire of who answers has a word for that: no surface of ours has. */
      readonly dismiss?: true;
    }
  /** Of any scope, by its id; it decides nothing from then on. */
  | { readonly kind: 'rule/revoke'; readonly rule: string }
  | { readonly kind: 'option/set'; readonly option: string; readonly value: string | boolean }
  | { readonly kind: 'rename'; readonly title: string }
  | QueueCommand
  /** The wheel of the relay that the session is served by, which is one for all its sessions. */
  | { readonly kind: 'control/take' | 'control/release' }
  /** The agent has forgotten the session: it gets a new one under the same transcript. */
  | { readonly kind: 'session/afresh' }
  | { readonly kind: 'close' };

/** Prompts that wait are named by their ids. */
export type QueueCommand =
  | { readonly kind: 'queue/change'; readonly id: string; readonly prompt: readonly acp.ContentBlock[] }
  /** In front of `before`; without it, to the end. */
  | { readonly kind: 'queue/move'; readonly id: string; readonly before?: string }
  | { readonly kind: 'queue/remove'; readonly id: string }
  /** Next, and at once where no turn runs, even while the queue is paused. */
  | { readonly kind: 'queue/send'; readonly id: string }
  | { readonly kind: 'queue/pause' }
  | { readonly kind: 'queue/resume' }
  | { readonly kind: 'queue/clear' };

/** The fold: total, pure, without a clock. One copy for each batch; the same object when nothing changed. */
export type Reduce = (session: Session, logged: readonly Logged[]) => Session;
