/** How the fake behaves outside of a turn: set by switches, or by a prompt for what comes after it. */
export interface Flags {
  /** Text of every chunk of a burst instead of markdown. */
  chunk: string | undefined;
  /** Answered to `initialize`, whatever the client asked for. */
  version: number;
  auth: boolean;
  sameSessionId: boolean;
  earlyUpdates: boolean;
  /** Takes up any session by `session/resume`, or by `session/load`, as if it had had it before. */
  resume: boolean;
  load: boolean;
  /** Takes further folders for a session. */
  folders: boolean;
  /** Knows no session from before, whatever it advertises. */
  forget: boolean;
  /** Says every line back that it hears, before it does anything. */
  echo: boolean;
  ignoreEof: boolean;
  ignoreSigterm: boolean;
}

export function initialFlags(): Flags {
  return {
    chunk: undefined,
    version: 1,
    auth: false,
    sameSessionId: false,
    earlyUpdates: false,
    resume: false,
    load: false,
    folders: false,
    forget: false,
    echo: false,
    ignoreEof: false,
    ignoreSigterm: false,
  };
}
