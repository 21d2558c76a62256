import * as vscode from 'vscode';
import type { Session, SessionKey } from '../model/session.ts';
import type { Flags } from '../router/journal.ts';
import { chooseSession } from './choices.ts';
import type { Core } from './core.ts';
import { exportSession as writeExport } from './exportSession.ts';
import { titleOf } from './sessionWords.ts';

export type Run = (core: Core, argument: unknown) => Promise<unknown>;

/** By its key, or by an element of the tree; undefined where none is named. */
export const keyOf = (argument: unknown): SessionKey | undefined => {
  const key = typeof argument === 'object' && argument !== null && 'key' in argument ? argument.key : argument;
  return typeof key === 'string' ? (key as SessionKey) : undefined;
};

/** The one that is named, or shown, or that the person chooses. */
const wantedKey = async (core: Core, argument: unknown): Promise<SessionKey | undefined> => {
  const named = keyOf(argument);
  if (named !== undefined) return named;
  const { shown } = core.chat;
  if (shown !== undefined && core.catalogue.get(shown) !== undefined) return shown;
  return (await chooseSession(core))?.key;
};

export const openSession: Run = async (core, argument) => {
  const key = keyOf(argument) ?? (await chooseSession(core))?.key;
  // One that is not there is told in words instead of an empty chat.
  if (key !== undefined && core.catalogue.get(key) === undefined) await core.wake(key);
  await core.chat.reveal(key);
};

export const renameSession: Run = async (core, argument) => {
  const key = await wantedKey(core, argument);
  if (key === undefined) return;
  const session = await core.wake(key);
  const title = await vscode.window.showInputBox({
    title: vscode.l10n.t('Rename Session'),
    prompt: vscode.l10n.t('What the session is called in the list.'),
    value: session.title,
    validateInput: (value) => (value.trim() === '' ? vscode.l10n.t('A name has at least one character.') : undefined),
  });
  if (title !== undefined) await core.perform(key, { kind: 'rename', title });
};

/** A new session that goes on from where this one is, for an agent that can do that. */
export const forkSession: Run = async (core, argument) => {
  const key = await wantedKey(core, argument);
  if (key === undefined) return undefined;
  const { backend, cwd } = await core.wake(key);
  return await (
    await core.startSession({ agent: backend, cwd, fork: key })
  ).opened;
};

/** Ends the session at its agent; what was said in it stays in the list, to be read. */
export const closeSession: Run = async (core, argument) => {
  const key = keyOf(argument) ?? core.chat.shown ?? (await chooseSession(core, 'open'))?.key;
  const session = key === undefined ? undefined : core.store.get(key);
  if (session === undefined || !(await mayEnd(session, argument))) return;
  await core.perform(session.key, { kind: 'close' });
};

export const deleteSession: Run = async (core, argument) => {
  const key = await wantedKey(core, argument);
  if (key === undefined || !(await mayDelete(core, key, argument))) return;
  if (core.store.get(key) !== undefined) await core.perform(key, { kind: 'close' });
  await core.catalogue.erase(key);
};

/** A person is asked before a turn that runs is lost; a script that names the session by its key means it. */
const mayEnd = async (session: Session, argument: unknown): Promise<boolean> => {
  if (session.turn.state !== 'running' || typeof argument === 'string') return true;
  const close = vscode.l10n.t('Stop and Close');
  const question = vscode.l10n.t('“{0}” is still working.', titleOf(session, vscode.l10n.t));
  return (await vscode.window.showWarningMessage(question, { modal: true }, close)) === close;
};

const mayDelete = async (core: Core, key: SessionKey, argument: unknown): Promise<boolean> => {
  if (typeof argument === 'string') return true;
  const remove = vscode.l10n.t('Delete');
  const detail = vscode.l10n.t(
    'What was said in it is erased from this disk for good. What the agent keeps is its own.',
  );
  const question = vscode.l10n.t('Delete “{0}”?', titleOf(core.catalogue.get(key), vscode.l10n.t));
  return (await vscode.window.showWarningMessage(question, { modal: true, detail }, remove)) === remove;
};

export const exportSession: Run = async (core, argument) => {
  const key = await wantedKey(core, argument);
  if (key !== undefined) await writeExport(core, await core.wake(key));
};

export const eraseAllSessions: Run = async (core) => {
  const erase = vscode.l10n.t('Erase All');
  const detail = vscode.l10n.t(
    'What was said in the sessions of all folders is erased from this disk for good. Those that are open in this window are closed; those that are open in other windows stay.',
  );
  const question = vscode.l10n.t('Erase all sessions?');
  if ((await vscode.window.showWarningMessage(question, { modal: true, detail }, erase)) !== erase) return;
  const here = core.store.all().filter(({ key }) => core.far.hostOf(key) === undefined && !core.far.has(key));
  await Promise.all(here.map(({ key }) => core.perform(key, { kind: 'close' })));
  await core.catalogue.eraseAll(core.signal);
};

export const mark =
  (flags: Partial<Flags>): Run =>
  async (core, argument) => {
    const key = await wantedKey(core, argument);
    if (key !== undefined) await core.catalogue.mark(key, flags);
  };

export const showArchived =
  (shown: boolean): Run =>
  async (core) =>
    core.tree.showArchived(shown);
