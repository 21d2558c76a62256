import { basename } from 'node:path';
import * as vscode from 'vscode';
import { Disposables } from '../base/disposable.ts';
import type { SessionKey } from '../model/session.ts';
import type { SessionState, Summary } from '../model/summary.ts';
import { ago } from './ago.ts';
import { plainLine } from './plainText.ts';
import { stateWord, titleOf } from './sessionWords.ts';

/** An element of the tree, and what its menu hands to a command. */
export interface SessionNode {
  readonly key: SessionKey;
}

/** A session as the tree draws it. */
export interface Row extends Summary {
  /** Something came to an end in it, or began to wait, since the person looked. */
  readonly unread: boolean;
}

/** The sessions of this window and of its folders, the pinned first, then the newest; its badge counts those that wait for the person. */
export class SessionsTree implements vscode.TreeDataProvider<SessionNode>, vscode.Disposable {
  static readonly id = 'wheelhouse.sessions';
  readonly #owned = new Disposables();
  readonly #changed = this.#owned.add(new vscode.EventEmitter<SessionNode | undefined>());
  readonly onDidChangeTreeData = this.#changed.event;
  readonly #nodes = new Map<SessionKey, SessionNode>();
  readonly #rows = new Map<SessionKey, Row>();
  readonly #words = new Map<'host' | 'relay', string | undefined>();
  readonly #view: vscode.TreeView<SessionNode>;
  #needed: (() => void) | undefined;
  #archived = false;

  /** `needed` is called when the tree comes to sight for the first time. */
  constructor(needed: () => void) {
    this.#needed = needed;
    this.#view = this.#owned.add(vscode.window.createTreeView(SessionsTree.id, { treeDataProvider: this }));
  }

  get visible(): boolean {
    return this.#view.visible;
  }

  get onDidChangeVisibility(): vscode.Event<unknown> {
    return this.#view.onDidChangeVisibility;
  }

  /** Takes the differences of the list; what is removed is removed first. */
  update(rows: readonly Row[], removed: readonly SessionKey[]): void {
    const before = this.#order();
    for (const key of removed) {
      this.#nodes.delete(key);
      this.#rows.delete(key);
    }
    for (const row of rows) this.#rows.set(row.key, row);
    const after = this.#order();
    const same = before.length === after.length && before.every((key, index) => key === after[index]);
    const [only, ...others] = rows;
    // One row drawn again keeps the focus and the selection where a whole new tree loses them.
    const one = same && only !== undefined && others.length === 0 ? this.#nodes.get(only.key) : undefined;
    this.#changed.fire(one);
    this.#showBadge();
  }

  /** Beside the title of the list: where the sessions live, and how many other devices are connected. */
  describe(what: 'host' | 'relay', text: string | undefined): void {
    this.#words.set(what, text);
    // What lets somebody in stands first, where a narrow list cuts nothing off.
    const said = [this.#words.get('relay'), this.#words.get('host')].filter((words) => words !== undefined);
    this.#view.description = said.join(' · ');
  }

  /** Whether those that are put aside are in the tree. */
  showArchived(shown: boolean): void {
    this.#archived = shown;
    void vscode.commands.executeCommand('setContext', 'wheelhouse.archivedShown', shown);
    this.#changed.fire(undefined);
  }

  getChildren(element?: SessionNode): SessionNode[] {
    if (element !== undefined) return [];
    this.#needed?.();
    this.#needed = undefined;
    return this.#order().map((key) => this.#node(key));
  }

  getTreeItem({ key }: SessionNode): vscode.TreeItem {
    const row = this.#rows.get(key);
    const item = new vscode.TreeItem(titleOf(row, vscode.l10n.t));
    item.id = key;
    if (row === undefined) return item;
    const said = stateOf(row);
    const agent = plainLine(row.agentLabel, 40);
    item.description = [
      agent,
      basename(row.cwd),
      row.asleep === true && row.elsewhere === undefined ? changed(row) : said,
    ]
      .filter((word) => word !== '')
      .join(' · ');
    item.iconPath = iconOf(row);
    item.contextValue = contextOf(row);
    item.accessibilityInformation = { label: [titleOf(row, vscode.l10n.t), agent, said, ...flagsOf(row)].join(', ') };
    item.command = { command: 'wheelhouse.openSession', title: vscode.l10n.t('Open Session'), arguments: [key] };
    return item;
  }

  /** When it is asked for: the time passes. */
  resolveTreeItem(item: vscode.TreeItem, { key }: SessionNode): vscode.TreeItem {
    const row = this.#rows.get(key);
    if (row === undefined) return item;
    const { detail } = row;
    const state = [stateOf(row), ...(detail === undefined ? [] : [detail]), ...flagsOf(row)].join(', ');
    const lines = [
      titleOf(row, vscode.l10n.t),
      row.agentLabel,
      row.cwd,
      state,
      vscode.l10n.t('Changed {0}', changed(row)),
    ];
    item.tooltip = lines.map((line) => plainLine(line, 300)).join('\n');
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

  #order(): readonly SessionKey[] {
    return [...this.#rows.values()]
      .filter(({ archived }) => this.#archived || archived !== true)
      .sort((a, b) => Number(b.pinned ?? false) - Number(a.pinned ?? false) || b.createdAt - a.createdAt)
      .map(({ key }) => key);
  }

  #showBadge(): void {
    const value = [...this.#rows.values()].filter(({ questions }) => questions > 0).length;
    if (value === (this.#view.badge?.value ?? 0)) return;
    const tooltip =
      value === 1 ? vscode.l10n.t('1 session waits for you') : vscode.l10n.t('{0} sessions wait for you', value);
    this.#view.badge = value === 0 ? undefined : { value, tooltip };
  }
}

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

const iconOf = ({ state, asleep, elsewhere, unread }: Row): vscode.ThemeIcon => {
  if (elsewhere === true) return new vscode.ThemeIcon('lock');
  // What it is stands in the words; that something is new in it is what catches the eye.
  if (unread && (asleep === true || QUIET.has(state)))
    return new vscode.ThemeIcon('circle-filled', new vscode.ThemeColor('notificationsInfoIcon.foreground'));
  if (asleep === true) return new vscode.ThemeIcon('history');
  const [icon, color] = ICONS[state];
  return new vscode.ThemeIcon(icon, color === undefined ? undefined : new vscode.ThemeColor(color));
};

const QUIET: ReadonlySet<SessionState> = new Set<SessionState>(['Ready', 'Disconnected']);

const stateOf = ({ state, elsewhere }: Row): string =>
  elsewhere === true ? vscode.l10n.t('Open in another window') : stateWord(state, vscode.l10n.t);

const changed = ({ changedAt }: Row): string => ago(changedAt, Date.now(), vscode.env.language);

const flagsOf = ({ unread, pinned, archived }: Row): readonly string[] => [
  ...(unread ? [vscode.l10n.t('unread')] : []),
  ...(pinned === true ? [vscode.l10n.t('pinned')] : []),
  ...(archived === true ? [vscode.l10n.t('archived')] : []),
];

/** What the menus ask for, in words. A session that waits still works: its turn can be stopped. */
const contextOf = ({ state, asleep, pinned, archived }: Row): string =>
  [
    'session',
    asleep === true ? 'asleep' : 'open',
    pinned === true ? 'pinned' : 'loose',
    archived === true ? 'archived' : 'listed',
    ...(state === 'Working' || state === 'Waiting for you' ? ['working'] : []),
    ...(state === 'Waiting for you' ? ['waiting'] : []),
  ].join(' ');
