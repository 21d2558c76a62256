/** What two texts differ in, in runs of lines: few elements however long the change is. */
import { structuredPatch } from 'diff';

type DiffRun =
  | { readonly type: 'same' | 'added' | 'removed'; readonly text: string; readonly lines: number }
  /** Lines that both have and nobody needs to see. */
  | { readonly type: 'skipped'; readonly line: number };

export interface DiffView {
  readonly runs: readonly DiffRun[];
  readonly added: number;
  readonly removed: number;
  /** Lines of the change that are not in the runs. */
  readonly left: number;
  /** The texts differ too much to be compared in a moment: everything old, then everything new. */
  readonly coarse: boolean;
}

const CONTEXT = 3;
/** Comparing is given up after so many differing lines: two texts that have nothing in common cost the square of them. */
const MOST_EDITS = 2_000;
const MOST_CHARACTERS = 64 * 1024;

export const compare = (oldText: string | null, newText: string, mostLines: number): DiffView => {
  const lines = readLines(oldText, newText) ?? coarse(oldText ?? '', newText);
  return { ...cut(lines, mostLines), coarse: oldText !== null && lines.coarse };
};

interface Lines {
  readonly lines: readonly string[];
  readonly coarse: boolean;
}

/** Lines with a sign in front, as in a patch; `@` and a number where something is left out. */
const readLines = (oldText: string | null, newText: string): Lines | undefined => {
  if (oldText === null) return undefined;
  const patch = structuredPatch('', '', oldText, newText, '', '', { context: CONTEXT, maxEditLength: MOST_EDITS });
  if (patch === undefined) return undefined;
  const lines: string[] = [];
  for (const [index, hunk] of patch.hunks.entries()) {
    if (hunk.newStart > 1 || index > 0) lines.push(`@${hunk.newStart}`);
    lines.push(...hunk.lines);
  }
  return { lines, coarse: false };
};

const coarse = (oldText: string, newText: string): Lines => ({
  lines: [...signed('-', oldText), ...signed('+', newText)],
  coarse: true,
});

const signed = (sign: string, text: string): readonly string[] =>
  text === '' ? [] : (text.endsWith('\n') ? text.slice(0, -1) : text).split('\n').map((line) => sign + line);

const TYPES = { '+': 'added', '-': 'removed', ' ': 'same', '\\': 'same' } as const;
const isSign = (sign: string | undefined): sign is keyof typeof TYPES => sign !== undefined && sign in TYPES;

const cut = ({ lines }: Lines, mostLines: number): Omit<DiffView, 'coarse'> => {
  const runs: DiffRun[] = [];
  let [added, removed, left, shown, characters] = [0, 0, 0, 0, 0];
  for (const line of lines) {
    const sign = line[0];
    if (sign === '+') added += 1;
    if (sign === '-') removed += 1;
    if (shown >= mostLines || characters >= MOST_CHARACTERS) {
      if (sign === '+' || sign === '-') left += 1;
      continue;
    }
    if (!isSign(sign)) {
      runs.push({ type: 'skipped', line: Number(line.slice(1)) });
      continue;
    }
    shown += 1;
    characters += line.length;
    extend(runs, TYPES[sign], line);
  }
  return { runs, added, removed, left };
};

const extend = (runs: DiffRun[], type: 'same' | 'added' | 'removed', line: string): void => {
  const last = runs.at(-1);
  if (last?.type === type) runs[runs.length - 1] = { type, text: `${last.text}\n${line}`, lines: last.lines + 1 };
  else runs.push({ type, text: line, lines: 1 });
};
