import { join } from 'node:path';
import * as vscode from 'vscode';
import type { Disposables } from '../base/disposable.ts';
import type { Log } from '../base/log.ts';
import { systemClock } from '../machine/clock.ts';
import type { Variables } from '../machine/environmentVariables.ts';
import { Guard } from '../machine/guard.ts';
import { realDisk } from '../machine/disk.ts';
import { localEnvironment } from '../machine/local.ts';
import { ProgramPrints } from '../machine/programPrints.ts';
import type { Environment } from '../router/ports.ts';
import { askChangedProgram } from './changedProgram.ts';
import { editorTerminals } from './nodePty.ts';

/** Where agents of this window are started, and who sees to their end. */
export const localMachine = (
  parts: {
    readonly extension: vscode.Uri;
    readonly storage: string;
    readonly log: Log;
    readonly variables: () => Promise<Variables>;
    roots(): readonly string[];
  },
  owned: Disposables,
): { readonly guard: Guard; readonly environment: Environment } => {
  const { extension, storage, log, variables, roots } = parts;
  const common = { env: process.env, clock: systemClock, log };
  const guard = owned.add(
    new Guard({
      ...common,
      folder: join(storage, 'processes'),
      watchdog: join(extension.fsPath, 'dist', 'watchdog.js'),
    }),
  );
  const root = join(storage, 'programs');
  const prints = new ProgramPrints({ root, disk: realDisk, clock: systemClock, log, ask: askChangedProgram });
  const environment = owned.add(
    localEnvironment({
      ...common,
      label: vscode.l10n.t('This machine'),
      variables,
      startTerminal: editorTerminals(vscode.env.appRoot, systemClock, log),
      forbiddenRoots: roots,
      vet: (start, signal) => prints.admit(start, signal),
      guard,
    }),
  );
  return { guard, environment };
};
