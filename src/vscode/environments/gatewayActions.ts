/** What a person can have a gateway do, as far as this one can. */
import * as vscode from 'vscode';
import type { GatewayBackend } from '../../backends/gateway.ts';
import { isFields } from '../../model/fold/read.ts';
import { plainLine } from '../plainText.ts';
import type { FarAction } from './far.ts';
import { askParams, callMethod, showAnswer } from './gatewayMethods.ts';
import type { GatewayPage } from './gatewayPage.ts';

export interface GatewayActionsParts {
  readonly backend: GatewayBackend;
  readonly page: GatewayPage;
  /** What a session is called here. */
  titleOf(id: string): string;
  /** The session that it is about; absent: the person is asked which. */
  readonly session?: string;
}

/** What can be done with one session. */
export const sessionActions = (parts: GatewayActionsParts & { readonly session: string }): readonly FarAction[] =>
  gatewayActions(parts).filter(({ ofSession }) => ofSession);

export const gatewayActions = (
  parts: GatewayActionsParts,
): readonly (FarAction & { readonly ofSession: boolean })[] => {
  const { backend } = parts;
  const all: readonly (FarAction & { readonly needs: string; readonly ofSession: boolean })[] = [
    {
      needs: 'schema',
      ofSession: false,
      label: vscode.l10n.t('Call a Method…'),
      detail: vscode.l10n.t('Any of its methods, its own ones too; the parameters are checked by its description'),
      run: (signal) => call(parts, signal),
    },
    {
      needs: 'config',
      ofSession: false,
      label: vscode.l10n.t('Show Configuration'),
      detail: vscode.l10n.t('As the gateway tells it, without its secrets'),
      run: (signal) => showConfiguration(parts, signal),
    },
    {
      needs: 'tool-catalog',
      ofSession: true,
      label: vscode.l10n.t('Tools of a Session…'),
      detail: vscode.l10n.t('What the app of a session can use; a tool can be run by hand'),
      run: (signal) => tools(parts, signal),
    },
    {
      needs: 'channel',
      ofSession: true,
      label: vscode.l10n.t('Publish in a Session…'),
      detail: vscode.l10n.t('A message on a channel, for everybody who follows the session'),
      run: (signal) => publish(parts, signal),
    },
    {
      needs: 'reset',
      ofSession: true,
      label: vscode.l10n.t('Reset a Session…'),
      detail: vscode.l10n.t('Its app forgets what was said, for everybody; what is kept here stays'),
      run: (signal) => reset(parts, signal),
    },
  ];
  // One that does not describe its methods has those of the protocol, and they can be called by their names.
  const [callAny, ...others] = all;
  return [callAny, ...others.filter(({ needs }) => backend.can(needs))].filter((action) => action !== undefined);
};

const call = async ({ backend, page }: GatewayActionsParts, signal: AbortSignal): Promise<void> => {
  await backend.reach(signal);
  await callMethod(backend, page, signal);
};

const showConfiguration = async ({ backend, page }: GatewayActionsParts, signal: AbortSignal): Promise<void> => {
  await backend.reach(signal);
  const payload = await backend.request('config', {}, signal);
  page.begin(vscode.l10n.t('Configuration'));
  page.add(isFields(payload) ? payload['config'] : payload);
};

const tools = async (parts: GatewayActionsParts, signal: AbortSignal): Promise<void> => {
  const { backend, page } = parts;
  const sessionId = await chooseSession(parts, signal);
  if (sessionId === undefined) return;
  const items = (await backend.tools(sessionId, signal)).map((tool) => ({
    tool,
    label: plainLine(tool.name, 60),
    detail: plainLine(tool.description),
  }));
  const title = vscode.l10n.t('Tools of “{0}”', parts.titleOf(sessionId));
  const placeHolder = backend.can('tool-dispatch')
    ? vscode.l10n.t('Choose one to run it by hand.')
    : vscode.l10n.t('They are run by the app alone.');
  const tool = (await vscode.window.showQuickPick(items, { title, placeHolder }))?.tool;
  if (tool === undefined || !backend.can('tool-dispatch')) return;
  const method = { name: tool.name, ...(tool.input === undefined ? {} : { params: tool.input }) };
  const input = await askParams(method, {});
  if (input === undefined) return;
  const params = { sessionId, tool: tool.name, input };
  await showAnswer({ page, title: tool.name }, (own) => backend.request('tool-dispatch', params, own), signal);
};

const publish = async (parts: GatewayActionsParts, signal: AbortSignal): Promise<void> => {
  const { backend } = parts;
  const sessionId = await chooseSession(parts, signal);
  if (sessionId === undefined) return;
  const ask = async (prompt: string): Promise<string | undefined> =>
    (await vscode.window.showInputBox({ prompt, ignoreFocusOut: true }))?.trim();
  const channel = await ask(vscode.l10n.t('The name of the channel.'));
  if (channel === undefined || channel === '') return;
  const payload = await ask(vscode.l10n.t('The message.'));
  if (payload !== undefined) await backend.request('channel', { sessionId, channel, payload }, signal);
};

const reset = async (parts: GatewayActionsParts, signal: AbortSignal): Promise<void> => {
  const { backend } = parts;
  const sessionId = await chooseSession(parts, signal);
  if (sessionId === undefined) return;
  const question = vscode.l10n.t('Reset “{0}” on {1}?', parts.titleOf(sessionId), backend.label);
  const detail = vscode.l10n.t('Its app forgets what was said, for everybody. What is kept here can still be read.');
  const yes = vscode.l10n.t('Reset');
  if ((await vscode.window.showWarningMessage(question, { modal: true, detail }, yes)) === yes)
    await backend.resetThere(sessionId, signal);
};

const chooseSession = async (
  { backend, titleOf, session }: GatewayActionsParts,
  signal: AbortSignal,
): Promise<string | undefined> => {
  await backend.reach(signal);
  if (session !== undefined) return session;
  const items = backend.sessions.map(({ id, app }) => ({
    id,
    label: plainLine(titleOf(id), 60),
    description: plainLine(app, 60),
  }));
  const placeHolder =
    items.length === 0 ? vscode.l10n.t('The gateway has no session.') : vscode.l10n.t('Which session?');
  return (await vscode.window.showQuickPick(items, { placeHolder }))?.id;
};
