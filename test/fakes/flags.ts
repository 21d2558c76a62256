/** How the fake behaves outside of a turn: set by switches, or by a prompt for what comes after it. */
export interface Flags {
  /** Text of every chunk of a burst instead of markdown. */
  chunk: string | undefined;
  /** Answered to `initialize`, whatever the client asked for. */
  version: number;
  auth: boolean;
  /** See `behaviours/auth.ts`. */
  authMethods: string;
  authAt: string;
  authFile: string;
  authFails: boolean;
  authWaits: boolean;
  logout: boolean;
  sameSessionId: boolean;
  earlyUpdates: boolean;
  /** Takes up any session by `session/resume`, or by `session/load`, as if it had had it before. */
  resume: boolean;
  load: boolean;
  /** Tells the past after its answer to `session/load`. */
  latePast: boolean;
  /** Takes further folders for a session. */
  folders: boolean;
  /** Knows no session from before, whatever it advertises. */
  forget: boolean;
  /** Says every line back that it hears, before it does anything. */
  /** The code of the error for a session that it does not know. */
  forgetCode: number;
  /** What it calls itself. */
  name: string;
  /** Whose switches its sessions have: see sessionOptions.ts. */
  options: string | undefined;
  /** What becomes of a prompt that comes while one runs: `queue`, `cancel` (the first), `busy` or `never`. */
  second: string;
  /** Answers version 2 to whoever asks for it, or for more. */
  newest: boolean;
  /** Advertises MCP over http, and session/fork. */
  mcpHttp: boolean;
  fork: boolean;
  /** Milliseconds that it takes to end after its input has. */
  slowExit: number;
  echo: boolean;
  /** Ends instead of answering `initialize` as long as there is such a file. */
  crashWhile: string | undefined;
  ignoreEof: boolean;
  ignoreSigterm: boolean;
}

export function initialFlags(): Flags {
  return {
    chunk: undefined,
    version: 1,
    auth: false,
    authMethods: 'agent',
    authAt: 'new',
    authFile: '',
    authFails: false,
    authWaits: false,
    logout: false,
    sameSessionId: false,
    earlyUpdates: false,
    resume: false,
    load: false,
    latePast: false,
    folders: false,
    forget: false,
    forgetCode: -32002,
    name: 'fake',
    options: undefined,
    second: 'queue',
    newest: false,
    mcpHttp: false,
    fork: false,
    slowExit: 0,
    echo: false,
    crashWhile: undefined,
    ignoreEof: false,
    ignoreSigterm: false,
  };
}
