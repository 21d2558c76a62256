/** One place of a file that a patch changes: the lines there before and after. */
export interface Changed {
  readonly oldText: string;
  readonly newText: string;
}

/** The places of a unified diff; none where it is no such thing. */
export const changesOf = (patch: string): readonly Changed[] => {
  const changes: { old: string[]; now: string[] }[] = [];
  for (const line of patch.split('\n')) {
    if (line.startsWith('@@')) changes.push({ old: [], now: [] });
    const hunk = changes.at(-1);
    if (hunk === undefined || line.startsWith('@@')) continue;
    const text = line.slice(1);
    if (line.startsWith(' ') || line.startsWith('-')) hunk.old.push(text);
    if (line.startsWith(' ') || line.startsWith('+')) hunk.now.push(text);
  }
  return changes.map(({ old, now }) => ({ oldText: lines(old), newText: lines(now) }));
};

const lines = (all: readonly string[]): string => all.map((line) => `${line}\n`).join('');
