/** Which paths fit a few letters of theirs best; what does not fit at all is left out. */

export interface Ranked<T> {
  readonly item: T;
  /** Lower is better. */
  readonly rank: number;
}

/** How well the letters fit the path, lower is better; undefined where they do not. Compared without case. */
export const rankOf = (letters: string, path: string): number | undefined => {
  const wanted = letters.toLowerCase();
  const lower = path.toLowerCase();
  const name = lower.slice(lower.lastIndexOf('/') + 1);
  if (wanted === '') return 0;
  if (name === wanted || lower === wanted) return 0;
  if (name.startsWith(wanted)) return 1;
  if (name.includes(wanted)) return 2;
  if (lower.includes(wanted)) return 3;
  if (isScattered(wanted, name)) return 4;
  return isScattered(wanted, lower) ? 5 : undefined;
};

/** Whether the letters stand in the text in this order, with anything between. */
const isScattered = (letters: string, text: string): boolean => {
  let from = 0;
  for (const letter of letters) {
    const at = text.indexOf(letter, from);
    if (at < 0) return false;
    from = at + letter.length;
  }
  return true;
};

/** Keeps the best of any number of paths in little memory: short ones before long ones of the same rank. */
export class Best<T extends { readonly relative: string }> {
  readonly #letters: string;
  readonly #most: number;
  #kept: Ranked<T>[] = [];

  constructor(letters: string, most: number) {
    this.#letters = letters;
    this.#most = most;
  }

  offer(item: T): void {
    const rank = rankOf(this.#letters, item.relative);
    if (rank === undefined) return;
    this.#kept.push({ item, rank });
    if (this.#kept.length >= 4 * this.#most) this.#cut();
  }

  get items(): readonly T[] {
    this.#cut();
    return this.#kept.map(({ item }) => item);
  }

  #cut(): void {
    this.#kept = this.#kept
      .toSorted(
        (a, b) =>
          a.rank - b.rank ||
          a.item.relative.length - b.item.relative.length ||
          (a.item.relative < b.item.relative ? -1 : 1),
      )
      .slice(0, this.#most);
  }
}
