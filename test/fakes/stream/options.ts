/** What the fake server of terminals does otherwise. Without any of it, it is as the source of the protocol describes it. */
export interface FakeStreamOptions {
  /** What every request has to show; without it nobody has to show anything. */
  readonly token: string | undefined;
  /** What a device is paired with, once. */
  readonly code: string | undefined;
  /** As the protocol's §10 has it. */
  readonly ours: boolean;
  /** Something is written at each connection, before `resume` can come. */
  readonly eager: boolean;
  /** A replay comes only when something more has been written. */
  readonly late: boolean;
  /** Nobody writes the buffer: every replay is empty. */
  readonly unkept: boolean;
  /** Pieces that the buffer keeps. */
  readonly kept: number;
  /** Each frame of output comes twice. */
  readonly twice: boolean;
  /** Numbers are left out. */
  readonly gaps: boolean;
  /** Numbers begin here. */
  readonly from: number;
  /** Behind each frame comes one without output. */
  readonly empty: boolean;
  /** What nobody can read comes among the frames. */
  readonly garbage: boolean;
  /** Bytes of a piece of output, wherever that cuts; 0: as it was written. */
  readonly slice: number;
  /** No picture can be taken. */
  readonly blind: boolean;
  /** A picture that is asked for never comes. */
  readonly mute: boolean;
  /** Something is written while each of the first so many pictures is taken, and it is in none of them. */
  readonly blurred: number;
}

interface Switch {
  readonly name: string;
  readonly argument?: string;
  readonly about: string;
}

export const SWITCHES: readonly Switch[] = [
  { name: 'token', argument: 'TEXT', about: 'the token that every request has to show; “secret” without it' },
  { name: 'code', argument: 'TEXT', about: 'the pairing token that is traded for the token, once' },
  { name: 'port', argument: 'N', about: 'of loopback; any that is free without it' },
  { name: 'ours', about: 'what the protocol adds in §10: one count for all, resumed, input, exit' },
  { name: 'eager', about: 'something is written at each connection, before resume can come (§4, 3)' },
  { name: 'late', about: 'a replay comes only when something more has been written (§4, 3)' },
  { name: 'unkept', about: 'nobody writes the buffer: every replay is empty (§4, 7)' },
  { name: 'kept', argument: 'N', about: 'pieces that the buffer keeps (§5)' },
  { name: 'twice', about: 'each frame of output comes twice' },
  { name: 'gaps', about: 'numbers are left out (§4, 5)' },
  { name: 'from', argument: 'N', about: 'numbers begin here (§4, 9)' },
  { name: 'empty', about: 'behind each frame comes one without output (§3)' },
  { name: 'garbage', about: 'what nobody can read comes among the frames' },
  { name: 'slice', argument: 'N', about: 'bytes of a piece of output, wherever that cuts (§3)' },
  { name: 'blind', about: 'no picture can be taken: snapshot_failed (§6)' },
  { name: 'mute', about: 'a picture that is asked for never comes' },
  { name: 'blurred', argument: 'N', about: 'something is written while each of the first N pictures is taken (§4, 8)' },
];

export const DEFAULTS: FakeStreamOptions = {
  token: 'secret',
  code: undefined,
  ours: false,
  eager: false,
  late: false,
  unkept: false,
  kept: 100_000,
  twice: false,
  gaps: false,
  from: 0,
  empty: false,
  garbage: false,
  slice: 0,
  blind: false,
  mute: false,
  blurred: 0,
};
