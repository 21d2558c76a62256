import type { Failure } from './failure.ts';

/**
 * Two ordered directions of frames, moved in batches: a web stream of single frames is 5 to 14 times slower in bursts.
 * Closing the writable says "no more from us"; the readable ends when the other side is gone, and errors when it broke.
 */
export interface Duplex<In, Out = In> {
  readonly readable: ReadableStream<readonly In[]>;
  readonly writable: WritableStream<readonly Out[]>;
}

/** A connection to somewhere else. Its readable ends with it. */
export interface Link<In, Out = In> {
  readonly messages: Duplex<In, Out>;
  /** Settles when nothing of it is left, with why. Never rejects. */
  readonly closed: Promise<Failure>;
  /** At once, whatever is under way. */
  end(): void;
}

/**
 * Makes a connection. A Failure `refused` says that somebody has to do something before it is worth another attempt; with
 * any other it is tried again. Whoever ends in `closed` with one of them says the same.
 */
export type Connect<In, Out = In> = (signal: AbortSignal) => Promise<Link<In, Out>>;

/** Two ends in one process: what is written on one is read on the other, in order. */
export const linkedPair = <A, B = A>(): [Duplex<A, B>, Duplex<B, A>] => {
  const toLeft = new TransformStream<readonly A[], readonly A[]>();
  const toRight = new TransformStream<readonly B[], readonly B[]>();
  return [
    { readable: toLeft.readable, writable: toRight.writable },
    { readable: toRight.readable, writable: toLeft.writable },
  ];
};
