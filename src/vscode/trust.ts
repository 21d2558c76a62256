import * as vscode from 'vscode';
import { Failure } from '../base/failure.ts';
import type { Environment } from '../router/ports.ts';
import type { Router } from '../router/router.ts';

/** @throws Failure `untrusted` in Restricted Mode */
export const requireTrust = (): void => {
  if (vscode.workspace.isTrusted) return;
  throw new Failure(
    'untrusted',
    vscode.l10n.t('No agent starts in Restricted Mode.'),
    vscode.l10n.t('Trust this workspace first.'),
  );
};

/** The same environment, in which nothing starts before the person trusts the workspace, whoever asks and on which way. */
export const trustedOnly = (environment: Environment): Environment => ({
  label: environment.label,
  async spawn(options, signal) {
    requireTrust();
    return await environment.spawn(options, signal);
  },
  async terminal(options, signal) {
    requireTrust();
    return await environment.terminal(options, signal);
  },
});

/** The same way for commands, on which a prompt that no agent could take is refused instead of kept waiting. */
export const trustedPrompts = (router: Pick<Router, 'perform'>): Pick<Router, 'perform'> => ({
  async perform(key, command, device, signal) {
    if (command.kind === 'prompt') requireTrust();
    await router.perform(key, command, device, signal);
  },
});
