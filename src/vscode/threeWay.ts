import { diffArrays } from 'diff';

export interface Merged {
  readonly text: string;
  /** Places where both changed the same lines: both stand there, between git's own markers. */
  readonly conflicts: number;
}

/** Replace lines `[start, end)` of the base by `lines`. */
interface Hunk {
  readonly start: number;
  readonly end: number;
  readonly lines: readonly string[];
}

/**
 * What two people made of one text, put together by lines. Nothing of either is lost: what both changed, and what
 * touches it, stands there twice. Lines end with a line feed.
 */
export const mergeThree = (
  base: string,
  mine: { readonly name: string; readonly text: string },
  theirs: { readonly name: string; readonly text: string },
): Merged => {
  const lines = linesOf(base);
  const sides = [hunksOf(lines, linesOf(mine.text)), hunksOf(lines, linesOf(theirs.text))] as const;
  const merged: string[] = [];
  let conflicts = 0;
  let at = 0;
  for (const { start, end, of } of regionsOf(sides)) {
    merged.push(...lines.slice(at, start));
    at = end;
    const [ours = [], others = []] = of.map((hunks) => applied(lines, { start, end }, hunks));
    const [one, other] = of;
    if (other.length === 0 || sameText(ours, others)) merged.push(...ours);
    else if (one.length === 0) merged.push(...others);
    else {
      conflicts += 1;
      merged.push(`<<<<<<< ${mine.name}\n`, ...ended(ours), '=======\n', ...ended(others), `>>>>>>> ${theirs.name}\n`);
    }
  }
  merged.push(...lines.slice(at));
  return { text: merged.join(''), conflicts };
};

const linesOf = (text: string): string[] => text.match(/[^\n]*\n|[^\n]+$/gu) ?? [];

const sameText = (a: readonly string[], b: readonly string[]): boolean => a.join('') === b.join('');

/** A marker stands at the beginning of a line, also after a last line that has no end. */
const ended = (lines: readonly string[]): readonly string[] =>
  lines.map((line) => (line.endsWith('\n') ? line : `${line}\n`));

const hunksOf = (base: string[], other: string[]): readonly Hunk[] => {
  const hunks: Hunk[] = [];
  let at = 0;
  let open: { start: number; lines: string[] } | undefined;
  const close = (): void => {
    if (open !== undefined) hunks.push({ ...open, end: at });
    open = undefined;
  };
  for (const { added, removed, value } of diffArrays(base, other)) {
    if (!added && !removed) close();
    else open ??= { start: at, lines: [] };
    if (added) open?.lines.push(...value);
    else at += value.length;
  }
  close();
  return hunks;
};

interface Region {
  readonly start: number;
  readonly end: number;
  readonly of: readonly [readonly Hunk[], readonly Hunk[]];
}

/** Hunks of both sides that touch each other belong together. */
const regionsOf = (sides: readonly [readonly Hunk[], readonly Hunk[]]): readonly Region[] => {
  const all = sides
    .flatMap((hunks, side) => hunks.map((hunk) => ({ side, hunk })))
    .toSorted((a, b) => a.hunk.start - b.hunk.start || a.hunk.end - b.hunk.end);
  const regions: { start: number; end: number; of: [Hunk[], Hunk[]] }[] = [];
  for (const { side, hunk } of all) {
    const last = regions.at(-1);
    const region =
      last !== undefined && hunk.start <= last.end ? last : { start: hunk.start, end: hunk.end, of: empty() };
    if (region !== last) regions.push(region);
    region.end = Math.max(region.end, hunk.end);
    region.of[side === 0 ? 0 : 1].push(hunk);
  }
  return regions;
};

const empty = (): [Hunk[], Hunk[]] => [[], []];

const applied = (
  base: readonly string[],
  { start, end }: { readonly start: number; readonly end: number },
  hunks: readonly Hunk[],
): readonly string[] => {
  const lines: string[] = [];
  let at = start;
  for (const hunk of hunks) {
    lines.push(...base.slice(at, hunk.start), ...hunk.lines);
    at = hunk.end;
  }
  return [...lines, ...base.slice(at, end)];
};
