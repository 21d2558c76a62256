import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';
import { isAddress } from '../../machine/webhookFile.ts';
import { type Webhook, WEBHOOK_EVENTS } from '../../relay/webhook.ts';
import type { Core } from '../core.ts';
import { plainLine } from '../plainText.ts';
import { bookOf } from './windowWebhooks.ts';

/** Asks for a webhook and keeps it. */
export const addWebhook = async (core: Core): Promise<void> => {
  const book = bookOf(core);
  const title = vscode.l10n.t('Add Webhook');
  const name = await enter(
    title,
    vscode.l10n.t('A name for it. One of the same name is replaced.'),
    (text) => text.trim() !== '' && text.length <= MOST_NAME,
    vscode.l10n.t('Enter a short name, or press Escape.'),
  );
  if (name === undefined) return;
  const url = await enter(
    title,
    vscode.l10n.t('Where events are sent. It is stored with the secrets of this machine.'),
    isAddress,
    vscode.l10n.t('Enter an https address without a password in it; http is for this machine alone.'),
  );
  if (url === undefined) return;
  const secret = await vscode.window.showInputBox({
    title,
    prompt: vscode.l10n.t('The secret that deliveries are signed with, or nothing: then one is made.'),
    password: true,
    ignoreFocusOut: true,
  });
  if (secret === undefined) return;
  const events = await chooseEvents(title);
  if (events === undefined) return;
  const made = secret === '' ? randomBytes(32).toString('base64url') : undefined;
  await book.put({ name: name.trim(), url, secret: made ?? secret, ...events });
  core.host?.configure();
  await told(name.trim(), made);
};

/** Takes one out of the settings, and its secret out of the secret storage. */
export const removeWebhook = async (core: Core): Promise<void> => {
  const book = bookOf(core);
  const { names } = book;
  if (names.length === 0) {
    void vscode.window.showInformationMessage(vscode.l10n.t('There is no webhook.'));
    return;
  }
  const name = await vscode.window.showQuickPick(names, { title: vscode.l10n.t('Remove Webhook') });
  if (name === undefined) return;
  await book.remove(name);
  core.host?.configure();
};

const MOST_NAME = 60;

const enter = async (
  title: string,
  prompt: string,
  check: (text: string) => boolean,
  wrong: string,
): Promise<string | undefined> =>
  await vscode.window.showInputBox({
    title,
    prompt,
    ignoreFocusOut: true,
    validateInput: (text) => (check(text) ? undefined : wrong),
  });

/** All of them is said by nothing: one that a later version adds is told as well. */
const chooseEvents = async (title: string): Promise<Pick<Webhook, 'events'> | undefined> => {
  const labels: Readonly<Record<(typeof WEBHOOK_EVENTS)[number], string>> = {
    permission_request: vscode.l10n.t('an agent waits for an answer'),
    end_turn: vscode.l10n.t('a turn has ended'),
    error: vscode.l10n.t('a turn or a start has failed'),
    session_end: vscode.l10n.t('a session has ended'),
  };
  const items = WEBHOOK_EVENTS.map((event) => ({ label: labels[event], description: event, event, picked: true }));
  const chosen = await vscode.window.showQuickPick(items, {
    title,
    placeHolder: vscode.l10n.t('What it is told of'),
    canPickMany: true,
    ignoreFocusOut: true,
  });
  // One that is told of nothing is none.
  if (chosen === undefined || chosen.length === 0) return undefined;
  return chosen.length === items.length ? {} : { events: chosen.map(({ event }) => event) };
};

const told = async (name: string, made: string | undefined): Promise<void> => {
  const copy = vscode.l10n.t('Copy Its Secret');
  const message = vscode.l10n.t('The webhook {0} is told from now on.', plainLine(name, MOST_NAME));
  const answer = await vscode.window.showInformationMessage(message, ...(made === undefined ? [] : [copy]));
  if (answer === copy && made !== undefined) await vscode.env.clipboard.writeText(made);
};
