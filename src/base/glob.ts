/**
 * Globs as VS Code and ripgrep write them: `*` and `?` within a segment, `**` over segments, `{a,b}`, `[a-z]`. Compared
 * without regular expressions, since the glob of a stranger that becomes one can be made to take for ever.
 */

/** Whether a path, its segments parted by `/`, is meant by the glob. */
export type GlobMatch = (path: string) => boolean;

/** Alternatives that braces may multiply into; what is beyond them matches nothing. */
const MOST_ALTERNATIVES = 256;

export const compileGlob = (glob: string): GlobMatch => {
  const all = alternatives(glob).map((each) => each.split('/').filter((segment, at) => segment !== '' || at > 0));
  return (path) => {
    const segments = path.split('/');
    return all.some((pattern) => matchSegments(pattern, segments));
  };
};

const alternatives = (glob: string): readonly string[] => {
  const done: string[] = [];
  const open = [glob];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const brace = innermost(next);
    if (brace === undefined) done.push(next);
    else
      for (const choice of next.slice(brace.from + 1, brace.to).split(','))
        open.push(next.slice(0, brace.from) + choice + next.slice(brace.to + 1));
    if (done.length + open.length > MOST_ALTERNATIVES) return [];
  }
  return done;
};

const innermost = (glob: string): { readonly from: number; readonly to: number } | undefined => {
  const to = glob.indexOf('}');
  const from = to < 0 ? -1 : glob.lastIndexOf('{', to);
  return from < 0 ? undefined : { from, to };
};

/** With one way back, to the last `**`: an earlier one can take no more than it already could. */
const matchSegments = (pattern: readonly string[], segments: readonly string[]): boolean => {
  let at = 0;
  let retry: { pattern: number; segment: number } | undefined;
  let index = 0;
  while (index < segments.length) {
    const wanted = pattern[at];
    const segment = segments[index] ?? '';
    if (wanted === '**') {
      retry = { pattern: at, segment: index };
      at += 1;
    } else if (wanted !== undefined && matchSegment(wanted, segment)) {
      at += 1;
      index += 1;
    } else if (retry === undefined) return false;
    else {
      retry.segment += 1;
      index = retry.segment;
      at = retry.pattern + 1;
    }
  }
  while (pattern[at] === '**') at += 1;
  return at === pattern.length;
};

const matchSegment = (pattern: string, text: string): boolean => {
  let at = 0;
  let retry: { pattern: number; text: number } | undefined;
  let index = 0;
  while (index < text.length) {
    const wanted = pattern[at];
    const one = wanted === undefined ? undefined : matchOne(pattern, at, text[index] ?? '');
    if (wanted === '*') {
      retry = { pattern: at, text: index };
      at += 1;
    } else if (one !== undefined) {
      at = one;
      index += 1;
    } else if (retry === undefined) return false;
    else {
      retry.text += 1;
      index = retry.text;
      at = retry.pattern + 1;
    }
  }
  while (pattern[at] === '*') at += 1;
  return at === pattern.length;
};

/** Where the pattern goes on after the character; undefined where it does not fit. */
const matchOne = (pattern: string, at: number, character: string): number | undefined => {
  const wanted = pattern[at];
  if (wanted === '?') return at + 1;
  const end = wanted === '[' ? pattern.indexOf(']', at + 2) : -1;
  if (end < 0) return wanted === character ? at + 1 : undefined;
  const inverse = pattern[at + 1] === '!' || pattern[at + 1] === '^';
  const found = inSet(pattern.slice(at + (inverse ? 2 : 1), end), character);
  return found === inverse ? undefined : end + 1;
};

const inSet = (set: string, character: string): boolean => {
  for (let at = 0; at < set.length; at += 1) {
    const [from = '', dash, to] = set.slice(at, at + 3);
    if (dash === '-' && to !== undefined) {
      if (from <= character && character <= to) return true;
      at += 2;
    } else if (from === character) return true;
  }
  return false;
};
