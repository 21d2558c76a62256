import * as vscode from 'vscode';
import { type FarAddress, type FarKind, FAR_KINDS, parseEnvironments } from '../../backends/environmentSettings.ts';
import type { FarMachine } from '../../router/farMachine.ts';
import { problemLine } from '../settings.ts';
import type { Place } from './places.ts';

export type PlaceKind = FarKind | FarMachine['kind'];

/** An environment on its way into the settings: what is known of it so far. */
export interface Draft {
  readonly kind: PlaceKind;
  readonly id?: string;
  readonly name?: string;
  readonly url?: string;
  readonly fingerprint?: string;
  readonly folder?: string;
  readonly destination?: string;
  readonly command?: readonly string[];
  /** What nobody is asked about here stays as it stands in the settings. */
  readonly rest?: Readonly<Record<string, unknown>>;
  /** Of an address: undefined until it was entered; empty, there is none. Never written to the settings. */
  readonly secret?: string;
  /** For which a secret is to be had. */
  readonly code?: string;
}

/** As it stands in the settings. */
export const entryOf = ({ kind, name, url, fingerprint, folder, destination, command, rest }: Draft) => ({
  ...rest,
  kind,
  ...given({ name, url, fingerprint, folder, destination, command }),
});

const given = (fields: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined && value !== ''));

/** For what has no id yet. */
const UNNAMED = 'environment';

/** What is wrong with one of its fields, in words; undefined: nothing. */
export const wrongIn = (draft: Draft, field: 'url' | 'fingerprint' | 'folder' | 'destination' | 'command') => {
  const { problems } = parseEnvironments({ [UNNAMED]: entryOf(draft) });
  const problem = problems.find(({ key }) => key.endsWith(`${UNNAMED}.${field}`));
  return problem && problemLine({ ...problem, key: vscode.l10n.t('This') });
};

/** As the settings would be read. Undefined: something is wrong in it. */
export const placeOf = (draft: Draft): Place | undefined => {
  const id = draft.id ?? UNNAMED;
  const { addresses, environments } = parseEnvironments({ [id]: entryOf(draft) });
  return addresses.get(id) ?? environments.get(id);
};

/** Before all of it is known. @returns undefined for a machine that a program of this one reaches */
export const addressOf = (draft: Draft): FarAddress | undefined => {
  // Where an agent works there is asked for after its address.
  const place = placeOf(draft.kind === 'acp' && draft.folder === undefined ? { ...draft, folder: '/' } : draft);
  return place !== undefined && 'url' in place ? place : undefined;
};

export const isFarKind = (kind: string): kind is FarKind => FAR_KINDS.some((each) => each === kind);

const PATHS: Readonly<Partial<Record<FarKind, string>>> = { relay: '/acp', environment: '/environment' };

/** The address that somebody means who left out what is always the same, or copied it from a browser. */
export const meant = (kind: FarKind, text: string): string => {
  const full = /^[a-z][a-z\d+.-]*:\/\//iu.test(text) ? text : `wss://${text}`;
  const url = URL.parse(full);
  if (url === null) return text;
  const isWeb = kind === 'terminal' || kind === 'flamecast' || (kind === 'acp' && /^https?:/iu.test(full));
  const address = full.replace(/^(?:ws|http)(s?):/iu, isWeb ? 'http$1:' : 'ws$1:');
  const path = PATHS[kind];
  return path !== undefined && url.pathname === '/' ? new URL(path, address).href : address;
};
