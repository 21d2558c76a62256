/** A method of a gateway that the person calls by hand: which, with what, and what comes of it. */
import * as vscode from 'vscode';
import type { GatewayBackend } from '../../backends/gateway.ts';
import { draftParams, type GatewayMethod, type WrongParams, wrongParams } from '../../protocol/gateway/schema.ts';
import { plainLine } from '../plainText.ts';
import type { GatewayPage } from './gatewayPage.ts';

/** @throws PeerError, what the gateway says; Failure */
export const callMethod = async (backend: GatewayBackend, page: GatewayPage, signal: AbortSignal): Promise<void> => {
  const method = await chooseMethod(backend.methods);
  if (method === undefined) return;
  const [only, ...others] = backend.sessions;
  const params = await askParams(method, others.length > 0 || only === undefined ? {} : { sessionId: only.id });
  if (params === undefined) return;
  const { name } = method;
  await showAnswer({ page, title: name }, (own, hear) => backend.call(name, params, hear, own), signal);
};

/** What comes of it, as it comes. @throws what it throws */
export const showAnswer = async (
  { page, title }: { readonly page: GatewayPage; readonly title: string },
  ask: (signal: AbortSignal, hear: (chunk: unknown) => void) => Promise<unknown>,
  signal: AbortSignal,
): Promise<void> => {
  const words = vscode.l10n.t('Calling {0}', plainLine(title, 60));
  const options = { location: vscode.ProgressLocation.Notification, title: words, cancellable: true };
  page.begin(title);
  const answer = await vscode.window.withProgress(options, async (_progress, token) => {
    const stopped = new AbortController();
    const listening = token.onCancellationRequested(() => stopped.abort(CANCELLED));
    try {
      return await ask(AbortSignal.any([signal, stopped.signal]), (chunk) => page.add(chunk));
    } catch (failure) {
      if (failure === CANCELLED) return CANCELLED;
      throw failure;
    } finally {
      listening.dispose();
    }
  });
  // What goes on there goes on: the wire has no word to stop it.
  if (answer === CANCELLED) page.add(vscode.l10n.t('Nobody waits for the answer any more.'));
  else page.add(answer);
};

const CANCELLED = new Error('Cancelled by the person.');

/** Which sessions this connection follows is not for a person to say. */
const OURS: ReadonlySet<string> = new Set(['subscribe', 'unsubscribe']);

const chooseMethod = async (methods: readonly GatewayMethod[]): Promise<GatewayMethod | undefined> => {
  const other = { label: vscode.l10n.t('Another Method…'), method: undefined };
  const items = [
    ...methods
      .filter(({ name }) => !OURS.has(name))
      .map((method) => ({
        method,
        label: plainLine(method.name, 60),
        description: plainLine(method.description, 100),
      })),
    other,
  ];
  const chosen = await vscode.window.showQuickPick(items, { placeHolder: vscode.l10n.t('Which method?') });
  if (chosen === undefined || chosen.method !== undefined) return chosen?.method;
  const prompt = vscode.l10n.t('The name of the method, such as “tasks:list”.');
  const name = await vscode.window.showInputBox({ prompt, ignoreFocusOut: true });
  return name === undefined || name.trim() === '' ? undefined : { name: name.trim(), description: '', builtin: false };
};

/** An object that the schema has nothing against. Undefined: the person thought better of it. */
export const askParams = async (
  method: Pick<GatewayMethod, 'name' | 'params'>,
  known: Readonly<Record<string, unknown>>,
): Promise<object | undefined> => {
  const text = await vscode.window.showInputBox({
    title: plainLine(method.name, 60),
    prompt: vscode.l10n.t('Its parameters, as JSON.'),
    value: JSON.stringify(draftParams(method, known)),
    ignoreFocusOut: true,
    validateInput: (entered) => problemIn(entered, method),
  });
  return text === undefined ? undefined : (JSON.parse(text) as object);
};

const problemIn = (text: string, method: Pick<GatewayMethod, 'params'>): string | undefined => {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (failure) {
    return vscode.l10n.t('This is no JSON: {0}', failure instanceof Error ? failure.message : String(failure));
  }
  const wrong = wrongParams(value, method);
  return wrong === undefined ? undefined : wordsOf(wrong);
};

const wordsOf = (wrong: WrongParams): string => {
  switch (wrong.kind) {
    case 'object':
      return vscode.l10n.t('The parameters are an object: {"name": "value"}.');
    case 'missing':
      return vscode.l10n.t('“{0}” is missing.', wrong.at);
    case 'extra':
      return vscode.l10n.t('There is no “{0}”.', wrong.at);
    case 'type':
      return vscode.l10n.t('“{0}” must be of type {1}.', wrong.at, wrong.type);
    case 'value':
      return vscode.l10n.t('“{0}” must be one of these: {1}', wrong.at, plainLine(wrong.values.join(', '), 100));
  }
};
