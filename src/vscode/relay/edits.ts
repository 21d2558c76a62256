import { AskedChanges } from '../../relay/askedChanges.ts';
import type { RelayEdits } from '../../relay/ports.ts';
import type { Core } from '../core.ts';
import { askChange } from './askChange.ts';

/** Files of this window as devices edit them: what the person has open, with a step of undo, else the disk. */
export const windowEdits = ({ files, diffs, logs, signal }: Core): RelayEdits => {
  const asked = new AskedChanges({
    async ask({ place: { path }, before, after }, { name }, stop) {
      const change = { device: name, path, ...(before === undefined ? {} : { before }), after };
      return await askChange(diffs, change, stop);
    },
    log: logs.main,
    ending: signal,
  });
  return { workspace: files, allowed: (change, device) => asked.allowed(change, device) };
};
