/**
 * What the keys of `send-keys` are as text for a program's input. Source: the remote execution protocol, §4: `^X`, the
 * prefixes `C-`, `M-` and `S-`, names of keys, single characters; anything else goes as it stands.
 */

const ESC = '\u001B';
const DEL = '\u007F';

const NAMED: ReadonlyMap<string, string> = new Map([
  ['enter', '\r'],
  ['return', '\r'],
  ['tab', '\t'],
  ['escape', ESC],
  ['esc', ESC],
  ['space', ' '],
  ['backspace', DEL],
  ['up', `${ESC}[A`],
  ['down', `${ESC}[B`],
  ['right', `${ESC}[C`],
  ['left', `${ESC}[D`],
  ['home', `${ESC}[1~`],
  ['insert', `${ESC}[2~`],
  ['delete', `${ESC}[3~`],
  ['end', `${ESC}[4~`],
  ['pageup', `${ESC}[5~`],
  ['pagedown', `${ESC}[6~`],
  ['f1', `${ESC}OP`],
  ['f2', `${ESC}OQ`],
  ['f3', `${ESC}OR`],
  ['f4', `${ESC}OS`],
  ['f5', `${ESC}[15~`],
  ['f6', `${ESC}[17~`],
  ['f7', `${ESC}[18~`],
  ['f8', `${ESC}[19~`],
  ['f9', `${ESC}[20~`],
  ['f10', `${ESC}[21~`],
  ['f11', `${ESC}[23~`],
  ['f12', `${ESC}[24~`],
]);

export const encodeKeys = (tokens: readonly string[]): string => tokens.map(encodeKey).join('');

const encodeKey = (raw: string): string => {
  const token = raw.trim();
  const control = /^\^(.)$/u.exec(token)?.[1];
  if (control !== undefined) return controlOf(control) ?? token;
  const [, prefixes = '', base = token] = /^((?:[cms]-)*)(.+)$/isu.exec(token) ?? [];
  const held = prefixes.toLowerCase();
  const alt = held.includes('m') ? ESC : '';
  const named = NAMED.get(base.toLowerCase());
  if (named !== undefined) return alt + named;
  // A prefix means something before one character alone; what is longer goes as it stands, without it.
  if (base.length !== 1) return base;
  const shifted = held.includes('s') ? base.replace(/[a-z]/u, (letter) => letter.toUpperCase()) : base;
  return alt + (held.includes('c') ? (controlOf(shifted) ?? shifted) : shifted);
};

const controlOf = (character: string): string | undefined => {
  if (character === '?') return DEL;
  const code = character.toUpperCase().charCodeAt(0);
  return code >= 64 && code <= 95 ? String.fromCharCode(code & 0x1f) : undefined;
};
