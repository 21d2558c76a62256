import * as vscode from 'vscode';
import { abortable } from '../../base/abortable.ts';
import type { Clock } from '../../base/clock.ts';
import { CAPABILITIES, capabilitiesOf, type Capability } from '../../relay/device.ts';
import { plainLine } from '../plainText.ts';
import type { AskingDevice } from './control.ts';

/** Shows a dialog; resolves with the button that was pressed, or undefined when it was closed. */
export type AskModally = (
  question: string,
  detail: string,
  buttons: readonly string[],
) => PromiseLike<string | undefined>;

const askModally: AskModally = (question, detail, buttons) =>
  vscode.window.showWarningMessage(question, { modal: true, detail }, ...buttons);

/** Nobody has read it in so short a time, milliseconds: a key that was meant for something else has pressed its button. */
const UNREAD = 600;

/**
 * Asks the person whether the device is theirs, and what it may do: as much as it wants at most. The first button, which a
 * stray key would press, is the one that gives least.
 */
export const confirmDevice = async (
  { name, want }: AskingDevice,
  { clock, ask = askModally }: { readonly clock: Clock; readonly ask?: AskModally },
  signal: AbortSignal,
): Promise<Capability | undefined> => {
  const offered = capabilitiesOf(want);
  const buttons = offered.map(wordOf);
  const question = vscode.l10n.t('Pair the device “{0}”?', plainLine(name, 64));
  const detail = [
    vscode.l10n.t('It asks for: {0}.', wordOf(want)),
    ...offered.map((capability) => `${wordOf(capability)}: ${meaningOf(capability)}`),
    vscode.l10n.t('Go on only if you have just entered the code on it yourself.'),
  ].join('\n\n');
  for (;;) {
    const asked = clock.monotonic();
    const chosen = await abortable(Promise.resolve(ask(question, detail, buttons)), signal);
    if (chosen === undefined) return undefined;
    if (clock.monotonic() - asked >= UNREAD) return CAPABILITIES[buttons.indexOf(chosen)];
  }
};

export const wordOf = (capability: Capability): string => {
  switch (capability) {
    case 'watch':
      return vscode.l10n.t('Watch');
    case 'answer':
      return vscode.l10n.t('Answer');
    case 'drive':
      return vscode.l10n.t('Drive');
  }
};

const meaningOf = (capability: Capability): string => {
  switch (capability) {
    case 'watch':
      return vscode.l10n.t('reads all sessions, and the files of their folders.');
    case 'answer':
      return vscode.l10n.t('also answers what agents ask.');
    case 'drive':
      return vscode.l10n.t('also sends prompts, edits files and starts sessions, as you do here.');
  }
};
