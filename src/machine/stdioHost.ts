import type { Clock } from '../base/clock.ts';
import { Failure } from '../base/failure.ts';
import type { WireLine } from '../base/rpcFrame.ts';
import { LIMITS } from '../router/limits.ts';
import { startPiped } from './child.ts';
import type { Invocation } from './invocation.ts';
import { lineConnection, type LineConnection } from './lineConnection.ts';
import { DEFAULT_LADDER } from './processGroup.ts';

/** What a greeting by this way has in place of the token: the far side puts in the one that it can read. */
export const BRIDGED = 'put in by the far side';

/** How every answer of a host begins. */
const ANSWER = '{"wheelhouse":';
/** Lines that a login shell may print before that. */
const MOST_PREAMBLE = 200;
/** Characters of what the program said on stderr that a person is told. */
const WORDS = 1000;

/**
 * A way to a host by the input and output of a program that ends in `wheelhouse-host view`: ssh, or any other that gives
 * stdio of another machine. Until the host has answered, whoever reads gets a Failure `failed` in the program's own words
 * where it ends.
 * @throws Failure `failed`, it cannot be started
 */
export const connectStdio = async (
  invocation: Invocation,
  cwd: string,
  clock: Clock,
  signal: AbortSignal,
): Promise<LineConnection> => {
  signal.throwIfAborted();
  const { pipes, exited, drained, stderrTail, end } = await startPiped(invocation, {
    cwd,
    clock,
    ladder: DEFAULT_LADDER,
  });
  const closed = new Promise<void>((resolve) => pipes.stdout.once('close', () => resolve()));
  // Its input is closed first: most end by that, and whatever is in its group ends with it.
  const hangUp = (): void => {
    pipes.stdout.destroy();
    void end();
  };
  const connection = lineConnection({ input: pipes.stdout, output: pipes.stdin, closed, end: hangUp }, clock);
  connection.allow(LIMITS.hostLine);
  signal.addEventListener('abort', hangUp, { once: true });
  void closed.then(() => signal.removeEventListener('abort', hangUp));
  const silent = async (): Promise<Failure> => {
    void end();
    const { code, signal: by } = await exited;
    await drained;
    return unanswered(invocation, stderrTail() || (by === null ? `it ended with code ${code}` : `${by} ended it`));
  };
  const { readable, writable } = connection.lines;
  return { ...connection, lines: { readable: readable.pipeThrough(fromAnswer(silent)), writable } };
};

/** The lines from the host's answer on. */
const fromAnswer = (silent: () => Promise<Failure>): TransformStream<readonly WireLine[], readonly WireLine[]> => {
  let [isAnswered, passed] = [false, 0];
  const isAnswer = (line: WireLine): boolean => {
    passed += 1;
    // Past that it is no shell that is talking: whoever reads says that nobody understands it.
    return passed > MOST_PREAMBLE || (typeof line === 'string' && line.startsWith(ANSWER));
  };
  return new TransformStream({
    transform(batch, controller) {
      if (isAnswered) return controller.enqueue(batch);
      const first = batch.findIndex(isAnswer);
      if (first < 0) return;
      isAnswered = true;
      controller.enqueue(batch.slice(first));
    },
    async flush(controller) {
      if (!isAnswered) controller.error(await silent());
    },
  });
};

const unanswered = ({ file, args }: Invocation, words: string): Failure =>
  new Failure(
    'failed',
    `No background host answered by “${[file, ...args].join(' ')}”: ${words.slice(-WORDS).replace(/\.$/u, '')}.`,
    'Try this command in a terminal: it must sign in without a question, and print nothing until something is typed.',
  );
