/* oxlint-disable no-control-regex -- control characters are what this file is about */
import { EscapeFilter, visibleSgr, type Keeps } from './escapes.ts';

const NOTHING = (): string => '';
const AS_IT_IS = (text: string): string => text;

/** All controls but tab, line feed and carriage return. */
const STOPS = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/gu;
/**
 * What reorders the characters around it or takes no place: a copy of the text would not be what one sees. The sign that
 * the character before it is to be drawn as a picture is of them, and hides nothing.
 */
const UNSEEN = /[\p{Cf}\p{Default_Ignorable_Code_Point}\u2028\u2029]/gu;

const KEPT: Keeps = { stops: STOPS, text: AS_IT_IS, control: NOTHING, escape: NOTHING, csi: visibleSgr, osc: NOTHING };
const SGR = /\u001b\[[\d;:]*m/gu;

/** What a terminal program writes, chunk by chunk, as text with colours: plain line ends, and no other sequence. */
export class TerminalText {
  readonly #filter = new EscapeFilter(KEPT);
  /** Whether a carriage return waits: nobody knows yet whether it belongs to a line end. */
  #returned = false;

  push(chunk: string): string {
    let text = `${this.#returned ? '\r' : ''}${this.#filter.push(chunk)}`;
    // A pseudo-terminal puts one before each line feed, also where a program wrote one itself; more are no more than one.
    if (text.includes('\r\r')) text = text.replace(/\r+/gu, '\r');
    text = text.replaceAll('\r\n', '\n');
    this.#returned = text.endsWith('\r');
    return this.#returned ? text.slice(0, -1) : text;
  }
}

/** Of such a text, what an agent or a log gets: without its colours, and with a line end where one stood in the middle of it. */
export const withoutColours = (text: string): string => text.replace(SGR, '').replace(/\r+\n/gu, '\n');

/** Of such a text, what a transcript shows: without what cannot be seen. */
export const withoutUnseen = (text: string): string =>
  text.replace(UNSEEN, (character) => (character === '\ufe0f' ? character : ''));

export const plainText = (text: string): string => withoutColours(new TerminalText().push(text));

export const styledText = (text: string): string => withoutUnseen(new TerminalText().push(text));
