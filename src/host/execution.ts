/** Remote execution in a host: others run commands on this machine, where its person wants that. */
import { randomBytes } from 'node:crypto';
import { join, resolve } from 'node:path';
import { Disposables } from '../base/disposable.ts';
import { Failure, sentence } from '../base/failure.ts';
import { DiskWorkspace } from '../machine/diskWorkspace.ts';
import { Command } from '../machine/execution/command.ts';
import { executionEndpoint } from '../machine/execution/endpoint.ts';
import { ExecutionService } from '../machine/execution/service.ts';
import { OwnFolders } from '../machine/ownFolders.ts';
import { readSecret } from '../machine/privateFile.ts';
import type { HostWire, HostWireParts } from './endpoints.ts';
import { ExecutionRecords } from './executionRecords.ts';
import { requireFolder } from './sessions.ts';

/** Undefined: the configuration wants none. @throws Failure `usage`, one of its folders is none */
export const openExecution = async (parts: HostWireParts): Promise<HostWire | undefined> => {
  const { config, state, hostId, store, router, guard, devices, clock, log } = parts;
  if (config.environment === undefined) return undefined;
  const { id, policy, folders } = config.environment;
  const [first, ...others] = await foldersOf(folders.length === 0 ? parts.roots : folders);
  const envID =
    id ?? `env_${await readSecret(join(state, 'environment-id'), () => randomBytes(18).toString('base64url'))}`;
  const records = new ExecutionRecords({ store, clock, folders: [first, ...others] });
  const service = new ExecutionService({
    envID,
    hostSessionID: hostId,
    policy,
    clock,
    log,
    place: placeIn([first, ...others], parts.own),
    start: (line) => Command.start(line, { guard, variables: () => parts.variables(), clock }),
    show: records.show,
  });
  const owned = new Disposables();
  owned.add(router.add(records));
  owned.add(devices.onRevoked((device) => service.revoked(device)));
  return {
    name: 'environment',
    scheme: 'ws',
    endpoint: executionEndpoint(service, log),
    get isWorking() {
      return service.isWorking;
    },
    admitAnswer: (device, question) => records.admitAnswer(device, question),
    async [Symbol.asyncDispose]() {
      await service.end();
      owned.dispose();
    },
  };
};

const foldersOf = async (folders: readonly string[]): Promise<readonly [string, ...string[]]> => {
  for (const folder of folders)
    await requireFolder(folder).catch((failure: unknown) => {
      throw new Failure('usage', sentence(failure), 'Look at environment.folders in the configuration.');
    });
  const [first, ...others] = folders;
  if (first === undefined) throw new Failure('usage', 'There is no folder in which commands could run.');
  return [first, ...others];
};

/** Where a path really leads decides, and that is where the command runs. */
const placeIn = (folders: readonly [string, ...string[]], own: readonly string[]) => {
  const disk = new DiskWorkspace(() => folders);
  const place = new OwnFolders(own).place((path, signal) => disk.place(path, signal));
  return async (workdir: string | undefined, signal: AbortSignal): Promise<string> => {
    const path = resolve(folders[0], workdir ?? '.');
    const { inside, real, kind } = await place(path, signal);
    if (!inside)
      throw new Failure(
        'outside',
        `${path} is outside of the folders in which commands run here.`,
        `They are: ${folders.join(', ')}.`,
      );
    if (kind !== 'folder') throw new Failure('invalid', `${path} is no folder of this machine.`);
    return real;
  };
};
