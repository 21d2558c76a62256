/**
 * Lines between two programs of one person, over whatever carries bytes both ways.
 *
 * L1 Nothing is written on a connection, not even that it lives, before its owner says so.
 * L2 A peer that says nothing for {@link STILL} is gone, however its connection looks: each side says an empty line now and
 *    then, and these are told to nobody. Who hears something answers where one will be due: so both are woken together.
 * L3 A line without its end was cut on the way, and is told to nobody either.
 */
import type { Readable, Writable } from 'node:stream';
import { atBeat, BEAT, STILL } from '../base/beat.ts';
import type { Clock } from '../base/clock.ts';
import type { Disposable } from '../base/disposable.ts';
import type { Duplex } from '../base/duplex.ts';
import { Failure } from '../base/failure.ts';
import type { WireLine } from '../base/rpcFrame.ts';
import { LineSplitter } from './lines.ts';
import { readLines, writeLines } from './lineStreams.ts';

/** Milliseconds by which a word of ours may be younger than a beat, and still another one is due. */
const EARLY = 1000;

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

/** What carries the bytes. */
export interface ByteWay {
  readonly input: Readable;
  readonly output: Writable;
  /** Settles when it is over; never rejects. */
  readonly closed: Promise<void>;
  /** Ends it at once. */
  end(): void;
}

export const lineConnection = (way: ByteWay, clock: Clock): LineConnection => {
  const { input, output, closed } = way;
  const splitter = new LineSplitter();
  let [heard, said] = [clock.monotonic(), clock.monotonic()];
  let isDead = false;
  let beat: Disposable | undefined;
  const live = (): void => {
    // Past the queue of the writer: a reader that is slow is not one that is gone.
    if (output.writableLength > 0) return;
    said = clock.monotonic();
    output.write('\n');
  };
  input.on('data', () => {
    heard = clock.monotonic();
    if (beat !== undefined && heard - said >= BEAT / 2) live();
  });
  const look = (): void => {
    const now = clock.monotonic();
    if (now - heard >= STILL) {
      isDead = true;
      return way.end();
    }
    if (now - said >= BEAT - EARLY) live();
    beat = atBeat(clock, look);
  };
  void closed.then(() => beat?.dispose());
  const whole = { push: (bytes: Uint8Array) => splitter.push(bytes), end: () => [] };
  return {
    lines: {
      readable: readLines(input, whole).pipeThrough(withoutBlanks(() => isDead)),
      writable: telling(output, () => (said = clock.monotonic())),
    },
    allow: (bytes) => {
      splitter.cap = bytes;
    },
    keepAlive: () => {
      beat ??= atBeat(clock, look);
    },
    closed,
    dispose: () => way.end(),
  };
};

const telling = (output: Writable, tell: () => void): WritableStream<readonly string[]> => {
  const writer = writeLines(output).getWriter();
  writer.closed.catch(() => undefined);
  return new WritableStream<readonly string[]>({
    write(lines) {
      tell();
      return writer.write(lines);
    },
    close: () => writer.close(),
    abort: (reason) => writer.abort(reason),
  });
};

/** Whoever reads is told of a silence in place of the end. */
const withoutBlanks = (isDead: () => boolean): TransformStream<readonly WireLine[], readonly WireLine[]> =>
  new TransformStream({
    transform(batch, controller) {
      const told = batch.filter((line) => line !== '');
      if (told.length > 0) controller.enqueue(told);
    },
    flush(controller) {
      if (isDead()) controller.error(silence());
    },
  });

const silence = (): Failure =>
  new Failure(
    'lost',
    `Nothing has come from the other side for ${STILL / 1000} seconds, not even that it lives.`,
    'It is tried again.',
  );
