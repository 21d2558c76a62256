import type { Readable, Writable } from 'node:stream';
import type { WireLine } from '../base/rpcFrame.ts';
import { LineSplitter } from './lines.ts';

/** The lines of a stream of bytes, which is paused while nobody reads them. It ends with the stream, whatever ended that. */
export const readLines = (
  stream: Readable,
  splitter: Pick<LineSplitter, 'push' | 'end'> = new LineSplitter(),
): ReadableStream<readonly WireLine[]> => {
  let open = true;
  return new ReadableStream<readonly WireLine[]>(
    {
      start(controller) {
        const close = (): void => {
          if (!open) return;
          open = false;
          const rest = splitter.end();
          if (rest.length > 0) controller.enqueue(rest);
          controller.close();
        };
        stream.on('data', (bytes: Buffer) => {
          const lines = splitter.push(bytes);
          if (lines.length > 0 && open) controller.enqueue(lines);
          if ((controller.desiredSize ?? 0) <= 0) stream.pause();
        });
        stream.once('end', close);
        stream.once('close', close);
        stream.once('error', close);
      },
      pull() {
        stream.resume();
      },
      cancel() {
        open = false;
        stream.destroy();
      },
    },
    { highWaterMark: 4 },
  );
};

/** Settles a batch when the system has taken it, so that what a slow reader leaves waits with the writer. */
export const writeLines = (stream: Writable): WritableStream<readonly string[]> =>
  new WritableStream<readonly string[]>({
    write: (lines) =>
      new Promise((resolve, reject) => {
        stream.write(`${lines.join('\n')}\n`, (failure) => (failure ? reject(failure) : resolve()));
      }),
    close() {
      stream.end();
    },
    abort() {
      stream.destroy();
    },
  });
