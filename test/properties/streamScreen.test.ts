// What we draw of a terminal, beside what the terminal of VS Code makes of the same output.
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Screen } from '../../src/machine/stream/screen/screen.ts';

interface Cell {
  getChars(): string;
  getWidth(): number;
  getFgColor(): number;
  getBgColor(): number;
  isBold(): number;
  isUnderline(): number;
  isInverse(): number;
}
interface Xterm {
  readonly buffer: {
    readonly active: {
      readonly type: string;
      readonly cursorX: number;
      readonly cursorY: number;
      readonly baseY: number;
      getLine(row: number): { getCell(column: number): Cell | undefined } | undefined;
    };
  };
  readonly modes: object;
  write(text: string, done: () => void): void;
  resize(columns: number, rows: number): void;
  dispose(): void;
}
type Headless = { readonly Terminal: new (options: object) => Xterm };

const load = createRequire(resolve('.tools/vscode/node_modules/code-server/lib/vscode/package.json'));
const { Terminal } = load('@xterm/headless') as Headless;

const SIZE = { columns: 12, rows: 5 };

const xterm = (): Xterm =>
  new Terminal({ cols: SIZE.columns, rows: SIZE.rows, allowProposedApi: true, scrollback: 0, logLevel: 'off' });

const write = (terminal: Xterm, text: string): Promise<void> =>
  new Promise((done) => terminal.write(text, () => done()));

const seen = ({ buffer: { active }, modes }: Xterm) => ({
  type: active.type,
  cursor: [active.cursorX, active.cursorY],
  modes: { ...modes },
  rows: Array.from({ length: SIZE.rows }, (_, row) => {
    const line = active.getLine(active.baseY + row);
    return Array.from({ length: SIZE.columns }, (_, column) =>
      cellOf(line?.getCell(column), line?.getCell(column - 1)),
    );
  }).map((cells) => cells.join(' ')),
});

/** Half of a wide character whose other half is gone is a place like any other. */
const cellOf = (cell: Cell | undefined, before: Cell | undefined): string => {
  if (cell === undefined) return '?';
  const styles = [cell.isBold(), cell.isUnderline(), cell.isInverse()].map((each) => (each === 0 ? '-' : '+'));
  const isHalf = cell.getWidth() === 0 && before?.getWidth() === 2;
  return `${isHalf ? '<' : cell.getChars() || ' '}|${cell.getFgColor()}|${cell.getBgColor()}|${styles.join('')}`;
};

const csi = (final: string, most = 6): fc.Arbitrary<string> =>
  fc.array(fc.nat(most), { maxLength: 2 }).map((numbers) => `\u001b[${numbers.join(';')}${final}`);

const among = (...all: readonly string[]) => fc.constantFrom(...all);

/**
 * A terminal leaves halves behind where characters are put before or taken from wide ones, and writes blanks beside them
 * later: no picture of it can be drawn, so that the two are not tried together.
 */
const piece = (wide: boolean): fc.Arbitrary<string> =>
  fc.oneof(
    { weight: 6, arbitrary: fc.string({ unit: among('a', 'b', 'c', ' '), maxLength: 15 }) },
    {
      weight: 2,
      arbitrary: wide ? among('漢', '字', 'e\u0301', 'é', 'ａ') : among('e\u0301', 'é', '\u001b[@', '\u001b[2P'),
    },
    { weight: 5, arbitrary: among('\r\n', '\n', '\r', '\t', '\b', '\u000b') },
    { weight: 6, arbitrary: among(...'ABCDEFGHJKLMSTXZdeafI`'.split('')).chain((final) => csi(final)) },
    { weight: 3, arbitrary: among(...SGR).map((sgr) => `\u001b[${sgr}m`) },
    { weight: 1, arbitrary: csi('r') },
    { weight: 1, arbitrary: fc.tuple(among(...MODES), among('h', 'l')).map(([mode, on]) => `\u001b[?${mode}${on}`) },
    {
      weight: 1,
      arbitrary: among('\u001b7', '\u001b8', '\u001bD', '\u001bE', '\u001bM', '\u001bH', '\u001b[3g', '\u001b[!p'),
    },
    { weight: 1, arbitrary: among('\u001b(0', '\u001b(B', '\u001bc\u001b[?25h', wide ? '' : '\u001b[4h', '\u001b[4l') },
    { weight: 1, arbitrary: among('\u001b]0;a title\u0007', '\u001bPq#0\u001b\\', '\u001b[3 q', '\u001b[5X') },
  );

const SGR = ['0', '1', '4', '7', '22', '24', '27', '31', '44', '38;5;100', '48;2;1;2;3', '39', '49', ''];
const MODES = ['1', '7', '25', '1000', '1002', '1004', '1006', '2004', '47', '1047', '1048', '1049'];

const output = fc
  .boolean()
  .chain((wide) => fc.array(piece(wide), { maxLength: 30 }))
  .map((pieces) => pieces.join(''));
const outputs = fc.boolean().chain((wide) =>
  fc.array(
    fc.array(piece(wide), { maxLength: 30 }).map((all) => all.join('')),
    { minLength: 1, maxLength: 5 },
  ),
);

/** Both see what the program has said, one of them by our picture of it; then they hear the same. */
const drawn = async (before: readonly string[], after: string): Promise<void> => {
  const [real, late] = [xterm(), xterm()];
  const screen = new Screen(SIZE, () => undefined);
  try {
    for (const text of before) {
      await write(real, text);
      screen.push(text);
    }
    await write(late, screen.draw());
    expect(seen(late)).toEqual(seen(real));
    await write(real, after);
    await write(late, after);
    expect(seen(late)).toEqual(seen(real));
  } finally {
    real.dispose();
    late.dispose();
  }
};

describe('a snapshot of a terminal', () => {
  test('[terminal 10 snapshot] draws what a real terminal shows, and what comes then changes both alike', async () => {
    await fc.assert(
      fc.asyncProperty(outputs, ([after = '', ...before]) => drawn(before, after)),
      { numRuns: 300 },
    );
  });

  test('[terminal 10 snapshot] torn at any place, it is the same', () => {
    fc.assert(
      fc.property(output, fc.array(fc.nat(80), { maxLength: 6 }), (text, cuts) => {
        const [whole, torn] = [new Screen(SIZE, () => undefined), new Screen(SIZE, () => undefined)];
        whole.push(text);
        const at = [0, ...cuts.filter((cut) => cut < text.length).toSorted((a, b) => a - b), text.length];
        for (const [index, from] of at.slice(0, -1).entries()) torn.push(text.slice(from, at[index + 1]));
        expect(torn.draw()).toBe(whole.draw());
      }),
    );
  });

  test('[terminal 10 snapshot] of a flood only what stays is drawn, and it is the same', async () => {
    const line = fc.string({ unit: fc.constantFrom('a', 'b', '\t', '漢'), maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(output, fc.array(line, { minLength: 200, maxLength: 250 }), line, async (first, lines, last) =>
        drawn(
          [`${first}\u001b[r\u001b[?6l\u001b[99;1H`, `${lines.join('\r\n')}\r\n`, `${lines.join('\r\n')}${last}`],
          'x',
        ),
      ),
      { numRuns: 30 },
    );
  });
});
