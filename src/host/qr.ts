import { generate } from 'lean-qr';

/** How many of the light modules stand around it: a camera needs four. */
const PAD = 4;

/** A picture of the text for a terminal, two rows of it in each line: light on dark, whatever the terminal's colours are. */
export const qrText = (text: string): string => {
  const picture = generate(text);
  const from = -PAD;
  const to = picture.size + PAD;
  const lines: string[] = [];
  for (let y = from; y < to; y += 2) {
    let line = '';
    for (let x = from; x < to; x += 1)
      line += HALVES[(picture.get(x, y) ? 2 : 0) + (picture.get(x, y + 1) ? 1 : 0)] ?? '';
    lines.push(`${BLACK_ON_WHITE}${line}${PLAIN}`);
  }
  return `${lines.join('\n')}\n`;
};

/** Which of the two is dark: none, the lower, the upper, both. */
const HALVES = [' ', '▄', '▀', '█'] as const;
const BLACK_ON_WHITE = '\u001B[38;5;16;48;5;231m';
const PLAIN = '\u001B[0m';
