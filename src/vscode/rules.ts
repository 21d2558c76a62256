import { join } from 'node:path';
import * as vscode from 'vscode';
import { Disposables } from '../base/disposable.ts';
import { Emitter, type Event } from '../base/event.ts';
import { Failure, sentence } from '../base/failure.ts';
import type { Log } from '../base/log.ts';
import { systemClock } from '../machine/clock.ts';
import { realDisk } from '../machine/disk.ts';
import { FolderRules } from '../machine/folderRules.ts';
import { Locks } from '../machine/lock.ts';
import { flavourHere, isInside } from '../machine/paths.ts';
import { systemProcesses } from '../machine/processIdentity.ts';
import { watchFolder } from '../machine/watchFolder.ts';
import type { Rule } from '../model/rule.ts';
import type { FolderRule } from '../router/folderRuleFile.ts';
import type { KeptRules } from '../router/permissions.ts';
import { parseRules, type RuleProblem, type Written } from '../router/rules.ts';
import { readRulesSetting, writeRulesSetting } from './settings.ts';

/** The rules that outlive a session: those of folders on disk, and those of this machine in the person's settings. */
export class RuleBook implements KeptRules, vscode.Disposable {
  readonly #folders: FolderRules;
  readonly #log: Log;
  readonly #owned = new Disposables();
  readonly #changed: Emitter<void>;
  #machine: readonly Rule[] = [];
  /** Kept or revoked, and not stored yet. */
  #adding: readonly FolderRule[] = [];
  #removing: readonly string[] = [];
  /** The setting is read and written whole. */
  #writing: Promise<unknown> = Promise.resolve();
  #warned: string | undefined;

  constructor(parts: {
    /** Absolute folder that all windows of this machine share. */ readonly storage: string;
    readonly log: Log;
  }) {
    const { log } = parts;
    this.#log = log;
    this.#changed = this.#owned.add(
      new Emitter((failure) => log.error(`A listener of the rules failed: ${sentence(failure)}`)),
    );
    const root = join(parts.storage, 'rules');
    const [disk, clock] = [realDisk, systemClock];
    const locks = new Locks({ disk, clock, processes: systemProcesses, pid: process.pid });
    this.#folders = new FolderRules({ root, disk, clock, locks });
    this.#readSetting();
    void this.#follow(root);
    this.#owned.add(
      vscode.workspace.onDidChangeConfiguration((change) => {
        if (change.affectsConfiguration('wheelhouse.permissions.rules')) this.#readSetting();
      }),
    );
  }

  /** Other rules hold now. */
  get onChanged(): Event<void> {
    return this.#changed.event;
  }

  /** Why rules that somebody wrote do not hold: a sentence, and what to do. */
  get trouble(): string | undefined {
    return this.#folders.trouble;
  }

  get folderFile(): string {
    return this.#folders.path;
  }

  of(cwd: string): readonly Rule[] {
    return this.#all().flatMap(({ folder, rule }) =>
      folder === undefined || isInside(folder, cwd, flavourHere) ? [rule] : [],
    );
  }

  /** All that hold in some folder, or on this machine. */
  all(): readonly Rule[] {
    return this.#all().map(({ rule }) => rule);
  }

  async keep(rule: Rule, cwd: string): Promise<void> {
    const kept: FolderRule | undefined = rule.scope === 'folder' ? { folder: cwd, rule } : undefined;
    if (kept === undefined) {
      this.#machine = [...this.#machine.filter(({ id }) => id !== rule.id), rule];
      this.#changed.fire();
      return await this.#writeSetting((written) => [...written, writtenOf(rule)]);
    }
    this.#adding = [...this.#adding, kept];
    this.#changed.fire();
    try {
      await this.#folders.change((all) => [...all, kept]);
    } finally {
      this.#adding = this.#adding.filter((each) => each !== kept);
      this.#changed.fire();
    }
  }

  async revoke(rule: string): Promise<boolean> {
    const found = this.#all().find((each) => each.rule.id === rule)?.rule;
    if (found === undefined) return false;
    this.#removing = [...this.#removing, rule];
    this.#changed.fire();
    try {
      if (found.scope === 'folder') await this.#folders.change((all) => all.filter((each) => each.rule.id !== rule));
      else
        await this.#writeSetting((written) =>
          written.filter((entry) => parseRules([entry]).rules.every(({ id }) => id !== rule)),
        );
    } finally {
      this.#removing = this.#removing.filter((each) => each !== rule);
      this.#changed.fire();
    }
    return true;
  }

  dispose(): void {
    this.#owned.dispose();
  }

  #all(): readonly { readonly folder?: string; readonly rule: Rule }[] {
    const machine = this.#machine.map((rule) => ({ rule }));
    const all = [...this.#folders.all, ...this.#adding, ...machine];
    return all.filter(({ rule }) => !this.#removing.includes(rule.id));
  }

  async #follow(root: string): Promise<void> {
    await this.#readFolders();
    await realDisk
      .makeFolder(root)
      .catch((failure: unknown) => this.#log.warn(`The rules of folders have no folder: ${sentence(failure)}`));
    if (this.#owned.ended) return;
    // Another window has made or revoked one.
    const changed = (): void => void this.#readFolders();
    const failed = (failure: unknown): void =>
      this.#log.info(`The rules of folders are not watched: ${sentence(failure)}`);
    this.#owned.add(watchFolder(root, systemClock, changed, failed));
    this.#owned.add(vscode.window.onDidChangeWindowState(({ focused }) => focused && changed()));
  }

  async #readFolders(): Promise<void> {
    await this.#folders.read();
    if (this.#owned.ended) return;
    this.#changed.fire();
    const { trouble } = this;
    if (trouble !== undefined && trouble !== this.#warned) void vscode.window.showWarningMessage(trouble);
    this.#warned = trouble;
  }

  #readSetting(): void {
    const { rules, problems } = parseRules(readRulesSetting());
    this.#machine = rules;
    this.#changed.fire();
    if (problems.length === 0) return;
    const lines = problems.map(ruleProblemLine);
    for (const line of lines) this.#log.warn(line);
    void warn(lines);
  }

  /** @throws Failure why it could not be written; what was read before holds again then */
  async #writeSetting(change: (written: readonly unknown[]) => readonly unknown[]): Promise<void> {
    const writing = this.#writing.then(async () => {
      const written = readRulesSetting();
      if (written !== undefined && !Array.isArray(written))
        throw new Failure(
          'invalid',
          vscode.l10n.t('The setting wheelhouse.permissions.rules is no list.'),
          vscode.l10n.t('Mend it in your settings.'),
        );
      await writeRulesSetting(change(written ?? []));
    });
    this.#writing = writing.catch(() => undefined);
    try {
      await writing;
    } finally {
      this.#machine = parseRules(readRulesSetting()).rules;
      this.#changed.fire();
    }
  }
}

