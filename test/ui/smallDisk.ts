import { spawnSync } from 'node:child_process';
import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ServerOptions } from './server.ts';

/** The disk on which extensions keep things, for a test that fills it. */
export interface SmallDisk {
  /** For the server whose disk it is. */
  readonly options: Pick<ServerOptions, 'node' | 'env'>;
  /** Until there is not a byte left. @param server the id of the server's process */
  fill(server: number): Promise<void>;
  free(server: number): Promise<void>;
}

const alone = ['unshare', '--map-root-user', '--mount'] as const;

/** A disk of its own where one may be mounted; where that is forbidden, as in most containers, one that says it is full. */
export const smallDisk = (): SmallDisk => {
  const [program, ...args] = alone;
  const mounts = spawnSync(program, [...args, 'mount', '-t', 'tmpfs', 'tmpfs', tmpdir()]).status === 0;
  return mounts ? mounted() : pretended();
};

/** Nobody but the server sees it, and it is gone with the server, whatever becomes of us. */
const mounted = (): SmallDisk => {
  let folder = '';
  const filler = (server: number): string => join(`/proc/${server}/root`, folder, 'filler');
  return {
    options: {
      node: (storage) => {
        folder = storage;
        const mount = 'mkdir -p "$0" && mount -t tmpfs -o size=8m tmpfs "$0" && exec "$@"';
        return [...alone, 'sh', '-c', mount, storage, process.execPath];
      },
    },
    async fill(server) {
      const piece = Buffer.alloc(4096, 'x');
      for (;;) {
        try {
          await writeFile(filler(server), piece, { flag: 'a' });
        } catch (failure) {
          if (failure instanceof Error && 'code' in failure && failure.code === 'ENOSPC') return;
          throw failure;
        }
      }
    },
    free: (server) => rm(filler(server)),
  };
};

const pretended = (): SmallDisk => {
  const sign = join(tmpdir(), `wheelhouse-full-${process.pid}`);
  const preload = fileURLToPath(new URL('fullDisk.ts', import.meta.url));
  return {
    // VS Code clears NODE_OPTIONS, and starts the extension host with the switches of its server.
    options: { node: () => [process.execPath, `--import=${preload}`], env: { WHEELHOUSE_FULL_DISK: sign } },
    fill: () => writeFile(sign, ''),
    free: () => rm(sign),
  };
};
