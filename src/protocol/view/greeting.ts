/**
 * The first line each way on a socket of the view door, before its messages. The window's is the first thing that is said
 * at all: who does not know the token hears nothing.
 */
import * as shape from './shape.ts';
import { VIEW_VERSION } from './messages.ts';

/** Bytes of the window's line. */
export const GREETING_BYTES = 4096;

export interface WindowGreeting {
  readonly version: number;
  /** The version of the program that speaks, for a person. */
  readonly app: string;
  readonly token: string;
  /** Who does what is done here, as the others are told. */
  readonly device: string;
}

export interface HostGreeting {
  readonly version: number;
  readonly app: string;
  /** Of this process: another one after each start. */
  readonly hostId: string;
  readonly pid: number;
  /** Wall time, ms since 1970. */
  readonly startedAt: number;
}

const word = shape.text(200, 1);
const shared = { wheelhouse: shape.literal('view'), version: shape.integer, app: word };

const windowGreeting = shape.open({
  ...shared,
  token: shape.text(1024, 1),
  device: shape.text(64, 1),
});
const hostGreeting = shape.open({ ...shared, hostId: word, pid: shape.integer, startedAt: shape.number });

/** Undefined for anything else. Keys that are not known are passed over: another version may have more of them. */
export const readWindowGreeting = (line: string): WindowGreeting | undefined => shape.readJson(windowGreeting, line);

export const readHostGreeting = (line: string): HostGreeting | undefined => shape.readJson(hostGreeting, line);

export const greetingLine = (greeting: Omit<WindowGreeting, 'version'> | Omit<HostGreeting, 'version'>): string =>
  JSON.stringify({ wheelhouse: 'view', version: VIEW_VERSION, ...greeting });
