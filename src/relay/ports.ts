/** What the relay needs of the world, handed in by whoever serves it: a window or the background host. */
import type { McpServer } from '@agentclientprotocol/sdk';
import type { Clock } from '../base/clock.ts';
import type { Disposable } from '../base/disposable.ts';
import type { Log } from '../base/log.ts';
import type { SessionKey } from '../model/session.ts';
import type { Catalogue } from '../router/catalogue.ts';
import type { Environment, Place, Workspace } from '../router/ports.ts';
import type { Queries } from '../router/queries.ts';
import type { Router } from '../router/router.ts';
import type { SessionStore } from '../router/store.ts';
import type { Device } from './device.ts';
import type { Lease } from './lease.ts';

/**
 * One WebSocket message to a client: one line or several, each with its end. Whoever sends it to many sends the same
 * object, so that a socket may keep what it made of it.
 */
export interface RelayFrame {
  readonly text: string;
}

/** One client's connection. What it says comes in as the text of whole messages. */
export interface RelaySocket {
  /** In order; what is sent to a socket that is gone is gone. Never throws. */
  send(frames: readonly RelayFrame[]): void;
  /** What was sent and has not left this process: bytes, and WebSocket messages. */
  readonly unsent: { readonly bytes: number; readonly frames: number };
  /** Called once, when nothing is unsent any more. */
  whenDrained(run: () => void): void;
  close(code: number, reason: string): void;
}

/** Who connects, as the door found out before the upgrade. */
export interface RelayVisitor {
  readonly device: Device;
  /** The whole `client_id`; undefined: a plain ACP client. */
  readonly client: string | undefined;
  /** `session_id`: empty for none; undefined where it was not said. */
  readonly session: string | undefined;
  /** `last_seq`, 0 where it was not said. */
  readonly lastSeq: number;
  /** `host_id` */
  readonly host: string | undefined;
}

/** A client that is connected, as the socket's owner sees it. */
export interface RelayClient extends Disposable {
  /** The text of one WebSocket message, which may hold several lines. Never throws. */
  receive(text: string): void;
}

export interface RelayLimits {
  /** Of one session's ring, whichever comes first. */
  readonly ringFrames: number;
  readonly ringBytes: number;
  /** Sessions with an agent that runs. */
  readonly liveSessions: number;
  readonly terminals: number;
  /** Unsent bytes and frames beyond which a socket gets nothing but targeted answers until it is drained. */
  readonly unsentBytes: number;
  readonly unsentFrames: number;
}

export const RELAY_LIMITS: RelayLimits = {
  ringFrames: 10_000,
  ringBytes: 8 * 1024 * 1024,
  liveSessions: 16,
  terminals: 8,
  unsentBytes: 4 * 1024 * 1024,
  unsentFrames: 1000,
};

export interface RelayWorld {
  /** Random, new at each start of the process. */
  readonly hostId: string;
  /** Of this program, as a client is told; absent: it is told none. */
  readonly version?: string;
  readonly store: SessionStore;
  readonly catalogue: Pick<Catalogue, 'all' | 'onListed' | 'wake' | 'erase'>;
  readonly router: Pick<Router, 'perform' | 'resume' | 'backends'>;
  readonly lease: Lease;
  readonly clock: Clock;
  readonly log: Log;
  readonly limits: RelayLimits;
  /** Absolute folders that sessions may work in. */
  roots(): readonly string[];
  /** Where a path leads that a device names. Rejects with `invalid` for what is no absolute path. */
  readonly place: Workspace['place'];
  readonly defaultAgent: () => string;
  /**
   * Opens a session and starts its agent; resolves when the agent has it. `opened` is told of the key as soon as there is
   * one, before any event of it that is not its opening.
   * @throws Failure, or the agent's own PeerError
   */
  newSession(
    options: { readonly agent: string; readonly cwd: string; readonly mcpServers?: readonly McpServer[] },
    opened: (key: SessionKey) => void,
    signal: AbortSignal,
  ): Promise<SessionKey>;
  /** Ends the agent of a session, which stays in the list asleep. */
  readonly sleep: (key: SessionKey, signal: AbortSignal) => Promise<void>;
  /** Whether somebody looks at it through another door: its agent is not taken for another session. Absent: nobody does. */
  readonly isWatched?: (key: SessionKey) => boolean;
  /** Absent: the capability is not advertised, and its methods are unknown. */
  /** Absent: what a device may do says whether it may answer. @throws Failure why this device must not answer this question */
  readonly admitAnswer?: (device: Device, question: string) => void;
  readonly queries?: Queries;
  readonly edits?: RelayEdits;
  /** Where terminals of devices run, and whose shell takes a line there; absent: off. */
  readonly terminals?: Pick<Environment, 'terminal'> & { readonly shell: 'posix' | 'windows' };
}

export interface RelayEdits {
  /**
   * Where files are read and written: the unsaved buffer of an editor before the disk. A write finds `Place.seen` there,
   * or is refused with `changed`.
   */
  readonly workspace: Workspace;
  /**
   * A device wants to change what is protected. Says whether a person at the host has allowed this very change, and where
   * nobody has, asks them, once for the same path at a time: what they allow holds for the same change, sent again, once.
   */
  allowed(change: ProtectedChange, device: Device): boolean;
}

export interface ProtectedChange {
  readonly place: Place;
  /** Undefined where nothing is there yet. */
  readonly before: string | undefined;
  readonly after: string;
}
