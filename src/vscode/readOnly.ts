import * as vscode from 'vscode';
import { compileGlob } from '../base/glob.ts';
import { Failure } from '../base/failure.ts';
import { isFields } from '../model/fold/read.ts';
import type { Place } from '../router/ports.ts';

/**
 * Whether the person's settings let the file be edited: VS Code holds its own editors to them, and nobody else.
 * @throws Failure `read-only`
 */
export const requireEditable = (place: Place): void => {
  const files = vscode.workspace.getConfiguration('files', vscode.Uri.file(place.real));
  const names = (key: string): boolean => namesIt(files.get<unknown>(key), place);
  if (!names('readonlyInclude') || names('readonlyExclude')) return;
  throw new Failure(
    'read-only',
    vscode.l10n.t('{0} is read-only: the setting “files.readonlyInclude” names it.', place.path),
    vscode.l10n.t('Leave it as it is, or ask the person to take it out of that setting.'),
  );
};

/** A glob is one of the whole path where it begins like one, else of the path below the folder of the workspace. */
const namesIt = (globs: unknown, { path, real, relative }: Place): boolean =>
  isFields(globs) &&
  Object.entries(globs).some(([glob, on]) => {
    if (on !== true) return false;
    const matches = compileGlob(plain(glob));
    const whole = /^(?:[\\/]|[A-Za-z]:[\\/])/u.test(glob) || relative === undefined;
    return whole ? matches(plain(path)) || matches(plain(real)) : matches(relative);
  });

const plain = (path: string): string => path.replaceAll('\\', '/').replace(/^\/+/u, '');
