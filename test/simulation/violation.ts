/** The invariants that are looked after, by the names that they have everywhere. */
export const TAGS = [
  'I1',
  'I2',
  'I3',
  'I4',
  'I5',
  'I6',
  'I7',
  'I8',
  'I10',
  'I13',
  'I14',
  'J4',
  'L2',
  'M1',
  'M3',
  'S7',
  'S8',
  'S9',
] as const;
export type Tag = (typeof TAGS)[number];

/** Something happened that must never happen. */
export class Violation extends Error {
  override readonly name = 'Violation';
  readonly tag: Tag;

  constructor(tag: Tag, message: string) {
    super(`[${tag}] ${message}`);
    this.tag = tag;
  }
}

/** How often each kind of thing was done, or looked at. */
export class Counts {
  readonly all = new Map<string, number>();

  add(name: string, times = 1): void {
    this.all.set(name, (this.all.get(name) ?? 0) + times);
  }
}

/**
 * Looks after a world. The first violation counts: what follows it is a consequence, and may well be swallowed by
 * somebody who has to survive failing listeners.
 */
export class Watch {
  readonly checks = new Counts();
  violation: Violation | undefined;

  /** `message` is asked only where it is wanted: most checks hold. */
  check(tag: Tag, holds: boolean, message: () => string): void {
    this.checks.add(tag);
    if (!holds) this.violation ??= new Violation(tag, message());
  }

  throwIfViolated(): void {
    if (this.violation !== undefined) throw this.violation;
  }
}
