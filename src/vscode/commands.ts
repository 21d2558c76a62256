import * as vscode from 'vscode';
import { Failure } from '../base/failure.ts';
import type { Question } from '../model/question.ts';
import type { Session, SessionKey } from '../model/session.ts';
import type { CommandName } from './commandIds.ts';
import { type Core, DEVICE, words } from './core.ts';
import { chooseAgent, chooseSession } from './choices.ts';
import { newSession as startNewSession, toldInChat } from './newSession.ts';
import { titleOf } from './sessionsTree.ts';

type Run = (core: Core, argument: unknown) => Promise<unknown>;

/** Runs one; what failed is told in words that say what to do next, to a person and to a script alike. */
export const runCommand = async (core: Core, name: CommandName, argument: unknown): Promise<unknown> => {
  try {
    return await RUNS[name](core, argument);
  } catch (failure) {
    // VS Code shows the message of what a command throws, and nothing else of it.
    throw new Error(words(failure), { cause: failure });
  }
};

const openNewSession: Run = async (core, argument) => {
  const wanted = fields(argument);
  const environment = text(wanted, 'environment');
  if (environment !== undefined && environment !== 'local')
    throw new Failure('invalid', vscode.l10n.t('There is no environment “{0}”.', environment));
  const [agent, cwd] = [text(wanted, 'agent'), text(wanted, 'cwd')];
  const started = await startNewSession(core, {
    ...(agent === undefined ? {} : { agent }),
    ...(cwd === undefined ? {} : { cwd }),
  });
  if (started === undefined) return undefined;
  // A script wants to know; a person reads it in the chat, and a dialog on top of that would be in the way.
  return await (argument === undefined ? toldInChat(started) : started.opened);
};

const openSession: Run = async (core, argument) => {
  const session = sessionOf(core, argument) ?? (await chooseSession(core));
  await core.chat.reveal(session?.key);
};

const renameSession: Run = async (core, argument) => {
  const session = sessionOf(core, argument) ?? focused(core) ?? (await chooseSession(core));
  if (session === undefined) return;
  const title = await vscode.window.showInputBox({
    title: vscode.l10n.t('Rename Session'),
    prompt: vscode.l10n.t('What the session is called in the list.'),
    value: session.title,
    validateInput: (value) => (value.trim() === '' ? vscode.l10n.t('A name has at least one character.') : undefined),
  });
  if (title !== undefined) await core.router.perform(session.key, { kind: 'rename', title }, DEVICE, core.signal);
};

const closeSession: Run = async (core, argument) => {
  const session = sessionOf(core, argument) ?? focused(core) ?? (await chooseSession(core));
  if (session === undefined || !(await mayClose(session, argument))) return;
  await core.router.perform(session.key, { kind: 'close' }, DEVICE, core.signal);
};

/** A person is asked before a turn that runs is lost; a script that names the session by its key means it. */
const mayClose = async (session: Session, argument: unknown): Promise<boolean> => {
  if (session.turn.state !== 'running' || typeof argument === 'string') return true;
  const close = vscode.l10n.t('Stop and Close');
  const question = vscode.l10n.t('“{0}” is still working.', titleOf(session));
  return (await vscode.window.showWarningMessage(question, { modal: true }, close)) === close;
};

const prompt: Run = async (core, argument) => {
  const wanted = fields(argument);
  const session = sessionOf(core, wanted['session']) ?? focused(core) ?? onlyOne(core);
  const given = text(wanted, 'text') ?? (await askForPrompt());
  if (given === undefined) return undefined;
  const key = session?.key ?? (await openNewSession(core, {}));
  if (key === undefined) return undefined;
  const end = await core.router.prompt(key as SessionKey, [{ type: 'text', text: given }], DEVICE, core.signal);
  return { stopReason: end.reason };
};

const askForPrompt = (): Thenable<string | undefined> =>
  vscode.window.showInputBox({
    title: vscode.l10n.t('Send a Prompt'),
    prompt: vscode.l10n.t('What the agent shall do.'),
    ignoreFocusOut: true,
  });

const cancel: Run = async (core, argument) => {
  const working = core.store.all().filter(({ turn }) => turn.state === 'running');
  const here = focused(core);
  const session = sessionOf(core, argument) ?? working.find(({ key }) => key === here?.key) ?? working.at(-1);
  if (session !== undefined) await core.router.perform(session.key, { kind: 'cancel' }, DEVICE, core.signal);
};

