import { homedir } from 'node:os';
import { join } from 'node:path';
import * as vscode from 'vscode';
import type { Session } from '../model/session.ts';
import { exportSession as exportLines } from '../router/export.ts';
import { headerOf } from '../router/journal.ts';
import type { Core } from './core.ts';
import { privateWords } from './privateWords.ts';
import { titleOf } from './sessionWords.ts';

/** Writes a session where the person says, without what may not be shown to strangers. */
export const exportSession = async (core: Core, session: Session): Promise<void> => {
  const name = `${titleOf(session, vscode.l10n.t)
    .replace(/[^\p{L}\p{N}]+/gu, '-')
    .slice(0, 60)}.jsonl`;
  const target = await vscode.window.showSaveDialog({
    title: vscode.l10n.t('Export Session'),
    defaultUri: vscode.Uri.file(join(core.workspace.roots()[0] ?? homedir(), name)),
    filters: { [vscode.l10n.t('Wheelhouse session')]: ['jsonl'] },
  });
  if (target === undefined) return;
  await vscode.workspace.fs.writeFile(target, new TextEncoder().encode(core.logs.mask(exportText(core, session))));
  const show = vscode.l10n.t('Show');
  const told = vscode.l10n.t(
    'The session was exported without paths, images and known secrets. Look through it before you share it: the words are as they were.',
  );
  if ((await vscode.window.showInformationMessage(told, show)) === show) {
    await vscode.commands.executeCommand('vscode.open', target);
  }
};

/** The lines of the file. */
export const exportText = (core: Pick<Core, 'workspace' | 'agents'>, session: Session): string => {
  const words = privateWords({
    folders: [session.cwd, ...core.workspace.roots()],
    agents: core.agents.all,
    variables: [process.env],
  });
  const lines = exportLines({ header: headerOf(session), snapshot: session, tail: [] }, words);
  return [...lines, ''].join('\n');
};
