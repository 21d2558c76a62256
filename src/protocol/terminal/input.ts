/* oxlint-disable no-control-regex -- control characters are what this file is about */
/**
 * What a person types, for a server that takes keys by their names, as tmux calls them, and not as bytes. Source: the
 * terminal stream protocol, §7 and §8.
 */
import type { StreamInput } from './messages.ts';

const ESC = '\u001b';
const PASTE_BEGIN = `${ESC}[200~`;
const PASTE_END = `${ESC}[201~`;

/** Behind `ESC [` or `ESC O`. */
const NAMES: Readonly<Record<string, string>> = {
  A: 'Up',
  B: 'Down',
  C: 'Right',
  D: 'Left',
  F: 'End',
  H: 'Home',
  P: 'F1',
  Q: 'F2',
  R: 'F3',
  S: 'F4',
  Z: 'BTab',
  '1~': 'Home',
  '2~': 'IC',
  '3~': 'DC',
  '4~': 'End',
  '5~': 'PPage',
  '6~': 'NPage',
  '15~': 'F5',
  '17~': 'F6',
  '18~': 'F7',
  '19~': 'F8',
  '20~': 'F9',
  '21~': 'F10',
  '23~': 'F11',
  '24~': 'F12',
};

const CONTROLS: Readonly<Record<string, string>> = {
  '\0': 'C-Space',
  '\t': 'Tab',
  '\r': 'Enter',
  [ESC]: 'Escape',
  '\u001c': 'C-\\',
  '\u001d': 'C-]',
  '\u001e': 'C-^',
  '\u001f': 'C-_',
  '\u007f': 'BSpace',
};

/**
 * What a terminal answers when it is asked what it is, where its cursor stands or which colours it has. A server with
 * terminals of its own has answered that already, and what comes a second time is typed into the program.
 */
const ANSWERS =
  /\u001b\[(?:[?>=][\d;]*c|\??\d+;\d+R|0n|\??[\d;]+\$y)|\u001b(?:\]|P)[^\u0007\u001b]*(?:\u0007|\u001b\\)/gu;

/** A paste; a sequence; Alt and a key; a control; or text. */
const PARTS =
  /\u001b\[200~[^]*?(?:\u001b\[201~|$)|\u001b(?:\[[0-?]*[ -/]*[@-~]|O[@-~])|\u001b[^\u0000-\u001f\u007f]|[\u0000-\u001f\u007f]|[^\u0000-\u001f\u007f]+/gu;

/** In the order in which it was typed. */
export const readTyped = (text: string): readonly StreamInput[] =>
  (text.replace(ANSWERS, '').match(PARTS) ?? []).map(readPart);

const readPart = (part: string): StreamInput => {
  if (part.startsWith(PASTE_BEGIN)) {
    const data = part.slice(PASTE_BEGIN.length);
    return { type: 'paste', data: data.endsWith(PASTE_END) ? data.slice(0, -PASTE_END.length) : data };
  }
  const name = nameOf(part);
  return name === undefined ? { type: 'keys', data: part } : { type: 'key', name };
};

const nameOf = (part: string): string | undefined => {
  if (part.length === 1) return CONTROLS[part] ?? controlOf(part.charCodeAt(0));
  if (!part.startsWith(ESC)) return undefined;
  const rest = part.slice(1);
  if (/^[[O]/u.test(rest) && rest.length > 1) return sequenceOf(rest.slice(1));
  return `M-${rest}`;
};

const controlOf = (code: number): string | undefined =>
  code < 0x20 ? `C-${String.fromCharCode(code + 0x60)}` : undefined;

/** `1;5C` is Ctrl and Right. What has no name goes as it is. */
const sequenceOf = (rest: string): string | undefined => {
  const [, first = '', modifier, final = ''] = /^(\d*)(?:;(\d+))?([~A-Za-z])$/u.exec(rest) ?? [];
  const name = NAMES[final === '~' ? `${first}~` : final];
  if (name === undefined) return undefined;
  const held = modifier === undefined ? 0 : Number(modifier) - 1;
  const [shift, alt, control] = [held & 1, held & 2, held & 4];
  return `${control > 0 ? 'C-' : ''}${alt > 0 ? 'M-' : ''}${shift > 0 ? 'S-' : ''}${name}`;
};
