import * as vscode from 'vscode';
import type { Summary } from '../../model/summary.ts';
import { stateWord, titleOf } from '../sessionWords.ts';
import type { FarRow } from './far.ts';

/** A session that lives in an environment, below that. */
export const sessionRow = (session: Summary): FarRow => ({
  id: session.key,
  label: titleOf(session, vscode.l10n.t),
  detail: `${session.agentLabel} · ${stateWord(session.state, vscode.l10n.t)}`,
  icon: 'comment',
  open: async () => void (await vscode.commands.executeCommand('wheelhouse.openSession', session.key)),
});
