import * as vscode from 'vscode';
import { Failure } from '../../base/failure.ts';
import { makeVisible } from '../../base/visibleText.ts';
import { type Core, words } from '../core.ts';
import { farHosts } from '../laterEnvironments.ts';
import { readEnvironments } from '../settings.ts';
import { notEmpty } from './askSecret.ts';
import { addEnvironment, editEnvironment } from './addEnvironment.ts';
import { askText, BACK, nameOf, withCancel } from './asking.ts';
import { plainLine } from '../plainText.ts';
import type { FarAction, FarRow } from './far.ts';
import { chooseTerminalPlace, openFarTerminal, showFarTerminal } from './farTerminals.ts';
import { choosePlace, idIn, isAddress, type Place, places } from './places.ts';
import { removeEnvironmentEntry } from './settingEntries.ts';
import { tryAddress, tryMachine } from './tryConnection.ts';

type Run = (core: Core, argument: unknown) => Promise<void>;

/** Those that something of stays connected: reached by an address, or with a background host. */
const connectable = (): readonly Place[] => [...readEnvironments().addresses.values(), ...farHosts()];

const connect: Run = async (core, argument) => {
  const far = await core.far.load();
  const all = connectable();
  const isConnected = ({ id }: Place): boolean => (far.of(id) ?? far.hosts.at(id))?.state === 'connected';
  const among = idIn(argument) === undefined ? all.filter((place) => !isConnected(place)) : all;
  const none =
    all.length === 0
      ? vscode.l10n.t('There is no environment that can be connected.')
      : vscode.l10n.t('Every environment is connected already.');
  const place = await choosePlace(argument, among, none);
  if (place === undefined) return;
  const title = vscode.l10n.t('Connecting to {0}', nameOf(place));
  const location = vscode.ProgressLocation.Window;
  await vscode.window.withProgress({ location, title }, async () => {
    await (isAddress(place) ? far.connect(place, core.signal) : far.hosts.connect(place.id, core.signal));
  });
};

/** What runs there goes on. */
const disconnect: Run = async (core, argument) => {
  const far = await core.far.load();
  const connected = [...far.ids, ...far.hosts.ids];
  const none = vscode.l10n.t('No environment is connected.');
  const place = await choosePlace(
    argument,
    connectable().filter(({ id }) => connected.includes(id)),
    none,
  );
  if (place !== undefined) await (isAddress(place) ? far : far.hosts).disconnect(place.id);
};

const openTerminal: Run = async (core, argument) => {
  const address = await chooseTerminalPlace(argument);
  if (address !== undefined) showFarTerminal(core, await openFarTerminal(core, address, undefined, core.signal));
};

const runInEnvironment: Run = async (core, argument) => {
  const address = await chooseTerminalPlace(argument);
  if (address === undefined) return;
  const line = await askText({
    title: vscode.l10n.t('Run a Command in {0}', nameOf(address)),
    prompt: vscode.l10n.t('A line for the shell there.'),
    check: notEmpty,
  });
  if (line === undefined || line === BACK) return;
  showFarTerminal(core, await openFarTerminal(core, address, line, core.signal));
};

/** What only this kind of environment can do. */
const act: Run = async (core, argument) => {
  const row = await rowOf(core, argument);
  if (row?.actions !== undefined) return await chooseAction(row.actions, plainLine(row.label, 60), core.signal);
  const far = await core.far.load();
  const able = [...readEnvironments().addresses.values()].filter(({ id }) => far.of(id)?.actions !== undefined);
  const none = vscode.l10n.t('No environment is connected that can do more than its rows show.');
  const address = await choosePlace(argument, able, none);
  if (address !== undefined) await chooseAction(far.of(address.id)?.actions ?? [], nameOf(address), core.signal);
};

const chooseAction = async (actions: readonly FarAction[], title: string, signal: AbortSignal): Promise<void> => {
  const items = actions.map((action) => ({ action, label: action.label, detail: action.detail ?? '' }));
  const chosen = await vscode.window.showQuickPick(items, { title });
  await chosen?.action.run(signal);
};

