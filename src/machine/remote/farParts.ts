import type { FarMachine } from '../../router/farMachine.ts';
import type { Environment, Workspace } from '../../router/ports.ts';
import { DiskWorkspace } from '../diskWorkspace.ts';
import { FarDisk, type Here } from './farDisk.ts';
import { farEnvironment } from './farEnvironment.ts';
import { SharedWay } from './sharedWay.ts';

/** Another machine as agents need it: where they run, and the files there. */
export const farParts = (
  there: FarMachine,
  local: Environment,
  here: Here,
): { readonly environment: Environment; readonly workspace: Workspace } => {
  const way = new SharedWay(there);
  return {
    environment: farEnvironment(there, local, way),
    workspace: new DiskWorkspace(() => [there.folder], new FarDisk(there, here, way)),
  };
};
