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
import type { Session, SessionKey } from '../model/session.ts';
import { Catalogue } from '../router/catalogue.ts';
import { SessionStore } from '../router/store.ts';
import { isInside } from './containment.ts';
import { titleOf } from './sessionsTree.ts';
import { journalWanted } from './settings.ts';

/**
 * What is kept of sessions beyond their window.
 *
 * All of this machine stand in one folder, and a window lists those that worked inside of its own folders: kept in the
 * storage of the workspace, they would be gone as soon as somebody adds a folder to the window or opens a part of it.
 * Two windows that list the same one share it by its lock: one of them has it, and says so to the other.
 */
export class History implements AsyncDisposable {
  readonly store: SessionStore;
  readonly catalogue: Catalogue;
  readonly #journal: FileJournal;
  readonly #log: Log;
  readonly #ending: AbortSignal;
  readonly #reveal: (key: SessionKey) => Promise<void>;
  readonly #troubled: () => void;
  readonly #owned = new Disposables();
  #warned = false;

  constructor(parts: {
    /** Absolute folder that all windows of this machine share. */
    readonly storage: string;
    readonly log: Log;
    readonly roots: () => readonly string[];
    readonly reveal: (key: SessionKey) => Promise<void>;
    /** `trouble` is another one. */
    readonly troubled: () => void;
    readonly ending: AbortSignal;
  }) {
    const { log, roots } = parts;
    this.#log = log;
    this.#ending = parts.ending;
    this.#reveal = parts.reveal;
    this.#troubled = parts.troubled;
    const journal = new FileJournal({
      root: join(parts.storage, 'journal'),
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
          if (journalWanted()) journal.begin(session);
        },
        append: (key, logged) => journal.append(key, logged),
        close: (key) => journal.close(key),
      },
    });
    const belongs = (cwd: string): boolean => roots().length === 0 || roots().some((root) => isInside(root, cwd));
    this.catalogue = new Catalogue({ store: this.store, journal, log, kept: journalWanted, belongs });
    this.#owned.add(journal.onState(() => this.#tellTrouble()));
    this.#follow();
  }

  /** Why sessions are in memory only: a sentence for a person. */
  get trouble(): string | undefined {
    const { state } = this.#journal;
    if (state.kind === 'ok') return undefined;
    return vscode.l10n.t('Sessions are in memory only, and end with this window. {0}', state.reason);
  }

  /** For a surface: why a session cannot be read is told to the person. */
  async wake(key: SessionKey, signal: AbortSignal): Promise<Session> {
    try {
      return await this.catalogue.wake(key, signal);
    } catch (failure) {
      void this.#tellUnread(key, failure);
      throw failure;
    }
  }

  refresh(): void {
    this.catalogue.refresh(this.#ending).catch((failure: unknown) => {
      if (!this.#ending.aborted) this.#log.warn(`The stored sessions could not be listed: ${sentence(failure)}`);
    });
  }

  /** Closes what is written, with the mark that nothing is missing. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#journal[Symbol.asyncDispose]();
    this.#owned.dispose();
    this.catalogue.dispose();
    this.store.dispose();
  }

  #follow(): void {
    this.refresh();
    this.#owned.add(vscode.workspace.onDidChangeWorkspaceFolders(() => this.refresh()));
    this.#owned.add(
      vscode.workspace.onDidChangeConfiguration((change) => {
        if (change.affectsConfiguration('wheelhouse.journal')) this.refresh();
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

  async #tellUnread(key: SessionKey, failure: unknown): Promise<void> {
    if (this.#ending.aborted || !(failure instanceof Failure)) return;
    const title = titleOf(this.catalogue.get(key));
    if (failure.code !== 'locked') {
      void vscode.window.showErrorMessage(vscode.l10n.t('“{0}” cannot be shown: {1}', title, sentence(failure)));
      return;
    }
    const again = vscode.l10n.t('Try Again');
    const message = vscode.l10n.t(
      '“{0}” is open in another window. Close it there; when that window is gone, it can be opened here.',
      title,
    );
    if ((await vscode.window.showWarningMessage(message, again)) === again) await this.#reveal(key);
  }
}
