import * as vscode from 'vscode';
import type { HostState } from '../../backends/host.ts';
import type { FarAddress } from '../../backends/environmentSettings.ts';
import { type Disposable, Disposables } from '../../base/disposable.ts';
import type { LinkState } from '../../base/reconnecting.ts';
import { systemClock } from '../../machine/clock.ts';
import { plainLine } from '../plainText.ts';
import { nameOf } from './asking.ts';
import type { FarConnection, FarRow } from './far.ts';
import type { FarEnvironments } from './farEnvironments.ts';
import { kindWords } from './kinds.ts';
import { isAddress, type Place, type PlaceNode, places, whereabouts, wordsOf } from './places.ts';
import { sessionRow } from './sessionRow.ts';

/** What is known of one that is connected, or is to be. */
interface Known extends Pick<FarConnection, 'trouble' | 'detail' | 'rows'> {
  readonly state: LinkState | HostState;
  readonly sessions: boolean;
  readonly terminals: boolean;
  readonly acts: boolean;
}

/** Milliseconds in which changes are gathered: the list of a machine may change with each word that is said there. */
const GATHERED = 100;

/** All environments of the settings, each with what lives in it while it is connected. */
export class EnvironmentsTree implements Disposable {
  readonly #far: FarEnvironments;
  readonly #redraw: (node: PlaceNode | undefined) => void;
  readonly #owned = new Disposables();
  readonly #nodes = new Map<string, PlaceNode>();
  /** What was drawn last, by the ids of the environments. */
  #drawn = new Map<string, string>();
  #gathering = false;

  constructor(far: FarEnvironments, redraw: (node: PlaceNode | undefined) => void) {
    this.#far = far;
    this.#redraw = redraw;
    const changed = (): void => this.#change();
    this.#owned.add(far.onChanged(changed));
    this.#owned.add(far.hosts.onChanged(changed));
  }

