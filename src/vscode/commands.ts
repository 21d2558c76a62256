import * as vscode from 'vscode';
import { Failure } from '../base/failure.ts';
import type { Question } from '../model/question.ts';
import type { Session, SessionKey } from '../model/session.ts';
import { addAgent, removeAgent, updateAgent } from './adding/addingCommands.ts';
import { exportWireLog, showAgents, showWireLog } from './agentView/agentCommands.ts';
import type { CommandName } from './commandIds.ts';
import type { EnvironmentCommand } from './environments/environmentCommands.ts';
import { Core, words } from './core.ts';
import type { CoreParts } from './coreParts.ts';
import { chooseAgent } from './choices.ts';
import { endHost } from './hosts/hostCommands.ts';
import { addMcpServers } from './mcp/addMcpServers.ts';
import { newSession as startNewSession, toldInChat } from './newSession.ts';
import { restartAtOnce, restartWithLeave } from './restartAgent.ts';
import { showRules as openRules } from './rulesPick.ts';
import * as sessions from './sessionCommands.ts';
import { keyOf, type Run } from './sessionCommands.ts';
import { signOut as signOutOf } from './signIn/signOut.ts';

/** What a window needs from the first thing on that is wanted of it; the commands come with it, as one file to read. */
export const openCore = (parts: CoreParts): Core => new Core(parts);

/** Runs one; what failed is told in words that say what to do next, to a person and to a script alike. */
export const runCommand = async (core: Core, name: CommandName, argument: unknown): Promise<unknown> => {
  try {
    if (isHere(name)) return await RUNS[name](core, argument);
    return await (await import('./environments/window.ts')).runEnvironmentCommand(core, name, argument);
  } catch (failure) {
    // VS Code shows the message of what a command throws, and nothing else of it.
    throw new Error(words(failure), { cause: failure });
  }
};

const isHere = (name: CommandName): name is keyof typeof RUNS => name in RUNS;

const openNewSession: Run = async (core, argument) => {
  const wanted = fields(argument);
  const [agent, environment, cwd] = [text(wanted, 'agent'), text(wanted, 'environment'), text(wanted, 'cwd')];
  const started = await startNewSession(core, {
    ...(agent === undefined ? {} : { agent }),
    ...(environment === undefined ? {} : { environment }),
    ...(cwd === undefined ? {} : { cwd }),
  });
  if (started === undefined) return undefined;
  // A script wants to know; a person reads it in the chat, and a dialog on top of that would be in the way.
  return await (argument === undefined ? toldInChat(started) : started.opened);
};

const prompt: Run = async (core, argument) => {
  const wanted = fields(argument);
  const session = (await sessionOf(core, wanted['session'])) ?? (await focused(core)) ?? onlyOne(core);
  const given = text(wanted, 'text') ?? (await askForPrompt());
  if (given === undefined) return undefined;
  const key = session?.key ?? (await openNewSession(core, {}));
  if (key === undefined) return undefined;
  const end = await core.prompt(key as SessionKey, given);
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
  const named = keyOf(argument);
  const session =
    named === undefined
      ? (working.find(({ key }) => key === core.chat.shown) ?? working.at(-1))
      : await sessionOf(core, named);
  if (session !== undefined) await core.perform(session.key, { kind: 'cancel' });
};

