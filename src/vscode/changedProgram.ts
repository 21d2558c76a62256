import * as vscode from 'vscode';
import { abortable } from '../base/abortable.ts';
import { makeVisible } from '../base/visibleText.ts';
import type { Print, ProgramChange } from '../machine/programPrints.ts';

/** No dialog: it would have a button under the key that is just being pressed. */
export const askChangedProgram = async (
  { label, before, now }: ProgramChange,
  signal: AbortSignal,
): Promise<boolean> => {
  const start = vscode.l10n.t('Start');
  const asking = vscode.window.showWarningMessage(
    vscode.l10n.t(
      'The program of {0} has changed since it last ran. It was {1} and is now {2}. Start it?',
      makeVisible(label, 'one'),
      shown(before),
      shown(now),
    ),
    start,
    vscode.l10n.t('Not Now'),
  );
  return (await abortable(Promise.resolve(asking), signal)) === start;
};

const shown = ({ path, sha256 }: Pick<Print, 'path' | 'sha256'>): string =>
  `${makeVisible(path, 'one')} (SHA-256 ${sha256.slice(0, 12)}…)`;
