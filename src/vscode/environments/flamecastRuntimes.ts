/** Runtimes and templates of a Flamecast server: what a person does with them. */
import * as vscode from 'vscode';
import type { FlamecastBackend } from '../../backends/flamecast.ts';
import { Failure } from '../../base/failure.ts';
import type { FlamecastInstance, FlamecastTemplate } from '../../protocol/flamecast/domain.ts';
import { plainLine } from '../plainText.ts';
import { askText, BACK } from './asking.ts';
import { notEmpty } from './askSecret.ts';
import type { FarAction } from './far.ts';
import { commandLine, wordsIn } from './flamecastChoices.ts';

/** What can be done with an instance in the state that it is in. */
export const instanceActions = (
  backend: FlamecastBackend,
  { name, type, status }: FlamecastInstance,
): readonly FarAction[] => {
  const { server } = backend;
  const doing = (label: string, detail: string, run: (signal: AbortSignal) => Promise<unknown>): FarAction => ({
    label,
    detail,
    run: async (signal) => {
      await run(signal);
      await backend.look(signal);
    },
  });
  const start = doing(vscode.l10n.t('Start'), vscode.l10n.t('Goes on where it was paused, or begins anew.'), (signal) =>
    server.startRuntime(type, name, signal),
  );
  const pause = doing(vscode.l10n.t('Pause'), vscode.l10n.t('Its sessions stay as they are.'), (signal) =>
    server.endRuntime(name, 'pause', signal),
  );
  const stop = doing(vscode.l10n.t('Stop'), vscode.l10n.t('What runs in it is ended.'), (signal) =>
    server.endRuntime(name, 'stop', signal),
  );
  const remove = doing(vscode.l10n.t('Delete…'), vscode.l10n.t('With all that is in it, for good.'), async (signal) => {
    const question = vscode.l10n.t('Delete the runtime “{0}”?', plainLine(name, 60));
    const detail = vscode.l10n.t('All that is in it is gone for good: its sessions, and the files that they made.');
    const yes = vscode.l10n.t('Delete');
    if ((await vscode.window.showWarningMessage(question, { modal: true, detail }, yes)) === yes)
      await server.endRuntime(name, 'delete', signal);
  });
  switch (status) {
    case 'running':
      return [pause, stop, remove];
    case 'paused':
      return [start, stop, remove];
    default:
      return [start, remove];
  }
};

/** Another instance of a runtime that can have several, or the first one. */
export const startRuntime = async (backend: FlamecastBackend, signal: AbortSignal): Promise<void> => {
  const free = backend.runtimes.filter(({ onlyOne, instances }) => !onlyOne || instances.length === 0);
  if (free.length === 0)
    throw new Failure(
      'none',
      vscode.l10n.t('No other runtime can be started there.'),
      vscode.l10n.t('Those that there are stand below the server.'),
    );
  const items = free.map((runtime) => ({ runtime, label: plainLine(runtime.type, 60) }));
  const placeHolder = vscode.l10n.t('Of which kind?');
  const [only] = items;
  const chosen = items.length === 1 ? only : await vscode.window.showQuickPick(items, { placeHolder });
  if (chosen === undefined) return;
  const { type, onlyOne } = chosen.runtime;
  const name = onlyOne ? '' : await askName(vscode.l10n.t('Start a Runtime'), type);
  if (name === undefined) return;
  await backend.server.startRuntime(type, name === '' ? undefined : name, signal);
  await backend.look(signal);
};

const askName = async (title: string, type: string): Promise<string | undefined> => {
  const prompt = vscode.l10n.t('What is it called? Empty: as its kind, {0}.', plainLine(type, 60));
  const name = await askText({ title, prompt });
  return name === BACK ? undefined : name;
};

/** A new one. */
export const registerTemplate = async (backend: FlamecastBackend, signal: AbortSignal): Promise<void> => {
  const title = vscode.l10n.t('Register a Template');
  const about = await askTemplate(title, undefined);
  const provider = about === undefined ? undefined : await askRuntime(backend, title);
  if (about === undefined || provider === undefined) return;
  const runtime = provider === '' ? {} : { runtime: { provider } };
  await backend.server.keepTemplate({ ...about, ...runtime }, undefined, signal);
  await backend.look(signal);
};

/** Its name and its command; what else it says stays as it is. */
export const changeTemplate = async (backend: FlamecastBackend, signal: AbortSignal): Promise<void> => {
  const items = backend.templates.map((template) => ({
    template,
    label: plainLine(template.name, 60),
    description: plainLine(commandLine(template), 80),
  }));
  const placeHolder = vscode.l10n.t('Which template?');
  const chosen = (await vscode.window.showQuickPick(items, { placeHolder }))?.template;
  const about = chosen === undefined ? undefined : await askTemplate(vscode.l10n.t('Change a Template'), chosen);
  if (chosen === undefined || about === undefined) return;
  await backend.server.keepTemplate(about, chosen.id, signal);
  await backend.look(signal);
};

const askTemplate = async (
  title: string,
  before: FlamecastTemplate | undefined,
): Promise<{ readonly name: string; readonly spawn: NonNullable<ReturnType<typeof wordsIn>> } | undefined> => {
  const prompt = vscode.l10n.t('What is it called?');
  const called = await askText({ title, prompt, value: before?.name ?? '', check: notEmpty });
  if (called === undefined || called === BACK) return undefined;
  const value = before === undefined ? '' : commandLine(before);
  const command = vscode.l10n.t('The command of an agent that speaks ACP, with its arguments, as it is started there.');
  const line = await askText({ title, prompt: command, value, check: notEmpty });
  const words = line === undefined || line === BACK ? undefined : wordsIn(line);
  return words === undefined ? undefined : { name: called, spawn: words };
};

/** Empty: whichever the server takes. Undefined: the person thought better of it. */
const askRuntime = async ({ runtimes }: FlamecastBackend, title: string): Promise<string | undefined> => {
  const [only, ...others] = runtimes;
  if (others.length === 0) return only?.type ?? '';
  const items = runtimes.map(({ type }) => ({ type, label: plainLine(type, 60) }));
  return (await vscode.window.showQuickPick(items, { title, placeHolder: vscode.l10n.t('In which runtime?') }))?.type;
};
