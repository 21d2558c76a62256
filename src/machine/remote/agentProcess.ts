import { type Clock, within } from '../../base/clock.ts';
import type { Link } from '../../base/duplex.ts';
import { Failure } from '../../base/failure.ts';
import { parseJson } from '../../base/json.ts';
import type { WireLine } from '../../base/rpcFrame.ts';
import type { Process } from '../../router/ports.ts';

/** Characters of the longest message that is read, as on an agent's own output. */
const LONGEST = 8 * 1024 * 1024;
/** Milliseconds that the other side has to take its leave in. */
const LEAVE = 1_000;

export interface AgentProcessParts {
  readonly link: Link<string>;
  readonly clock: Clock;
  /** Something has come: there is an agent. */
  heard(): void;
  /** Whoever used it has let go; `lost`: it had ended before that, by itself. */
  over(lost: boolean): void;
}

/**
 * An agent at the other end of a connection, as if it were a child: one message is one line. Where the connection ends by
 * itself, its lines end with why, and that says more than an end.
 */
export const agentProcess = ({ link, clock, heard, over }: AgentProcessParts): Process => {
  let lost = false;
  let left = false;
  const exited = link.closed.then(() => {
    lost = !left;
    return { code: null, signal: null };
  });
  return {
    pid: undefined,
    lines: { readable: readLines(link, heard), writable: link.messages.writable },
    stderrTail: () => '',
    exited,
    async [Symbol.asyncDispose]() {
      if (!left) over(lost);
      left = true;
      // Whoever speaks with it has said the last word by closing what it writes to.
      if (!(await within(clock, LEAVE, exited))) link.end();
      await exited;
    },
  };
};

/** Nothing waits in it: what came is read before its end is told. */
const readLines = ({ messages, closed }: Link<string>, heard: () => void): ReadableStream<readonly WireLine[]> => {
  const reader = messages.readable.getReader();
  return new ReadableStream<readonly WireLine[]>(
    {
      async pull(controller) {
        const { done, value } = await reader.read();
        if (done) return controller.error(inTurn(await closed));
        heard();
        controller.enqueue(value.flatMap(linesOf));
      },
      async cancel() {
        // To give up reading would end the connection before what was said last has left.
        while (!(await reader.read()).done);
      },
    },
    { highWaterMark: 0 },
  );
};

/** For whoever waits for an answer on it: only the connection is made again, and not what was asked. */
const inTurn = (why: Failure): Failure =>
  why.code === 'lost'
    ? new Failure(
        'lost',
        why.message,
        'It is connected again by itself. What was under way may not be whole: look at it, then go on.',
      )
    : why;

/** Some write a message on several lines, and what was made for a pipe sends several of them in one piece. */
const linesOf = (text: string): readonly WireLine[] => {
  if (text.length > LONGEST) return [{ skippedBytes: text.length }];
  if (!text.includes('\n')) return [text];
  const lines = text.split(/\r?\n/u).filter((line) => line.trim() !== '');
  const [first = ''] = lines;
  return parseJson(first) !== undefined ? lines : [lines.join(' ')];
};
