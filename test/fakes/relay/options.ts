/** What the fake relay does wrong, or not at all. Without any of it, it is as the source of the protocol describes 26.0.0. */
export interface FakeOptions {
  /** What every client has to show. */
  readonly token: string;
  /** 24.3.0: one session, no list of them, session/new is the driver's own. */
  readonly old: boolean;
  /** What the protocol's §9 adds. */
  readonly modern: boolean;
  /** The wheel is needed to drive. */
  readonly lease: boolean;
  /** A session/new after the first is never answered (§6, 7). */
  readonly loseNew: boolean;
  /** A socket that goes takes the terminals of its client's newer one along (§6, 2). */
  readonly forgetTerminals: boolean;
  /** An opened terminal is gone at once (§6, 9). */
  readonly dropTerminals: boolean;
  /** `host_id` is passed over: a cursor of another process is believed. */
  readonly ignoreHost: boolean;
  /** Frames that a ring keeps. */
  readonly ring: number;
}

interface Switch {
  readonly name: string;
  readonly argument?: string;
  readonly about: string;
}

export const SWITCHES: readonly Switch[] = [
  { name: 'token', argument: 'TEXT', about: 'the token that every client has to show; “secret” without it' },
  { name: 'port', argument: 'N', about: 'of loopback; any that is free without it' },
  { name: 'old', about: '24.3.0: one session, no list of sessions' },
  { name: 'modern', about: 'with what the protocol adds in §9: hostId, echoes of prompts, a queue, …' },
  { name: 'lease', about: 'the wheel is needed to drive' },
  { name: 'lose-new', about: 'a session/new after the first is never answered (§6, 7)' },
  { name: 'forget-terminals', about: 'a socket that goes takes the terminals of its client along (§6, 2)' },
  { name: 'drop-terminals', about: 'a terminal is gone as soon as it is opened (§6, 9)' },
  { name: 'ignore-host', about: 'a cursor of another process is believed' },
  { name: 'ring', argument: 'N', about: 'frames that a ring keeps' },
];

export const DEFAULTS: FakeOptions = {
  token: 'secret',
  old: false,
  modern: false,
  lease: false,
  loseNew: false,
  forgetTerminals: false,
  dropTerminals: false,
  ignoreHost: false,
  ring: 10_000,
};