const answerQuestion: Run = async (core, argument) => {
  const wanted = fields(argument);
  const option = text(wanted, 'option');
  if (option === undefined) return await showNextQuestion(core, await sessionOf(core, argument));
  const session = (await sessionOf(core, wanted['session'])) ?? (await focused(core));
  const id = text(wanted, 'question') ?? session?.questions[0]?.id;
  if (session === undefined || id === undefined)
    throw new Failure('gone', vscode.l10n.t('No question waits for an answer.'));
  // One that is settled has no hash to show any more; who settled it is told by the refusal.
  const hash = session.questions.find((question) => question.id === id)?.hash ?? '';
  const outcome = { kind: 'selected', option } as const;
  return await core.perform(session.key, { kind: 'question/answer', question: id, hash, outcome });
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

const showRules: Run = async (core, argument) => {
  const session = (await sessionOf(core, argument)) ?? (await focused(core));
  await openRules(core, session?.key);
};

const restartAgent: Run = async (core, argument) => {
  const session = typeof argument === 'string' ? undefined : await sessionOf(core, argument);
  if (session?.link.state === 'disconnected') return await core.restartFor(session, core.signal);
  const id = (await agentOf(core, argument)) ?? (await chooseAgent(core, { always: true }));
  if (id === undefined) return undefined;
  return typeof argument === 'string' ? await restartAtOnce(core, id) : await restartWithLeave(core, id);
};

const showAgentLog: Run = async (core, argument) => {
  const id = (await agentOf(core, argument)) ?? (await chooseAgent(core, { always: true }));
  if (id !== undefined) await core.showAgentLog(id);
};

const signOut: Run = async (core, argument) => await signOutOf(core, await agentOf(core, argument));

const ofAgent =
  (show: (core: Core, id: string | undefined) => Promise<void>): Run =>
  async (core, argument) =>
    await show(core, await agentOf(core, argument));

/** Of the host or relay that the session lives in. */
const steer =
  (kind: 'control/take' | 'control/release'): Run =>
  async (core, argument) => {
    const session = (await sessionOf(core, argument)) ?? (await focused(core)) ?? core.store.all()[0];
    if (session === undefined)
      throw new Failure('none', vscode.l10n.t('No session is open.'), vscode.l10n.t('Open one first.'));
    await core.perform(session.key, { kind });
  };

const ofRelay = async () => await import('./relay/relayCommands.ts');

/** All but those of environments, which are loaded with the first of them. */
const RUNS: Readonly<Record<Exclude<CommandName, EnvironmentCommand>, Run>> = {
  newSession: openNewSession,
  openSession: sessions.openSession,
  renameSession: sessions.renameSession,
  forkSession: sessions.forkSession,
  pinSession: sessions.mark({ pinned: true }),
  unpinSession: sessions.mark({ pinned: false }),
  archiveSession: sessions.mark({ archived: true }),
  unarchiveSession: sessions.mark({ archived: false }),
  closeSession: sessions.closeSession,
  deleteSession: sessions.deleteSession,
  exportSession: sessions.exportSession,
  showArchived: sessions.showArchived(true),
  hideArchived: sessions.showArchived(false),
  eraseAllSessions: sessions.eraseAllSessions,
  prompt,
  cancel,
  answerQuestion,
  showRules,
  addAgent,
  updateAgent,
  removeAgent,
  signOut,
  addMcpServers,
  addWebhook: async (core) => (await import('./webhooks/webhookCommands.ts')).addWebhook(core),
  removeWebhook: async (core) => (await import('./webhooks/webhookCommands.ts')).removeWebhook(core),
  restartAgent,
  showAgents: ofAgent(showAgents),
  showAgentLog,
  showWireLog: ofAgent(showWireLog),
  exportWireLog: ofAgent(exportWireLog),
  startRelay: async (core) => await (await ofRelay()).startRelay(core),
  stopRelay: async (core) => await (await ofRelay()).stopRelay(core),
  pairDevice: async (core) => await (await ofRelay()).pairDevice(core),
  revokeDevice: async (core, argument) => await (await ofRelay()).revokeDevice(core, argument),
  takeWheel: steer('control/take'),
  releaseWheel: steer('control/release'),
  restartHost: (core) => endHost(core, true),
  stopHost: (core) => endHost(core, false),
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

/** By its key, or by an element of the tree; read from disk where it sleeps. */
const sessionOf = async (core: Core, argument: unknown): Promise<Session | undefined> => {
  const key = keyOf(argument);
  return key === undefined ? undefined : await core.wake(key);
};

/** The one that is shown, as far as there is one. */
const focused = async (core: Core): Promise<Session | undefined> => {
  const { shown } = core.chat;
  if (shown === undefined || core.catalogue.get(shown) === undefined) return undefined;
  return await core.wake(shown);
};

const onlyOne = (core: Core): Session | undefined => {
  const [only, ...others] = core.store.all();
  return others.length === 0 ? only : undefined;
};

/** An agent's id, or the agent of an element of the tree. */
const agentOf = async (core: Core, argument: unknown): Promise<string | undefined> =>
  typeof argument === 'string' ? argument : (await sessionOf(core, argument))?.backend;
