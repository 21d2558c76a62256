/** A screen as the text that draws it. */
import type { Line } from './grid.ts';
import type { Page, Sets, Size, Spot } from './page.ts';
import type { Screen } from './screen.ts';

const CSI = '\u001b[';
/** Where characters go is said by places; until all is drawn, these would make others of them. */
const LATER: ReadonlySet<number> = new Set([6, 7, 25]);

export const draw = (screen: Screen): string => {
  const { main, other, page, modes, pen } = screen;
  const parts = [`${CSI}?1049l${CSI}!p${CSI}?25l${CSI}m${CSI}H${CSI}2J`, pageOf(main, screen)];
  // The terminal keeps the place as it turns to the second screen.
  if (other !== undefined)
    parts.push(keptOf(main, screen), `${CSI}?1049h`, PLAIN, `${CSI}H${CSI}2J`, pageOf(other, screen));
  const { from, to } = page.scrolled;
  if (!page.scrollsWhole) parts.push(`${CSI}${from + 1};${to}r`);
  if (page.isKept) parts.push(keptOf(page, screen), '\u001b7', PLAIN);
  parts.push(modes.sequences(LATER));
  if (modes.has(6)) parts.push(`${CSI}?6h`);
  parts.push(spotOf(page, page, screen, modes.has(6) ? from : 0), penOf(pen.sgr));
  if (!modes.has(7)) parts.push(`${CSI}?7l`);
  parts.push(setsOf(screen.sets));
  if (modes.has(25)) parts.push(`${CSI}?25h`);
  return parts.join('');
};

/** The last lines that hold anything, cut to a size. */
export const shown = (page: Page, { columns, rows }: Size): string => {
  const lines = page.grid.lines.map(({ texts }) => texts.slice(0, columns).join('').trimEnd());
  const end = Math.max(page.row + 1, lines.findLastIndex((line) => line !== '') + 1);
  return lines.slice(Math.max(0, end - rows), end).join('\n');
};

const pageOf = ({ grid, tabs }: Page, screen: Screen): string => {
  const lines = grid.lines.map((line, row) => (line.texts.length === 0 ? '' : placeOf(0, row, screen) + lineOf(line)));
  const stops = tabs?.map((column) => `${placeOf(column, 0, screen)}\u001bH`) ?? [];
  return [...lines, tabs === undefined ? '' : `${CSI}3g`, ...stops].join('');
};

const lineOf = ({ texts, pens }: Line): string => {
  let out = '';
  let pen = '';
  for (const [column, text] of texts.entries()) {
    const wanted = pens[column] ?? '';
    if (wanted !== pen && text !== '') {
      out += penOf(wanted);
      pen = wanted;
    }
    out += text;
  }
  return pen === '' ? out : out + penOf('');
};

const penOf = (sgr: string): string => (sgr === '' ? `${CSI}m` : `${CSI}0;${sgr}m`);

const placeOf = (column: number, row: number, { size }: Screen): string =>
  `${CSI}${row + 1};${Math.min(column, size.columns - 1) + 1}H`;

const keptOf = (page: Page, screen: Screen): string => {
  const { kept } = page;
  const { from } = page.scrolled;
  const counting = kept.counts ? `${CSI}?6h` : '';
  const wrapping = kept.wraps ? '' : `${CSI}?7l`;
  const spot = spotOf(page, kept, screen, kept.counts ? from : 0);
  return counting + spot + penOf(kept.pen.sgr) + setsOf(kept.sets) + wrapping;
};

/** As it is while all is drawn. */
const PLAIN = `${CSI}m\u000f\u001b(B\u001b)B${CSI}?6l${CSI}?7h`;

const setsOf = ({ lines: [first, second], used }: Sets): string =>
  `${first ? '\u001b(0' : ''}${second ? '\u001b)0' : ''}${used === 1 ? '\u000e' : ''}`;

/** Also where the next character begins a line: only a character brings it there. */
const spotOf = ({ grid }: Page, spot: Spot, screen: Screen, top = 0): string => {
  const { columns } = screen.size;
  const line = grid.line(spot.row);
  const row = spot.row - top;
  if (spot.column < columns) return placeOf(spot.column, row, screen);
  const column = line.texts[columns - 1] === '' ? columns - 2 : columns - 1;
  return placeOf(column, row, screen) + penOf(line.pens[column] ?? '') + (line.texts[column] ?? ' ');
};
