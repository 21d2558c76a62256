/** Terminal output for a reader: colours and weights, and nothing else that a terminal could be told to do. */
import Anser from 'anser';
import { styledText } from '../src/base/terminalText.ts';

export interface Run {
  readonly text: string;
  readonly classes: string;
  /** Colours of the 256 and of true colour, which no theme names. */
  readonly style: { readonly color?: string; readonly backgroundColor?: string };
}

/** A line that was written over shows what was written last, as progress bars expect. */
const OVERWRITTEN = /^.*\r(?=.)/gmu;

/** Again, although the extension did it: the transcript may have come from another machine. */
const onlyColours = (text: string): string => styledText(text).replace(OVERWRITTEN, '').replaceAll('\r', '');

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
  // Text in the colour of its background could be copied without having been seen.
  if (color === backgroundColor) return {};
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