const writtenOf = ({ tool, match, decision }: Rule): Written => ({
  tool,
  ...(match === undefined ? {} : { match }),
  decision,
});

const EXPECTED: Readonly<Record<RuleProblem['expected'], () => string>> = {
  list: () => vscode.l10n.t('must be a list of rules'),
  object: () => vscode.l10n.t('must be an object with “tool”, “match” and “decision”'),
  tool: () => vscode.l10n.t('must be a kind of tool, such as “edit” or “execute”, or “*”'),
  decision: () => vscode.l10n.t('must be “allow”, “ask” or “deny”'),
  glob: () =>
    vscode.l10n.t('must be a glob, absolute or below a folder of the workspace, with “/” between names and no “..”'),
  arguments: () => vscode.l10n.t('must be the list of the arguments, the command first'),
  narrower: () => vscode.l10n.t('is missing: no rule allows every command'),
  knownKey: () => vscode.l10n.t('is not known here'),
};

const ruleProblemLine = ({ key, expected }: RuleProblem): string => `${key} ${EXPECTED[expected]()}`;

const warn = async (lines: readonly string[]): Promise<void> => {
  const open = vscode.l10n.t('Open Settings');
  const [first = ''] = lines;
  const problem = lines.length === 1 ? first : vscode.l10n.t('{0} (and {1} more in the log)', first, lines.length - 1);
  const message = vscode.l10n.t('A rule for permissions decides nothing: {0}.', problem);
  if ((await vscode.window.showWarningMessage(message, open)) === open) await openRulesSetting();
};

export const openRulesSetting = async (): Promise<void> => {
  await vscode.commands.executeCommand('workbench.action.openSettings', 'wheelhouse.permissions.rules');
};
