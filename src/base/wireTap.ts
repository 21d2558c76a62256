import type { WireLine } from './rpcFrame.ts';

/** Somebody who looks at the lines of a connection as they pass. Asked before each line, so that nobody costs nothing. */
export interface WireTap {
  readonly on: boolean;
  heard(line: WireLine): void;
  said(line: string): void;
}
