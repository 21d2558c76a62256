import { Failure } from '../base/failure.ts';
import type { Log } from '../base/log.ts';
import type { SessionKey } from '../model/session.ts';
import { fitsRequest } from '../protocol/view/request.ts';
import { AskedChanges } from '../relay/askedChanges.ts';
import type { Device } from '../relay/device.ts';
import type { ProtectedChange, RelayEdits } from '../relay/ports.ts';
import type { OutOfBand } from '../router/outOfBand.ts';
import type { EditorFiles } from './editorFiles.ts';
import type { Windows } from './windows.ts';

/** Files of a host as devices edit them: in the window that has them open, else on the disk. */
export const hostRelayEdits = (parts: {
  readonly files: EditorFiles;
  readonly watch: Pick<OutOfBand, 'around'>;
  readonly windows: Windows;
  readonly log: Log;
  /** Aborted when the host ends. */
  readonly ending: AbortSignal;
}): RelayEdits => {
  const { files, watch, windows, log, ending } = parts;
  const asked = new AskedChanges({ ask: askChange(windows), log, ending });
  const note = (path: string, what: 'read' | 'written' | 'torn'): void => {
    if (what === 'torn')
      log.warn(`${path} was left half written for a device: it holds neither the old text nor the new.`);
  };
  return {
    // No session has this key: a device edits for none of them.
    workspace: watch.around(files.of({ key: '' as SessionKey, cwd: '', note })),
    allowed: (change, device) => asked.allowed(change, device),
  };
};

/** @throws Failure `no window`, `invalid` */
const askChange =
  (windows: Windows) =>
  async ({ place: { path }, before, after }: ProtectedChange, device: Device, signal: AbortSignal) => {
    const window = windows.forPerson();
    if (window === undefined)
      throw new Failure('no window', 'No window is connected in which that could be asked about.');
    if (!fitsRequest(after) || !fitsRequest(before ?? ''))
      throw new Failure('invalid', 'The text is too large to be shown.');
    const request = {
      kind: 'change/ask',
      device: device.name,
      path,
      ...(before === undefined ? {} : { before }),
      after,
    } as const;
    return (await window.ask(request, ['said'], {}, signal)).result.yes;
  };
