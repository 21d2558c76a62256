import type { SessionEvent } from '../../model/event.ts';
import type { Cursor, SessionKey } from '../../model/session.ts';
import type { BackendContext } from '../../router/ports.ts';
import type { GatewayCallsParts } from './calls.ts';
import type { GatewayEvent, GatewayLine } from './line.ts';
import { isActive, readPast } from './server.ts';
import { GatewayTranscript } from './transcript.ts';

export interface FollowedParts extends GatewayCallsParts, Pick<BackendContext, 'emit'> {
  readonly key: SessionKey;
  /** As the gateway calls it, in its whole form. */
  readonly id: string;
  /** How far it was heard before. */
  readonly cursor: Cursor | undefined;
}

/** A session of a gateway that is kept here: what is heard of it is told, in the order in which it happened. */
export class Followed {
  readonly key: SessionKey;
  readonly id: string;
  readonly transcript: GatewayTranscript;
  readonly #emit: BackendContext['emit'];
  /** What is heard before what was missed is told. */
  #held: GatewayEvent[] | undefined;

  constructor({ key, id, cursor, emit, ...parts }: FollowedParts) {
    this.key = key;
    this.id = id;
    this.#emit = emit;
    this.transcript = new GatewayTranscript(parts, cursor);
  }

  tell(events: readonly SessionEvent[]): void {
    if (events.length === 0) return;
    this.#emit(
      this.key,
      events.map((event) => ({ event })),
      this.transcript.cursor,
    );
  }

  hear(event: GatewayEvent): void {
    if (this.#held === undefined) this.tell(this.transcript.hear(event.event, event.data));
    else this.#held.push(event);
  }

  /** Follows it from now on, and tells what was before. @throws PeerError, Failure */
  async catchUp(line: GatewayLine, haveHistory: boolean, signal: AbortSignal): Promise<void> {
    const { id, transcript } = this;
    // Also of a connection that was lost before it was greeted, and had said something by then.
    transcript.cut();
    this.#held = [];
    try {
      await line.request('subscribe', { sessionId: id }, signal);
      if (haveHistory) await this.#tellMissed(line, signal);
      else this.tell((await readPast(line, id, () => false, signal)).flatMap(({ events }) => events));
    } finally {
      const held = this.#held;
      this.#held = undefined;
      for (const event of held) this.hear(event);
    }
    // A turn that ended while nobody listened ends now, and one that began then has begun.
    const { mark } = transcript;
    const active = await isActive(line, id, signal);
    if (active !== undefined) this.tell(transcript.settle(mark, active));
  }

  /** What was said while nobody listened, where the gateway has it: by its own clock, after what we heard last. */
  async #tellMissed(line: GatewayLine, signal: AbortSignal): Promise<void> {
    const { heardAt } = this.transcript;
    if (heardAt === undefined) return;
    const isOld = ({ timestamp }: { readonly timestamp: string }): boolean => !(Date.parse(timestamp) > heardAt);
    const past = await readPast(line, this.id, isOld, signal);
    const missed = past.filter((message) => !isOld(message)).flatMap(({ events }) => events);
    if (missed.length === 0) return;
    this.transcript.missed();
    this.tell([MISSED, ...missed]);
  }
}

const MISSED = {
  kind: 'gap',
  why: 'The connection was cut: what was said meanwhile follows as the gateway has kept it.',
} as const;
