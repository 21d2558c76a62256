import * as vscode from 'vscode';
import type { FlamecastBackend } from '../../backends/flamecast.ts';
import type { NewFlamecastSession } from '../../backends/flamecast/server.ts';
import { isFarPath } from '../../backends/environmentSettings.ts';
import type { FlamecastTemplate } from '../../protocol/flamecast/domain.ts';
import type { Webhook } from '../../relay/webhook.ts';
import { plainLine } from '../plainText.ts';
import { askText, BACK } from './asking.ts';

/** What a session is made from. */
type Wanted = Pick<NewFlamecastSession, 'template' | 'spawn'>;
type Spawn = NonNullable<NewFlamecastSession['spawn']>;

/** A template, or a command that the person says. Undefined: they thought better of it. */
export const chooseTemplate = async ({ templates }: FlamecastBackend): Promise<Wanted | undefined> => {
  const other = { label: vscode.l10n.t('Another Command…'), id: undefined };
  const items = [
    ...templates.map((template) => ({
      id: template.id,
      label: plainLine(template.name, 60),
      description: plainLine(commandLine(template), 80),
    })),
    other,
  ];
  const chosen = await vscode.window.showQuickPick(items, { placeHolder: vscode.l10n.t('Which agent?') });
  if (chosen === undefined) return undefined;
  if (chosen.id !== undefined) return { template: chosen.id };
  const prompt = vscode.l10n.t('The command of an agent that speaks ACP, with its arguments, as it is started there.');
  const line = await vscode.window.showInputBox({ prompt, ignoreFocusOut: true });
  const spawn = wordsIn(line ?? '');
  return spawn === undefined ? undefined : { spawn };
};

/** Where it is to run; empty, where there is nothing to choose. Undefined: the person thought better of it. */
export const chooseInstance = async (
  { templates, runtimes }: FlamecastBackend,
  template: string | undefined,
): Promise<string | undefined> => {
  const provider = templates.find(({ id }) => id === template)?.provider;
  const instances = runtimes
    .filter(({ type }) => provider === undefined || provider === '' || type === provider)
    .flatMap(({ instances }) => instances)
    .filter(({ status }) => status === 'running');
  if (instances.length < 2) return '';
  const items = instances.map(({ name, type }) => ({ name, label: plainLine(name, 60), description: type }));
  const placeHolder = vscode.l10n.t('In which runtime?');
  return (await vscode.window.showQuickPick(items, { placeHolder }))?.name;
};

/** Which of the person's webhooks the server is to tell of a session. Undefined: they thought better of it. */
export const chooseWebhooks = async (
  all: readonly Webhook[],
  server: string,
): Promise<NonNullable<NewFlamecastSession['webhooks']> | undefined> => {
  if (all.length === 0) return [];
  const items = all.map(({ name, url, secret, events }) => ({
    label: plainLine(name, 60),
    description: (events ?? []).join(', '),
    hook: { url, secret, ...(events === undefined ? {} : { events }) },
  }));
  const chosen = await vscode.window.showQuickPick(items, {
    title: vscode.l10n.t('Which webhooks does {0} tell of this session?', plainLine(server, 60)),
    placeHolder: vscode.l10n.t('It is given their addresses and secrets. Choose none, and it tells nobody.'),
    canPickMany: true,
    ignoreFocusOut: true,
  });
  return chosen?.map(({ hook }) => hook);
};

/** What a server chooses by itself where nothing is said. Undefined: the person thought better of it. */
export const askDetails = async (): Promise<Pick<NewFlamecastSession, 'cwd' | 'name'> | undefined> => {
  const title = vscode.l10n.t('New Session with Options');
  const check = (text: string): string | undefined =>
    text === '' || isFarPath(text) ? undefined : vscode.l10n.t('This is no absolute path, such as /srv/app.');
  const folder = vscode.l10n.t('The folder there that it works in. Empty: the one of the runtime.');
  const cwd = await askText({ title, prompt: folder, check });
  if (cwd === undefined || cwd === BACK) return undefined;
  const name = await askText({ title, prompt: vscode.l10n.t('What is it called there? Empty: as its agent.') });
  if (name === undefined || name === BACK) return undefined;
  return { ...(cwd === '' ? {} : { cwd }), ...(name === '' ? {} : { name }) };
};

/** As a person reads it, and writes it again: an argument with a space in it stands in quotes. */
export const commandLine = ({ command, args }: Pick<FlamecastTemplate, 'command' | 'args'>): string =>
  [command, ...args].map((word) => (/^[^\s"]+$/u.test(word) ? word : JSON.stringify(word))).join(' ');

/** A command line in its words. Undefined: there is none. */
export const wordsIn = (line: string): Spawn | undefined => {
  const found = line.match(/"(?:\\.|[^"\\])*"|\S+/gu) ?? [];
  const [command, ...args] = found.map((word) => (/^".*"$/u.test(word) ? unquoted(word) : word));
  return command === undefined ? undefined : { command, args };
};

const unquoted = (word: string): string => {
  try {
    return String(JSON.parse(word));
  } catch {
    return word.slice(1, -1);
  }
};
