import { LEAST, MASK } from './mask.ts';

/** What may not leave a machine with a report, and what stands in its place. */
export interface Private {
  /** Folders and the words for them, such as `/home/ann` and `<home>`. */
  readonly folders: readonly { readonly path: string; readonly word: string }[];
  /** Values that are secret wherever they stand, such as those of environment variables. */
  readonly values: readonly string[];
}

const TOKENS: readonly RegExp[] = [
  /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/gu,
  /\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*/gu,
  /\b(?:sk|pk|rk)[-_](?:[a-z]+[-_])*[\w-]{12,}/gu,
  /\b(?:gh[opsur]_|github_pat_|glpat-|npm_|hf_|xox[abposr]-|dop_v1_)[\w-]{10,}/gu,
  /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/gu,
  /\bAIza[\w-]{30,}/gu,
];

/** What stands before a secret and stays, as the first group. No part of it may run on: megabytes of one word are looked through. */
const LABELLED: readonly RegExp[] = [
  /\b((?:bearer|basic)\s+)[\w.~+/=-]{8,}/giu,
  /([a-z][a-z0-9+.-]{0,30}:\/\/)[^\s/:@]*:[^\s/@]+(?=@)/giu,
  /((?:api[_-]?key|access[_-]?key|token|secret|passw(?:or)?d|passphrase|credentials?)["']?\s*[=:]\s*["']?)[^\s"',;&]{4,}/giu,
];

interface Span {
  readonly from: number;
  readonly to: number;
  readonly word: string;
}

export type Redact = (text: string) => string;

/** Rather too much than too little: a report is read by strangers. */
export const redactor = (
  what: Private,
): { readonly one: Redact; readonly across: (texts: readonly string[]) => string[] } => {
  const fixed = [
    ...what.values.filter((value) => value.length >= LEAST).map((value) => ({ text: value, word: MASK })),
    ...what.folders.flatMap(({ path, word }) => spellings(path).map((text) => ({ text, word }))),
  ];
  // The longest first: the folder within a folder, the value that holds another.
  const patterns = fixed
    .sort((a, b) => b.text.length - a.text.length)
    .map(({ text, word }) => ({ pattern: literal(text, word), word }));
  const spans = (text: string): readonly Span[] => {
    const found: Span[] = [];
    for (const { pattern, word } of patterns) find(text, pattern, word, found);
    for (const pattern of TOKENS) find(text, pattern, MASK, found);
    for (const pattern of LABELLED) find(text, pattern, MASK, found);
    return merged(found);
  };
  return {
    one: (text) => replace([text], spans(text))[0] ?? '',
    // A text that comes in pieces hides a secret at their edges.
    across: (texts) => replace(texts, spans(texts.join(''))),
  };
};

/** A path as it is written on this system, with the other slash, escaped in JSON, and in an address. */
const spellings = (path: string): readonly string[] => {
  const plain = path.replace(/[\\/]+$/u, '');
  if (plain.length < 2) return [];
  const slashed = plain.replaceAll('\\', '/');
  return [...new Set([plain, slashed, plain.replaceAll('\\', '\\\\'), encodeURI(slashed)])];
};

/** A folder ends where its name does. */
const literal = (text: string, word: string): RegExp => {
  const escaped = text.replace(/[.*+?^${}()|[\]\\/]/gu, String.raw`\$&`);
  return new RegExp(word === MASK ? escaped : String.raw`${escaped}(?![\w-])`, 'giu');
};

const find = (text: string, pattern: RegExp, word: string, found: Span[]): void => {
  for (const match of text.matchAll(pattern)) {
    const from = match.index + (match[1]?.length ?? 0);
    const to = match.index + match[0].length;
    if (to > from) found.push({ from, to, word });
  }
};

/** In their order, none within another. */
const merged = (spans: readonly Span[]): readonly Span[] => {
  const kept: Span[] = [];
  for (const span of [...spans].sort((a, b) => a.from - b.from || b.to - a.to)) {
    const last = kept.at(-1);
    if (last === undefined || span.from >= last.to) kept.push(span);
    else if (span.to > last.to) kept[kept.length - 1] = { from: last.from, to: span.to, word: MASK };
  }
  return kept;
};

/** The word stands in the piece where the secret begins; of the others the secret's part is gone. */
const replace = (texts: readonly string[], spans: readonly Span[]): string[] => {
  if (spans.length === 0) return [...texts];
  let start = 0;
  return texts.map((text) => {
    const end = start + text.length;
    let out = '';
    let at = start;
    for (const { from, to, word } of spans) {
      if (to <= start || from >= end) continue;
      out += text.slice(at - start, Math.max(from, start) - start);
      if (from >= start) out += word;
      at = Math.min(to, end);
    }
    out += text.slice(at - start);
    start = end;
    return out;
  });
};
