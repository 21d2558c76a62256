import { basename } from 'node:path';
import * as vscode from 'vscode';
import { Disposables } from '../base/disposable.ts';
import type { SessionKey } from '../model/session.ts';
import type { SessionState, Summary } from '../model/summary.ts';
import { plainLine } from './plainText.ts';

/** An element of the tree, and what its menu hands to a command. */
export interface SessionNode {
  readonly key: SessionKey;
}

/** The sessions of this window, newest first; its badge counts those that wait for the person. */
export class SessionsTree implements vscode.TreeDataProvider<SessionNode>, vscode.Disposable {
  static readonly id = 'wheelhouse.sessions';
  readonly #owned = new Disposables();
  readonly #changed = this.#owned.add(new vscode.EventEmitter<SessionNode | undefined>());
  readonly onDidChangeTreeData = this.#changed.event;
  readonly #nodes = new Map<SessionKey, SessionNode>();
  readonly #summaries = new Map<SessionKey, Summary>();
  readonly #view: vscode.TreeView<SessionNode>;

  constructor() {
    this.#view = this.#owned.add(vscode.window.createTreeView(SessionsTree.id, { treeDataProvider: this }));
  }

  /** Takes the differences of the list. */
  update(sessions: readonly Summary[], removed: readonly SessionKey[]): void {
    const before = this.#summaries.size;
    for (const key of removed) {
      this.#nodes.delete(key);
      this.#summaries.delete(key);
    }
    for (const session of sessions) this.#summaries.set(session.key, session);
    const [only, ...others] = sessions;
    const one = only !== undefined && others.length === 0 ? this.#nodes.get(only.key) : undefined;
    // One row drawn again keeps the focus and the selection where a whole new tree loses them.
    this.#changed.fire(removed.length === 0 && this.#summaries.size === before ? one : undefined);
    this.#showBadge();
  }

  getChildren(element?: SessionNode): SessionNode[] {
    if (element !== undefined) return [];
    return [...this.#summaries.keys()].reverse().map((key) => this.#node(key));
  }

  getTreeItem({ key }: SessionNode): vscode.TreeItem {
    const session = this.#summaries.get(key);
    const item = new vscode.TreeItem(titleOf(session));
    item.id = key;
    if (session === undefined) return item;
    const state = stateWord(session.state);
    item.description = [plainLine(session.agentLabel, 40), basename(session.cwd), state].join(' · ');
    item.tooltip = [
      titleOf(session),
      session.agentLabel,
      session.cwd,
      session.detail === undefined ? state : `${state}, ${session.detail}`,
    ]
      .map((line) => plainLine(line, 300))
      .join('\n');
    item.iconPath = iconOf(session.state);
    item.contextValue = contextOf(session.state);
    item.accessibilityInformation = { label: `${titleOf(session)}, ${plainLine(session.agentLabel, 40)}, ${state}` };
    item.command = { command: 'wheelhouse.openSession', title: vscode.l10n.t('Open Session'), arguments: [key] };
    return item;
  }

  getParent(): undefined {
    return undefined;
  }

  dispose(): void {
    this.#owned.dispose();
  }

  #node(key: SessionKey): SessionNode {
    const known = this.#nodes.get(key);
    if (known !== undefined) return known;
    const node: SessionNode = { key };
    this.#nodes.set(key, node);
    return node;
  }

  #showBadge(): void {
    const value = [...this.#summaries.values()].filter(({ questions }) => questions > 0).length;
    if (value === (this.#view.badge?.value ?? 0)) return;
    const tooltip =
      value === 1 ? vscode.l10n.t('1 session waits for you') : vscode.l10n.t('{0} sessions wait for you', value);
    this.#view.badge = value === 0 ? undefined : { value, tooltip };
  }
}

export const titleOf = (session: Pick<Summary, 'title'> | undefined): string =>
  session === undefined || session.title.trim() === '' ? vscode.l10n.t('New session') : plainLine(session.title, 80);

export const stateWord = (state: SessionState): string => {
  switch (state) {
    case 'Failed':
      return vscode.l10n.t('Failed');
    case 'Waiting for you':
      return vscode.l10n.t('Waiting for you');
    case 'Disconnected':
      return vscode.l10n.t('Disconnected');
    case 'Reconnecting':
      return vscode.l10n.t('Reconnecting');
    case 'Connecting':
      return vscode.l10n.t('Connecting');
    case 'Replaying':
      return vscode.l10n.t('Replaying');
    case 'Working':
      return vscode.l10n.t('Working');
    case 'Ready':
      return vscode.l10n.t('Ready');
  }
};

const ICONS: Readonly<Record<SessionState, readonly [icon: string, color?: string]>> = {
  Failed: ['error', 'list.errorForeground'],
  'Waiting for you': ['bell-dot', 'list.warningForeground'],
  Disconnected: ['debug-disconnect'],
  Reconnecting: ['sync~spin'],
  Connecting: ['loading~spin'],
  Replaying: ['history'],
  Working: ['loading~spin'],
  Ready: ['comment'],
};

const iconOf = (state: SessionState): vscode.ThemeIcon => {
  const [icon, color] = ICONS[state];
  return new vscode.ThemeIcon(icon, color === undefined ? undefined : new vscode.ThemeColor(color));
};

/** What the menus ask for. A session that waits still works: its turn can be stopped. */
const contextOf = (state: SessionState): string => {
  if (state === 'Waiting for you') return 'session working waiting';
  return state === 'Working' ? 'session working' : 'session';
};
