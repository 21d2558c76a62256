import * as vscode from 'vscode';
import { Failure } from '../../base/failure.ts';
import { askCalmly } from '../askCalmly.ts';
import { type Core, words } from '../core.ts';
import { plainLine } from '../plainText.ts';
import { requireTrust } from '../trust.ts';
import { addEnvironment } from './addEnvironment.ts';
import { addressOf, type Draft } from './draft.ts';
import { readLink } from './readLink.ts';
import { hostOf, kindWords } from './kinds.ts';
import { spelled } from './trusting.ts';

/**
 * What a link can do: have the person asked whether to add what it names. Until they agree nothing is connected, read or
 * written, and whoever made the link decides about nothing else.
 */
export const followLink = async (core: () => Promise<Core>, uri: vscode.Uri): Promise<void> => {
  try {
    requireTrust();
    const draft = readLink(uri);
    if (!(await mayAdd(draft))) return;
    await addEnvironment(await core(), draft);
  } catch (failure) {
    if (failure instanceof Failure && failure.code === 'cancelled') return;
    void vscode.window.showErrorMessage(plainLine(words(failure), 300));
  }
};

const mayAdd = async (draft: Draft): Promise<boolean> => {
  const address = addressOf(draft);
  if (address === undefined) return false;
  const { label, purpose } = kindWords(address.kind);
  const host = hostOf(address);
  const go = vscode.l10n.t('Go On');
  const detail = [
    `${label}: ${purpose}`,
    vscode.l10n.t('Host: {0}', host),
    /^(?:wss|https):/u.test(address.url)
      ? address.fingerprint === undefined
        ? vscode.l10n.t('Certificate: one that this machine trusts')
        : `${vscode.l10n.t('Certificate: this one alone, SHA-256')}\n${spelled(address.fingerprint)}`
      : vscode.l10n.t('Not encrypted: it is reached through this machine itself.'),
    vscode.l10n.t('A link asks for this, and whoever made it chose the host. Nothing was sent there yet.'),
  ].join('\n\n');
  return (await askCalmly(vscode.l10n.t('Add an environment at {0}?', host), detail, go)) === go;
};
