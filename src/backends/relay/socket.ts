import type { Duplex } from '../../base/duplex.ts';
import type { Failure } from '../../base/failure.ts';

/** A WebSocket to a relay, one item a message. */
export interface RelayLink {
  readonly messages: Duplex<string>;
  /** Settles when nothing of it is left, with why. Never rejects. */
  readonly closed: Promise<Failure>;
  end(): void;
}

/** What the query of a connection says, see the relay protocol, §9, connection. */
export type Attach = Readonly<Record<string, string>>;

/**
 * Connects. @throws Failure: `refused`, where trying again by itself would not help, else `lost`; in words for a person
 */
export type ConnectRelay = (query: Attach, signal: AbortSignal) => Promise<RelayLink>;
