/* oxlint-disable no-control-regex -- control characters are what this file is about */
import { EscapeFilter, visibleSgr, type Keeps } from '../base/escapes.ts';

/**
 * What of a command's output reaches a terminal of VS Code (S45). A program may draw: text, colours, the cursor, modes,
 * the other screen, and asking what the terminal is. It may not reach out of its screen: no clipboard (OSC 52), no
 * title (OSC 0, 1, 2), no links whose text is not their target (OSC 8; addresses in the text stay links of VS Code's
 * own), no shell integration, notification, progress or image of VS Code's (OSC 9, 99, 133, 633, 777, 1337), no
 * device control string, no window operation, no printing. And it may not write what cannot be seen but copied.
 */
export const screenFilter = (): EscapeFilter => new EscapeFilter(SCREEN);

/** All controls but bell, backspace, tab, line feed, vertical tab, form feed, carriage return and the two shifts. */
const STOPS = /[\u0000-\u0006\u0010-\u001f\u007f-\u009f]/gu;
/** Marks that change the order of what is around them. Joiners stay: scripts and pictures are written with them. */
const REORDERING = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;
/** Cursor, tabs, keypad, reset, and choosing a character set. */
const ESCAPE = /^\u001b(?:[78DEHMNOcno|}~=>]|[()*+./-][!-~]|#[3-68]|%[@G])$/u;
/** Asking for a colour: programs choose theirs by that. Setting one could hide text. */
const COLOUR_QUERY = /^(?:4;\d{1,3}|1[0-2]);\?$/u;

const SCREEN: Keeps = {
  stops: STOPS,
  text: (run) => run.replace(REORDERING, ''),
  control: () => '',
  escape: (sequence) => (ESCAPE.test(sequence) ? sequence : ''),
  csi: (sequence) => {
    if (/^\u001b\[[\d;:]*m$/u.test(sequence)) return visibleSgr(sequence);
    return /[it]$/u.test(sequence) ? '' : sequence;
  },
  osc: (payload) => (COLOUR_QUERY.test(payload) ? `\u001b]${payload}\u0007` : ''),
};
