// Loaded into every process of a VS Code server before its own code: while the file WHEELHOUSE_FULL_DISK is there, what
// is written to a file where extensions keep things fails as it does on a full disk.

import { existsSync, readlinkSync } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

const sign = process.env['WHEELHOUSE_FULL_DISK'];
const handle = await open(fileURLToPath(import.meta.url));
const methods = Object.getPrototypeOf(handle) as { write: FileHandle['write'] };
await handle.close();

const { write } = methods;
const refusing = function (this: FileHandle, ...args: Parameters<FileHandle['write']>): ReturnType<typeof write> {
  const isOurs = readlinkSync(`/proc/self/fd/${this.fd}`).includes('/globalStorage/');
  if (sign === undefined || !isOurs || !existsSync(sign)) return Reflect.apply(write, this, args);
  return Promise.reject(Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' }));
};
methods.write = refusing as FileHandle['write'];
