import * as vscode from 'vscode';
import type { FarAddress } from '../../backends/environmentSettings.ts';
import { Failure } from '../../base/failure.ts';
import type { FarMachine } from '../../router/farMachine.ts';
import { readEnvironments } from '../settings.ts';
import { BACK, choose, nameOf } from './asking.ts';
import { hostOf, kindWords, machineWords } from './kinds.ts';

/** Any environment of the settings: reached by an address, or by a program of this machine. */
export type Place = FarAddress | FarMachine;

export const isAddress = (place: Place): place is FarAddress => 'url' in place;

export const places = (): readonly Place[] => {
  const { addresses, environments } = readEnvironments();
  return [...addresses.values(), ...environments.values()];
};

/** An element of the tree, and what its menu hands to a command. */
export interface PlaceNode {
  readonly environment: string;
  /** One of its rows. */
  readonly row?: string;
}

/** The id that a command was given: itself, or in an element of the tree. */
export const idIn = (argument: unknown): string | undefined => {
  if (typeof argument === 'string') return argument;
  const named = typeof argument === 'object' && argument !== null && 'environment' in argument && argument.environment;
  return typeof named === 'string' ? named : undefined;
};

/**
 * The one that is named, the only one, or the person's choice.
 * @throws Failure `unknown`, `none`: with `none` as the sentence
 */
export const choosePlace = async <T extends Place>(
  argument: unknown,
  among: readonly T[],
  none: string,
): Promise<T | undefined> => {
  const id = idIn(argument);
  const named = among.find((place) => place.id === id);
  if (named !== undefined) return named;
  const next = vscode.l10n.t('“Add Environment” adds one.');
  if (id !== undefined)
    throw new Failure('unknown', vscode.l10n.t('There is no such environment as “{0}” for this.', id), next);
  const [only, ...others] = among;
  if (only === undefined) throw new Failure('none', none, next);
  if (others.length === 0) return only;
  const chosen = await choose({ title: vscode.l10n.t('Which environment?') }, among.map(choiceOf));
  return chosen === BACK ? undefined : chosen;
};

const choiceOf = <T extends Place>(place: T) => ({
  value: place,
  label: `$(${wordsOf(place).icon}) ${nameOf(place)}`,
  description: `${wordsOf(place).label} · ${whereabouts(place)}`,
});

export const wordsOf = (place: Place): ReturnType<typeof machineWords> =>
  isAddress(place) ? kindWords(place.kind) : machineWords(place.kind);

/** Host and port, or what reaches it. */
export const whereabouts = (place: Place): string =>
  isAddress(place) ? hostOf(place) : place.kind === 'ssh' ? place.destination : (place.command[0] ?? '');
