import * as vscode from 'vscode';

/** Milliseconds. An Enter that was meant for what was there before is no consent: an answer that comes so fast has read nothing. */
const TYPED_AHEAD = 500;

/** Asks in a dialog, again where nobody can have read it. */
export const askCalmly = async (question: string, detail: string, agree: string): Promise<string | undefined> => {
  for (;;) {
    const shown = performance.now();
    const answer = await vscode.window.showInformationMessage(question, { modal: true, detail }, agree);
    if (answer === undefined || performance.now() - shown >= TYPED_AHEAD) return answer;
  }
};
