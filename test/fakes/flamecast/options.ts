/** What the fake server and its host do wrong, or not at all. Without any of it, the host is as the one written in Go. */
export interface FlamecastOptions {
  /** The host written for Node: numbers for each session by itself, a queue, an answer to what it does not know. */
  readonly node: boolean;
  /** A socket for each session, without numbers, which tells everything to whoever comes. */
  readonly legacy: boolean;
  /** Upgrades are refused: there is the server's stream alone. */
  readonly noSocket: boolean;
  /** Dates as a database prints them. */
  readonly databaseDates: boolean;
  /** The end of a turn is told before its last word. */
  readonly late: boolean;
  /** What happens while a replay is told comes before it, and once more in it. */
  readonly crossed: boolean;
  /** Events of a session that are kept. */
  readonly retention: number;
  /** Subscriptions of one socket. */
  readonly subscriptions: number;
  /** A ping is never answered. */
  readonly mute: boolean;
  /** What whoever comes has to show; undefined: nobody is asked. */
  readonly token: string | undefined;
}

export const FLAMECAST_DEFAULTS: FlamecastOptions = {
  node: false,
  legacy: false,
  noSocket: false,
  databaseDates: true,
  late: false,
  crossed: false,
  retention: 5000,
  subscriptions: 100,
  mute: false,
  token: undefined,
};

export const FLAMECAST_SWITCHES: readonly {
  readonly name: string;
  readonly argument?: string;
  readonly about: string;
}[] = [
  { name: 'port', argument: 'N', about: 'of loopback; any that is free without it' },
  { name: 'token', argument: 'TEXT', about: 'what whoever comes has to show; nobody is asked without it' },
  { name: 'node', about: 'the older host for Node: numbers for each session by itself, a queue (§5, §7)' },
  { name: 'legacy', about: 'a socket for each session, without numbers (§6)' },
  { name: 'no-socket', about: 'upgrades are refused (§3)' },
  { name: 'iso-dates', about: 'dates in ISO, and not as a database prints them (§3)' },
  { name: 'late', about: 'the end of a turn is told before its last word (§5)' },
  { name: 'crossed', about: 'live events come before a replay, and once more in it (§5)' },
  { name: 'retention', argument: 'N', about: 'events of a session that are kept (§5)' },
  { name: 'subscriptions', argument: 'N', about: 'of one socket (§5)' },
  { name: 'mute', about: 'a ping is never answered' },
];
