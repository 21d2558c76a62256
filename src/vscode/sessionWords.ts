// Apart from the list of sessions, which the start of the extension alone needs; and without VS Code, since the start and the
// background host have one chunk in common.
import type { SessionState, Summary } from '../model/summary.ts';
import { plainLine } from './plainText.ts';

/** `vscode.l10n.t` */
type Translate = (text: string) => string;

export const titleOf = (session: Pick<Summary, 'title'> | undefined, t: Translate): string =>
  session === undefined || session.title.trim() === '' ? t('New session') : plainLine(session.title, 80);

export const stateWord = (state: SessionState, t: Translate): string => {
  switch (state) {
    case 'Failed':
      return t('Failed');
    case 'Waiting for you':
      return t('Waiting for you');
    case 'Disconnected':
      return t('Disconnected');
    case 'Reconnecting':
      return t('Reconnecting');
    case 'Connecting':
      return t('Connecting');
    case 'Replaying':
      return t('Replaying');
    case 'Working':
      return t('Working');
    case 'Ready':
      return t('Ready');
  }
};