  childrenOf(node: PlaceNode | undefined): readonly PlaceNode[] {
    if (node === undefined) {
      const all = places();
      this.#drawn = new Map(all.map((place) => [this.#itemId(place), this.#lookOf(place)]));
      return all.map(({ id }) => this.#node(id));
    }
    const rows = node.row === undefined ? this.#known(node.environment)?.rows : undefined;
    return (rows ?? []).map(({ id }) => this.#node(node.environment, id));
  }

  itemOf({ environment, row }: PlaceNode): vscode.TreeItem {
    const known = this.#known(environment);
    const place = places().find(({ id }) => id === environment);
    if (place === undefined) return new vscode.TreeItem(environment);
    if (row === undefined) return itemOfPlace(place, known);
    const shown = known?.rows.find(({ id }) => id === row);
    return shown === undefined ? new vscode.TreeItem('') : itemOfRow(place.id, shown);
  }

  dispose(): void {
    this.#owned.dispose();
  }

  #change(): void {
    if (this.#gathering) return;
    this.#gathering = true;
    const timer = systemClock.after(GATHERED, () => {
      this.#gathering = false;
      this.#owned.remove(timer);
      this.#redrawChanged();
    });
    this.#owned.add(timer);
  }

  /** One that is drawn again by itself keeps the focus where a whole new tree loses it. */
  #redrawChanged(): void {
    const all = places();
    const now = new Map(all.map((place) => [this.#itemId(place), this.#lookOf(place)]));
    const before = this.#drawn;
    this.#drawn = now;
    if (String([...before.keys()]) !== String([...now.keys()])) return this.#redraw(undefined);
    for (const place of all) {
      const id = this.#itemId(place);
      if (before.get(id) !== now.get(id)) this.#redraw(this.#node(place.id));
    }
  }

  /** One that gets another id in its place would be drawn below what it was. */
  #itemId({ id }: Place): string {
    return itemIdOf(id, this.#known(id));
  }

  #lookOf(place: Place): string {
    const { state, trouble, detail, rows, sessions, terminals, acts } = this.#known(place.id) ?? {};
    return JSON.stringify([place, state, trouble?.message, detail, rows, sessions, terminals, acts]);
  }

  #node(environment: string, row?: string): PlaceNode {
    const key = JSON.stringify([environment, row]);
    const known = this.#nodes.get(key);
    if (known !== undefined) return known;
    const node = { environment, ...(row === undefined ? {} : { row }) };
    this.#nodes.set(key, node);
    return node;
  }

  #known(id: string): Known | undefined {
    const at = this.#far.of(id);
    if (at !== undefined) {
      const { state, trouble, detail, rows } = at;
      const [sessions, terminals] = [at.start !== undefined, at.terminal !== undefined];
      return { state, trouble, detail, rows, sessions, terminals, acts: at.actions !== undefined };
    }
    const host = this.#far.hosts.at(id);
    if (host === undefined) return undefined;
    const { state, trouble } = host;
    return {
      state,
      trouble,
      detail: undefined,
      rows: host.all().map(sessionRow),
      sessions: true,
      terminals: false,
      acts: false,
    };
  }
}

const itemOfPlace = (place: Place, known: Known | undefined): vscode.TreeItem => {
  const rows = known?.rows.length ?? 0;
  const { None, Expanded } = vscode.TreeItemCollapsibleState;
  const item = new vscode.TreeItem(nameOf(place), rows === 0 ? None : Expanded);
  const state = stateOf(place, known);
  const detail = known?.detail === undefined ? undefined : plainLine(known.detail, 60);
  const said = [state, detail].filter((word) => word !== undefined).join(', ');
  item.id = itemIdOf(place.id, known);
  item.description = [said, whereabouts(place)].filter((word) => word !== '').join(' · ');
  item.iconPath = iconOf(place, known);
  item.contextValue = contextOf(place, known);
  item.tooltip = tooltipOf(place, known, said);
  item.accessibilityInformation = {
    label: [nameOf(place), wordsOf(place).label, said].filter((word) => word !== '').join(', '),
  };
  return item;
};

/** Under the id that it had while nothing was below it, VS Code would leave it closed. */
const itemIdOf = (id: string, known: Known | undefined): string =>
  (known?.rows.length ?? 0) === 0 ? id : `${id} open`;

/** What happened, and what to do. */
const tooltipOf = (place: Place, known: Known | undefined, said: string): string => {
  const { label, purpose } = wordsOf(place);
  const trouble = known?.state === 'connected' ? undefined : known?.trouble;
  return [
    nameOf(place),
    `${label}: ${purpose}`,
    isAddress(place) ? place.url : `${whereabouts(place)} ${place.folder}`,
    ...(isAddress(place) && place.fingerprint !== undefined
      ? [vscode.l10n.t('Only this certificate is believed: {0}', place.fingerprint)]
      : []),
    ...(said === '' ? [] : [said]),
    ...[trouble?.message, trouble?.next].filter((line) => line !== undefined),
  ]
    .map((line) => plainLine(line, 300))
    .join('\n');
};

/** Undefined where nothing stays connected: programs that run there are started when they are wanted. */
const stateOf = (place: Place, known: Known | undefined): string | undefined => {
  if (known === undefined) return isConnectable(place) ? vscode.l10n.t('Not connected') : undefined;
  switch (known.state) {
    case 'connected':
      return vscode.l10n.t('Connected');
    case 'connecting':
      return vscode.l10n.t('Connecting');
    case 'reconnecting':
      return vscode.l10n.t('Reconnecting');
    case 'refused':
      return vscode.l10n.t('Not let in');
    case 'gone':
      return vscode.l10n.t('Not connected');
  }
};

const isConnectable = (place: Place): boolean => isAddress(place) || (place.kind === 'ssh' && place.host !== undefined);

const iconOf = (place: Place, known: Known | undefined): vscode.ThemeIcon => {
  const own = wordsOf(place).icon;
  switch (known?.state) {
    case 'connecting':
      return new vscode.ThemeIcon('loading~spin');
    case 'reconnecting':
      return new vscode.ThemeIcon('sync~spin');
    case 'refused':
      return new vscode.ThemeIcon('error', new vscode.ThemeColor('list.errorForeground'));
    case 'connected':
      return new vscode.ThemeIcon(own, new vscode.ThemeColor('charts.green'));
    default:
      return new vscode.ThemeIcon(own, new vscode.ThemeColor('disabledForeground'));
  }
};

/** What the menus ask for, in words. */
const contextOf = (place: Place, known: Known | undefined): string => {
  // On a machine that a program reaches, an agent of the settings has to be; one that is missing is told of then.
  const [sessions, terminals] = isAddress(place) ? abilities(place, known) : [true, false];
  return [
    'environment',
    ...(isAddress(place) ? ['address'] : []),
    ...(isConnectable(place) && known?.state !== 'connected' ? ['offline'] : []),
    ...(known === undefined ? [] : ['online']),
    ...(sessions ? ['sessions'] : []),
    ...(terminals ? ['terminals'] : []),
    ...(known?.acts === true ? ['acts'] : []),
  ].join(' ');
};

/** Before it is connected, what is usual for its kind. */
const abilities = ({ kind }: FarAddress, known: Known | undefined): readonly [sessions: boolean, terminals: boolean] =>
  known === undefined ? [kindWords(kind).sessions, kindWords(kind).terminals] : [known.sessions, known.terminals];

const itemOfRow = (environment: string, row: FarRow): vscode.TreeItem => {
  const item = new vscode.TreeItem(plainLine(row.label, 80));
  const detail = row.detail === undefined ? undefined : plainLine(row.detail, 100);
  item.id = `${environment} ${row.id}`;
  if (detail !== undefined) item.description = detail;
  item.iconPath = new vscode.ThemeIcon(row.icon);
  const can = [row.end && 'ends', row.open && 'opens', row.actions && 'acts'].filter((word) => word !== undefined);
  item.contextValue = ['row', ...can].join(' ');
  item.accessibilityInformation = { label: [plainLine(row.label, 80), detail].filter(Boolean).join(', ') };
  item.tooltip = [row.label, row.detail ?? '']
    .map((line) => plainLine(line, 300))
    .join('\n')
    .trim();
  if (row.open !== undefined) {
    const title = vscode.l10n.t('Open');
    item.command = { command: 'wheelhouse.openFarRow', title, arguments: [{ environment, row: row.id }] };
  }
  return item;
};
