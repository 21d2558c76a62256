import { createRequire } from 'node:module';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { sentence } from '../base/failure.ts';
import type { Log } from '../base/log.ts';
import type { NodePty } from '../machine/terminal.ts';

/** Where the editors keep it: unpacked beside the archive on a desktop, in plain folders on a server. */
const PLACES = ['node_modules.asar.unpacked', 'node_modules', 'node_modules.asar'];

/**
 * VS Code's own node-pty, so that no native module ships with us. It is no promise of VS Code's: where it is not found
 * or does not load, terminals run over pipes and say so.
 */
export const editorNodePty = (appRoot: string, log: Log): (() => Promise<NodePty | undefined>) => {
  const load = (): NodePty | undefined => {
    const require = createRequire(join(appRoot, 'package.json'));
    for (const place of PLACES) {
      const path = join(appRoot, place, 'node-pty');
      // An archive is no folder to node, only to Electron: there the attempt itself tells.
      if (place !== 'node_modules.asar' && !existsSync(path)) continue;
      try {
        const found: unknown = require(path);
        if (isNodePty(found)) return found;
        log.warn(`${path} is no node-pty.`);
      } catch (failure) {
        log.debug(`${path} did not load: ${sentence(failure)}`);
      }
    }
    log.warn(`No node-pty was found under ${appRoot}: terminals run over pipes.`);
    return undefined;
  };
  let loaded: Promise<NodePty | undefined> | undefined;
  return () => (loaded ??= Promise.resolve().then(load));
};

const isNodePty = (value: unknown): value is NodePty =>
  typeof value === 'object' && value !== null && 'spawn' in value && typeof value.spawn === 'function';
