/** What the fake gateway does wrong, or not at all. Without any of it, it is as the source of the protocol describes 1.0. */
export interface GatewayOptions {
  /** What every client has to show; undefined: nobody is asked. */
  readonly token: string | undefined;
  /** 0.9.4: nothing is said to a greeting, `message` alone is read, an abort does nothing, and much is not known. */
  readonly old: boolean;
  /** What it does for itself is said to subscribers as well. */
  readonly leaks: boolean;
  /** What it does for itself is not said, and has numbers all the same. */
  readonly keepsBack: boolean;
  /** It keeps what was said, and tells it. */
  readonly history: boolean;
  /** Of the next events, so many are lost on their way. */
  readonly loses: number;
  /** What it greets with. */
  readonly version: string;
  /** It lets a client in, and says so after this many milliseconds. */
  readonly slow: number;
  /** A ping is never answered. */
  readonly mute: boolean;
  /** Methods that it does not have. */
  readonly without: readonly string[];
}

export const GATEWAY_DEFAULTS: GatewayOptions = {
  token: 'secret',
  old: false,
  leaks: false,
  keepsBack: false,
  history: false,
  loses: 0,
  version: '1.0',
  slow: 0,
  mute: false,
  without: [],
};

export const GATEWAY_SWITCHES: readonly {
  readonly name: string;
  readonly argument?: string;
  readonly about: string;
}[] = [
  { name: 'token', argument: 'TEXT', about: 'the token that every client has to show; “secret” without it' },
  { name: 'open', about: 'nobody is asked for a token' },
  { name: 'port', argument: 'N', about: 'of loopback; any that is free without it' },
  { name: 'old', about: '0.9.4: no word to a greeting, no abort, no confirmations (§8)' },
  { name: 'leaks', about: 'what it does for itself is told as well (§6)' },
  { name: 'keeps-back', about: 'what it does for itself is not told, and has numbers all the same (§6)' },
  { name: 'history', about: 'it keeps what was said, and tells it (§4)' },
  { name: 'loses', argument: 'N', about: 'so many of the next events are lost on their way' },
  { name: 'version', argument: 'TEXT', about: 'what it greets with' },
  { name: 'slow', argument: 'MS', about: 'until it says that a client is let in (§3, 5)' },
  { name: 'mute', about: 'a ping is never answered (§3, 7)' },
  { name: 'without', argument: 'NAMES', about: 'methods that it does not have, with commas between them (§4)' },
];
