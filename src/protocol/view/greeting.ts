/**
 * The first line each way on a socket of the view door, before its messages. The window's is the first thing that is said
 * at all: who does not know the token hears nothing.
 */
import * as z from 'zod/mini';
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

const word = z.string().check(z.minLength(1), z.maxLength(200));
const shared = { wheelhouse: z.literal('view'), version: z.int(), app: word };

const windowGreeting = z.object({
  ...shared,
  token: z.string().check(z.minLength(1), z.maxLength(1024)),
  device: z.string().check(z.minLength(1), z.maxLength(64)),
});
const hostGreeting = z.object({ ...shared, hostId: word, pid: z.int(), startedAt: z.number() });

/** Undefined for anything else. Keys that are not known are passed over: another version may have more of them. */
export const readWindowGreeting = (line: string): WindowGreeting | undefined =>
  windowGreeting.safeParse(parse(line)).data;

export const readHostGreeting = (line: string): HostGreeting | undefined => hostGreeting.safeParse(parse(line)).data;

export const greetingLine = (greeting: Omit<WindowGreeting, 'version'> | Omit<HostGreeting, 'version'>): string =>
  JSON.stringify({ wheelhouse: 'view', version: VIEW_VERSION, ...greeting });

const parse = (line: string): unknown => {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
};
