import { type ChildProcess, spawn } from 'node:child_process';
import { open, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pause } from '../base/clock.ts';
import { Failure, sentence } from '../base/failure.ts';
import { systemClock } from './clock.ts';
import { findHost, hostFolder, type HostRecord } from './hostRecord.ts';
import { makePrivateFolder } from './privateFile.ts';

export interface HostStart {
  /** A Node, or the editor's own binary as one, and the variables that make it that. */
  readonly node: { readonly file: string; readonly env: Readonly<Record<string, string>> };
  /** Absolute path of `host.js`. */
  readonly program: string;
  /** Absolute. */
  readonly state: string;
  /** What `serve` is told beside the state: no secret, since everybody on the machine can read it. */
  readonly args: readonly string[];
}

/** Milliseconds until it has to listen. */
const START = 20_000;
const LOOK = 30;
/** Bytes of an earlier log that are kept: what the last host said before it ended is what a person looks for. */
const MOST_LOG = 1024 * 1024;
const WORDS = 2000;

const hostLog = (state: string): string => join(hostFolder(state), 'host.log');

/**
 * A background host that outlives whoever starts it: a group of its own, no pipe to us, its words in a file. Where
 * another process starts one at the same time there is one host afterwards, and both get it.
 * @throws Failure `failed`, in the words of the host; `invalid`, a state folder that is not this user's
 */
export const startHost = async (start: HostStart, signal: AbortSignal): Promise<HostRecord> => {
  const { state } = start;
  await makePrivateFolder(state);
  await makePrivateFolder(hostFolder(state));
  const said = (await stat(hostLog(state)).catch(() => undefined))?.size ?? 0;
  const [flags, from] = said > MOST_LOG ? (['w', 0] as const) : (['a', said] as const);
  const log = await open(hostLog(state), flags, 0o600);
  try {
    const child = spawnHost(start, log.fd);
    const ended = new Promise<void>((resolve) => {
      child.once('exit', () => resolve());
      child.once('error', () => resolve());
    });
    return await listening(state, child, ended, from, signal);
  } catch (failure) {
    signal.throwIfAborted();
    if (failure instanceof Failure) throw failure;
    throw notStarted(sentence(failure), state);
  } finally {
    await log.close();
  }
};

const spawnHost = ({ node, program, state, args }: HostStart, log: number): ChildProcess => {
  const child = spawn(node.file, [program, 'serve', '--state', state, ...args], {
    // No folder of anybody's that could not be removed while it runs.
    cwd: state,
    env: node.env,
    stdio: ['ignore', 'ignore', log],
    detached: true,
    windowsHide: true,
  });
  child.unref();
  return child;
};

const listening = async (
  state: string,
  child: ChildProcess,
  ended: Promise<void>,
  from: number,
  signal: AbortSignal,
): Promise<HostRecord> => {
  let over = false;
  void ended.then(() => (over = true));
  const until = systemClock.monotonic() + START;
  for (;;) {
    const isOver = over;
    const record = await findHost(state);
    if (record !== undefined) return record;
    // Seen after it had ended: nor is there one of somebody else's.
    if (isOver) throw notStarted(await lastWords(state, from), state);
    if (systemClock.monotonic() > until) {
      child.kill('SIGKILL');
      throw notStarted(`it did not listen within ${START / 1000} s`, state);
    }
    await pause(systemClock, LOOK, signal);
  }
};

const lastWords = async (state: string, from: number): Promise<string> => {
  const bytes = await readFile(hostLog(state)).catch(() => Buffer.alloc(0));
  const said = bytes.subarray(from).toString('utf8').trim();
  return said === '' ? 'it ended without a word' : said.slice(-WORDS);
};

const notStarted = (why: string, state: string): Failure =>
  new Failure(
    'failed',
    `The background host was not started: ${why.replace(/\.$/u, '')}.`,
    `Look at its log, ${hostLog(state)}.`,
  );
