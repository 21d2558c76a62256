import * as vscode from 'vscode';
import { CertificateRefused } from '../../machine/webTrust.ts';
import { askCalmly } from '../askCalmly.ts';
import { plainLine } from '../plainText.ts';
import { addressOf, type Draft } from './draft.ts';
import { hostOf } from './kinds.ts';

/**
 * Does something that connects; where the certificate is not trusted, the person may have it believed, and it is done
 * again with that.
 * @throws what `run` does, CertificateRefused among it
 */
export const trusting = async <T>(draft: Draft, run: (draft: Draft) => Promise<T>): Promise<T> => {
  try {
    return await run(draft);
  } catch (failure) {
    const refused = certificateIn(failure);
    const address = addressOf(draft);
    if (refused === undefined || address === undefined || !(await mayBelieve(refused, hostOf(address)))) throw failure;
    return await trusting({ ...draft, fingerprint: refused.fingerprint }, run);
  }
};

const certificateIn = (failure: unknown): CertificateRefused | undefined => {
  if (failure instanceof CertificateRefused) return failure;
  return failure instanceof Error ? certificateIn(failure.cause) : undefined;
};

const mayBelieve = async ({ message, fingerprint, isPinned }: CertificateRefused, host: string): Promise<boolean> => {
  const believe = isPinned ? vscode.l10n.t('Believe the New One') : vscode.l10n.t('Believe This One');
  const question = vscode.l10n.t('Believe this certificate of {0}, and no other?', host);
  const detail = [
    plainLine(message, 300),
    `SHA-256\n${spelled(fingerprint)}`,
    isPinned
      ? vscode.l10n.t(
          'Somebody may be in between. Believe it only if you know that the certificate was renewed, and its fingerprint is this one.',
        )
      : vscode.l10n.t('Compare it with the fingerprint that the other machine shows. Nothing secret was sent yet.'),
  ].join('\n\n');
  return (await askCalmly(question, detail, believe)) === believe;
};

/** In pairs, as other programs show it, on two lines. */
export const spelled = (fingerprint: string): string =>
  [fingerprint.slice(0, 32), fingerprint.slice(32)]
    .map((half) => (half.toUpperCase().match(/../gu) ?? []).join(':'))
    .join('\n');
