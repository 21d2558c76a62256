import * as vscode from 'vscode';
import type { Answers } from '../../backends/host/answering.ts';
import { askChangedProgram } from '../changedProgram.ts';

/** What a host of this machine is answered, while the person trusts what is open here. For no other host. */
export const windowAnswers = (
  parts: Pick<Answers, 'workspace' | 'secrets' | 'keepRule' | 'admitDevice' | 'askChange'>,
): Answers => ({
  ...parts,
  askProgram: askChangedProgram,
  isOpen: () => vscode.workspace.isTrusted,
  onChanged: (listener) =>
    vscode.Disposable.from(
      vscode.workspace.onDidChangeWorkspaceFolders(() => listener()),
      vscode.workspace.onDidGrantWorkspaceTrust(() => listener()),
    ),
});
