import { createHash } from 'node:crypto';
import { Failure } from '../base/failure.ts';
import { withLineFeeds, withoutMark } from '../base/textLines.ts';
import { diskTextOf, MOST_BYTES } from '../machine/diskText.ts';
import { readVerified } from '../machine/verifiedFile.ts';

/** What stands in a file, to be compared and not to be kept. `unknown`: it could not be read. */
export type Print =
  | { readonly kind: 'file'; readonly bytes: string; readonly empty: boolean; readonly lines?: string }
  | { readonly kind: 'none' | 'unknown' };

export const printOf = (path: string, bytes: Uint8Array | undefined): Print =>
  bytes === undefined
    ? { kind: 'none' }
    : { kind: 'file', bytes: digest(bytes), empty: bytes.length === 0, ...linesIn(path, bytes) };

/** As the file at a real path is now. */
export const lookAtFile = async (real: string): Promise<Print> => {
  try {
    return printOf(real, await readVerified(real, MOST_BYTES, new AbortController().signal));
  } catch {
    // Whatever keeps it from being read: nothing is known of what it holds.
    return { kind: 'unknown' };
  }
};

/** The lines of a text, whatever ends them and however it is encoded: an editor writes it as the file was before. */
export const linesOf = (text: string): string => digest(withLineFeeds(withoutMark(text)));

/**
 * What became of a write whose writer says nothing any more: `before` as the file was when it was told to write, and
 * `lines` those that it should get.
 *
 * `unwritten`: it is as it was, or only made and empty as yet; nobody's work is lost where it is written again.
 * `unclear`: half written, or another's work.
 */
export const judgeWrite = (before: Print, lines: string, now: Print): 'written' | 'unwritten' | 'unclear' => {
  if (now.kind === 'file' && now.lines === lines) return 'written';
  if (now.kind === 'none' && before.kind === 'none') return 'unwritten';
  if (now.kind !== 'file') return 'unclear';
  if (before.kind === 'none') return now.empty ? 'unwritten' : 'unclear';
  return before.kind === 'file' && before.bytes === now.bytes ? 'unwritten' : 'unclear';
};

const linesIn = (path: string, bytes: Uint8Array): { readonly lines?: string } => {
  try {
    return { lines: linesOf(diskTextOf(path, bytes).text) };
  } catch (failure) {
    // Text only in an encoding that an editor's settings name.
    if (failure instanceof Failure) return {};
    throw failure;
  }
};

const digest = (content: string | Uint8Array): string => createHash('sha256').update(content).digest('hex');
