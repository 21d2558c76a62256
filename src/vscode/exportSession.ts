import { homedir } from 'node:os';
import { join } from 'node:path';
import * as vscode from 'vscode';
import type { Private } from '../base/redact.ts';
import type { Session } from '../model/session.ts';
import { exportSession as exportLines } from '../router/export.ts';
import { headerOf } from '../router/journal.ts';
import type { Core } from './core.ts';
import { titleOf } from './sessionsTree.ts';

/** Names of variables whose values are nobody's business. */
const SECRET = /key|token|secret|pass|credential|auth/iu;

/** Writes a session where the person says, without what may not be shown to strangers. */
export const exportSession = async (core: Core, session: Session): Promise<void> => {
  const name = `${titleOf(session)
    .replace(/[^\p{L}\p{N}]+/gu, '-')
    .slice(0, 60)}.jsonl`;
  const target = await vscode.window.showSaveDialog({
    title: vscode.l10n.t('Export Session'),
    defaultUri: vscode.Uri.file(join(core.workspace.roots()[0] ?? homedir(), name)),
    filters: { [vscode.l10n.t('Wheelhouse session')]: ['jsonl'] },
  });
  if (target === undefined) return;
  await vscode.workspace.fs.writeFile(target, new TextEncoder().encode(exportText(core, session)));
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
  const lines = exportLines({ header: headerOf(session), snapshot: session, tail: [] }, privateOf(core, session.cwd));
  return [...lines, ''].join('\n');
};

const privateOf = ({ workspace, agents }: Pick<Core, 'workspace' | 'agents'>, cwd: string): Private => ({
  folders: [
    ...[cwd, ...workspace.roots()].map((path) => ({ path, word: '<workspace>' })),
    { path: homedir(), word: '<home>' },
  ],
  values: [
    ...agents.all.flatMap(({ env }) => Object.values(env ?? {})),
    ...Object.entries(process.env).map(([name, value]) => (SECRET.test(name) ? value : undefined)),
  ].flatMap((value) => value ?? []),
});
