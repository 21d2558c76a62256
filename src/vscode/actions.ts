import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as vscode from 'vscode';
import { Failure } from '../base/failure.ts';
import { makeVisible } from '../base/visibleText.ts';
import { eachEntry, type Entry, type ToolContent, type ToolEntry } from '../model/entry.ts';
import { largeIn, wholeText } from '../model/large.ts';
import type { Session, SessionKey } from '../model/session.ts';
import type { Action } from '../protocol/view/messages.ts';
import type { Workspace } from '../router/ports.ts';
import type { Diffs } from './diffs.ts';
import { isFolder } from './folders.ts';

const SCHEMES: readonly string[] = ['http:', 'https:', 'mailto:'];

export interface ActionsParts {
  /** A session that the page may show. */
  shown(key: SessionKey): Session | undefined;
  readonly diffs: Diffs;
  /** False: it was closed. */
  showTerminal(session: SessionKey, terminal: string, signal: AbortSignal): Promise<boolean>;
  readonly place: Workspace['place'];
  /** Of a session on another machine; false: its files cannot be looked at from here. */
  openFar(session: Session, file: { readonly path: string; readonly line?: number }): Promise<boolean>;
  wake(key: SessionKey): Promise<unknown>;
  showRules(key: SessionKey): Promise<void>;
  readLarge(key: SessionKey, name: string): Promise<string>;
  readonly agents: {
    restart(session: Session, signal: AbortSignal): Promise<void>;
    showLog(id: string): Promise<void>;
  };
  newSession(agent: string | undefined, signal: AbortSignal): Promise<unknown>;
}

/** What a page may ask of the window: it names what it shows, and everything that is opened is looked up here. */
export class Actions {
  readonly #parts: ActionsParts;

  constructor(parts: ActionsParts) {
    this.#parts = parts;
  }

  /** @throws Failure `gone` where the thing is not there any more; `invalid`; what its doing throws */
  async act(action: Action, signal: AbortSignal): Promise<void> {
    switch (action.kind) {
      case 'session/new':
        await this.#parts.newSession(action.agent, signal);
        return;
      case 'location/open':
        return await this.#openLocation(action, signal);
      case 'diff/open':
        return await this.#openDiff(this.#tool(action.key, action.entry).content[action.index], action.key);
      case 'question/diff':
        return await this.#openDiff(this.#question(action.key, action.question)?.tool?.content[action.index]);
      case 'large/open':
        return await this.#parts.diffs.show(
          vscode.l10n.t('Whole text'),
          await this.#parts.readLarge(action.key, action.name),
        );
      case 'terminal/show':
        if (!(await this.#parts.showTerminal(action.key, action.terminal, signal)))
          throw gone(vscode.l10n.t('The terminal was closed.'));
        return;
      case 'session/take':
        await this.#parts.wake(action.key);
        return;
      case 'folder/add':
        requireHere(this.#session(action.key));
        return await addFolder(this.#session(action.key).cwd);
      case 'rules/show':
        return await this.#parts.showRules(this.#session(action.key).key);
      case 'agent/restart':
        return await this.#parts.agents.restart(this.#session(action.key), signal);
      case 'agent/log':
        return await this.#parts.agents.showLog(this.#session(action.key).backend);
      case 'link/open':
        return await openLink(action.href);
      case 'mend':
        return await mend(action.what);
    }
  }

  /** As it is where nothing is kept apart from it: a file may hold what looks like a mark. */
  async #whole(key: SessionKey | undefined, text: string): Promise<string> {
    const large = largeIn(text);
    if (large === undefined || key === undefined) return text;
    return await this.#parts.readLarge(key, large.name).then(
      (whole) => wholeText(text, large, whole),
      () => text,
    );
  }

  #session(key: SessionKey): Session {
    const session = this.#parts.shown(key);
    if (session === undefined) throw gone(vscode.l10n.t('The session was closed.'));
    return session;
  }

  #entry(key: SessionKey, id: string): Entry | undefined {
    for (const entry of eachEntry(this.#session(key).entries)) if (entry.id === id) return entry;
    return undefined;
  }

  #tool(key: SessionKey, id: string): ToolEntry {
    const entry = this.#entry(key, id);
    if (entry?.kind === 'tool') return entry;
    throw gone(vscode.l10n.t('This tool call is not there any more.'));
  }

