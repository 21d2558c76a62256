/** How the fake behaves outside of a turn: set by switches, or by a prompt for what comes after it. */
export interface Flags {
  /** Text of every chunk of a burst instead of markdown. */
  chunk: string | undefined;
  /** Answered to `initialize`, whatever the client asked for. */
  version: number;
  auth: boolean;
  sameSessionId: boolean;
  earlyUpdates: boolean;
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
    ignoreEof: false,
    ignoreSigterm: false,
  };
}
