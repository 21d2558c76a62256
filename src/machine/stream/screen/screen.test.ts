import { describe, expect, test } from 'vitest';
import { Screen } from './screen.ts';

const screenOf = (text: string, columns = 10, rows = 4): Screen => {
  const screen = new Screen({ columns, rows }, () => undefined);
  screen.push(text);
  return screen;
};

const linesOf = (screen: Screen): string => screen.shown(screen.size);

describe('a screen', () => {
  test('[screen model] counts rows from where it scrolls, where a program wants that', () => {
    const screen = screenOf('\u001b[2;3r\u001b[?6h\u001b[1;1Ha\u001b[9;1Hb');
    expect(linesOf(screen)).toBe('\na\nb');
    expect(linesOf(screenOf(screen.draw()))).toBe('\na\nb');
    screen.push('\u001b[2;2Hc\r\nd');
    expect(linesOf(screen)).toBe('\nbc\nd');
  });

  test('[screen model] keeps the lines at its cursor when it becomes smaller, and what is drawn when it becomes wider', () => {
    const screen = screenOf('1\r\n2\r\n3\r\n4 and more');
    screen.resize({ columns: 5, rows: 2 });
    expect(linesOf(screen)).toBe('3\n4 and');
    screen.resize({ columns: 8, rows: 3 });
    screen.push('\u001b[2;6H!');
    expect(linesOf(screen)).toBe('3\n4 and!');
    const above = screenOf('1\r\n2\r\n3\u001b[H');
    above.resize({ columns: 10, rows: 2 });
    expect(linesOf(above)).toBe('1\n2');
  });

  test('[screen model] gives a picture of itself that is small enough', () => {
    const screen = screenOf(Array.from({ length: 30 }, (_, line) => `line ${line} 漢字 of many`).join('\r\n'), 80, 24);
    expect(screen.shown({ columns: 12, rows: 3 })).toBe('line 27 漢字\nline 28 漢字\nline 29 漢字');
  });

  test('[screen model] tells of what a program says to the terminal, and draws nothing of it', () => {
    const told: string[] = [];
    const screen = new Screen({ columns: 10, rows: 2 }, (osc) => told.push(osc));
    for (const part of ['\u001b]0;a ti', 'tle\u0007x\u001b]9;4;', '1\u001b\\y\u001bPno\u001b\\']) screen.push(part);
    expect(told).toEqual(['0;a title', '9;4;1']);
    expect(linesOf(screen)).toBe('xy');
  });

  test('[screen model] [S13] is none the worse for numbers beyond every screen', () => {
    const screen = screenOf('a');
    for (const final of 'ABCDEFGHIJKLMPSTXZ@`abdefgr')
      screen.push(`\u001b[99999999999;99999999999${final}\u001b[0;0${final}\u001b[;${final}`);
    expect(screen.draw().length).toBeLessThan(2000);
  });
});
