import { describe, expect, test } from 'vitest';
import { StreamDrawing } from './streamDrawing.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

const drawing = (rows = 2) => {
  let text = '';
  const drawn = new StreamDrawing({ rows: () => rows, missing: 'missing' });
  drawn.show((more) => (text += more));
  return { drawn, text: () => text };
};

/** What of a picture reaches the screen, without what clears it. */
const shown = (picture: string): string => {
  const { drawn, text } = drawing();
  drawn.redraw({ text: picture, lines: true, missing: false });
  return text().split('\u001b[H\u001b[2J')[1] ?? '';
};

describe('output as text', () => {
  test('[terminal 3] a character that is torn between two pieces is one', () => {
    const { drawn, text } = drawing();
    for (const byte of bytes('\u{1f3a1} gr\u00fc\u00dfe')) drawn.draw(Uint8Array.of(byte), false);
    expect(text()).toBe('\u{1f3a1} gr\u00fc\u00dfe');
  });

  test('[terminal 3] half of one before a picture is not put together with what comes behind it', () => {
    const { drawn, text } = drawing();
    drawn.draw(bytes('\u{1f3a1}').subarray(0, 2), false);
    drawn.redraw({ text: 'x', lines: true, missing: false });
    drawn.draw(bytes('y'), false);
    expect(text().endsWith('xy')).toBe(true);
  });

  test('[terminal 10] a question that is torn between the past and now is asked, and one of the past is not', () => {
    const { drawn, text } = drawing();
    drawn.draw(bytes('a\u001b[6nb\u001b['), true);
    drawn.draw(bytes('6nc'), false);
    expect(text()).toBe('ab\u001b[6nc');
  });

  test('[S15] what nobody looks at is kept in bounds, and its end is there', () => {
    const drawn = new StreamDrawing({ rows: () => 2, missing: '' });
    for (let at = 0; at < 100; at += 1) drawn.draw(bytes('x'.repeat(64 * 1024)), false);
    drawn.draw(bytes('the end'), false);
    let text = '';
    drawn.show((more) => (text += more));
    expect(text.endsWith('the end')).toBe(true);
    expect(text.length).toBeLessThan(600_000);
  });
});

describe('a picture of the screen', () => {
  test.each([
    ['a\nb\n', 'a\r\nb'],
    ['a\r\nb', 'a\r\nb'],
    ['built\n\n', 'built\r\n'],
    ['built\n\n\n\n\n\n', 'built\r\n'],
    ['$ make\nok\n$\n\n\n\n', '$ make\r\nok\r\n$ '],
    ['me@box:~$ ls -l\n\n\n', 'me@box:~$ ls -l'],
    ['\u001b[32m\u276f\u001b[0m\n\n', '\u001b[32m\u276f\u001b[0m '],
    ['$ \n', '$ '],
    ['\n\n\n', ''],
    ['', ''],
  ])(
    '[terminal 4] %j is drawn as %j: no empty line scrolls, and the cursor is where it is likely to be',
    (picture, screen) => {
      expect(shown(picture)).toBe(screen);
    },
  );

  test('[terminal 10] that of a server of ours is drawn as it is, but for what it asks', () => {
    const { drawn, text } = drawing();
    drawn.redraw({ text: '\u001b[2;2Ha\nb\u001b[6n\n', lines: false, missing: false });
    expect(text().endsWith('\u001b[H\u001b[2J\u001b[2;2Ha\nb\n')).toBe(true);
  });

  test('[terminal 4] where something may be missing, what stood there before is still to be found above', () => {
    const { drawn, text } = drawing(3);
    drawn.redraw({ text: 'now', lines: true, missing: true });
    expect(text()).toContain('[missing]\u001b[0m\r\n\u001b[999;1H\r\n\r\n\r\n\u001b[H\u001b[2Jnow');
  });
});
