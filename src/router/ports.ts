/**
 * The interfaces of the core: what it needs from the world, handed in.
 *
 * R1 Capabilities are data, never `instanceof`.
 * R2 `emit` is synchronous: when it returns, the events are numbered, folded and announced.
 * R3 A backend opens no socket and starts no process by itself: it asks its {@link Environment}.
 * R4 Whatever waits takes an `AbortSignal` last.
 */
import type { McpServer } from '@agentclientprotocol/sdk';
import type { Disposable } from '../base/disposable.ts';
import type { Duplex } from '../base/duplex.ts';
import type { Clock } from '../base/clock.ts';
import type { Event } from '../base/event.ts';
import type { WireLine } from '../base/rpcFrame.ts';
import type { Log } from '../base/log.ts';
import type { WireTap } from '../base/wireTap.ts';
import type { Command, Emitted } from '../model/event.ts';
import type { Cursor, Owns, Session, SessionKey } from '../model/session.ts';
import type { Summary } from '../model/summary.ts';
import type { AskedValue } from '../protocol/acp/authMethods.ts';
import type { Flags } from './journal.ts';
import type { Decides } from './permissions.ts';
import type { Listed } from './store.ts';

/** Where sessions live: an agent on stdio, a relay, a control plane. */
export interface Backend extends AsyncDisposable {
  readonly id: string;
  readonly label: string;
  /** What a person calls the machine that its sessions are on, where that is another one. */
  readonly machine?: string;
  readonly owns: Owns;
  /** Nobody asks it for a session: it makes its own. */
  readonly makesItsOwn?: true;
  /**
   * Opens a new session for the key. Resolves when the far side has it; rejects with a `Failure` or a `PeerError`.
   * Its events come through `emit`: how far it is as `link`, then `session/opened`.
   */
  create(key: SessionKey, options: CreateOptions, signal: AbortSignal): Promise<void>;
  /**
   * Takes up a session again that the far side knows as `agentSession`. What the far side tells of its past is emitted
   * only where we have no history, as one `reset` and what follows. Rejects as `create` does.
   */
  attach(key: SessionKey, agentSession: string, options: AttachOptions, signal: AbortSignal): Promise<Attached>;
  /** Ends what runs, and starts nothing: the next session does. Its sessions are told, and can be attached again. */
  stop(): Promise<void>;
  /**
   * Carries a command out. Resolves when the far side has been told, not when the work is done: what comes of it
   * arrives as events. An answer to a question is performed after it was settled.
   */
  perform(key: SessionKey, command: BackendCommand, signal: AbortSignal): Promise<void>;
}

export interface CreateOptions {
  /** Absolute. */
  readonly cwd: string;
  /** It follows a session that the agent has forgotten: a notice says so in the transcript. */
  readonly afresh?: true;
  /** It goes on from where another session of the same agent is. */
  readonly fork?: Fork;
  /** Which one of those that the far side has, where it has several: a template, an app. */
  readonly agent?: string;
}

export interface Fork {
  readonly agentSession: string;
  /** What that session is called, for the notice that tells of it. */
  readonly title: string;
}

export interface AttachOptions {
  /** Absolute. */
  readonly cwd: string;
  /** We hold what was said before. */
  readonly haveHistory: boolean;
  /** How far we have heard the far side, as it was handed to `emit` last. */
  readonly cursor?: Cursor;
}

/** `forgotten`: the far side cannot take it up. `why` is for a person: what happened, and what to do. */
export type Attached = { readonly kind: 'attached' } | { readonly kind: 'forgotten'; readonly why: string };

/** What reaches a backend: names and the agent's return stay with us, and a prompt has its turn's id. Queue commands reach one that owns the queue. */
export type BackendCommand =
  | (Extract<Command, { kind: 'prompt' }> & { readonly turn: string })
  | Exclude<Command, { kind: 'prompt' | 'rename' | 'session/afresh' | 'rule/revoke' }>;

/**
 * A store elsewhere, such as the background host's. Its sessions are mirrored in ours under its numbers, see
 * `SessionStore.mirror`; what is asked of them goes there as it is, and their rules, queues and questions are those there.
 */
