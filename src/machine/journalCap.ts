import type { SessionKey } from '../model/session.ts';
import type { Trimmed } from '../router/journal.ts';

export interface Stock {
  /** Those whose older parts may go, the first first. */
  readonly sessions: readonly SessionKey[];
  /** Bytes that a session takes. */
  weigh(key: SessionKey): Promise<number>;
  /** Drops all but the last `keep` entries, and tells how many went: none where it is open, or cannot be read as a whole. */
  shorten(key: SessionKey, keep: number): Promise<number>;
}

/** Entries that are left of a session; the next smaller number is taken where all sessions have no more than that. */
const KEEPS = [200, 20, 0];

/** Shortens sessions until all of them take `most` bytes at most, or until there is nothing more that may go. */
export const trimTo = async (most: number, stock: Stock, signal: AbortSignal): Promise<Trimmed> => {
  const sizes = new Map<SessionKey, number>();
  for (const key of stock.sessions) sizes.set(key, await stock.weigh(key));
  let bytes = [...sizes.values()].reduce((sum, size) => sum + size, 0);
  const shortened = new Set<SessionKey>();
  let entries = 0;
  for (const keep of KEEPS) {
    for (const key of stock.sessions) {
      if (bytes <= most) break;
      signal.throwIfAborted();
      const dropped = await stock.shorten(key, keep);
      if (dropped === 0) continue;
      entries += dropped;
      shortened.add(key);
      const size = await stock.weigh(key);
      bytes += size - (sizes.get(key) ?? 0);
      sizes.set(key, size);
    }
  }
  return { sessions: shortened.size, entries, bytes };
};
