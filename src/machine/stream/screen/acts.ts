/* oxlint-disable no-control-regex -- control characters are what this file is about */
/** What control sequences do to a screen. Source: ECMA-48, and xterm's control sequences for what DEC added. */
import { USUAL_SETS } from './page.ts';
import type { Screen } from './screen.ts';

const SEQUENCE = /^\u001b\[([<-?]?)([\d;:]*)([ -/]*)([@-~])$/u;
/** Beyond that a number is a mistake, and every screen is smaller. */
const MOST = 10_000;

export const act = (screen: Screen, sequence: string): void => {
  const [, mark, parameters = '', between, final = ''] = SEQUENCE.exec(sequence) ?? [];
  const run = ACTS[`${mark}${between}${final}`];
  if (run !== undefined) run(screen, parameters);
};

type Act = (screen: Screen, parameters: string) => void;

const numbersIn = (parameters: string): readonly number[] =>
  parameters.split(';').map((word) => Math.min(MOST, Number(word.split(':', 1)[0])));

/** The first number; none and 0 stand for 1. */
const countIn = (parameters: string): number => numbersIn(parameters)[0] || 1;

const counted =
  (run: (screen: Screen, count: number) => void): Act =>
  (screen, parameters) =>
    run(screen, countIn(parameters));

/** What was about to begin a line stands at the end of this one first. */
const settled =
  (run: (screen: Screen, count: number) => void) =>
  (screen: Screen, count: number): void => {
    screen.page.settle();
    run(screen, count);
  };

/** By so many places; up and down stop at the rows that scroll. */
const move = (screen: Screen, columns: number, rows: number): void => {
  const { page, size } = screen;
  const { from, to } = page.scrolled;
  page.settle();
  const row = page.row + rows;
  const least = page.row >= from ? from : 0;
  const most = page.row < to ? to - 1 : size.rows - 1;
  page.moveTo(page.column + columns, rows < 0 ? Math.max(least, row) : rows > 0 ? Math.min(most, row) : row);
};

const goTo = (screen: Screen, column: number, row: number): void => {
  const { page, modes } = screen;
  const { from, to } = page.scrolled;
  page.moveTo(column, modes.has(6) ? Math.min(to - 1, from + row) : row);
};

const eraseScreen: Act = (screen, parameters) => {
  const { page, size, pen } = screen;
  const { grid, row } = page;
  const [how = 0] = numbersIn(parameters);
  if (how === 0) {
    grid.erase(row, { from: page.column, to: size.columns }, pen.paper);
    grid.clear({ from: row + 1, to: size.rows }, pen.paper);
  } else if (how === 1) {
    grid.erase(row, { from: 0, to: Math.min(page.column + 1, size.columns) }, pen.paper);
    grid.clear({ from: 0, to: row }, pen.paper);
  } else if (how === 2) grid.clear({ from: 0, to: size.rows }, pen.paper);
};

const eraseLine: Act = (screen, parameters) => {
  const { page, size, pen } = screen;
  const [how = 0] = numbersIn(parameters);
  const from = how === 0 ? page.column : 0;
  const to = how === 1 ? Math.min(page.column + 1, size.columns) : size.columns;
  if (how <= 2) page.grid.erase(page.row, { from, to }, pen.paper);
};

/** Lines come and go below the cursor, where it stands in the rows that scroll. */
const shiftLines = (screen: Screen, count: number): void => {
  const { page, pen } = screen;
  const { from, to } = page.scrolled;
  if (page.row < from || page.row >= to) return;
  page.grid.scroll({ from: page.row, to }, count, pen.paper);
  page.column = 0;
};

const scrollIn: Act = (screen, parameters) => {
  const [top = 0, bottom = 0] = numbersIn(parameters);
  if (screen.page.scrollIn(Math.max(top, 1) - 1, bottom || screen.size.rows)) goTo(screen, 0, 0);
};

const setModes =
  (on: boolean): Act =>
  (screen, parameters) => {
    for (const mode of numbersIn(parameters)) {
      if (mode === 4) screen.modes.inserts = on;
      if (mode === 20) screen.modes.returns = on;
    }
  };

const setOwnModes =
  (on: boolean): Act =>
  (screen, parameters) => {
    for (const mode of numbersIn(parameters)) setOwnMode(screen, mode, on);
  };

const setOwnMode = (screen: Screen, mode: number, on: boolean): void => {
  switch (mode) {
    case 47:
    case 1047:
      return on ? screen.turnAside() : screen.turnBack();
    case 1048:
      return on ? screen.keep() : screen.restore();
    case 1049:
      if (on) screen.keep();
      if (on) return screen.turnAside();
      screen.turnBack();
      return screen.restore();
    default:
      screen.modes.set(mode, on);
      if (mode === 6) goTo(screen, 0, 0);
  }
};

const resetSoftly: Act = (screen) => {
  screen.modes.resetSoftly();
  screen.page.scrollWhole();
  screen.page.keep(undefined);
  screen.pen.clear();
  screen.sets = USUAL_SETS;
};

const ACTS: Readonly<Record<string, Act>> = {
  A: counted((screen, count) => move(screen, 0, -count)),
  B: counted((screen, count) => move(screen, 0, count)),
  C: counted((screen, count) => move(screen, count, 0)),
  D: counted((screen, count) => move(screen, -count, 0)),
  E: counted((screen, count) => {
    move(screen, 0, count);
    screen.page.column = 0;
  }),
  F: counted((screen, count) => {
    move(screen, 0, -count);
    screen.page.column = 0;
  }),
  G: counted((screen, count) => screen.page.moveTo(count - 1, screen.page.row)),
  '`': counted((screen, count) => screen.page.moveTo(count - 1, screen.page.row)),
  a: counted((screen, count) => move(screen, count, 0)),
  H: (screen, parameters) => {
    const [row = 0, column = 0] = numbersIn(parameters);
    goTo(screen, (column || 1) - 1, (row || 1) - 1);
  },
  f: (screen, parameters) => ACTS['H']?.(screen, parameters),
  d: counted((screen, count) => goTo(screen, screen.page.column, count - 1)),
  e: counted((screen, count) => screen.page.moveTo(screen.page.column, screen.page.row + count)),
  I: counted((screen, count) => screen.page.tab(count)),
  Z: counted((screen, count) => screen.page.tab(-count)),
  J: eraseScreen,
  '?J': eraseScreen,
  K: eraseLine,
  '?K': eraseLine,
  L: counted((screen, count) => shiftLines(screen, -count)),
  M: counted((screen, count) => shiftLines(screen, count)),
  S: counted(({ page, pen }, count) => page.grid.scroll(page.scrolled, count, pen.paper)),
  T: counted(({ page }, count) => page.grid.scroll(page.scrolled, -count, '')),
  '@': counted(settled(({ page, pen }, count) => page.grid.insert(page.row, page.column, count, pen.paper))),
  P: counted(settled(({ page, pen }, count) => page.grid.remove(page.row, page.column, count, pen.paper))),
  X: counted(
    settled(({ page, pen, size }, count) => {
      const to = Math.min(page.column + count, size.columns);
      page.grid.erase(page.row, { from: page.column, to }, pen.paper);
    }),
  ),
  b: counted((screen, count) => screen.repeat(count)),
  g: (screen, parameters) => {
    const [how = 0] = numbersIn(parameters);
    if (how === 0) screen.page.setTab(false);
    if (how === 3) screen.page.clearTabs();
  },
  h: setModes(true),
  l: setModes(false),
  '?h': setOwnModes(true),
  '?l': setOwnModes(false),
  m: ({ pen }, parameters) => pen.apply(parameters),
  r: scrollIn,
  s: (screen) => screen.keep(),
  u: (screen) => screen.restore(),
  ' q': ({ modes }, parameters) => {
    modes.shape = parameters;
  },
  '!p': resetSoftly,
};
