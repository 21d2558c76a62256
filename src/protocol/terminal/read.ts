/**
 * What a server of terminals said, as what can be relied on: whatever is not that is `undefined`, and never throws.
 * Source: the terminal stream protocol, §3, §7 and §10.
 */
import { parseJson } from '../../base/json.ts';
import { type Fields, isCount, isFields, isText, listOf, textOf } from '../../model/fold/read.ts';
import type { FromStream, ListedStream } from './messages.ts';

/** As on the wire, but for the screen, which is text here. */
export type StreamNews = Exclude<FromStream, { type: 'snapshot' }> | ScreenNews;

export interface ScreenNews {
  readonly type: 'snapshot';
  readonly seq: number;
  readonly screen: string;
}

/** Characters of a name, a word or a line of theirs: more says nothing more. */
const LONGEST = 256;
/** Sessions of one list. */
const MOST = 1000;

/** A text frame. Undefined: malformed, or of a type that nobody here knows. */
export const readNews = (text: string): StreamNews | undefined => {
  const value = parseJson(text);
  if (!isFields(value)) return undefined;
  switch (value['type']) {
    case 'session-meta':
      return { type: 'session-meta', name: wordOf(value['name']) ?? '', createdAt: wordOf(value['createdAt']) ?? '' };
    case 'state':
      return readState(value);
    case 'snapshot':
      return readSnapshot(value);
    case 'error':
      return { type: 'error', code: wordOf(value['code']) ?? '', message: wordOf(value['message']) ?? '' };
    case 'resumed':
      // Without the word for it, nothing says that all is there.
      return {
        type: 'resumed',
        from: seqOf(value['from']) ?? null,
        to: seqOf(value['to']) ?? null,
        complete: value['complete'] === true,
      };
    case 'exit':
      return {
        type: 'exit',
        exitCode: isCount(value['exitCode']) ? value['exitCode'] : null,
        signal: wordOf(value['signal']) ?? null,
      };
    case 'lagging':
      return { type: 'lagging' };
    default:
      return undefined;
  }
};

/** The sessions of `GET /sessions`; what has no id is none. Undefined: that is no list. */
export const readStreams = (text: string): readonly ListedStream[] | undefined =>
  listOf(parseJson(text))
    ?.slice(0, MOST)
    .flatMap((each) => {
      const listed = readListed(each);
      return listed === undefined ? [] : [listed];
    });

/** The answer to `POST /sessions`. */
export const readMade = (text: string): Pick<ListedStream, 'id' | 'name'> | undefined => readListed(parseJson(text));

/** The answer to `POST /pair`. */
export const readPairing = (text: string): { readonly token: string } | undefined => {
  const value = parseJson(text);
  const token = isFields(value) ? textOf(value['bearerToken']) : undefined;
  return token === undefined || token === '' ? undefined : { token };
};

const readState = ({ value, tool, ts }: Fields): StreamNews | undefined => {
  const word = wordOf(value);
  if (word === undefined) return undefined;
  const named = wordOf(tool);
  return { type: 'state', value: word, ...(named === undefined ? {} : { tool: named }), ts: isCount(ts) ? ts : 0 };
};

const readSnapshot = ({ seq, data }: Fields): ScreenNews | undefined => {
  const [at, screen] = [seqOf(seq), isText(data) ? decodeText(data) : undefined];
  return at === undefined || screen === undefined ? undefined : { type: 'snapshot', seq: at, screen };
};

const readListed = (value: unknown): ListedStream | undefined => {
  if (!isFields(value)) return undefined;
  // An id that was shortened would be another one's.
  const id = textOf(value['id']) ?? '';
  if (id === '' || id.length > LONGEST) return undefined;
  return {
    id,
    name: wordOf(value['name']) || id,
    description: wordOf(value['description']) ?? '',
    state: wordOf(value['state']) ?? 'idle',
    lastOutputAt: wordOf(value['lastOutputAt']) ?? '',
  };
};

const wordOf = (value: unknown): string | undefined => textOf(value)?.slice(0, LONGEST);

const seqOf = (value: unknown): number | undefined =>
  isCount(value) && Number.isSafeInteger(value) && value >= 0 ? value : undefined;

/** Base64 of UTF-8; what is no UTF-8 in it is replaced. */
const decodeText = (base64: string): string | undefined => {
  try {
    return new TextDecoder().decode(Uint8Array.from(atob(base64), (unit) => unit.charCodeAt(0)));
  } catch {
    return undefined;
  }
};
