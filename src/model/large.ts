/**
 * A large text is kept apart from its session. Where it stood stand its beginning and its end, and between them a mark
 * with the name by which it is found: so a transcript of any length stays small, here, on disk and on every surface, and
 * whoever shows it without knowing of marks shows at least that something is left out.
 */

/** UTF-16 units that stay of the beginning, and of the end: both and the mark fit into what a card shows of a text. */
const END = 3500;

/** Before each name. */
export const LARGE = 'wheelhouse:large/';
/** As a link of markdown, so that a message shows the words alone. */
const MARK = /\[… (\d{1,15}) characters are kept apart …\]\(wheelhouse:large\/([0-9a-f]{64})\)/u;

export interface Large {
  /** The hash of the text, in hex. */
  readonly name: string;
  /** UTF-16 units that are left out. */
  readonly left: number;
}

/** What stands for a text: the same for the same text and name. Bytes in base64 have no beginning to be read. */
export const shortText = (text: string, name: string): string => {
  const opaque = /^[\w+/=-]{1024}/u.test(text);
  const head = opaque ? '' : text.slice(0, END).replace(/[\uD800-\uDBFF]$/u, '');
  const tail = opaque ? '' : text.slice(-END).replace(/^[\uDC00-\uDFFF]/u, '');
  const mark = `[… ${text.length - head.length - tail.length} characters are kept apart …](${LARGE}${name})`;
  return opaque ? mark : `${head}\n\n${mark}\n\n${tail}`;
};

/** The first text that is kept apart from this one. An agent may write such a mark itself: then nothing has its name. */
export const largeIn = (text: string): Large | undefined => {
  const [, left, name] = MARK.exec(text) ?? [];
  return name === undefined ? undefined : { name, left: Number(left) };
};

/** The text with what was kept apart from it back in its place. */
export const wholeText = (short: string, { name }: Large, large: string): string =>
  short.replace(shortText(large, name), () => large);
