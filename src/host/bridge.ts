/**
 * The view socket of the host of this machine, for whoever has the input and output of this process: a window elsewhere,
 * by `ssh` or anything like it. The host is started where none runs, and goes on when the window is gone.
 *
 * The token stays on the machine: the window greets with something in its place, and the bridge puts the token in. Who
 * can start this program is its user already, and could read the file.
 */
import { readFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { resolve } from 'node:path';
import process from 'node:process';
import type { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { pause } from '../base/clock.ts';
import { Failure } from '../base/failure.ts';
import { systemClock } from '../machine/clock.ts';
import { findHost, type HostRecord } from '../machine/hostRecord.ts';
import { connectSocket } from '../machine/localSocket.ts';
import { startHost } from '../machine/startHost.ts';
import { GREETING_BYTES, readWindowGreeting } from '../protocol/view/greeting.ts';
import type { HostCommand } from './commandLine.ts';
import { stateOf } from './state.ts';

/** Milliseconds in which the window has to greet, and in which a host that lives has to listen. */
const GREETING_TIME = 30_000;
const LISTENING = 20_000;
const LOOK = 50;

const NEWLINE = 0x0a;

/**
 * Resolves when either side has ended.
 * @throws Failure `invalid`, what came is no greeting; `failed`, there is no host and none can be started
 */
export const bridge = async (
  command: Extract<HostCommand, { kind: 'view' }>,
  /** Absolute path of `host.js`. */
  program: string,
  { stdin, stdout }: { readonly stdin: Readable; readonly stdout: Writable },
): Promise<void> => {
  const greeting = await readGreeting(stdin);
  const { record, socket } = await reach(command, program);
  try {
    const token = (await readFile(record.tokenFile, 'utf8')).trim();
    socket.write(`${JSON.stringify({ ...greeting, token })}\n`);
    // A side that breaks has ended; the other one finds that out by itself.
    const toHost = pipeline(stdin, socket).catch(() => undefined);
    const toWindow = pipeline(socket, stdout, { end: false }).catch(() => undefined);
    await Promise.race([toHost, toWindow]);
  } finally {
    socket.destroy();
  }
};

/** The first line; what follows it stays in the stream. */
const readGreeting = async (stdin: Readable): Promise<object> => {
  const bytes = await firstBytes(stdin);
  const end = bytes.indexOf(NEWLINE);
  const line = bytes.subarray(0, Math.max(0, end)).toString('utf8');
  if (readWindowGreeting(line) === undefined)
    throw new Failure(
      'invalid',
      'What came on the input is no greeting of a window of Wheelhouse.',
      'This command is for a window that reaches this machine by ssh or the like.',
    );
  if (end + 1 < bytes.length) stdin.unshift(bytes.subarray(end + 1));
  return JSON.parse(line) as object;
};

/** Until there is a whole line, too much for one, the end, or no more time. */
const firstBytes = (stdin: Readable): Promise<Buffer> =>
  new Promise((resolveBytes) => {
    let bytes: Buffer = Buffer.alloc(0);
    const done = (): void => {
      timer.dispose();
      stdin.off('data', take).pause();
      resolveBytes(bytes);
    };
    const take = (more: Buffer): void => {
      bytes = Buffer.concat([bytes, more]);
      if (bytes.includes(NEWLINE) || bytes.length > GREETING_BYTES) done();
    };
    const timer = systemClock.after(GREETING_TIME, done);
    stdin.on('data', take).once('end', done).once('close', done);
  });

const reach = async (
  command: Extract<HostCommand, { kind: 'view' }>,
  program: string,
): Promise<{ readonly record: HostRecord; readonly socket: Socket }> => {
  const { signal } = new AbortController();
  const state = stateOf(command);
  const until = systemClock.monotonic() + LISTENING;
  for (;;) {
    const record = (await findHost(state)) ?? (await startHost(startOf(command, program, state), signal));
    try {
      return { record, socket: await connectSocket(record.view, signal) };
    } catch (failure) {
      // One that ends, or does not listen yet.
      const isGone = failure instanceof Failure && failure.code === 'gone';
      if (!isGone || systemClock.monotonic() > until) throw failure;
    }
    await pause(systemClock, LOOK, signal);
  }
};

const startOf = (
  { config, roots }: Extract<HostCommand, { kind: 'view' }>,
  program: string,
  state: string,
): Parameters<typeof startHost>[0] => ({
  node: { file: process.execPath, env: variables() },
  program,
  state,
  args: [
    '--no-relay',
    ...(config === undefined ? [] : ['--config', resolve(config)]),
    ...(roots.length === 0 ? ['.'] : roots).flatMap((root) => ['--root', resolve(root)]),
  ],
});

const variables = (): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
