import { describe, expect, test } from 'vitest';
import { needsNoProtection, plainLine } from './plainText.ts';

/** What VS Code makes a link of in a toast. */
const LINK = /\[[^\]]+\]\((?:https?:\/\/|command:|file:)[^)\s]+(?: (?:"[^"]+"|'[^']+'))?\)/iu;

describe('plainLine', () => {
  test('[S31] a title that tries to be a link in a toast shows none', () => {
    for (const title of [
      '[Allow](command:workbench.action.closeWindow)',
      '[a](https://example.org) [b](file:///etc/passwd "x")',
      'x](command:a) [y](command:b)',
      '[[a](command:x)](command:y)',
    ]) {
      expect(plainLine(title)).not.toMatch(LINK);
    }
    expect(plainLine('[Allow](command:x)')).toBe('[Allow] (command:x)');
  });

  test('[S31] line breaks, control characters, bidi marks and zero-width characters can be seen', () => {
    expect(plainLine('ls\r\nrm -rf /\nx')).toBe('ls⟨U+000D⟩ ⏎ rm -rf / ⏎ x');
    expect(plainLine('a\u001B[31mb\u0007')).toBe('a⟨U+001B⟩[31mb⟨U+0007⟩');
    expect(plainLine('safe\u202Egnp.exe')).toBe('safe⟨U+202E⟩gnp.exe');
    expect(plainLine('a\u200Bb\u2066c\u2028d')).toBe('a⟨U+200B⟩b⟨U+2066⟩c⟨U+2028⟩d');
  });

  test('[S31] a long text is cut with an ellipsis, and never in the middle of a character', () => {
    const line = plainLine('😀'.repeat(1_000_000), 10);
    expect(Array.from(line)).toHaveLength(11);
    expect(line).toBe(`${'😀'.repeat(10)}…`);
  });

  test('[S31] an icon of a list stays the text that it is', () => {
    expect(plainLine('$(check) done')).toBe('$ (check) done');
  });
});

describe('needsNoProtection', () => {
  test('[S31] only plain printable ASCII does', () => {
    expect(needsNoProtection('npm test -- --run')).toBe(true);
    for (const text of ['a\nb', 'аllow', '[a](command:b)', '$(check)', 'a\u200Bb', '…'])
      expect(needsNoProtection(text)).toBe(false);
  });
});
