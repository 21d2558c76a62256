/** Exactly one version: `1.2.3`, `1.2.3-beta.4`; never a range, a tag or a wildcard. */
export const isNpmVersion = (text: string): boolean =>
  /^\d+\.\d+\.\d+(?:-[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?(?:\+[0-9A-Za-z.-]+)?$/u.test(text);

/** Exactly one version in Python's way: `0.10.1`, `2!1.0rc1`, `1.0.post1`. */
export const isPythonVersion = (text: string): boolean =>
  /^(?:\d+!)?\d+(?:\.\d+)*(?:(?:a|b|rc)\d+)?(?:\.post\d+)?(?:\.dev\d+)?(?:\+[0-9A-Za-z.]+)?$/u.test(text);

/** Any of them, and what projects that follow neither call a release; also usable as the name of a folder. */
export const isVersion = (text: string): boolean => /^v?\d[0-9A-Za-z.+_-]{0,63}$/u.test(text);

/** Whether `candidate` is a later version than `current`, by their numbers; a pre-release comes before its release. */
export const isNewer = (candidate: string, current: string): boolean => compare(parts(candidate), parts(current)) > 0;

interface Parts {
  readonly release: readonly string[];
  readonly before: readonly string[];
}

/** What stands behind a `+` names a build and orders nothing. */
const parts = (version: string): Parts => {
  const [plain = ''] = version.replace(/^v/u, '').split('+', 1);
  const [, release = '', before = ''] = /^([\d.]*)(.*)$/su.exec(plain) ?? [];
  return { release: wordsOf(release), before: wordsOf(before) };
};

const wordsOf = (text: string): readonly string[] => text.match(/\d+|[A-Za-z]+/gu) ?? [];

const compare = (one: Parts, other: Parts): number => {
  const byRelease = compareWords(one.release, other.release, '0');
  if (byRelease !== 0) return byRelease;
  if (one.before.length === 0 || other.before.length === 0) return other.before.length - one.before.length;
  return compareWords(one.before, other.before, '');
};

const compareWords = (one: readonly string[], other: readonly string[], missing: string): number => {
  for (let at = 0; at < Math.max(one.length, other.length); at += 1) {
    const order = compareWord(one[at] ?? missing, other[at] ?? missing);
    if (order !== 0) return order;
  }
  return 0;
};

/** Numbers by their length and then their digits, so that none is too long to be one; a number before a word. */
const compareWord = (one: string, other: string): number => {
  const [a, b] = [one.replace(/^0+(?=\d)/u, ''), other.replace(/^0+(?=\d)/u, '')];
  const numbers = [a, b].map((word) => /^\d+$/u.test(word));
  if (numbers[0] !== numbers[1] && a !== '' && b !== '') return numbers[0] === true ? -1 : 1;
  if (numbers[0] === true && numbers[1] === true && a.length !== b.length) return a.length - b.length;
  return a < b ? -1 : a > b ? 1 : 0;
};
