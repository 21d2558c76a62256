import { mkdir } from 'node:fs/promises';
import { afterEach } from 'vitest';
import { ExecutionDevice } from './executionDevice.ts';
import { hostPrograms, HostWorld, type Ready, type Running } from './hostWorld.ts';
import { tokenOf } from './relayDevices.ts';
import { Trial } from './trial.ts';

const programs = hostPrograms();

export const openTrial = (): Promise<Trial> => Trial.open({ host: '', watchdog: '', agent: '' });

const devices: ExecutionDevice[] = [];
afterEach(() => {
  for (const device of devices.splice(0)) device.cut();
});

/** Cut when the test is over. */
export const connect = async (ready: Ready, token?: string): Promise<ExecutionDevice> => {
  const device = await ExecutionDevice.connect(ready.environment ?? '', token ?? (await tokenOf(ready)));
  devices.push(device);
  return device;
};

export interface Serving {
  readonly world: HostWorld;
  readonly ready: Ready;
  readonly running: Running;
}

/** A host that lets every device in, unless something else is said. */
export const serving = async (trial: Trial, environment: object = { policy: 'allow' }): Promise<Serving> => {
  const world = new HostWorld(programs, trial);
  await mkdir(world.root, { recursive: true });
  return { world, ...(await world.serve('--config', await world.configure({ environment }))) };
};

/** The same, and the owner's own device with a session. */
export const owners = async (trial: Trial): Promise<Serving & { readonly device: ExecutionDevice }> => {
  const served = await serving(trial);
  const device = await connect(served.ready);
  await device.open();
  return { ...served, device };
};

/** How many processes of the trial have this in their command line. */
export const running = async (trial: Trial, what: string): Promise<number> =>
  (await trial.look()).filter(({ command }) => command.includes(what)).length;
