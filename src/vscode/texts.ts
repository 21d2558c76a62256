import * as vscode from 'vscode';

/** What the chat says, in the language of the window; its English stands in the page itself. */
export const texts = (): Readonly<Record<string, string>> => {
  const { bundle } = vscode.l10n;
  if (bundle === undefined) return {};
  const strings: Record<string, string> = {};
  for (const [key, value] of Object.entries(bundle)) if (typeof value === 'string') strings[key] = value;
  return strings;
};
