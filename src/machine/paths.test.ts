import { describe, expect, test } from 'vitest';
import { PATH_CORPUS, ROOTS, type Verdict } from './pathCorpus.ts';
import { type Flavour, type Folding, isInside, isNetworkPath, readPath, segmentsBelow } from './paths.ts';

const verdict = (text: string, flavour: Flavour, folding?: Folding): Verdict => {
  const root = ROOTS[flavour];
  const { path, fault } = readPath(
    text.replaceAll('$', (sign, at) => (at === 0 ? root : sign)),
    flavour,
  );
  if (fault !== undefined) return fault;
  return isInside(root, path, flavour, folding) ? 'inside' : 'outside';
};

describe('paths, by their letters', () => {
  test('[S20] the corpus has more than 300 cases, each of them once', () => {
    expect(PATH_CORPUS.length).toBeGreaterThan(300);
    expect(new Set(PATH_CORPUS.map(({ text }) => text)).size).toBe(PATH_CORPUS.length);
  });

  test.each(['posix', 'win32'] as const)('[S20] [acp 4.2.2] every one of them on %s', (flavour) => {
    const wrong = PATH_CORPUS.flatMap((example) => {
      const found = verdict(example.text, flavour);
      return found === example[flavour] ? [] : [{ text: example.text, expected: example[flavour], found }];
    });
    expect(wrong).toEqual([]);
  });

  test('[CVE-2025-54794] a folder with the same beginning is another folder', () => {
    expect(verdict('$-evil/a', 'posix')).toBe('outside');
    expect(verdict('$_backup', 'win32')).toBe('outside');
    expect(isInside('/', '/etc', 'posix')).toBe(true);
    expect(isInside('C:\\', 'c:\\x', 'win32')).toBe(true);
    expect(isInside('\\\\host\\share', '\\\\HOST\\share\\a', 'win32')).toBe(true);
    expect(isInside('\\\\host\\share', '\\\\host\\shared\\a', 'win32')).toBe(false);
  });

  test('[S23] names are the same where the file system says so, and only there', () => {
    const none = { case: false, form: false };
    expect(isInside('/w/Ärger', '/W/ÄRGER/a', 'posix', none)).toBe(false);
    expect(isInside('/w/Ärger', '/W/ÄRGER/a', 'posix', { ...none, case: true })).toBe(true);
    const [composed, decomposed] = ['/w/Ärger'.normalize('NFC'), '/w/Ärger/a'.normalize('NFD')];
    expect(isInside(composed, decomposed, 'posix', { ...none, case: true })).toBe(false);
    expect(isInside(composed, decomposed, 'posix', { ...none, form: true })).toBe(true);
    expect(segmentsBelow('/w', '/W/Ab', 'posix', { ...none, case: true })).toEqual(['Ab']);
  });

  test('[S46] [acp 4.2.2] a path on another machine is known as one', () => {
    expect(isNetworkPath('\\\\host\\share\\a', 'win32')).toBe(true);
    expect(isNetworkPath('//host/share/a', 'win32')).toBe(true);
    expect(isNetworkPath('C:\\a', 'win32')).toBe(false);
    expect(isNetworkPath('//host/share', 'posix')).toBe(false);
  });
});
