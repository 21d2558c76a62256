/** The running host as one ACP agent on stdin and stdout: a plain client of its relay, line by line. */
import { readFile } from 'node:fs/promises';
import type { Readable, Writable } from 'node:stream';
import type { Link } from '../base/duplex.ts';
import { Failure } from '../base/failure.ts';
import { systemClock } from '../machine/clock.ts';
import { connectWebSocket, SocketClosed, textOnly } from '../machine/websocket.ts';
import { startRelay } from './ask.ts';
import type { HostCommand } from './commandLine.ts';
import { stateOf } from './state.ts';

/** The host goes. */
const GOING = 1001;

/**
 * Resolves when the editor has said its last word, or the host has ended.
 * @throws Failure `none`, no host runs; `lost`, `closed`
 */
export const acp = async (
  command: Extract<HostCommand, { kind: 'acp' }>,
  app: string,
  { stdin, stdout }: { readonly stdin: Readable; readonly stdout: Writable },
): Promise<void> => {
  const { record, addresses } = await startRelay(stateOf(command), app);
  const token = (await readFile(record.tokenFile, 'utf8')).trim();
  const { signal } = new AbortController();
  const headers = { authorization: `Bearer ${token}` };
  const socket = textOnly(await connectWebSocket({ url: addresses.relay, headers }, systemClock, signal));
  const said = say(socket, stdin).then(
    () => socket.end(),
    // What cannot be sent any more: the connection knows why.
    (failure: unknown) => (failure instanceof Failure ? Promise.reject(failure) : socket.closed),
  );
  const failure = await Promise.race([hear(socket, stdout).then(() => socket.closed), said]);
  if (failure === undefined || (failure instanceof SocketClosed && failure.number === GOING)) return;
  throw failure;
};

/** Whole lines, each a message. */
const say = async ({ messages }: Link<string>, stdin: Readable): Promise<void> => {
  const writer = messages.writable.getWriter();
  // The other direction ends as well, and says why.
  writer.closed.catch(() => undefined);
  let rest = '';
  for await (const text of stdin.setEncoding('utf8') as AsyncIterable<string>) {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > LONGEST) throw new Failure('invalid', 'A line on the input is too long for any message.');
    const whole = lines.filter((line) => line.trim() !== '');
    if (whole.length > 0) await writer.write(whole);
  }
};

/** UTF-16 units of a line. */
const LONGEST = 16 * 1024 * 1024;

const hear = async ({ messages }: Link<string>, stdout: Writable): Promise<void> => {
  for await (const batch of messages.readable)
    for (const text of batch) if (!stdout.write(text.endsWith('\n') ? text : `${text}\n`)) await drained(stdout);
};

const drained = (stdout: Writable): Promise<void> =>
  new Promise((resolve) => {
    stdout.once('drain', resolve).once('close', resolve);
  });