export interface RemoteStore {
  /** What it keeps stands on this machine. */
  readonly isHere: boolean;
  /** All its sessions, awake and asleep, as they were told last. */
  all(): readonly Summary[];
  readonly onListed: Event<Listed>;
  /** Whether a session lives there. */
  has(key: SessionKey): boolean;
  get(key: SessionKey): Summary | undefined;
  /** The session as it stands in the store here from then on; it is woken there where it sleeps. @throws Failure `offline`, `gone` */
  attach(key: SessionKey, signal: AbortSignal): Promise<Session>;
  /** Nobody here looks at it any more. */
  release(key: SessionKey): void;
  mark(key: SessionKey, flags: Partial<Flags>, signal: AbortSignal): Promise<void>;
  /** For good. */
  erase(key: SessionKey, signal: AbortSignal): Promise<void>;
  /** A text that is kept apart from its session. @throws Failure `missing`, `offline` */
  readLarge(key: SessionKey, name: string, signal: AbortSignal): Promise<string>;
  /** Resolves when it was accepted there. @throws Failure `offline`, `unknown`, or what was said there */
  perform(key: SessionKey, command: Command, signal: AbortSignal): Promise<void>;
  /** Brings the agent of a session back. @throws the same */
  resume(key: SessionKey, signal: AbortSignal): Promise<void>;
}

/** What a backend is given. */
export interface BackendContext {
  emit(key: SessionKey, events: readonly Emitted[], cursor?: Cursor): void;
  readonly workspace: Workspace;
  /** The same files, where it matters to which session they are given; else they are those of `workspace` for each. */
  readonly filesOf?: (session: FilesSession) => Workspace;
  readonly permissions: Decides;
  readonly environment: Environment;
  readonly clock: Clock;
  readonly log: Log;
  /** The servers of the Model Context Protocol for a session in this folder; none where it is absent. */
  readonly mcpServers?: (cwd: string, session: SessionKey) => Promise<readonly McpServer[]>;
  readonly tap?: WireTap;
  /** Without it a person can sign in only in ways that leave nothing to be kept here. */
  readonly secrets?: Secrets;
  /** What a person calls the machine that all this is of, where it is not the one that we run on. */
  readonly machine?: string;
}

/** What a person entered for an agent, kept where the machine keeps secrets. It reaches that agent's own process alone. */
export interface Secrets {
  /** By name; what cannot be read is not there. Never rejects. */
  of(agent: string): Promise<Readonly<Record<string, string>>>;
  /** Has the person enter each, and keeps them. False: the person thought better of it. */
  ask(agent: Whose, values: readonly AskedValue[], signal: AbortSignal): Promise<boolean>;
}

export interface Whose {
  readonly id: string;
  readonly label: string;
}

export interface SpawnOptions {
  /** An absolute path or a name to be looked up on PATH outside the workspace; never a shell line. */
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** Over the environment's own; null removes. */
  readonly env?: Readonly<Record<string, string | null>>;
  /** A script of ours, run by the node that runs us. */
  readonly node?: boolean;
  /** Whose program it is, where it is an agent's. */
  readonly agent?: Whose;
}

export interface ExitStatus {
  readonly code: number | null;
  readonly signal: string | null;
}

/** A running child that speaks lines. */
export interface Process extends AsyncDisposable {
  readonly pid: number | undefined;
  readonly lines: Duplex<WireLine, string>;
  /** The last lines of its stderr, at most 8 KiB, without escape sequences. */
  stderrTail(): string;
  /** Settles once, when it is gone; never rejects. */
  readonly exited: Promise<ExitStatus>;
}

export interface TerminalOptions extends SpawnOptions {
  readonly name: string;
  /** `command` is a whole line for the machine's own shell, and `args` is empty. */
  readonly shell?: boolean;
  /** Whose it is, for a window that shows it: the session, and the id that its agent knows the terminal by. */
  readonly owner?: { readonly session: SessionKey; readonly terminal: string };
  /** The person works in it: it is brought to the front and gets the keyboard. */
  readonly front?: true;
  readonly columns: number;
  readonly rows: number;
}

