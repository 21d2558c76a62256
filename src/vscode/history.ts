import { join } from 'node:path';
import * as vscode from 'vscode';
import { Disposables } from '../base/disposable.ts';
import { Failure, sentence } from '../base/failure.ts';
import type { Log } from '../base/log.ts';
import { systemClock } from '../machine/clock.ts';
import { realDisk } from '../machine/disk.ts';
import { FileJournal } from '../machine/journal.ts';
import { Locks } from '../machine/lock.ts';
import { systemProcesses } from '../machine/processIdentity.ts';
import { flavourHere, isInside } from '../machine/paths.ts';
import type { Session, SessionKey } from '../model/session.ts';
import { AllSessions } from '../router/allSessions.ts';
import { Catalogue } from '../router/catalogue.ts';
import { Reading } from '../router/reading.ts';
import { SessionStore } from '../router/store.ts';
import { titleOf } from './sessionWords.ts';
import { ListWatch, type Sight } from './listWatch.ts';
import { journalLimit } from './settings.ts';
import { StorageLimit } from '../router/storageLimit.ts';

/**
 * What is kept of sessions beyond their window.
 *
 * All of this machine stand in one folder, and a window lists those that worked inside of its own folders: kept in the
 * storage of the workspace, they would be gone as soon as somebody adds a folder to the window or opens a part of it.
 * Two windows that list the same one share it by its lock: one of them has it, and says so to the other.
 */
export class History implements AsyncDisposable {
  readonly store: SessionStore;
  /** Those of this window and of its folders, and those that live elsewhere. */
  readonly sessions: AllSessions;
  /** Those of them that live in this window, or in nothing but this machine's journal. */
  readonly own: Catalogue;
  readonly #journal: FileJournal;
  readonly #log: Log;
  readonly #ending: AbortSignal;
  readonly #limit: StorageLimit;
  readonly #troubled: () => void;
  readonly #owned = new Disposables();
  readonly #readings = new Map<SessionKey, Reading>();
  #refreshing = false;
  #again = false;
  #warned = false;

