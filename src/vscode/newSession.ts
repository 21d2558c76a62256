import { isAbsolute } from 'node:path';
import * as vscode from 'vscode';
import { type FarAddress, isFarPath } from '../backends/environmentSettings.ts';
import { Failure } from '../base/failure.ts';
import type { SessionKey } from '../model/session.ts';
import type { FarMachine } from '../router/farMachine.ts';
import { chooseAgent, chooseFolder, chooseMachine } from './choices.ts';
import type { Core } from './core.ts';
import type { NewSession } from './coreParts.ts';
import { isFolder } from './folders.ts';
import { farHosts } from './laterEnvironments.ts';
import { readEnvironments } from './settings.ts';

/** Starts a session, asking for what is missing. Undefined when the person thought better of it. */
export const newSession = async (
  core: Core,
  options: {
    readonly agent?: string;
    readonly cwd?: string;
    /** Where the agent runs: an id of the settings, or `local`. */
    readonly environment?: string;
    /** Asked for in the chat itself, where the person goes on typing: the focus is not moved. */
    readonly inPage?: boolean;
  },
): Promise<NewSession | undefined> => {
  const far = farPlaces();
  let { environment } = options;
  if (environment === undefined && options.agent === undefined && far.length > 0) {
    const chosen = await chooseMachine(far);
    if (chosen === undefined) return undefined;
    environment = chosen.id;
  }
  const place = far.find(({ id }) => id === environment);
  if (place !== undefined) return await core.startFar(place, options);
  const among = core.agents.all.filter(({ id, machine, address }) => {
    // What stands in the list of places is not in that of agents as well.
    const isOffered = options.agent === undefined ? address === undefined : id === options.agent;
    return isOffered && (environment === undefined || (machine?.id ?? address?.id ?? 'local') === environment);
  });
  if (environment !== undefined && among.length === 0)
    throw new Failure('invalid', vscode.l10n.t('There is no such agent in the environment “{0}”.', environment));
  const agent = options.agent ?? (await chooseAgent(core, { among }));
  if (agent === undefined) return undefined;
  const { machine, address } = among.find(({ id }) => id === agent) ?? {};
  if (address !== undefined) return await core.startFar(address, options);
  const cwd = options.cwd ?? machine?.folder ?? (await chooseFolder(core));
  if (cwd === undefined) return undefined;
  if (!(machine === undefined ? isAbsolute : isFarPath)(cwd))
    throw new Failure('invalid', vscode.l10n.t('{0} is not an absolute path.', cwd));
  // Some agents take any folder, and fail at the first thing that they do in it (protocol §10).
  if (machine === undefined && !(await isFolder(cwd)))
    throw new Failure('missing', vscode.l10n.t('There is no folder {0}.', cwd), vscode.l10n.t('Choose another one.'));
  return await core.startSession({ agent, cwd, inPage: options.inPage === true });
};

/** Where sessions are started elsewhere than on a machine that our own agents run on. Terminals hold none. */
const farPlaces = (): readonly (FarMachine | FarAddress)[] => [
  ...farHosts(),
  ...[...readEnvironments().addresses.values()].filter(({ kind }) => kind !== 'terminal'),
];

/** The session once it is open, or once it has failed where the chat shows that. */
export const toldInChat = async ({ key, opened }: NewSession): Promise<SessionKey> => {
  try {
    return await opened;
  } catch (failure) {
    if (key === undefined) throw failure;
    return key;
  }
};
