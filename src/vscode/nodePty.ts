import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../base/clock.ts';
import { sentence } from '../base/failure.ts';
import type { Log } from '../base/log.ts';
import { loadNodePty } from '../machine/nodePty.ts';
import { type NodePty, pipeTerminal, ptyTerminal, type StartTerminal } from '../machine/terminal.ts';

/** Where the editors keep it: unpacked beside the archive on a desktop, in plain folders on a server. */
const FOLDERS = ['node_modules.asar.unpacked', 'node_modules'];
/** No folder to node, only to Electron: there the attempt itself tells. */
const ARCHIVE = 'node_modules.asar';

const foldersIn = (appRoot: string): readonly string[] =>
  FOLDERS.map((place) => join(appRoot, place, 'node-pty')).filter((path) => existsSync(path));

/** The folder of VS Code's own node-pty, for a process that is no VS Code. */
export const editorNodePty = (appRoot: string): string | undefined => foldersIn(appRoot)[0];

/**
 * Terminals by VS Code's own node-pty, so that no native module ships with us. It is no promise of VS Code's: where it is
 * not found or does not load, they run over pipes and say so.
 */
export const editorTerminals = (appRoot: string, clock: Clock, log: Log): StartTerminal => {
  const load = (): NodePty | undefined => {
    for (const path of [...foldersIn(appRoot), join(appRoot, ARCHIVE, 'node-pty')]) {
      try {
        return loadNodePty(path, path);
      } catch (failure) {
        log.debug(`${path} did not load: ${sentence(failure)}`);
      }
    }
    log.warn(`No node-pty was found under ${appRoot}: terminals run over pipes.`);
    return undefined;
  };
  let loaded: { readonly pty: NodePty | undefined } | undefined;
  return (invocation, options) => {
    const { pty } = (loaded ??= { pty: load() });
    return pty === undefined ? pipeTerminal(invocation, options, clock) : ptyTerminal(pty, invocation, options);
  };
};