  constructor(parts: {
    /** Absolute folder that all windows of this machine share. */
    readonly storage: string;
    readonly log: Log;
    readonly roots: () => readonly string[];
    /** What shows the list. */
    readonly sights: readonly Sight[];
    /** `trouble` is another one. */
    readonly troubled: () => void;
    readonly ending: AbortSignal;
    /** Whether sessions of this window are kept: asked each time. */
    readonly kept: () => boolean;
  }) {
    const { log, roots, kept } = parts;
    this.#log = log;
    this.#ending = parts.ending;
    this.#troubled = parts.troubled;
    const root = join(parts.storage, 'journal');
    const journal = new FileJournal({
      root,
      disk: realDisk,
      clock: systemClock,
      log,
      locks: new Locks({ disk: realDisk, clock: systemClock, processes: systemProcesses, pid: process.pid }),
      fold: (key) => this.store.get(key),
    });
    this.#journal = journal;
    this.store = new SessionStore({
      clock: systemClock,
      log,
      journal: {
        begin: (session) => {
          if (kept()) journal.begin(session);
        },
        keepLarge: (key, text) => journal.keepLarge(key, text),
        append: (key, logged) => journal.append(key, logged),
        close: (key) => journal.close(key),
      },
    });
    const belongs = (cwd: string): boolean => belongsTo(roots(), cwd);
    this.own = new Catalogue({ store: this.store, journal, log, kept, belongs });
    this.sessions = new AllSessions({ own: this.own, log });
    this.#owned.add(journal.onState(() => this.#tellTrouble()));
    this.#limit = new StorageLimit({
      journal,
      clock: systemClock,
      log,
      most: journalLimit,
      tell: (sessions, megabytes) => void tellShortened(sessions, megabytes),
      ending: this.#ending,
    });
    const { sights } = parts;
    const changed = (): void => this.refresh();
    this.#owned.add(new ListWatch({ folder: root, clock: systemClock, log, sights, wanted: kept, changed }));
    this.#follow();
  }

  /** Why sessions are in memory only: a sentence for a person. */
  get trouble(): string | undefined {
    const { state } = this.#journal;
    if (state.kind === 'ok') return undefined;
    return vscode.l10n.t('Sessions are in memory only, and end with this window. {0}', state.reason);
  }

  /** @throws Failure `missing` */
  readLarge(key: SessionKey, name: string): Promise<string> {
    return this.sessions.readLarge(key, name) ?? this.#journal.readLarge(key, name);
  }

  /** A session that another window has. @throws Failure as `Journal.look` does */
  async read(key: SessionKey, changed: () => void, signal: AbortSignal): Promise<Reading> {
    const parts = { journal: this.#journal, clock: systemClock, log: this.#log, changed };
    const reading = await Reading.open(key, parts, signal);
    for (const [other, { ended }] of this.#readings) if (ended) this.#readings.delete(other);
    this.#readings.set(key, reading);
    return reading;
  }

  /** What a surface may show of it: one of this window, or one that is read here. */
  shown(key: SessionKey): Session | undefined {
    const reading = this.#readings.get(key);
    return this.store.get(key) ?? (reading?.ended === false ? reading.get() : undefined);
  }

  /** For a surface: why a session cannot be shown at all is told to the person. */
  async wake(key: SessionKey, signal: AbortSignal): Promise<Session> {
    try {
      return await this.sessions.wake(key, signal);
    } catch (failure) {
      this.#tellUnread(key, failure);
      throw failure;
    }
  }

  /** What changes during a look is looked at once more: the first may have been past it. */
  refresh(): void {
    this.#again = this.#refreshing;
    if (this.#refreshing || this.#ending.aborted) return;
    this.#refreshing = true;
    this.own
      .refresh(this.#ending)
      .catch((failure: unknown) => {
        if (!this.#ending.aborted) this.#log.warn(`The stored sessions could not be listed: ${sentence(failure)}`);
      })
      .finally(() => {
        this.#refreshing = false;
        if (this.#again) this.refresh();
      });
  }

  /** Closes what is written, with the mark that nothing is missing. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#limit.rest();
    await this.#journal[Symbol.asyncDispose]();
    this.#owned.dispose();
    this.sessions.dispose();
    this.own.dispose();
    this.store.dispose();
  }

  #follow(): void {
    this.refresh();
    this.#owned.add(
      vscode.workspace.onDidChangeWorkspaceFolders(() => {
        this.refresh();
        this.sessions.sort();
      }),
    );
    this.#owned.add(
      vscode.workspace.onDidChangeConfiguration((change) => {
        if (change.affectsConfiguration('wheelhouse.journal')) this.refresh();
        if (change.affectsConfiguration(LIMIT)) this.#limit.look();
      }),
    );
    // What another window did meanwhile is seen when the person comes from there.
    this.#owned.add(vscode.window.onDidChangeWindowState(({ focused }) => focused && this.refresh()));
  }

  #tellTrouble(): void {
    this.#troubled();
    const { trouble } = this;
    if (trouble === undefined || this.#warned) return;
    // Once: the chat shows it for as long as it lasts.
    this.#warned = true;
    void vscode.window.showWarningMessage(trouble);
  }

  #tellUnread(key: SessionKey, failure: unknown): void {
    // What another window has is shown as it is there.
    if (this.#ending.aborted || !(failure instanceof Failure) || failure.code === 'locked') return;
    const title = titleOf(this.sessions.get(key), vscode.l10n.t);
    void vscode.window.showErrorMessage(vscode.l10n.t('“{0}” cannot be shown: {1}', title, sentence(failure)));
  }
}

/** Whether a window with these folders lists a session that works there. */
export const belongsTo = (roots: readonly string[], cwd: string): boolean =>
  roots.length === 0 || roots.some((root) => isInside(root, cwd, flavourHere));

const LIMIT = 'wheelhouse.journal.maxMegabytes';

const tellShortened = async (sessions: number, megabytes: number): Promise<void> => {
  const change = vscode.l10n.t('Change the Limit');
  const message =
    sessions === 1
      ? vscode.l10n.t(
          'Sessions took more than {0} MB on this machine. The older part of one that nobody has open was removed; its transcript says so.',
          megabytes,
        )
      : vscode.l10n.t(
          'Sessions took more than {0} MB on this machine. The older parts of {1} that nobody has open were removed; their transcripts say so.',
          megabytes,
          sessions,
        );
  if ((await vscode.window.showInformationMessage(message, change)) === change)
    await vscode.commands.executeCommand('workbench.action.openSettings', LIMIT);
};
