import * as vscode from 'vscode';
import type { FarAddress, FarKind } from '../../backends/environmentSettings.ts';
import { type Answer, askText, BACK, choose, nameOf, type Question, withCancel } from './asking.ts';
import type { FarKindModule, FarParts } from './far.ts';
import { hostOf } from './kinds.ts';

/** `kept`: the one that is stored already. An empty one: there is none. */
export type GivenSecret = { readonly secret: string } | 'kept';

type Way = 'code' | 'token' | 'kept' | 'none';

export interface SecretQuestion extends Question {
  /** Those that there are besides a token, and besides a code where the kind has such. */
  readonly ways?: readonly ('kept' | 'none')[];
}

/**
 * What the far side is to know us by: a token that the person has, or one that a code of theirs is traded for.
 * @throws Failure why the code was not taken
 */
export const askSecret = async <Kind extends FarKind>(
  module: Pick<FarKindModule<Kind>, 'pair'>,
  parts: FarParts<Kind>,
  { ways: more = [], ...question }: SecretQuestion,
  signal: AbortSignal,
): Promise<Answer<GivenSecret>> => {
  const { address } = parts;
  const ways: readonly Way[] = [...(module.pair === undefined ? [] : ['code' as const]), 'token', ...more];
  for (;;) {
    const way = ways.length === 1 ? 'token' : await chooseWay(address, ways, question);
    if (way === undefined || way === BACK || way === 'kept') return way;
    if (way === 'none') return { secret: '' };
    const deeper = { ...question, back: question.back === true || ways.length > 1 };
    const given = way === 'token' ? await askToken(address, deeper) : await askCode(deeper);
    if (given === undefined || (given === BACK && ways.length === 1)) return given;
    if (given === BACK) continue;
    return { secret: way === 'token' ? given : await trade(module, parts, given, signal) };
  }
};

/** @throws Failure why the code was not taken */
export const trade = async <Kind extends FarKind>(
  { pair }: Pick<FarKindModule<Kind>, 'pair'>,
  parts: FarParts<Kind>,
  code: string,
  signal: AbortSignal,
): Promise<string> => {
  const waiting = vscode.l10n.t('Pairing with {0}: allow this window there, if it asks', nameOf(parts.address));
  return await withCancel(waiting, signal, async (either) => (await pair?.(parts, code, either)) ?? '');
};

const chooseWay = (address: FarAddress, ways: readonly Way[], question: Question): Promise<Answer<Way>> =>
  choose(
    { ...question, placeholder: vscode.l10n.t('How does {0} know you?', nameOf(address)) },
    ways.map((value) => ({ value, ...wordsOf(value) })),
  );

const wordsOf = (way: Way): vscode.QuickPickItem => {
  switch (way) {
    case 'code':
      return {
        label: vscode.l10n.t('Pair This Window'),
        description: vscode.l10n.t('with the code that the other machine shows'),
      };
    case 'token':
      return {
        label: vscode.l10n.t('Enter a Token'),
        description: vscode.l10n.t('it is kept with the secrets of this machine'),
      };
    case 'kept':
      return {
        label: vscode.l10n.t('Keep the Token'),
        description: vscode.l10n.t('that is stored for this address'),
      };
    case 'none':
      return { label: vscode.l10n.t('No Token'), description: vscode.l10n.t('it lets everybody in who reaches it') };
  }
};

const askCode = (question: Question): Promise<Answer<string>> =>
  askText({
    ...question,
    prompt: vscode.l10n.t('The code, or the address that it is shown with. It works once, for two minutes.'),
    check: notEmpty,
  });

const askToken = (address: FarAddress, question: Question): Promise<Answer<string>> =>
  askText({
    ...question,
    prompt: vscode.l10n.t(
      'The token for {0}. It is kept with the secrets of this machine, and sent to this address alone.',
      hostOf(address),
    ),
    password: true,
    check: notEmpty,
  });

export const notEmpty = (text: string): string | undefined =>
  text === '' ? vscode.l10n.t('Enter it, or press Escape.') : undefined;
