/**
 * What an agent wrote, made safe for places that VS Code draws: one line, nothing invisible, no link, no icon.
 *
 * A toast turns `[text](command:…)` into a link that runs, `$(name)` becomes an icon in lists, and a bidi mark or a
 * line break can push what matters out of sight; so each is shown as what it is.
 */

const LENGTH = 120;

// Bidi controls, zero-width characters, separators and the rest of "format", which no font draws.
const INVISIBLE = /[\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cs}\u115F\u1160\u3164\uFFA0]/gu;
// eslint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u001F\u007F-\u009F]/gu;

const codePoint = (character: string): string =>
  `<U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}>`;

const pictureOf = (control: string): string => {
  const code = control.charCodeAt(0);
  if (code === 0x0a) return '⏎';
  if (code === 0x7f) return '␡';
  return code < 0x20 ? String.fromCharCode(0x2400 + code) : codePoint(control);
};

/** Every character that cannot be seen, as something that can. */
export const visible = (text: string): string =>
  text.replaceAll('\r\n', '\n').replace(CONTROL, pictureOf).replace(INVISIBLE, codePoint);

/** @returns one line of at most `length` characters and an ellipsis */
export const plainLine = (text: string, length = LENGTH): string => {
  // Cut first: making a megabyte visible only to cut it would stall the window.
  const head = visible(text.slice(0, length * 2)).trim();
  const inert = head.replaceAll('](', '] (').replaceAll('$(', '$ (');
  const characters = [...inert];
  return characters.length > length || text.length > length * 2 ? `${characters.slice(0, length).join('')}…` : inert;
};

/** Printable ASCII that no place of VS Code reads as anything else: what may be shown whole and trusted to look like itself. */
export const needsNoProtection = (text: string): boolean => /^[\x20-\x7E]*$/u.test(text) && plainLine(text) === text.trim();
