import { describe, expect, test } from 'vitest';
import { manualClock } from '../base/testing.ts';
import { ScreenFeed, ScreenPace } from './screenFeed.ts';

const world = () => {
  const clock = manualClock();
  const pace = new ScreenPace(clock);
  const screen = () => {
    const written: string[] = [];
    const feed = new ScreenFeed({
      pace,
      write: (text) => written.push(text),
      leftOut: (units) => `<${units} left out>`,
    });
    return { feed, written, text: () => written.join('') };
  };
  return { clock, pace, screen };
};
const MEGABYTE = 1024 * 1024;

describe('the text of a screen', () => {
  test('[P11] what is typed is echoed at once; a flood is given in frames, in order and whole while it is bearable', () => {
    const { clock, screen } = world();
    const { feed, written, text } = screen();
    feed.open();
    feed.push('a');
    expect(written).toEqual(['a']);
    const lines = Array.from({ length: 20_000 }, (_, index) => `line ${index}\r\n`);
    for (const line of lines) feed.push(line);
    expect(text().length).toBeLessThanOrEqual(65 * 1024);
    while (clock.waiting > 0) clock.advance(16);
    expect(text()).toBe(`a${lines.join('')}`);
    for (const one of written) expect(one.length).toBeLessThanOrEqual(64 * 1024);
  });

  test('[S32] of a flood a megabyte waits at the most, and it is said how much is missing', () => {
    const { clock, screen } = world();
    const { feed, text } = screen();
    feed.open();
    const chunk = `${'x'.repeat(1022)}\r\n`.repeat(64);
    for (let sent = 0; sent < 256 * MEGABYTE; sent += chunk.length) feed.push(chunk);
    feed.say('[end]');
    while (clock.waiting > 0) clock.advance(16);
    const missing = /<(\d+) left out>/u.exec(text())?.[1];
    expect(text().length).toBeLessThan(2 * MEGABYTE);
    expect(text().length - `<${missing} left out>[end]`.length + Number(missing)).toBe(256 * MEGABYTE);
    expect(text().endsWith('x\r\n[end]')).toBe(true);
  });

  test('[S32] sixty-four floods share one frame, and none starves', () => {
    const { clock, screen } = world();
    const screens = Array.from({ length: 64 }, screen);
    for (const { feed } of screens) feed.open();
    for (const { feed } of screens) feed.push('y\r\n'.repeat(100_000));
    const before = screens.map(({ text }) => text().length);
    clock.advance(16);
    const given = screens.map(({ text }, index) => text().length - (before[index] ?? 0));
    expect(given.reduce((sum, one) => sum + one, 0)).toBeLessThanOrEqual(65 * 1024);
    expect(Math.min(...given)).toBeGreaterThan(0);
  });

  test('[terminal] what was written before the screen was open is there when it is', () => {
    const { clock, screen } = world();
    const { feed, text } = screen();
    feed.push('early \u001b[3');
    feed.push('1mred');
    clock.advance(100);
    expect(text()).toBe('');
    feed.open();
    expect(text()).toBe('early \u001b[31mred');
  });

  test('[S45] words of ours cannot be swallowed by what a command left unfinished', () => {
    const { screen } = world();
    const { feed, text } = screen();
    feed.open();
    feed.push('x\u001b]0;');
    feed.say('[ended]');
    expect(text()).toBe('x[ended]');
  });

  test('[terminal] no character is cut in two between frames', () => {
    const { clock, screen } = world();
    const { feed, written } = screen();
    feed.open();
    feed.push(`x${'🚀'.repeat(100_000)}`);
    while (clock.waiting > 0) clock.advance(16);
    expect(written.length).toBeGreaterThan(2);
    for (const one of written) expect(one.isWellFormed()).toBe(true);
  });

  test('[I13] what is disposed writes nothing, and no timer is left', () => {
    const { clock, pace, screen } = world();
    const { feed, written } = screen();
    feed.open();
    feed.push('y'.repeat(MEGABYTE / 2));
    const before = written.length;
    feed.dispose();
    feed.push('more');
    pace.dispose();
    clock.advance(1000);
    expect(written.length).toBe(before);
    expect(clock.waiting).toBe(0);
  });
});
