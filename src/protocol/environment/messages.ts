/**
 * What goes over the wire of remote execution, version 1, as it is written; whoever reads takes less for granted.
 * Source: the remote execution protocol, §3, §4 and §8.
 */

export const VERSION = 1;

/** In the frames of our own endpoint (§11), and in what a tunnel carries (§7). */
export const EVENT = {
  request: 'meta.execution.request',
  response: 'meta.execution.response',
  hello: 'meta.host.hello',
  error: 'meta.execution.error',
} as const;

export const TOOLS = ['bash', 'process', 'session'] as const;
export type Tool = (typeof TOOLS)[number];

export const PROCESS_ACTIONS = ['list', 'poll', 'log', 'write', 'send-keys', 'kill', 'clear', 'remove'] as const;
export type ProcessAction = (typeof PROCESS_ACTIONS)[number];

export const SESSION_ACTIONS = ['open', 'close', 'heartbeat'] as const;
export type SessionAction = (typeof SESSION_ACTIONS)[number];

/** In the order of the source. */
export const CODES = [
  'env_not_found',
  'env_inactive',
  'device_offline',
  'request_timeout',
  'request_cancelled',
  'remote_execution_error',
  'invalid_request',
  'unsupported_tool',
  'unsupported_action',
  'unsupported_capability',
  'host_internal_error',
  'stale_process_handle',
  'stdin_unavailable',
  'session_required',
  'session_invalid',
  'session_busy',
  'session_refused',
  'session_caller_mismatch',
] as const;
export type ExecutionCode = (typeof CODES)[number];

interface RequestBase {
  readonly version: typeof VERSION;
  /** One character or more. */
  readonly requestID: string;
  readonly envID: string;
}

export interface BashPayload {
  readonly command: string;
  /** Becomes the title. */
  readonly description: string;
  /** Milliseconds, after which the whole group is ended. */
  readonly timeout?: number;
  /** Absolute, or relative to where the host works. */
  readonly workdir?: string;
  /** Answered at once, with a process. */
  readonly background?: boolean;
  /** Milliseconds without an end, after which it goes on in the background. */
  readonly yieldMs?: number;
}

export type ProcessPayload =
  | { readonly action: 'list' }
  /** `timeout`: seconds, 30 where absent. */
  | { readonly action: 'poll'; readonly processId: string; readonly block?: boolean; readonly timeout?: number }
  /** In lines; `offset` 0 where absent. */
  | { readonly action: 'log'; readonly processId: string; readonly offset?: number; readonly limit?: number }
  | { readonly action: 'write'; readonly processId: string; readonly data: string }
  | { readonly action: 'send-keys'; readonly processId: string; readonly keys: readonly string[] }
  | { readonly action: 'kill' | 'clear' | 'remove'; readonly processId: string };

export type SessionPayload =
  | { readonly action: 'open'; readonly label?: string }
  | { readonly action: 'close' | 'heartbeat'; readonly sessionID: string };

export interface BashRequest extends RequestBase {
  readonly tool: 'bash';
  readonly action: 'execute';
  readonly sessionID: string;
  readonly payload: BashPayload;
}

export interface ProcessRequest extends RequestBase {
  readonly tool: 'process';
  /** Always that of the payload. */
  readonly action: ProcessAction;
  readonly sessionID: string;
  readonly payload: ProcessPayload;
}

export interface SessionRequest extends RequestBase {
  readonly tool: 'session';
  /** Always that of the payload. */
  readonly action: SessionAction;
  readonly payload: SessionPayload;
}

export type ExecutionRequest = BashRequest | ProcessRequest | SessionRequest;

interface Where {
  /** A new one says that the host was started again: no process of before is known to it. */
  readonly hostSessionID?: string;
  readonly envID?: string;
  readonly backend?: 'local' | 'remote';
}

export interface BashMetadata extends Where {
  readonly output?: string;
  readonly description?: string;
  /** Null: a signal ended it. Absent: it runs. */
  readonly exit?: number | null;
  readonly processId?: string;
  readonly background?: boolean;
  readonly timedOut?: boolean;
  readonly durationMs?: number;
  /** Of the output, those that were not kept (§11). */
  readonly droppedChars?: number;
}

export type ProcessStatus =
  | 'running'
  | 'completed'
  | 'failed'
  | 'killed'
  | 'not_found'
  | 'error'
  | 'cleared'
  | 'removed';

export interface ListedProcess {
  readonly processId: string;
  readonly status: Extract<ProcessStatus, 'running' | 'completed' | 'failed' | 'killed'>;
  /** 80 characters at most. */
  readonly command: string;
  readonly description?: string;
  readonly runtimeMs: number;
}

export interface ProcessMetadata extends Where {
  readonly action: ProcessAction;
  readonly processId?: string;
  readonly status?: ProcessStatus;
  readonly exitCode?: number;
  readonly command?: string;
  readonly description?: string;
  /** Lines. */
  readonly nextOffset?: number;
  readonly processes?: readonly ListedProcess[];
  readonly droppedChars?: number;
}

export interface SessionMetadata extends Where {
  readonly action: SessionAction;
  readonly status: 'opened' | 'closed' | 'alive' | 'refused' | 'busy';
  readonly sessionID?: string;
  readonly remoteAgentID?: string;
  readonly remoteOwnerUserID?: number;
  readonly label?: string;
}

export interface ToolResult<Metadata> {
  readonly title: string;
  readonly metadata: Metadata;
  readonly output: string;
}

export interface ExecutionFailure {
  readonly code: ExecutionCode;
  readonly message: string;
  readonly details?: unknown;
}

/** What is answered, as it is written by a host of ours: always with the request's id, tool and action as far as they were read. */
export type ExecutionResponse = { readonly version: typeof VERSION; readonly requestID: string } & (
  | {
      readonly ok: true;
      readonly tool: Tool;
      readonly action: string;
      readonly result: ToolResult<BashMetadata | ProcessMetadata | SessionMetadata>;
    }
  | { readonly ok: false; readonly tool?: string; readonly action?: string; readonly error: ExecutionFailure }
);

export interface HostCapabilities {
  readonly platform: string;
  readonly arch: string;
  readonly hostname?: string;
  readonly runtime: 'node' | 'bun' | 'unknown';
  readonly defaultShell: 'none' | 'sh' | 'cmd' | 'powershell' | 'pwsh';
  readonly supportedShells: readonly string[];
  readonly supportsPty: boolean;
  readonly supportsSendKeys: boolean;
  readonly supportsSoftKill: boolean;
  readonly supportsProcessGroups: boolean;
  readonly envCaseInsensitive: boolean;
  readonly lineEndings: 'lf' | 'crlf';
}

export interface HostHello {
  readonly type: 'host.hello';
  readonly envID: string;
  readonly hostSessionID: string;
  readonly capabilities: HostCapabilities;
}
