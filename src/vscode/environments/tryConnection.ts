import { homedir } from 'node:os';
import * as vscode from 'vscode';
import type { FarAddressOf, FarKind } from '../../backends/environmentSettings.ts';
import { Failure } from '../../base/failure.ts';
import { reaching, wayFailed } from '../../machine/remote/reach.ts';
import type { FarMachine } from '../../router/farMachine.ts';
import type { Environment, Process } from '../../router/ports.ts';
import type { FarParts, Found } from './far.ts';
import { loadKind } from './kinds.ts';

export interface Tried {
  readonly found: Found;
  readonly milliseconds: number;
}

/** Reaches it once, and leaves nothing behind. @throws Failure why that failed */
export const tryAddress = async <Kind extends FarKind>(parts: FarParts<Kind>, signal: AbortSignal): Promise<Tried> => {
  const address: FarAddressOf<Kind> = parts.address;
  const kind: Kind = address.kind;
  const module = await loadKind(kind);
  const begun = performance.now();
  const found = await module.probe(parts, signal);
  return { found, milliseconds: Math.round(performance.now() - begun) };
};

/** That it can be reached, and that the folder is there. */
const SCRIPT = 'cd -- "$1" || exit 66; uname -sr; pwd -P';
const NO_FOLDER = 66;

/** The same for a machine that a program of this one reaches: a folder is looked at there. @throws Failure */
export const tryMachine = async (machine: FarMachine, here: Environment, signal: AbortSignal): Promise<Tried> => {
  const begun = performance.now();
  const words = reaching(machine, SCRIPT, [machine.folder], false, BATCH[machine.kind]);
  const child = await here.spawn({ ...words, cwd: homedir() }, signal);
  const { said, code } = await heard(child);
  const milliseconds = Math.round(performance.now() - begun);
  const [system = '', folder = machine.folder] = said;
  if (code === 0) return { found: [system, folder], milliseconds };
  if (code === NO_FOLDER) throw new Failure('missing', vscode.l10n.t('There is no folder {0} there.', machine.folder));
  const why = child.stderrTail().trim();
  throw new Failure(
    'lost',
    why === '' ? vscode.l10n.t('It ended with code {0}, and said nothing.', String(code)) : why,
    wayFailed(machine, code),
  );
};

/** What it says, to its end, and then it is ended for good. */
const heard = async (child: Process): Promise<{ readonly said: readonly string[]; readonly code: number | null }> => {
  try {
    await child.lines.writable.close();
    const said: string[] = [];
    for await (const batch of child.lines.readable)
      for (const line of batch) if (typeof line === 'string' && said.length < MOST) said.push(line);
    return { said, code: (await child.exited).code };
  } finally {
    await child[Symbol.asyncDispose]();
  }
};

/** Lines of an answer. */
const MOST = 10;
/** A question of ssh would be seen by nobody. */
const BATCH: Readonly<Record<FarMachine['kind'], readonly string[]>> = { ssh: ['-o', 'BatchMode=yes'], exec: [] };
