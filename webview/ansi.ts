/** Terminal output for a reader: colours and weights, and nothing else that a terminal could be told to do. */
import Anser from 'anser';

export interface Run {
  readonly text: string;
  readonly classes: string;
  /** Colours of the 256 and of true colour, which no theme names. */
  readonly style: { readonly color?: string; readonly backgroundColor?: string };
}

/* eslint-disable no-control-regex -- the control characters are what this is about */
/** Commands with text of their own (titles, links, the clipboard), ended by BEL or ST, or cut off. */
const STRINGS = /(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[\s\S]*?(?:\x07|\x1b\\|\x9c|$)/gu;
const CONTROL = /(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]/gu;
/** Cut off at the end of what is held: the rest of it will not come. */
const TORN = /\x1b(?:\[[0-?]*[ -/]*)?$/u;
const SHORT = /\x1b[ -/]*[0-Z\\^-~]/gu;
/** A colour, or a character that may not stay: in one pass, so that removing one cannot make another sequence whole. */
const REST = /\x1b\[[\d;:]*m|[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/gu;
const COLOUR = /^\x1b\[[\d;:]*m$/u;
/* eslint-enable no-control-regex */

export const onlyColours = (text: string): string =>
  text
    .replace(STRINGS, '')
    .replace(CONTROL, onlyColour)
    .replace(TORN, '')
    .replace(SHORT, '')
    .replace(/\r+\n/gu, '\n')
    // A line that was written over shows what was written last, as progress bars expect.
    .replace(/^.*\r(?=.)/gmu, '')
    .replace(REST, onlyColour);

const onlyColour = (sequence: string): string => (COLOUR.test(sequence) ? sequence : '');

const MOST_RUNS = 200;

export const readAnsi = (text: string): readonly Run[] => {
  const runs: Run[] = [];
  for (const entry of Anser.ansiToJson(onlyColours(text), { json: true, use_classes: true, remove_empty: true })) {
    const run = { text: entry.content, classes: classesOf(entry), style: styleOf(entry) };
    const last = runs.at(-1);
    if (runs.length >= MOST_RUNS && last !== undefined) runs[runs.length - 1] = { ...last, text: last.text + run.text };
    else runs.push(run);
  }
  return runs;
};

type AnserEntry = ReturnType<typeof Anser.ansiToJson>[number];

const NAMED = /^ansi-(?:bright-)?(?:black|red|green|yellow|blue|magenta|cyan|white)$/u;

const classesOf = ({ fg, bg, decorations }: AnserEntry): string => {
  const classes: string[] = decorations.map((decoration) => `ansi-${decoration}`);
  if (fg && NAMED.test(fg)) classes.push(`fg-${fg}`);
  if (bg && NAMED.test(bg)) classes.push(`bg-${bg}`);
  return classes.join(' ');
};

const styleOf = (entry: AnserEntry): Run['style'] => {
  const color = colourOf(entry.fg, entry.fg_truecolor);
  const backgroundColor = colourOf(entry.bg, entry.bg_truecolor);
  return { ...(color === undefined ? {} : { color }), ...(backgroundColor === undefined ? {} : { backgroundColor }) };
};

const colourOf = (name: string | null, trueColour: string | null): string | undefined => {
  if (name === 'ansi-truecolor' && trueColour) return `rgb(${trueColour})`;
  const number = /^ansi-palette-(\d+)$/u.exec(name ?? '')?.[1];
  return number === undefined ? undefined : palette(Number(number));
};

/** The cube and the greys of the 256 colours, as xterm lays them out. */
const palette = (number: number): string | undefined => {
  if (number < 16 || number > 255) return undefined;
  if (number >= 232) {
    const grey = 8 + (number - 232) * 10;
    return `rgb(${grey}, ${grey}, ${grey})`;
  }
  const level = (step: number): number => (step === 0 ? 0 : 55 + step * 40);
  const index = number - 16;
  return `rgb(${level(Math.floor(index / 36))}, ${level(Math.floor(index / 6) % 6)}, ${level(index % 6)})`;
};
