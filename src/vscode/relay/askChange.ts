import { basename } from 'node:path';
import * as vscode from 'vscode';
import { abortable } from '../../base/abortable.ts';
import type { Answers } from '../../backends/host/answering.ts';
import type { Diffs } from '../diffs.ts';
import { plainLine } from '../plainText.ts';

type Change = Parameters<NonNullable<Answers['askChange']>>[0];

/** Shows the person what a device would write, and asks them only then: nobody allows what they have not seen. */
export const askChange = async (
  diffs: Pick<Diffs, 'open'>,
  { device, path, before, after }: Change,
  signal: AbortSignal,
): Promise<boolean> => {
  const [who, what] = [plainLine(device, 64), plainLine(path)];
  const look = vscode.l10n.t('Show Change');
  const wanted = vscode.l10n.t('“{0}” wants to change {1}, which programs obey without asking.', who, what);
  if ((await asked(wanted, [look, vscode.l10n.t('Not Now')], signal)) !== look) return false;
  const title = vscode.l10n.t('{0}, as “{1}” wants it', plainLine(basename(path)), who);
  await diffs.open({ path, oldText: before ?? null, newText: after, title });
  const allow = vscode.l10n.t('Allow This Change');
  const question = vscode.l10n.t('Let “{0}” change {1} as it is shown? It has to send the change again.', who, what);
  return (await asked(question, [allow, vscode.l10n.t('Not Now')], signal)) === allow;
};

/** No dialog: it would have a button under the key that is just being pressed. */
const asked = async (words: string, buttons: readonly string[], signal: AbortSignal): Promise<string | undefined> =>
  await abortable(Promise.resolve(vscode.window.showWarningMessage(words, ...buttons)), signal);
