/**
 * The `view` door: what our own surfaces (webview, page, window) and the core say to each other. Plain data both ways.
 *
 * V1 A surface says where it is; it never says what the state is.
 * V2 `events` follow each other without a hole: `after` is the number of the event before the first one. A surface that
 *    finds another number there, or another epoch, attaches again with its own position.
 * V3 A surface names things by ids that the core gave it: it never sends a path, an address or a command line.
 * V4 A surface acknowledges what it has folded; the core sends no more than a window ahead of that.
 */
import type { McpServer } from '@agentclientprotocol/sdk';
import type { Entries } from '../../model/entry.ts';
import type { Command, Logged } from '../../model/event.ts';
import type { Rule } from '../../model/rule.ts';
import type { Position, Session, SessionKey } from '../../model/session.ts';
import type { Since } from '../../model/since.ts';
import type { Summary } from '../../model/summary.ts';
import type { RelayState } from './relay.ts';
import type { Answer, Asking, Offer } from './request.ts';
import type { TerminalTold, TerminalWished } from './terminal.ts';

/** Raised when a message changes its meaning; the other side says so instead of guessing. */
export const VIEW_VERSION = 1;

export type ToSurface =
  | {
      readonly type: 'welcome';
      readonly version: number;
      readonly strings: Readonly<Record<string, string>>;
      readonly setup: Setup;
    }
  | { readonly type: 'setup'; readonly setup: Setup }
  /** Differences of the list of sessions: `sessions` changed or are new, `removed` are gone. */
  | { readonly type: 'catalogue'; readonly sessions: readonly Summary[]; readonly removed: readonly SessionKey[] }
  /** Which session the person asked to see. */
  | { readonly type: 'focus'; readonly key: SessionKey; readonly question?: string }
  /** Of a long session the end: what it lacks, `session.older` tells. */
  | { readonly type: 'snapshot'; readonly key: SessionKey; readonly session: Session }
  /** The answer to `page`: entries as they stood at the position, whole pages from the number `from` on. */
  | {
      readonly type: 'page';
      readonly key: SessionKey;
      readonly at: Position;
      readonly from: number;
      readonly pages: Entries;
    }
  | {
      readonly type: 'events';
      readonly key: SessionKey;
      readonly epoch: string;
      readonly after: number;
      readonly events: readonly Logged[];
    }
  /** The answer to a command, an action, or `large`, whose text it carries. */
  | {
      readonly type: 'result';
      readonly id: number;
      readonly failure?: { readonly message: string; readonly next?: string };
      readonly text?: string;
    }
  /** The person has come back to the session. `away`: for how long they were not looking at it, in milliseconds. */
  | ({ readonly type: 'since'; readonly key: SessionKey; readonly away: number } & Since)
  /** Text that the person chose elsewhere, for the composer. */
  | { readonly type: 'compose'; readonly text: string }
  /** The answer to `ping`. */
  | { readonly type: 'pong' }
  /** The answer to `mentions`. */
  | { readonly type: 'mentions'; readonly id: number; readonly items: readonly Mention[]; readonly more: boolean };

/**
 * Something of the workspace that a prompt may name: by its label in the text, and by its id in a block of type
 * `resource_link` with the address `mention:ID`. A part of a queued prompt that is changed is kept as `queued:INDEX`.
 */
export interface Mention {
  readonly id: string;
  /** What stands behind the @ in the text. */
  readonly label: string;
  readonly kind: 'file' | 'folder' | 'line' | 'changes';
  /** Of a line: what stands there. */
  readonly text?: string;
  /** Of changes: how many files. */
  readonly count?: number;
}

/** What keeps a session from being started, each with a button that mends it. */
export interface Setup {
  /** The client that the surface is, as `Control.driver` names it: what it holds the wheel as. */
  readonly me?: string;
  readonly folder: boolean;
  /** Those on a disk, as the window calls them. */
  readonly folders?: readonly { readonly path: string; readonly name: string }[];
  /** No folder is on a disk, and these are not either: the scheme of their address. */
  readonly virtual?: string;
  readonly trusted: boolean;
  readonly agents: readonly { readonly id: string; readonly label: string }[];
  readonly defaultAgent?: string;
  /** Why the default agent cannot start, where that is known. */
  readonly agentMissing?: string;
  /** What is wrong with the window as a whole, such as a disk that keeps nothing: a sentence, and what to do. */
  readonly trouble?: string;
  /** The rules of folders and of this machine that hold: what is not among them was revoked. */
  readonly rules?: readonly Rule[];
}

export type FromSurface =
  | { readonly type: 'hello'; readonly version: number }
  /** Is anybody there? A page cannot see what keeps its connection alive. */
  | { readonly type: 'ping' }
  /** `wake` is false where nobody looks at it: one that sleeps by now is left asleep, as the list tells. */
  | { readonly type: 'attach'; readonly key: SessionKey; readonly position?: Position; readonly wake?: false }
  | { readonly type: 'detach'; readonly key: SessionKey }
  | { readonly type: 'ack'; readonly key: SessionKey; readonly seq: number }
  /** What comes before the first page that the surface holds. */
  | { readonly type: 'page'; readonly key: SessionKey; readonly before: number }
  /** What the person may mean by the words after an `@` (a name) or a `#` (a text in a file). A later one replaces it. */
  | { readonly type: 'mentions'; readonly id: number; readonly of: 'file' | 'text'; readonly words: string }
  /** A text that is kept apart from the session, by the name in its mark. */
  | { readonly type: 'large'; readonly id: number; readonly key: SessionKey; readonly name: string }
  | { readonly type: 'command'; readonly id: number; readonly key: SessionKey; readonly command: Command }
  | { readonly type: 'do'; readonly id: number; readonly action: Action };