/** Says how it went, until the person is content. */
const test: Run = async (core, argument) => {
  const place = await choosePlace(argument, places(), vscode.l10n.t('There is no environment yet.'));
  if (place === undefined) return;
  const far = await core.far.load();
  const title = vscode.l10n.t('Testing the connection to {0}', nameOf(place));
  const attempt = (signal: AbortSignal) =>
    isAddress(place) ? tryAddress(far.parts(place), signal) : tryMachine(place, core.environment, signal);
  try {
    const { found, milliseconds } = await withCancel(title, core.signal, attempt);
    const message = vscode.l10n.t('{0} answered within {1} ms.', nameOf(place), milliseconds);
    const detail = makeVisible(found.join('\n'), 'many');
    await vscode.window.showInformationMessage(message, { modal: true, detail });
  } catch (failure) {
    if (failure instanceof Failure && failure.code === 'cancelled') return;
    const [edit, again] = [vscode.l10n.t('Edit'), vscode.l10n.t('Try Again')];
    const message = vscode.l10n.t('{0} could not be reached.', nameOf(place));
    const detail = makeVisible(words(failure), 'many');
    const answer = await vscode.window.showWarningMessage(message, { modal: true, detail }, again, edit);
    if (answer === again) await test(core, place.id);
    if (answer === edit) await editEnvironment(core, place);
  }
};

const remove: Run = async (core, argument) => {
  const place = await choosePlace(argument, places(), vscode.l10n.t('There is no environment yet.'));
  if (place === undefined) return;
  const [question, yes] = [vscode.l10n.t('Remove {0}?', nameOf(place)), vscode.l10n.t('Remove')];
  const detail = isAddress(place)
    ? vscode.l10n.t(
        'Its entry in the settings is removed, and what it knows this window by is forgotten. What runs there goes on.',
      )
    : vscode.l10n.t('Its entry in the settings is removed. Agents that run there cannot be started any more.');
  if ((await vscode.window.showWarningMessage(question, { modal: true, detail }, yes)) !== yes) return;
  const far = await core.far.load();
  await (isAddress(place) ? far : far.hosts).disconnect(place.id);
  await removeEnvironmentEntry(place.id);
  if (isAddress(place)) await far.secrets.forget(place);
};

const showLog: Run = async (core, argument) => {
  const addresses = [...readEnvironments().addresses.values()];
  const address = await choosePlace(argument, addresses, vscode.l10n.t('There is no environment with a log yet.'));
  if (address !== undefined) core.logs.showAgent(nameOf(address));
};

const openRow: Run = async (core, argument) => {
  await (await rowOf(core, argument))?.open?.(core.signal);
};

const endRow: Run = async (core, argument) => {
  const end = (await rowOf(core, argument))?.end;
  if (end === undefined) return;
  const yes = vscode.l10n.t('End');
  if ((await vscode.window.showWarningMessage(end.question, { modal: true }, yes)) === yes) await end.run(core.signal);
};

const rowOf = async (core: Core, argument: unknown): Promise<FarRow | undefined> => {
  const id = idIn(argument);
  const row = typeof argument === 'object' && argument !== null && 'row' in argument ? argument.row : undefined;
  const at = id === undefined ? undefined : (await core.far.load()).of(id);
  return at?.rows.find((each) => each.id === row);
};

export const environmentCommands = {
  addEnvironment: async (core: Core) => await addEnvironment(core),
  removeEnvironment: remove,
  testEnvironment: test,
  connectEnvironment: connect,
  disconnectEnvironment: disconnect,
  openTerminal,
  runInEnvironment,
  environmentActions: act,
  openFarRow: openRow,
  endFarRow: endRow,
  showEnvironmentLog: showLog,
} satisfies Readonly<Record<string, Run>>;

export type EnvironmentCommand = keyof typeof environmentCommands;
