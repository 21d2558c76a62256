// Apart from the list itself, which the start of the extension alone needs: what is in one file with it is loaded then.
import * as vscode from 'vscode';
import type { SessionState, Summary } from '../model/summary.ts';
import { plainLine } from './plainText.ts';

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
