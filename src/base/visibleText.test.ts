import { expect, test } from 'vitest';
import { makeVisible } from './visibleText.ts';

test('[S31] what has no picture of its own gets one', () => {
  const hidden = [
    0x1b, 0x7f, 0x90, 0xad, 0x115f, 0x17b4, 0x200b, 0x200d, 0x202e, 0x2028, 0x2066, 0x2800, 0x3164, 0xfe00, 0xfeff,
    0xffa0, 0xe0041,
  ];
  for (const code of hidden) {
    const picture = `⟨U+${code.toString(16).toUpperCase().padStart(4, '0')}⟩`;
    expect(makeVisible(`a${String.fromCodePoint(code)}b`, 'one')).toBe(`a${picture}b`);
    expect(makeVisible(`a${String.fromCodePoint(code)}b`, 'many')).toBe(`a${picture}b`);
  }
  expect(makeVisible('a\uD800b', 'one')).toBe('a⟨U+D800⟩b');
});

test('[S31] the ends of lines stay in a text of several lines and are shown in one of one line', () => {
  expect(makeVisible('a\r\n\tb\n', 'many')).toBe('a\n\tb\n');
  expect(makeVisible('a\nb', 'one')).toBe('a ⏎ b');
  expect(makeVisible('shown\rhidden', 'many')).toBe('shown⟨U+000D⟩hidden');
});

test('[S31] what can be seen stays as it is', () => {
  for (const text of ['Größe 大小 😀 ❤️ שלום', '[Allow](command:x)']) expect(makeVisible(text, 'one')).toBe(text);
});