/** A running command with a terminal's manners. */
export interface Terminal extends AsyncDisposable {
  readonly pid: number | undefined;
  /** `pty`, a real one; `pipes`, none, and what shows it says so. */
  readonly kind: 'pty' | 'pipes';
  /** Text as it comes, never a torn character. What came before the first listener is kept for it. */
  onData(listener: (text: string) => void): Disposable;
  write(text: string): void;
  resize(columns: number, rows: number): void;
  /** Ends the whole group: asks first, then insists. The terminal stays readable. */
  kill(): void;
  /** What Ctrl+C is for, where nobody turns it into a signal; absent: the command is ended. */
  interrupt?(): void;
  /** Settles once, after the last data. Never rejects: a command that could not start ends with code 127 and says why in its text. */
  readonly exited: Promise<ExitStatus>;
}

/** Where things run. */
export interface Environment {
  readonly label: string;
  /** What takes a command's line there, where it is not this machine's own shell. */
  readonly shell?: 'posix' | 'windows';
  /** What a person calls the place where its terminals run, where that is another one than where its processes do. */
  readonly where?: string;
  spawn(options: SpawnOptions, signal: AbortSignal): Promise<Process>;
  terminal(options: TerminalOptions, signal: AbortSignal): Promise<Terminal>;
}

/** Where a path leads, as far as it was looked at: whoever reads or writes there looks again. */
export interface Place {
  /** As it was asked for, in its normal form. */
  readonly path: string;
  /** With every link followed, whether the file exists or not. */
  readonly real: string;
  /** Both the path and where it really leads are inside of a folder of the workspace. */
  readonly inside: boolean;
  /** The folder of the workspace in which it really is, and what `real` is below it, with `/` between the names. */
  readonly root?: string;
  readonly relative?: string;
  /** The pattern that protects it: see `protectedFiles.ts`. */
  readonly protectedBy?: string;
  /** Undefined where nothing is there yet. */
  readonly kind?: 'file' | 'folder' | 'other';
  /**
   * What whoever writes there has read, null where nothing was: where anything else stands by now, a write is refused with
   * `changed`. Absent: it is all the same to them.
   */
  readonly seen?: string | null;
}

/** Lines of a file: `line` is 1-based, past the end is empty. */
export interface LineRange {
  readonly line?: number;
  readonly limit?: number;
}

/** The person has edits in a file that are not saved, and an agent would write something else there. */
export interface Conflict {
  readonly mine: string;
  readonly theirs: string;
  /**
   * There may be no such edits: what was writing the file went away in the middle of it, or says nothing any more, and
   * `mine` is what stands in the file now. Nobody is there who could merge.
   */
  readonly lost?: true;
}

/** What becomes of a conflict. `merge`: both texts are put together in the person's editor, unsaved. */
export type Settlement = 'mine' | 'theirs' | 'merge';

/** A session whose agent is given files. */
export interface FilesSession {
  readonly key: SessionKey;
  /** Absolute. */
  readonly cwd: string;
  /**
   * Something of a file that the person has to know. `read`, `written`: on the disk, since there was no editor that could.
   * `torn`: an editor went away while it wrote, the turn was cancelled, and it holds neither the old text nor the new one.
   */
  note(path: string, what: 'read' | 'written' | 'torn'): void;
}

/** The editor's files as an agent sees them. A `Failure` has code `not found`, `binary`, `invalid`, `unsaved`, `read-only`, `changed`, `not written` or `not saved`. */
export interface Workspace {
  roots(): readonly string[];
  /** Rejects with `invalid` for a text that is no absolute path or that a system would read in more than one way. */
  place(path: string, signal: AbortSignal): Promise<Place>;
  /** The unsaved buffer when there is one, else the disk. */
  readText(place: Place, range: LineRange, signal: AbortSignal): Promise<string>;
  /**
   * As one undo step and saved; makes the file and its folders where missing. `settle` is asked where the person's own
   * edits stand in the way. Resolves with what happened; `reworked`: the editor changed the text while it saved it.
   */
  writeText(
    place: Place,
    content: string,
    settle: (conflict: Conflict) => Promise<Settlement>,
    signal: AbortSignal,
  ): Promise<'written' | 'unchanged' | 'reworked' | 'kept' | 'merging'>;
}
