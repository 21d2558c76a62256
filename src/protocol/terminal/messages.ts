/**
 * What goes over the wire of terminal streams, as it is written; whoever reads takes less for granted. What the output is
 * goes beside this, as binary frames: see `frame.ts`. Source: the terminal stream protocol, §3, §7 and §10.
 */

export type StreamState = 'thinking' | 'tool' | 'idle' | 'awaiting-input';

/** What a server says in text. */
export type FromStream =
  /** `createdAt`: ISO, of this connection and not of the session. */
  | { readonly type: 'session-meta'; readonly name: string; readonly createdAt: string }
  /** `ts`: milliseconds since 1970. */
  | { readonly type: 'state'; readonly value: string; readonly tool?: string; readonly ts: number }
  /** `data`: base64 of the screen in UTF-8. */
  | { readonly type: 'snapshot'; readonly seq: number; readonly data: string }
  | { readonly type: 'error'; readonly code: string; readonly message: string }
  /** The rest only servers of ours say. Null: nothing was replayed. `complete` false: of what was wanted, some is gone. */
  | {
      readonly type: 'resumed';
      readonly from: number | null;
      readonly to: number | null;
      readonly complete: boolean;
    }
  | { readonly type: 'exit'; readonly exitCode: number | null; readonly signal: string | null }
  | { readonly type: 'lagging' };

/** What a client says; the last three only servers of ours hear. */
export type ToStream =
  | { readonly type: 'resume'; readonly lastSeq: number | null }
  | { readonly type: 'snapshot-request' }
  | { readonly type: 'input'; readonly data: string; readonly encoding?: 'base64' }
  | { readonly type: 'resize'; readonly cols: number; readonly rows: number }
  | { readonly type: 'signal'; readonly name: StreamSignal };

export const STREAM_SIGNALS = ['INT', 'TERM', 'KILL'] as const;
export type StreamSignal = (typeof STREAM_SIGNALS)[number];

/** The body of `POST /sessions/:id/input`, and the message of servers that hear it on the stream too. */
export type StreamInput =
  | { readonly type: 'key'; readonly name: string }
  | { readonly type: 'keys' | 'paste'; readonly data: string };

/** As `GET /sessions` lists it. */
export interface ListedStream {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly state: string;
  /** ISO, or empty where there was none. */
  readonly lastOutputAt: string;
  /** Only servers of ours say it: nothing runs in it any more. */
  readonly ended?: true;
}

export interface StreamHealth {
  readonly ok: boolean;
  /** Seconds. */
  readonly uptime: number;
  readonly sessions: number;
  readonly sessionIds: readonly string[];
  readonly bufferMb: number;
  readonly diskFreeGb: number;
  readonly warnings: readonly string[];
}

/** The body of `POST /sessions`; a server that is not ours reads the name alone. */
export interface NewStream {
  readonly name?: string;
  readonly command?: string;
  readonly args?: readonly string[];
  /** Inside a root. */
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly cols?: number;
  readonly rows?: number;
}
