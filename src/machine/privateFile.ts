import { chmod, lstat, mkdir, open, readFile } from 'node:fs/promises';
import { Failure, sentence } from '../base/failure.ts';
import { errnoOf } from './disk.ts';

/** Characters of a secret that nobody can guess: 128 bits in base64. */
const LEAST = 22;

/**
 * A folder that only this user can enter, made or put right.
 * @throws Failure `invalid` where it is another user's, or no folder; `failed`
 */
export const makePrivateFolder = async (path: string): Promise<void> => {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 });
    const about = await lstat(path);
    if (!about.isDirectory()) throw new Failure('invalid', `${path} is no folder.`, 'Name another one.');
    requireOwn(path, about.uid);
    if (process.platform !== 'win32' && (about.mode & 0o7777) !== 0o700) await chmod(path, 0o700);
  } catch (failure) {
    throw asFailure(failure, path, 'made');
  }
};

/**
 * The secret in a file that only this user can read, made with `make` where there is none.
 * @throws Failure `invalid` for a file that is another user's, is no file or holds nothing that is long enough; `failed`
 */
export const readSecret = async (path: string, make: () => string): Promise<string> => {
  try {
    await writeNew(path, make);
    const about = await lstat(path);
    if (!about.isFile()) throw new Failure('invalid', `${path} is no file.`, 'Name another one.');
    requireOwn(path, about.uid);
    if (process.platform !== 'win32' && (about.mode & 0o7777) !== 0o600) await chmod(path, 0o600);
    const secret = (await readFile(path, 'utf8')).trim();
    if (secret.length >= LEAST) return secret;
  } catch (failure) {
    throw asFailure(failure, path, 'read');
  }
  throw new Failure('invalid', `${path} holds no token.`, 'Delete it: a new one is made.');
};

const writeNew = async (path: string, make: () => string): Promise<void> => {
  try {
    const file = await open(path, 'wx', 0o600);
    try {
      await file.writeFile(`${make()}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
  } catch (failure) {
    if (errnoOf(failure) !== 'EEXIST') throw failure;
  }
};

const requireOwn = (path: string, owner: number): void => {
  if (process.getuid === undefined || owner === process.getuid()) return;
  throw new Failure('invalid', `${path} belongs to another user of this machine.`, 'Name another one.');
};

const asFailure = (failure: unknown, path: string, what: string): Failure =>
  failure instanceof Failure
    ? failure
    : new Failure('failed', `${path} cannot be ${what}: ${sentence(failure)}`, undefined, { cause: failure });
