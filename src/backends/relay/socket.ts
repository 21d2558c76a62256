import type { Link } from '../../base/duplex.ts';

/** What the query of a connection says, see the relay protocol, §9, connection. */
export type Attach = Readonly<Record<string, string>>;

/**
 * Connects. @throws Failure: `refused`, where trying again by itself would not help, else `lost`; in words for a person
 */
export type ConnectRelay = (query: Attach, signal: AbortSignal) => Promise<Link<string>>;
