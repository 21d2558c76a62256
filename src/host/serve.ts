import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { AgentDefinition } from '../backends/agent.ts';
import { Disposables } from '../base/disposable.ts';
import { Failure, sentence } from '../base/failure.ts';
import type { Log } from '../base/log.ts';
import { systemClock } from '../machine/clock.ts';
import type { HostRecord } from '../machine/hostRecord.ts';
import { listenLocal, socketPath } from '../machine/localSocket.ts';
import { systemProcesses } from '../machine/processIdentity.ts';
import type { HostCommand } from './commandLine.ts';
import { DEFAULT_CONFIG, type HostConfig, readConfig } from './config.ts';
import { HostCore } from './core.ts';
import { endWhenIdle } from './idle.ts';
import { openDevices, windowBytes } from './relay.ts';
import { requireFolder } from './sessions.ts';
import { defaultTokenFile, ownToken, stateOf, takeState } from './state.ts';
import { ViewServer } from './viewServer.ts';

/** What belongs to the installation. */
export interface Programs {
  readonly demo: string;
  readonly watchdog: string;
  /** The folder of the page. */
  readonly page: string;
  readonly version: string;
}

/** How a host is told to end: resolves with the reason, as a sentence. */
export interface Ending {
  readonly promise: Promise<string>;
  now(reason: string): void;
}

/**
 * Runs a host until it is told to end, and ends it in order. `ready` gets the line that says so.
 * @throws Failure `usage` for what was asked; `running`, another host has the folder; what else keeps it from listening
 */
export const serve = async (
  command: Extract<HostCommand, { kind: 'serve' }>,
  parts: { readonly programs: Programs; readonly log: Log; readonly ending: Ending; ready(line: string): void },
): Promise<void> => {
  const { programs, log, ending, ready } = parts;
  const options = await readOptions(command);
  const { state } = options;
  const clock = systemClock;
  const lost = (why: string): void => ending.now(`the lock of ${state} was lost (${why})`);
  const held = await takeState(state, clock, lost);
  const owned = new Disposables();
  try {
    const token = await ownToken(options.tokenFile);
    const record = await recordOf(options, programs.version);
    const { hostId, pid, version: app, startedAt } = record;
    await using core = new HostCore({
      state,
      tokenFile: options.tokenFile,
      roots: options.roots,
      config: options.config,
      relay: command.relay,
      devices: await openDevices({ state, token, clock, log }),
      hostId,
      version: app,
      page: programs.page,
      demo: demoOf(programs),
      watchdog: programs.watchdog,
      clock,
      log,
      stop: () => ending.now('a window or the command line said so'),
    });
    await core.open();
    const addresses = command.noRelay ? undefined : await core.relay.start().catch(asUsage);
    const server = owned.add(
      new ViewServer({
        token,
        about: { app, hostId, pid, startedAt },
        messageBytes: windowBytes(options.config),
        clock,
        log,
        openDoor: (surface, device) => core.openDoor(surface, device),
      }),
    );
    const listener = owned.add(await listenLocal(record.view, clock, (connection) => server.receive(connection)));
    // Not before: who finds it connects at once.
    await held.publish(record);
    const minutes = (): number | undefined => core.config.idleMinutes;
    const isNeeded = (): boolean => server.windows > 0 || core.relay.state.sockets > 0 || core.isWorking;
    const ofWires = core.endpoints?.changes ?? [];
    const changes = [server.onChanged, core.relay.onChanged, core.store.onAppended, ...ofWires];
    const idle = (): void => ending.now(`nothing ran for ${minutes() ?? 0} minutes`);
    owned.add(endWhenIdle({ minutes, clock, isNeeded, changes }, idle));
    const { view, tokenFile } = record;
    const wires = addresses && core.endpoints?.addresses(addresses);
    ready(JSON.stringify({ ready: true, hostId, pid, ...addresses, ...wires, view, tokenFile }));
    log.info(`The host ${hostId} listens on ${view}.`);
    log.info(`The host ends: ${await ending.promise}.`);
    // Whoever is connected sees how it ends; nobody else comes.
    owned.remove(listener);
  } finally {
    owned.dispose();
    await held.release();
  }
};

/** What of it stands in the configuration or on the command line. */
const asUsage = (failure: unknown): never => {
  const isWrong = failure instanceof Failure && ['invalid', 'insecure', 'unreadable'].includes(failure.code);
  throw isWrong ? new Failure('usage', failure.message, failure.next, { cause: failure }) : failure;
};

interface Options {
  readonly config: HostConfig;
  readonly roots: readonly string[];
  readonly state: string;
  readonly tokenFile: string;
}

const readOptions = async (command: Extract<HostCommand, { kind: 'serve' }>): Promise<Options> => {
  const state = stateOf(command);
  const roots = (command.roots.length === 0 ? ['.'] : command.roots).map((root) => resolve(root));
  for (const root of roots)
    await requireFolder(root).catch((failure: unknown) => {
      throw new Failure('usage', sentence(failure), 'Name a folder that exists with --root.');
    });
  return {
    config: command.config === undefined ? DEFAULT_CONFIG : await readConfig(resolve(command.config)),
    roots,
    state,
    tokenFile: command.tokenFile === undefined ? defaultTokenFile(state) : resolve(command.tokenFile),
  };
};

const recordOf = async ({ state, tokenFile }: Options, version: string): Promise<HostRecord> => {
  const { pid } = process;
  const started = (await systemProcesses.find(pid))?.started;
  return {
    hostId: systemClock.id(),
    pid,
    ...(started === undefined ? {} : { started }),
    version,
    startedAt: systemClock.now(),
    view: socketPath(state, 'view'),
    tokenFile,
  };
};

const demoOf = ({ demo }: Programs): AgentDefinition => ({
  id: 'demo',
  label: 'Demo',
  node: true,
  command: demo,
  args: [],
});

/** Of the package that this program is part of. */
export const versionIn = async (manifest: string): Promise<string> => {
  const { version }: { readonly version?: unknown } = JSON.parse(await readFile(manifest, 'utf8'));
  return typeof version === 'string' ? version : 'of no version';
};