  #question(key: SessionKey, id: string): Session['questions'][number] | undefined {
    return this.#session(key).questions.find((question) => question.id === id);
  }

  /** Of a tool call or a notice, or the file that a plan stands in. */
  async #openLocation(
    { key, entry: id, index }: Extract<Action, { kind: 'location/open' }>,
    signal: AbortSignal,
  ): Promise<void> {
    const [session, entry] = [this.#session(key), this.#entry(key, id)];
    const uri = entry?.kind === 'plan' ? entry.uri : undefined;
    if (uri !== undefined && !uri.startsWith('file:')) return await openLink(uri);
    const location =
      uri === undefined
        ? entry?.kind === 'tool' || entry?.kind === 'notice'
          ? entry.locations?.[index]
          : undefined
        : { path: pathOf(uri) };
    if (location === undefined) throw gone(vscode.l10n.t('This place is not there any more.'));
    const line = ('line' in location ? location.line : undefined) ?? undefined;
    if (session.machine !== undefined) {
      const file = { path: location.path, ...(line === undefined ? {} : { line }) };
      if (await this.#parts.openFar(session, file)) return;
    }
    requireHere(session);
    // It is not looked at where that alone would tell another machine who the person is.
    const { path, inside } = await this.#parts.place(location.path, signal);
    if (!inside && !(await confirmOutside(path))) return;
    const file = vscode.Uri.file(path);
    if (await isFolder(path)) {
      await vscode.commands.executeCommand('revealInExplorer', file);
      return;
    }
    const selection =
      typeof line === 'number' ? { selection: new vscode.Range(toIndex(line), 0, toIndex(line), 0) } : {};
    await vscode.commands.executeCommand('vscode.open', file, { preview: true, ...selection });
  }

  /** `key`: the session that the texts may be kept apart from. */
  async #openDiff(content: ToolContent | undefined, key?: SessionKey): Promise<void> {
    if (content?.type !== 'diff' || !('newText' in content))
      throw gone(vscode.l10n.t('This change is not there any more.'));
    const { path, oldText, newText } = content;
    await this.#parts.diffs.open({
      path,
      oldText: oldText === null ? null : await this.#whole(key, oldText),
      newText: await this.#whole(key, newText),
      title: vscode.l10n.t('{0} (change)', makeVisible(basename(path), 'one')),
    });
  }
}

/** The same path would be another file here. */
const requireHere = ({ machine }: Session): void => {
  if (machine !== undefined)
    throw new Failure('elsewhere', vscode.l10n.t('This file is on {0}, and cannot be opened here.', machine));
};

const gone = (message: string): Failure => new Failure('gone', message);

/** @throws Failure `invalid` for an address that names no file of this machine */
const pathOf = (uri: string): string => {
  try {
    return fileURLToPath(uri);
  } catch {
    throw new Failure('invalid', vscode.l10n.t('This address names no file.'), makeVisible(uri.slice(0, 200), 'one'));
  }
};

const toIndex = (line: number): number => Math.max(0, Math.floor(line) - 1);

const confirmOutside = async (path: string): Promise<boolean> => {
  const open = vscode.l10n.t('Open');
  const detail = vscode.l10n.t('{0}\n\nIt is outside of the folders of this window.', makeVisible(path, 'one'));
  return (
    (await vscode.window.showWarningMessage(vscode.l10n.t('Open this file?'), { modal: true, detail }, open)) === open
  );
};

/** The page is no reason to widen what agents may touch: the person says so, with the folder before their eyes. */
const addFolder = async (path: string): Promise<void> => {
  const add = vscode.l10n.t('Add Folder');
  const detail = vscode.l10n.t(
    '{0}\n\nAgents of this window may then read and change what is in it.',
    makeVisible(path, 'one'),
  );
  const question = vscode.l10n.t('Add this folder to the window?');
  if ((await vscode.window.showWarningMessage(question, { modal: true, detail }, add)) !== add) return;
  const count = vscode.workspace.workspaceFolders?.length ?? 0;
  if (!vscode.workspace.updateWorkspaceFolders(count, 0, { uri: vscode.Uri.file(path) }))
    throw new Failure('failed', vscode.l10n.t('{0} could not be added to the window.', path));
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
