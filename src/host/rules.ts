import type { Clock } from '../base/clock.ts';
import { Disposables } from '../base/disposable.ts';
import { Emitter, type Event } from '../base/event.ts';
import { Failure, sentence } from '../base/failure.ts';
import type { Log } from '../base/log.ts';
import { realDisk } from '../machine/disk.ts';
import { FolderRules } from '../machine/folderRules.ts';
import { Locks } from '../machine/lock.ts';
import { flavourHere, isInside } from '../machine/paths.ts';
import { makePrivateFolder } from '../machine/privateFile.ts';
import { systemProcesses } from '../machine/processIdentity.ts';
import { watchFolder } from '../machine/watchFolder.ts';
import type { Rule } from '../model/rule.ts';
import type { FolderRule } from '../router/folderRuleFile.ts';
import type { KeptRules } from '../router/permissions.ts';
import type { Windows } from './windows.ts';

/** The rules that outlive a session of a host: those of folders, in its state, and those of its configuration. */
export class HostRules implements KeptRules {
  readonly #folders: FolderRules;
  #configured: readonly Rule[] = [];
  readonly #root: string;
  readonly #windows: Windows;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #owned = new Disposables();
  readonly #changed: Emitter<void>;
  /** Kept or revoked, and not stored yet. */
  readonly #adding = new Set<FolderRule>();
  readonly #removing = new Set<string>();

  constructor(parts: {
    /** Absolute folder. */
    readonly root: string;
    readonly clock: Clock;
    readonly log: Log;
    readonly windows: Windows;
  }) {
    const { root, clock, log } = parts;
    this.#root = root;
    this.#windows = parts.windows;
    this.#clock = clock;
    this.#log = log;
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

  /** Those of every folder: they stand in somebody's configuration, and are not kept here. */
  configure(rules: readonly Rule[]): void {
    this.#configured = rules;
    this.#changed.fire();
  }

  /** Before the first session: a rule that forbids must hold from the start. */
  async read(): Promise<void> {
    await this.#readFolders();
    await makePrivateFolder(this.#root);
    // A window has made or revoked one.
    const failed = (failure: unknown): void =>
      this.#log.info(`The rules of folders are not watched: ${sentence(failure)}`);
    const again = (): void => void this.#readFolders();
    this.#owned.add(watchFolder(this.#root, this.#clock, again, failed));
  }

  all(): readonly Rule[] {
    return [...this.#all().map(({ rule }) => rule), ...this.#configured];
  }

  of(cwd: string): readonly Rule[] {
    const here = this.#all().filter(({ folder }) => isInside(folder, cwd, flavourHere));
    return [...here.map(({ rule }) => rule), ...this.#configured];
  }

  async keep(rule: Rule, cwd: string): Promise<void> {
    if (rule.scope !== 'folder') return await this.#keepEverywhere(rule);
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

  /** It stands in the settings, which a window writes; it holds here when that one has told us of them. */
  async #keepEverywhere(rule: Rule): Promise<void> {
    const window = this.#windows.forPerson();
    if (window === undefined || rule.scope !== 'machine')
      throw new Failure(
        'unsupported',
        'Rules for every folder stand in the settings of the editor, and no window of it is connected.',
        'Keep it for this folder or this session.',
      );
    const { id, scope, tool, match, decision } = rule;
    const kept = { id, scope, tool, decision, ...(match === undefined ? {} : { match }) } as const;
    // At once, so that what the agent asks next is ruled already.
    this.configure([...this.#configured.filter((each) => each.id !== id), rule]);
    await window.ask({ kind: 'rule/keep', rule: kept }, ['said'], {}, new AbortController().signal);
  }

  async #readFolders(): Promise<void> {
    await this.#folders.read();
    if (!this.#owned.ended) this.#changed.fire();
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
