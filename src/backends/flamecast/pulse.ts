import { type Clock, pause } from '../../base/clock.ts';
import type { Connect } from '../../base/duplex.ts';
import { Failure, sentence } from '../../base/failure.ts';

/** Milliseconds between two looks. */
const BEAT = 15_000;

/** A server without a connection of its own, as one: it lasts as long as the server answers. */
export const pulse =
  (look: (signal: AbortSignal) => Promise<void>, clock: Clock): Connect<never> =>
  async (signal) => {
    await look(signal);
    const { promise: closed, resolve } = Promise.withResolvers<Failure>();
    const ending = new AbortController();
    const end = (why: Failure): void => {
      ending.abort(why);
      resolve(why);
    };
    const beat = async (): Promise<void> => {
      for (;;) {
        await pause(clock, BEAT, ending.signal);
        await look(ending.signal);
      }
    };
    beat().catch((failure: unknown) =>
      end(failure instanceof Failure ? failure : new Failure('lost', sentence(failure))),
    );
    return {
      messages: { readable: new ReadableStream(), writable: new WritableStream() },
      closed,
      end: () => end(new Failure('lost', 'It was ended here.')),
    };
  };
