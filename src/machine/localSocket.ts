/** Lines between processes of one user on one machine: a socket in a folder that only this user can enter, or a named pipe. */
import { createHash } from 'node:crypto';
import { chmod, rm } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Clock } from '../base/clock.ts';
import type { Disposable } from '../base/disposable.ts';
import { Failure, sentence } from '../base/failure.ts';
import { LIMITS } from '../router/limits.ts';
import { errnoOf } from './disk.ts';
import { lineConnection, type LineConnection } from './lineConnection.ts';
import { makePrivateFolder } from './privateFile.ts';

/** Bytes of a path that every system takes for a socket: the shortest limit is 104, with the end mark. */
const MOST_PATH = 100;
/** Where the socket of a state folder is. */
export const socketPath = (state: string, name: string, platform = process.platform): string => {
  const id = createHash('sha256').update(state).digest('hex').slice(0, 16);
  if (platform === 'win32') return `\\\\.\\pipe\\wheelhouse-${id}-${name}`;
  const path = join(state, `${name}.sock`);
  // The folder is this user's alone as well; that it was there before is found out when it is made.
  return Buffer.byteLength(path) <= MOST_PATH
    ? path
    : join(tmpdir(), `wheelhouse-${process.getuid?.() ?? 0}-${id}`, `${name}.sock`);
};

/**
 * Listens until it is disposed. Whoever calls this is the only one who may: a socket that stands there is left over.
 * @throws Failure `failed`
 */
export const listenLocal = async (
  path: string,
  clock: Clock,
  connected: (connection: LineConnection) => void,
): Promise<Disposable> => {
  const isFile = process.platform !== 'win32';
  if (isFile) {
    await makePrivateFolder(dirname(path));
    await rm(path, { force: true });
  }
  const server = createServer((socket) => connected(linesOf(socket, clock)));
  await new Promise<void>((resolve, reject) => {
    server.once('error', (failure) =>
      reject(new Failure('failed', `${path} cannot be listened on: ${sentence(failure)}`)),
    );
    server.listen({ path, readableAll: false, writableAll: false }, resolve);
  });
  if (isFile) await chmod(path, 0o600);
  return { dispose: () => void server.close() };
};

/** Lines with whoever listens there. @throws Failure `gone`, nobody does; `failed` */
export const connectLocal = async (path: string, clock: Clock, signal: AbortSignal): Promise<LineConnection> => {
  const connection = linesOf(await connectSocket(path, signal), clock);
  connection.allow(LIMITS.hostLine);
  return connection;
};

/** The same with bytes. @throws Failure `gone`, `failed` */
export const connectSocket = async (path: string, signal: AbortSignal): Promise<Socket> => {
  signal.throwIfAborted();
  const socket = connect(path);
  const abort = (): void => void socket.destroy();
  signal.addEventListener('abort', abort, { once: true });
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', reject);
      socket.once('close', () => reject(signal.aborted ? signal.reason : new Error('the connection was closed')));
    });
    return socket;
  } catch (failure) {
    socket.destroy();
    signal.throwIfAborted();
    const isGone = ['ENOENT', 'ECONNREFUSED'].includes(errnoOf(failure) ?? '');
    throw new Failure(isGone ? 'gone' : 'failed', `Nobody answers on ${path}: ${sentence(failure)}`, undefined, {
      cause: failure,
    });
  } finally {
    signal.removeEventListener('abort', abort);
  }
};

const linesOf = (socket: Socket, clock: Clock): LineConnection => {
  // What breaks it ends it, and that is all there is to say.
  socket.on('error', () => undefined);
  socket.setNoDelay(true);
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  return lineConnection({ input: socket, output: socket, closed, end: () => void socket.destroy() }, clock);
};