const answerQuestion: Run = async (core, argument) => {
  const wanted = fields(argument);
  const option = text(wanted, 'option');
  if (option === undefined) return await showNextQuestion(core, sessionOf(core, argument));
  const session = sessionOf(core, wanted['session']) ?? focused(core);
  const id = text(wanted, 'question') ?? session?.questions[0]?.id;
  if (session === undefined || id === undefined)
    throw new Failure('gone', vscode.l10n.t('No question waits for an answer.'));
  // One that is settled has no hash to show any more; who settled it is told by the refusal.
  const hash = session.questions.find((question) => question.id === id)?.hash ?? '';
  const outcome = { kind: 'selected', option } as const;
  return await core.router.perform(
    session.key,
    { kind: 'question/answer', question: id, hash, outcome },
    DEVICE,
    core.signal,
  );
};

/** Goes to a question in the chat, where all of it can be read; each further call goes to the next one. */
const showNextQuestion = async (core: Core, session: Session | undefined): Promise<void> => {
  const waiting = (session === undefined ? core.store.all() : [session]).flatMap(({ key, questions }) =>
    questions.map((question) => ({ key, question })),
  );
  const next = waiting[(waiting.findIndex(({ question }) => question.id === lastShown.get(core)) + 1) % waiting.length];
  if (next === undefined) {
    void vscode.window.showInformationMessage(vscode.l10n.t('Nothing waits for you.'));
    return;
  }
  lastShown.set(core, next.question.id);
  await core.chat.reveal(next.key, next.question.id);
};
const lastShown = new WeakMap<Core, Question['id']>();

const restartAgent: Run = async (core, argument) => {
  const id = agentOf(core, argument) ?? (await chooseAgent(core, { always: true }));
  if (id === undefined) return;
  const working = core.store.all().filter(({ backend, turn }) => backend === id && turn.state === 'running').length;
  if (working > 0 && typeof argument !== 'string' && !(await mayRestart(core.agents.label(id) ?? id, working))) return;
  const title = vscode.l10n.t('Restarting {0}', core.agents.label(id) ?? id);
  await vscode.window.withProgress({ location: vscode.ProgressLocation.Window, title }, () =>
    core.agents.restart(id, core.signal),
  );
};

const mayRestart = async (label: string, working: number): Promise<boolean> => {
  const restart = vscode.l10n.t('Restart');
  const detail = vscode.l10n.t('It works in {0} sessions, and what it does there is lost.', working);
  return (
    (await vscode.window.showWarningMessage(vscode.l10n.t('Restart {0}?', label), { modal: true, detail }, restart)) ===
    restart
  );
};

const showAgentLog: Run = async (core, argument) => {
  const id = agentOf(core, argument) ?? (await chooseAgent(core, { always: true }));
  if (id !== undefined) core.showAgentLog(id);
};

const RUNS: Readonly<Record<CommandName, Run>> = {
  newSession: openNewSession,
  openSession,
  renameSession,
  closeSession,
  prompt,
  cancel,
  answerQuestion,
  restartAgent,
  showAgentLog,
  showLog: async (core) => core.logs.show(),
};

const fields = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? { ...value } : {};

const text = (wanted: Readonly<Record<string, unknown>>, name: string): string | undefined => {
  const value = wanted[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'string') return value;
  throw new Failure('invalid', vscode.l10n.t('“{0}” must be a text.', name));
};

/** By its key, or by an element of the tree. */
const sessionOf = (core: Core, argument: unknown): Session | undefined => {
  const key = typeof argument === 'string' ? argument : fields(argument)['key'];
  if (typeof key !== 'string') return undefined;
  const session = core.store.get(key as SessionKey);
  if (session === undefined) throw new Failure('gone', vscode.l10n.t('This session is closed.'));
  return session;
};

const focused = (core: Core): Session | undefined =>
  core.chat.shown === undefined ? undefined : core.store.get(core.chat.shown);

const onlyOne = (core: Core): Session | undefined => {
  const [only, ...others] = core.store.all();
  return others.length === 0 ? only : undefined;
};

/** An agent's id, or the agent of an element of the tree. */
const agentOf = (core: Core, argument: unknown): string | undefined =>
  typeof argument === 'string' ? argument : sessionOf(core, argument)?.backend;
