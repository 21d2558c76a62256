/**
 * What the fake host does. Without any of it, it is as known hosts were seen to be: it says no hello, answers failures of
 * the session and of the schema under new ids, says nothing at all where a heartbeat or a close fails, and tells everybody
 * who holds the session.
 */
export interface FakeExecutionOptions {
  /** What every client has to show. */
  readonly token: string;
  readonly env: string;
  /** As a host of ours has to be (§11): hello, ids echoed, codes of their own, the session is the device's. */
  readonly ours: boolean;
  /** The side that the newer version was made from (§3): no sessions, no tool and no action in results, 13 codes. */
  readonly old: boolean;
  /** Envelopes of the agents' tunnel (§7). */
  readonly tunnel: boolean;
  readonly busy: boolean;
  readonly refuse: boolean;
  /** Busy and refused are told as errors, which known hosts never do. */
  readonly errors: boolean;
  /** Commands are never answered. */
  readonly mute: boolean;
  /** Results name another tool, or another action. */
  readonly wrongTool: boolean;
  readonly wrongAction: boolean;
  /** Every object has keys that nobody knows. */
  readonly extra: boolean;
  /** A line that is no JSON, and one of an event that nobody knows, before each answer. */
  readonly garbage: boolean;
  /** Milliseconds without a word after which a session ends. */
  readonly idle: number;
  /** Characters that are kept of a process. */
  readonly cap: number;
}

interface Switch {
  readonly name: string;
  readonly key: keyof FakeExecutionOptions | 'port';
  readonly argument?: string;
  readonly about: string;
}

export const SWITCHES: readonly Switch[] = [
  { name: 'token', key: 'token', argument: 'TEXT', about: 'what every client has to show; “secret” without it' },
  { name: 'port', key: 'port', argument: 'N', about: 'of loopback; any that is free without it' },
  { name: 'env', key: 'env', argument: 'ID', about: 'of the environment; “env_fake” without it' },
  { name: 'ours', key: 'ours', about: 'as a host of Wheelhouse has to be (§11)' },
  { name: 'old', key: 'old', about: 'the older side: no sessions, no tool and action in results' },
  { name: 'tunnel', key: 'tunnel', about: 'envelopes of the agents’ tunnel (§7), from the agent “fake”' },
  { name: 'busy', key: 'busy', about: 'somebody else has the session' },
  { name: 'refuse', key: 'refuse', about: 'no session is allowed' },
  { name: 'errors', key: 'errors', about: 'busy and refused as errors' },
  { name: 'mute', key: 'mute', about: 'commands are never answered' },
  { name: 'wrong-tool', key: 'wrongTool', about: 'results name another tool' },
  { name: 'wrong-action', key: 'wrongAction', about: 'results name another action' },
  { name: 'extra', key: 'extra', about: 'keys that nobody knows, everywhere' },
  { name: 'garbage', key: 'garbage', about: 'something that is of no protocol before each answer' },
  { name: 'idle', key: 'idle', argument: 'MS', about: 'without a word for so long a session ends; 600000 without it' },
  { name: 'cap', key: 'cap', argument: 'N', about: 'characters that are kept of a process; 200000 without it' },
];

export const DEFAULTS: FakeExecutionOptions = {
  token: 'secret',
  env: 'env_fake',
  ours: false,
  old: false,
  tunnel: false,
  busy: false,
  refuse: false,
  errors: false,
  mute: false,
  wrongTool: false,
  wrongAction: false,
  extra: false,
  garbage: false,
  idle: 600_000,
  cap: 200_000,
};
