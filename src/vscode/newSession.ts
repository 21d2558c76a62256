import { isAbsolute } from 'node:path';
import * as vscode from 'vscode';
import { Failure } from '../base/failure.ts';
import type { SessionKey } from '../model/session.ts';
import { chooseAgent, chooseFolder } from './choices.ts';
import type { Core, NewSession } from './core.ts';
import { isFolder } from './folders.ts';

/** Starts a session, asking for what is missing. Undefined when the person thought better of it. */
export const newSession = async (
  core: Core,
  options: {
    readonly agent?: string;
    readonly cwd?: string;
    /** Asked for in the chat itself, where the person goes on typing: the focus is not moved. */
    readonly inPage?: boolean;
  },
): Promise<NewSession | undefined> => {
  const agent = options.agent ?? (await chooseAgent(core));
  if (agent === undefined) return undefined;
  const cwd = options.cwd ?? (await chooseFolder(core));
  if (cwd === undefined) return undefined;
  if (!isAbsolute(cwd)) throw new Failure('invalid', vscode.l10n.t('{0} is not an absolute path.', cwd));
  // Some agents take any folder, and fail at the first thing that they do in it (protocol §10).
  if (!(await isFolder(cwd)))
    throw new Failure('missing', vscode.l10n.t('There is no folder {0}.', cwd), vscode.l10n.t('Choose another one.'));
  return core.startSession({ agent, cwd, inPage: options.inPage === true });
};

/** The session once it is open, or once it has failed where the chat shows that. */
export const toldInChat = async ({ key, opened }: NewSession): Promise<SessionKey> => {
  try {
    return await opened;
  } catch (failure) {
    if (key === undefined) throw failure;
    return key;
  }
};
