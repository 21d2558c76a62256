import { stat } from 'node:fs/promises';
import { basename, isAbsolute } from 'node:path';
import * as vscode from 'vscode';
import { Failure } from '../base/failure.ts';
import { makeVisible } from '../base/visibleText.ts';
import { eachEntry, type ToolContent, type ToolEntry } from '../model/entry.ts';
import type { Session, SessionKey } from '../model/session.ts';
import type { Action } from '../protocol/view/messages.ts';
import type { SessionStore } from '../router/store.ts';
import { isContained } from './containment.ts';
import type { Diffs } from './diffs.ts';
import type { AgentTerminals } from './terminals.ts';

const SCHEMES: readonly string[] = ['http:', 'https:', 'mailto:'];

/** What a page may ask of the window: it names what it shows, and everything that is opened is looked up here. */
export class Actions {
  readonly #store: SessionStore;
  readonly #diffs: Diffs;
  readonly #terminals: AgentTerminals;
  readonly #roots: () => readonly string[];
  readonly #agents: { restart(session: Session, signal: AbortSignal): Promise<void>; showLog(id: string): void };
  readonly #newSession: (agent: string | undefined, signal: AbortSignal) => Promise<unknown>;

  constructor(parts: {
    readonly store: SessionStore;
    readonly diffs: Diffs;
    readonly terminals: AgentTerminals;
    readonly roots: () => readonly string[];
    readonly agents: { restart(session: Session, signal: AbortSignal): Promise<void>; showLog(id: string): void };
    readonly newSession: (agent: string | undefined, signal: AbortSignal) => Promise<unknown>;
  }) {
    this.#store = parts.store;
    this.#diffs = parts.diffs;
    this.#terminals = parts.terminals;
    this.#roots = parts.roots;
    this.#agents = parts.agents;
    this.#newSession = parts.newSession;
  }

  /** @throws Failure `gone` where the thing is not there any more; `invalid`; what its doing throws */
  async act(action: Action, signal: AbortSignal): Promise<void> {
    switch (action.kind) {
      case 'session/new':
        await this.#newSession(action.agent, signal);
        return;
      case 'location/open':
        return await this.#openLocation(this.#tool(action.key, action.entry), action.index);
      case 'diff/open':
        return await this.#openDiff(this.#tool(action.key, action.entry).content[action.index]);
      case 'question/diff':
        return await this.#openDiff(this.#question(action.key, action.question)?.tool?.content[action.index]);
      case 'terminal/show':
        if (!this.#terminals.reveal({ session: action.key, terminal: action.terminal }))
          throw gone(vscode.l10n.t('The terminal was closed.'));
        return;
      case 'agent/restart':
        return await this.#agents.restart(this.#session(action.key), signal);
      case 'agent/log':
        return this.#agents.showLog(this.#session(action.key).backend);
      case 'link/open':
        return await openLink(action.href);
      case 'mend':
        return await mend(action.what);
    }
  }

  #session(key: SessionKey): Session {
    const session = this.#store.get(key);
    if (session === undefined) throw gone(vscode.l10n.t('The session was closed.'));
    return session;
  }

  #tool(key: SessionKey, id: string): ToolEntry {
    for (const entry of eachEntry(this.#session(key).entries))
      if (entry.id === id && entry.kind === 'tool') return entry;
    throw gone(vscode.l10n.t('This tool call is not there any more.'));
  }

  #question(key: SessionKey, id: string): Session['questions'][number] | undefined {
    return this.#session(key).questions.find((question) => question.id === id);
  }

  async #openLocation(entry: ToolEntry, index: number): Promise<void> {
    const location = entry.locations[index];
    if (location === undefined) throw gone(vscode.l10n.t('This place is not there any more.'));
    const { path, line } = location;
    if (!isAbsolute(path)) throw new Failure('invalid', vscode.l10n.t('{0} is not an absolute path.', path));
    // Nothing is asked of the disk before the person agreed: a network path alone would give their name away.
    if (!(await isContained(this.#roots(), path)) && !(await confirmOutside(path))) return;
    const uri = vscode.Uri.file(path);
    if (await isFolder(path)) {
      await vscode.commands.executeCommand('revealInExplorer', uri);
      return;
    }
    const selection =
      typeof line === 'number' ? { selection: new vscode.Range(toIndex(line), 0, toIndex(line), 0) } : {};
    await vscode.commands.executeCommand('vscode.open', uri, { preview: true, ...selection });
  }

  async #openDiff(content: ToolContent | undefined): Promise<void> {
    if (content?.type !== 'diff' || !('newText' in content))
      throw gone(vscode.l10n.t('This change is not there any more.'));
    const { path, oldText, newText } = content;
    await this.#diffs.open({
      path,
      oldText,
      newText,
      title: vscode.l10n.t('{0} (change)', makeVisible(basename(path), 'one')),
    });
  }
}

const gone = (message: string): Failure => new Failure('gone', message);

const toIndex = (line: number): number => Math.max(0, Math.floor(line) - 1);

const isFolder = async (path: string): Promise<boolean> =>
  await stat(path).then(
    (about) => about.isDirectory(),
    () => false,
  );

const confirmOutside = async (path: string): Promise<boolean> => {
  const open = vscode.l10n.t('Open');
  const detail = vscode.l10n.t('{0}\n\nIt is outside of the folders of this window.', makeVisible(path, 'one'));
  return (
    (await vscode.window.showWarningMessage(vscode.l10n.t('Open this file?'), { modal: true, detail }, open)) === open
  );
};

const openLink = async (href: string): Promise<void> => {
  const address = URL.parse(href);
  if (address === null || !SCHEMES.includes(address.protocol))
    throw new Failure(
      'invalid',
      vscode.l10n.t('Only web and mail addresses are opened.'),
      makeVisible(href.slice(0, 200), 'one'),
    );
  const open = vscode.l10n.t('Open');
  // The parsed form: what looks like a known host in another script stands there as what it is.
  const detail = makeVisible(address.href, 'one');
  const answer = await vscode.window.showInformationMessage(
    vscode.l10n.t('Open this address?'),
    { modal: true, detail },
    open,
  );
  if (answer === open) await vscode.env.openExternal(vscode.Uri.parse(address.href, true));
};

const mend = async (what: Extract<Action, { kind: 'mend' }>['what']): Promise<void> => {
  switch (what) {
    case 'folder':
      await vscode.commands.executeCommand('vscode.openFolder');
      return;
    case 'trust':
      await vscode.commands.executeCommand('workbench.trust.manage');
      return;
    case 'agent':
      await vscode.commands.executeCommand('workbench.action.openSettings', 'wheelhouse.agents');
      return;
    case 'settings':
      await vscode.commands.executeCommand('workbench.action.openSettings', '@ext:wheelhouse.wheelhouse');
  }
};