/**
 * What a window says to the host that its sessions live in: it is the owner's own program, and has shown their token. It
 * names folders and files by their paths, since it is the window that V3 is held in.
 */
export type FromWindow =
  | FromSurface
  | { readonly type: 'host'; readonly id: number; readonly action: HostAction }
  | Offer
  | Answer
  | TerminalWished;

/** What a host says to a window. */
export type ToWindow =
  | ToSurface
  | Asking
  | TerminalTold
  /** To one that has asked for `relay/state`: whenever that changes. */
  | { readonly type: 'relay'; readonly state: RelayState };

/** Answered by `result`; that of `session/open` carries the key as its text. */
export type HostAction =
  | {
      readonly kind: 'session/open';
      readonly agent?: string;
      /** Absolute. */
      readonly cwd: string;
      readonly title?: string;
      /** The folders of the window, absolute: the session works in these. */
      readonly roots: readonly string[];
      /** A session of the same agent, from which this one goes on. */
      readonly fork?: SessionKey;
    }
  /** What the person's settings say, said again whenever they change: see {@link HostSettings}. */
  | ({ readonly kind: 'configure' } & HostSettings)
  /** Brings the agent of a session back. */
  | { readonly kind: 'session/resume'; readonly key: SessionKey }
  | {
      readonly kind: 'session/mark';
      readonly key: SessionKey;
      readonly pinned?: boolean;
      readonly archived?: boolean;
    }
  | { readonly kind: 'session/erase'; readonly key: SessionKey }
  /** Ends the agent, and starts it again for the sessions that had it; `stop` only ends it. */
  | { readonly kind: 'agent/restart' | 'agent/stop'; readonly agent: string }
  /** Answered with `yes` where the agent forgot who the person is, with `no` where it cannot. */
  | { readonly kind: 'agent/sign out'; readonly agent: string }
  /** Answered with the JSON of an {@link AgentWords} for each agent that is known. */
  | { readonly kind: 'agents' }
  /** The relay listens from then on. Answered with the JSON of its `RelayAddresses`. */
  | { readonly kind: 'relay/start' }
  | { readonly kind: 'relay/stop' }
  /** Answered with the JSON of its `RelayState`, which is told again from then on, whenever it changes. */
  | { readonly kind: 'relay/state' }
  /**
   * Makes a code, of which there is one at a time, and has the relay listen. Answered with the JSON of a
   * `PairingOffer`. A device that shows the code is asked about by the request `device/admit`, here and nowhere
   * else: where this window goes, the code dies.
   */
  | { readonly kind: 'pair/begin' }
  /** Answered when that code has let a device in or has died, with the JSON of `Paired`. */
  | { readonly kind: 'pair/wait' }
  | { readonly kind: 'pair/cancel' }
  /** Answered with the JSON of a list of `PairedDevice`. */
  | { readonly kind: 'devices' }
  /** Without a device all of them. */
  | { readonly kind: 'device/revoke'; readonly device?: string }
  /** The host ends, with all that runs in it. */
  | { readonly kind: 'stop' };

/** What a host says of an agent: `figures` is what `AgentFigures` of the backends is, for a person to read. */
export interface AgentWords {
  readonly id: string;
  readonly stderr: string;
  readonly figures?: object;
}

/** What a host has from the settings of the person whose window is connected; it keeps it in memory only. */
export interface HostSettings {
  /** As the file that `serve` reads, see `parseConfig`. */
  readonly config: Readonly<Record<string, unknown>>;
  /** The person's servers of the Model Context Protocol, for sessions in these folders. */
  readonly mcpServers: readonly { readonly cwd: string; readonly servers: readonly McpServer[] }[];
  /** As `webhooks.json` has them, by name, with their secrets. */
  readonly webhooks?: Readonly<Record<string, unknown>>;
  /** Absolute path of a node-pty. */
  readonly nodePty?: string;
}

/** What a surface may ask of the window around it; things are named by the ids of what is shown. */
export type Action =
  | { readonly kind: 'session/new'; readonly agent?: string }
  | { readonly kind: 'location/open'; readonly key: SessionKey; readonly entry: string; readonly index: number }
  | { readonly kind: 'diff/open'; readonly key: SessionKey; readonly entry: string; readonly index: number }
  /** Shows a text that is kept apart, read-only, in an editor. */
  | { readonly kind: 'large/open'; readonly key: SessionKey; readonly name: string }
  | { readonly kind: 'question/diff'; readonly key: SessionKey; readonly question: string; readonly index: number }
  | { readonly kind: 'terminal/show'; readonly key: SessionKey; readonly terminal: string }
  /** Takes over what another window has let go of. */
  | { readonly kind: 'session/take'; readonly key: SessionKey }
  /** Makes the session's folder one of the window again; the host asks first. */
  | { readonly kind: 'folder/add'; readonly key: SessionKey }
  /** Lists the rules that hold, to be looked at and revoked. */
  | { readonly kind: 'rules/show'; readonly key: SessionKey }
  | { readonly kind: 'agent/restart'; readonly key: SessionKey }
  | { readonly kind: 'agent/log'; readonly key: SessionKey }
  /** The host shows the whole address and asks before anything opens. */
  | { readonly kind: 'link/open'; readonly href: string }
  | { readonly kind: 'mend'; readonly what: 'folder' | 'trust' | 'agent' | 'settings' };
