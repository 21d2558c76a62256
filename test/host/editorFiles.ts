import * as vscode from 'vscode';
import { silent } from '../../src/base/log.ts';
import { systemClock } from '../../src/machine/clock.ts';
import type { LineRange, Place, Settlement } from '../../src/router/ports.ts';
import type { MergeSides } from '../../src/vscode/diffs.ts';
import { EditorWorkspace } from '../../src/vscode/workspace.ts';
import { show, typeAtStart } from './workspaceFolder.ts';

/** What would have been shown to be merged by hand. */
export const merges: MergeSides[] = [];
export const workspace = new EditorWorkspace({
  clock: systemClock,
  log: silent,
  diffs: { openMerge: async (_, sides) => void merges.push(sides) },
});
export const { signal } = new AbortController();
export const place = (path: string): Promise<Place> => workspace.place(path, signal);
export const read = async (path: string, range: LineRange = {}): Promise<string> =>
  await workspace.readText(await place(path), range, signal);
export const unasked = (): Promise<Settlement> => Promise.reject(new Error('nobody was to be asked'));
export const write = async (path: string, content: string, settle: Settle = unasked) =>
  await workspace.writeText(await place(path), content, settle, signal);
type Settle = Parameters<EditorWorkspace['writeText']>[2];
export const undo = async (): Promise<void> => void (await vscode.commands.executeCommand('undo'));
export const failsWith = (code: string) => (failure: unknown) =>
  failure instanceof Error && 'code' in failure && failure.code === code;

/** Opens the file in an editor, and types at its beginning. */
export const dirty = async (path: string, text: string): Promise<vscode.TextEditor> => {
  const editor = await show(path);
  await typeAtStart(editor, text);
  return editor;
};
