/**
 * What went wrong on our side or in what a person asked for: `message` says what happened, `next` what to do.
 * A peer's fault is a {@link PeerError}; the two never share a class, since only one of them is ours to mend.
 */
export class Failure extends Error {
  override readonly name = 'Failure';
  readonly code: string;
  readonly next: string | undefined;

  constructor(code: string, message: string, next?: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.next = next;
  }
}

/** What the other side of a wire answered, in its own words. `code` is the JSON-RPC code where there is one. */
export class PeerError extends Error {
  override readonly name = 'PeerError';
  readonly code: number;
  readonly data: unknown;

  constructor(code: number, message: string, data?: unknown) {
    super(message);
    this.code = code;
    this.data = data;
  }
}

/** The sentence for a person, from whatever was thrown. */
export const sentence = (failure: unknown): string =>
  failure instanceof Error ? failure.message : typeof failure === 'string' ? failure : String(failure);
