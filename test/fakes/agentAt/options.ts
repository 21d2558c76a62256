import type { TlsFiles } from '../../../src/machine/door/address.ts';

/** What the server of an agent does wrong. Without any of it, every connection has an agent of its own. */
export interface FakeServerOptions {
  /** What every request has to show; empty: nothing. */
  readonly token: string;
  /** Where it has to show that; `authorization` wants “Bearer” before it. */
  readonly header: string;
  /** Every request is answered so, instead of what it asks for. */
  readonly status: number;
  /** Every request is sent on to there. */
  readonly redirect: string;
  /** The first message of a connection: not JSON, bytes, or longer than anybody takes. */
  readonly begins: 'garbage' | 'binary' | 'long' | undefined;
  /** Messages are written on several lines. */
  readonly pretty: boolean;
  /** What comes together is sent as one message, a line each. */
  readonly joined: boolean;
  /** Connections are opened, and nothing is ever said. */
  readonly mute: boolean;
  /** One agent for all connections, which goes on while there is none. */
  readonly keep: boolean;
  readonly tls: TlsFiles | undefined;
  /** The program of the agent, and its arguments. */
  readonly program: string;
  readonly args: readonly string[];
}

interface Switch {
  readonly name: string;
  readonly argument?: string;
  readonly about: string;
}

export const SWITCHES: readonly Switch[] = [
  { name: 'port', argument: 'N', about: 'of loopback; any that is free without it' },
  { name: 'token', argument: 'TEXT', about: 'what every request has to show; nothing without it' },
  { name: 'header', argument: 'NAME', about: 'the header that has it; “authorization” without it' },
  { name: 'status', argument: 'N', about: 'every request is answered with this status: 401, 404, 503' },
  { name: 'redirect', argument: 'URL', about: 'every request is sent on to there' },
  { name: 'begins', argument: 'WHAT', about: 'the first message of a connection: garbage, binary, long' },
  { name: 'pretty', about: 'messages on several lines' },
  { name: 'joined', about: 'several messages in one' },
  { name: 'mute', about: 'opens connections and says nothing' },
  { name: 'keep', about: 'one agent for all connections, which goes on while there is none' },
  { name: 'program', argument: 'FILE', about: 'another agent than test/fakes/agent.ts' },
];
