/** How far a session behind a gateway was heard, as it is kept with its transcript. */
import { parseJson } from '../../base/json.ts';
import { isCount, isText } from '../../model/fold/read.ts';
import type { Cursor } from '../../model/session.ts';

export interface Heard {
  /** 0: nothing with a number. */
  readonly sequence: number;
  /** By the gateway's clock, ms since 1970. */
  readonly at: number | undefined;
  /** Calls that the person was being asked about. */
  readonly open: readonly string[];
}

const NOTHING: Heard = { sequence: 0, at: undefined, open: [] };

export const writeCursor = ({ sequence, at, open }: Heard): Cursor =>
  JSON.stringify([sequence, at ?? null, ...open]) as Cursor;

/** Total: what cannot be read is nothing. */
export const readCursor = (cursor: Cursor | undefined): Heard => {
  const value = parseJson(cursor ?? '[]');
  if (!Array.isArray(value)) return NOTHING;
  const [sequence, at, ...open] = value as readonly unknown[];
  if (!isCount(sequence)) return NOTHING;
  return { sequence, at: isCount(at) ? at : undefined, open: open.filter(isText) };
};
