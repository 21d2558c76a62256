import { makeVisible } from '../base/visibleText.ts';

/**
 * What an agent wrote, made safe for places that VS Code draws: one line, nothing invisible, no link, no icon.
 *
 * A toast turns `[text](command:…)` into a link that runs, `$(name)` becomes an icon in lists, and a bidi mark or a
 * line break can push what matters out of sight; so each is shown as what it is.
 */

const LENGTH = 120;

/** @returns one line of at most `length` characters and an ellipsis */
export const plainLine = (text: string, length = LENGTH): string => {
  // Cut first: making a megabyte visible only to cut it would stall the window.
  const head = makeVisible(text.slice(0, length * 2).trim(), 'one');
  const inert = head.replaceAll('](', '] (').replaceAll('$(', '$ (');
  const characters = Array.from(inert);
  return characters.length > length || text.length > length * 2 ? `${characters.slice(0, length).join('')}…` : inert;
};

/** Printable ASCII that no place of VS Code reads as anything else: what may be shown whole and trusted to look like itself. */
export const needsNoProtection = (text: string): boolean =>
  /^[\x20-\x7E]*$/u.test(text) && plainLine(text) === text.trim();
