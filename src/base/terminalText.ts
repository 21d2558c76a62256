/* oxlint-disable no-control-regex -- control characters are what this file is about */
/** Control strings (OSC, DCS, APC, PM), CSI, and the short sequences of ECMA-48. */
const SEQUENCE =
  /\u001b[\]PX^_][^\u0007\u001b]*(?:\u0007|\u001b\\|$)|\u001b\[[0-?]*[ -/]*(?:[@-~]|$)|\u001b[ -/]*(?:[0-~]|$)/gu;
const SGR = /^\u001b\[[\d;:]*m$/u;
const CONTROL = /[\u0000-\u0008\u000b\u000c\u000e-\u001a\u001c-\u001f\u007f]/gu;

/** What a terminal program wrote, as plain text: no sequences, plain line ends. */
export const plainText = (text: string): string =>
  text.replace(SEQUENCE, '').replace(/\r+\n/gu, '\n').replace(CONTROL, '');

/** What a terminal wrote, as a transcript can show it: colours stay, everything that moves the cursor goes. */
export const styledText = (text: string): string =>
  text
    .replace(SEQUENCE, (sequence) => (SGR.test(sequence) ? sequence : ''))
    .replace(/\r+\n/gu, '\n')
    .replace(CONTROL, '');
