import type { FakeMachine } from '../fakes/journal.ts';
import type { DiskObserver } from './disk.ts';
import type { Watch } from './violation.ts';

/** Sees to it that whoever writes a session has its lock, and nobody else who lives (J4). */
export class LockWatch implements DiskObserver {
  readonly #watch: Watch;
  readonly #machine: FakeMachine;
  /** By folder and number, the process that made the lock and has not released it. */
  readonly #locks = new Map<string, Map<number, number>>();

  constructor(watch: Watch, machine: FakeMachine) {
    this.#watch = watch;
    this.#machine = machine;
  }

  created(process: number, path: string): void {
    const [folder, name] = split(path);
    const number = lockNumber(name);
    if (number === undefined) return;
    const locks = this.#locks.get(folder) ?? new Map<number, number>();
    this.#locks.set(folder, locks.set(number, process));
  }

  removed(process: number, path: string): void {
    const [folder, name] = split(path);
    const number = lockNumber(name);
    // Who removes a lock of another has no more right to write than before.
    if (number !== undefined && this.#locks.get(folder)?.get(number) === process)
      this.#locks.get(folder)?.delete(number);
  }

  wrote(process: number, path: string, text: () => string): void {
    const [folder, name] = split(path);
    // A lock is written under another name than the one by which it counts.
    const number = lockNumber(name.replace(/\..*$/u, ''));
    if (number !== undefined) {
      // Half of the word says the same.
      if (text().startsWith('r')) this.#locks.get(folder)?.delete(number);
      return;
    }
    if (!name.endsWith('.jsonl')) return;
    const locks = [...(this.#locks.get(folder) ?? [])];
    const own = locks.filter(([, owner]) => owner === process).map(([held]) => held);
    this.#watch.check('J4', own.length > 0, () => `process ${process} writes ${path} without a lock`);
    const last = Math.max(0, ...own);
    const other = locks.find(([held, owner]) => owner !== process && held < last && this.#machine.living.has(owner));
    this.#watch.check('J4', other === undefined, () => `process ${process} writes ${path}, which ${other?.[1]} has`);
  }
}

const split = (path: string): readonly [string, string] => {
  const at = path.lastIndexOf('/');
  return [path.slice(0, at), path.slice(at + 1)];
};

const lockNumber = (name: string): number | undefined =>
  /^lock-\d+$/u.test(name) ? Number(name.slice('lock-'.length)) : undefined;
