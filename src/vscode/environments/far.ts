/**
 * What a window has of an address of the settings, whatever is behind it: what it can is data, and what it cannot is not
 * there. The code of each kind is loaded when the first of it is wanted.
 */
import type { FarAddress, FarAddressOf, FarKind } from '../../backends/environmentSettings.ts';
import type { Event } from '../../base/event.ts';
import type { Failure } from '../../base/failure.ts';
import type { Clock } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import type { LinkState } from '../../base/reconnecting.ts';
import type { SocketWays } from '../../machine/webProxy.ts';
import type { SessionKey } from '../../model/session.ts';
import type { Environment, Terminal } from '../../router/ports.ts';
import type { Core } from '../core.ts';
import type { NewSession } from '../coreParts.ts';

/** One line below an environment, for something that lives in it: a session, a process, a terminal. */
export interface FarRow {
  readonly id: string;
  /** Of the far side: shown as plain text. */
  readonly label: string;
  readonly detail?: string;
  /** Of VS Code's, such as `terminal`. */
  readonly icon: string;
  /** What a click does. */
  open?(signal: AbortSignal): Promise<void>;
  /** Ends it there; asked about first, with this question. */
  readonly end?: { readonly question: string; run(signal: AbortSignal): Promise<void> };
  /** What else can be done with it as it is now. */
  readonly actions?: readonly FarAction[];
}

/** Something else that can be done there, which only its kind knows. */
export interface FarAction {
  /** In the imperative, as a command is called. */
  readonly label: string;
  readonly detail?: string;
  run(signal: AbortSignal): Promise<void>;
}

export interface FarTerminal {
  readonly name: string;
  /** What it is called now, with what it does. */
  readonly onName?: Event<string>;
  readonly terminal: Terminal;
  /** It goes on there when its tab is closed: `terminal` is disposed then, which lets go of it, and not killed. */
  readonly outlives: boolean;
  /** What it is found by where it is shown already: see `AgentTerminals.reveal`. */
  readonly owner?: { readonly session: string; readonly terminal: string };
}

export interface FarTerminalOptions {
  readonly columns: number;
  readonly rows: number;
  /** A line for the shell there; absent: a shell that the person types in. */
  readonly line?: string;
}

export interface FarEntry {
  /** Of the far side. */
  readonly name: string;
  readonly type: 'file' | 'directory' | 'symlink' | 'other';
  /** Of a folder that is a repository: on which branch it is, and where it came from. */
  readonly branch?: string;
  readonly origin?: string;
}

export interface FarFilesChanged {
  /** As the far side calls it. */
  readonly session: string;
  readonly changes: readonly { readonly path: string; readonly type: string }[];
}

/** Files of sessions there, to be looked at and not changed. Paths are absolute, and sessions are called as there. */
export interface FarFileSource {
  /** @throws PeerError 404, there is no such folder; Failure */
  list(session: string, path: string, signal: AbortSignal): Promise<readonly FarEntry[]>;
  /** @throws PeerError 404, there is no such file; Failure */
  read(
    session: string,
    path: string,
    signal: AbortSignal,
  ): Promise<{ readonly content: string; readonly truncated: boolean }>;
  readonly onChanged: Event<FarFilesChanged>;
}

export interface FarConnection extends AsyncDisposable {
  readonly address: FarAddress;
  /** `gone`: it was stopped here, and is connected again when somebody wants it. */
  readonly state: LinkState | 'gone';
  /** Why it is not connected: what happened, and what to do. */
  readonly trouble: Failure | undefined;
  /** A word that follows the state, such as “12 behind”. */
  readonly detail: string | undefined;
  readonly rows: readonly FarRow[];
  /** Any of these is another one now. */
  readonly onChanged: Event<void>;
  /** Resolves when it is connected, now or by an attempt that is made at once. @throws Failure why that failed */
  reach(signal: AbortSignal): Promise<void>;
  /** Tries now where it waits: the network or the person is back. */
  retry(): void;
  /** Opens a new one. @throws Failure why there is none */
  terminal?(options: FarTerminalOptions, signal: AbortSignal): Promise<FarTerminal>;
  /** Starts a session. Undefined: the person thought better of it. */
  start?(options: { agent?: string; cwd?: string }, signal: AbortSignal): Promise<NewSession | undefined>;
  /** Whether a session lives there. */
  has?(key: SessionKey): boolean;
  /** Spawns the agent that this address is of; waits for a connection as long as there is a chance of one. */
  readonly agent?: Pick<Environment, 'spawn'>;
  /** Where commands of agents that run here can run. */
  readonly environment?: Environment;
  /** What can be done there as it is now. */
  readonly actions?: readonly FarAction[];
  readonly files?: FarFileSource;
}

/** What a kind is given. */
export interface FarParts<Kind extends FarKind> {
  readonly address: FarAddressOf<Kind>;
  /** What the far side knows us by; kept for this very origin, and undefined where nothing is. Never rejects. */
  secret(): Promise<string | undefined>;
  /** The environment's own channel: of what was wrong in what it said, 200 characters at most. */
  readonly log: Log;
  readonly clock: Clock;
  /** The way to the network, as the editor's settings have it: for each socket and each request. */
  readonly ways: SocketWays;
}

/** What was found when a connection was tried, in lines that a person reads. */
export type Found = readonly string[];

/** The module of a kind exports these two. */
export interface FarKindModule<Kind extends FarKind> {
  /** Reaches it once, and leaves nothing behind. @throws Failure why that failed, with what to do */
  probe(parts: FarParts<Kind>, signal: AbortSignal): Promise<Found>;
  /** Connected from now on. */
  open(parts: FarParts<Kind>, core: Core): FarConnection;
  /** Trades a code that the far side shows for a secret; absent: there are no such codes. @throws Failure */
  pair?(parts: FarParts<Kind>, code: string, signal: AbortSignal): Promise<string>;
}
