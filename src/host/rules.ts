import type { Clock } from '../base/clock.ts';
import { Disposables } from '../base/disposable.ts';
import { Emitter, type Event } from '../base/event.ts';
import { Failure, sentence } from '../base/failure.ts';
import type { Log } from '../base/log.ts';
import { realDisk } from '../machine/disk.ts';
import { FolderRules } from '../machine/folderRules.ts';
import { Locks } from '../machine/lock.ts';
import { flavourHere, isInside } from '../machine/paths.ts';
import { systemProcesses } from '../machine/processIdentity.ts';
import type { Rule } from '../model/rule.ts';
import type { FolderRule } from '../router/folderRuleFile.ts';
import type { KeptRules } from '../router/permissions.ts';

/** The rules that outlive a session of a host: those of folders, in its state, and those of its configuration. */
export class HostRules implements KeptRules {
  readonly #folders: FolderRules;
  readonly #configured: readonly Rule[];
  readonly #owned = new Disposables();
  readonly #changed: Emitter<void>;
  /** Kept or revoked, and not stored yet. */
  readonly #adding = new Set<FolderRule>();
  readonly #removing = new Set<string>();

  constructor(parts: {
    /** Absolute folder. */
    readonly root: string;
    readonly configured: readonly Rule[];
    readonly clock: Clock;
    readonly log: Log;
  }) {
    const { root, configured, clock, log } = parts;
    this.#configured = configured;
    this.#changed = this.#owned.add(
      new Emitter((failure) => log.error(`A listener of the rules failed: ${sentence(failure)}`)),
    );
    const locks = new Locks({ disk: realDisk, clock, processes: systemProcesses, pid: process.pid });
    this.#folders = new FolderRules({ root, disk: realDisk, clock, locks });
  }

  /** Other rules hold now. */
  get onChanged(): Event<void> {
    return this.#changed.event;
  }

  /** Why rules that somebody made do not hold. */
  get trouble(): string | undefined {
    return this.#folders.trouble;
  }

  /** Before the first session: a rule that forbids must hold from the start. */
  async read(): Promise<void> {
    await this.#folders.read();
    this.#changed.fire();
  }

  all(): readonly Rule[] {
    return [...this.#all().map(({ rule }) => rule), ...this.#configured];
  }

  of(cwd: string): readonly Rule[] {
    const here = this.#all().filter(({ folder }) => isInside(folder, cwd, flavourHere));
    return [...here.map(({ rule }) => rule), ...this.#configured];
  }

  async keep(rule: Rule, cwd: string): Promise<void> {
    if (rule.scope !== 'folder')
      throw new Failure(
        'unsupported',
        'Rules for every folder stand in the configuration of the background host, which it does not write.',
        'Keep it for this folder or this session.',
      );
    const kept: FolderRule = { folder: cwd, rule };
    await this.#during(this.#adding, kept, () => this.#folders.change((all) => [...all, kept]));
  }

  async revoke(rule: string): Promise<boolean> {
    if (this.#configured.some(({ id }) => id === rule))
      throw new Failure(
        'unsupported',
        'This rule stands in the configuration of the background host.',
        'Take it out there, then restart the host.',
      );
    if (!this.#all().some((each) => each.rule.id === rule)) return false;
    const without = (all: readonly FolderRule[]): readonly FolderRule[] => all.filter((each) => each.rule.id !== rule);
    await this.#during(this.#removing, rule, () => this.#folders.change(without));
    return true;
  }

  dispose(): void {
    this.#owned.dispose();
  }

  #all(): readonly FolderRule[] {
    return [...this.#folders.all, ...this.#adding].filter(({ rule }) => !this.#removing.has(rule.id));
  }

  /** It counts from the call on, whatever the disk takes for it. */
  async #during<T>(set: Set<T>, item: T, store: () => Promise<void>): Promise<void> {
    set.add(item);
    this.#changed.fire();
    try {
      await store();
    } finally {
      set.delete(item);
      this.#changed.fire();
    }
  }
}
