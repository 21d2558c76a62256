/**
 * Lines between processes of one user on one machine: a socket in a folder that only this user can enter, or a named pipe.
 *
 * L1 Nothing is written on a connection, not even that it lives, before its owner says so.
 * L2 A peer that says nothing for {@link DEAD} is gone, however its connection looks: each side says an empty line now and
 *    then, and these are told to nobody.
 */
import { createHash } from 'node:crypto';
import { chmod, rm } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Clock } from '../base/clock.ts';
import type { Disposable } from '../base/disposable.ts';
import type { Duplex } from '../base/duplex.ts';
import { Failure, sentence } from '../base/failure.ts';
import type { WireLine } from '../base/rpcFrame.ts';
import { errnoOf } from './disk.ts';
import { LineSplitter } from './lines.ts';
import { readLines, writeLines } from './lineStreams.ts';
import { makePrivateFolder } from './privateFile.ts';

/** Bytes of a path that every system takes for a socket: the shortest limit is 104, with the end mark. */
const MOST_PATH = 100;
/** Milliseconds. */
const BEAT = 15_000;
const DEAD = 45_000;

/** A connection by which lines come and go. Disposing it ends it at once. */
export interface LineConnection extends Disposable {
  readonly lines: Duplex<WireLine, string>;
  /** Bytes of a line that is still read; a longer one is skipped, and told as that. */
  allow(bytes: number): void;
  /** From now on the two sides tell each other that they live. */
  keepAlive(): void;
  /** Settles when it is over; never rejects. */
  readonly closed: Promise<void>;
}

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
  const server = createServer((socket) => connected(lineConnection(socket, clock)));
  await new Promise<void>((resolve, reject) => {
    server.once('error', (failure) =>
      reject(new Failure('failed', `${path} cannot be listened on: ${sentence(failure)}`)),
    );
    server.listen({ path, readableAll: false, writableAll: false }, resolve);
  });
  if (isFile) await chmod(path, 0o600);
  return { dispose: () => void server.close() };
};

/** @throws Failure `gone`, nobody listens there; `failed` */
export const connectLocal = async (path: string, clock: Clock, signal: AbortSignal): Promise<LineConnection> => {
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
    return lineConnection(socket, clock);
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

const lineConnection = (socket: Socket, clock: Clock): LineConnection => {
  const splitter = new LineSplitter();
  // What breaks it ends it, and that is all there is to say.
  socket.on('error', () => undefined);
  socket.setNoDelay(true);
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  let [heard, said] = [clock.monotonic(), clock.monotonic()];
  socket.on('data', () => (heard = clock.monotonic()));
  const plain = writeLines(socket);
  const writer = plain.getWriter();
  writer.closed.catch(() => undefined);
  const writable = new WritableStream<readonly string[]>({
    write(lines) {
      said = clock.monotonic();
      return writer.write(lines);
    },
    close: () => writer.close(),
    abort: (reason) => writer.abort(reason),
  });
  let beat: Disposable | undefined;
  const look = (): void => {
    const now = clock.monotonic();
    if (now - heard >= DEAD) return void socket.destroy();
    // Past the queue of the writer: a reader that is slow is not one that is gone.
    if (now - said >= BEAT - 1 && socket.writableLength === 0) socket.write('\n');
    beat = clock.after(BEAT, look);
  };
  void closed.then(() => beat?.dispose());
  return {
    lines: { readable: withoutBlanks(readLines(socket, splitter)), writable },
    allow: (bytes) => {
      splitter.cap = bytes;
    },
    keepAlive: () => {
      beat ??= clock.after(BEAT, look);
    },
    closed,
    dispose: () => void socket.destroy(),
  };
};

const withoutBlanks = (lines: ReadableStream<readonly WireLine[]>): ReadableStream<readonly WireLine[]> =>
  lines.pipeThrough(
    new TransformStream<readonly WireLine[], readonly WireLine[]>({
      transform(batch, controller) {
        const told = batch.filter((line) => line !== '');
        if (told.length > 0) controller.enqueue(told);
      },
    }),
  );
