/**
 * Deliveries to the person's own automations. Source: the Flamecast protocol, §9.
 *
 * D1 Of one session one webhook gets one delivery after the other, in the order of events.
 * D2 What was sent is sent again to the byte: the same body, event id and signature.
 * D3 Nothing follows a redirect: the signed body goes where the person said, and nowhere else.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { type Clock, pause } from '../base/clock.ts';
import { type Disposable, Disposables } from '../base/disposable.ts';
import { Failure, sentence } from '../base/failure.ts';
import type { Log } from '../base/log.ts';
import { parseJson } from '../base/json.ts';
import { followSessions, type Webhook, type WebhookPayload } from '../relay/webhook.ts';
import type { SessionStore } from '../router/store.ts';
import { causeOf } from './download.ts';

/** Before each attempt, ms; there are no more than these. */
const PAUSES = [0, 5000, 30_000, 120_000, 600_000];
/** Of one attempt, ms. */
const TIMEOUT = 10_000;
/** What a receiver may ask to be left alone for besides, seconds. */
const MOST_LATER = 3600;
/** Of one session, for one webhook. */
const MOST_WAITING = 100;

const PREFIX = 'sha256=';
const SIGNATURE = /^sha256=[0-9a-f]{64}$/u;

/** The value of `X-Flamecast-Signature` for exactly these bytes. */
export const sign = (body: Uint8Array, secret: string): string =>
  PREFIX + createHmac('sha256', secret).update(body).digest('hex');

/**
 * Whether the signature was made of exactly these bytes with one of the secrets: two of them while one is exchanged for
 * the other. Never throws.
 */
export const verify = (body: Uint8Array, signature: string | undefined, secrets: readonly string[]): boolean => {
  // Of one length and one alphabet from here on: what is compared can neither throw nor be told apart by its length.
  if (signature === undefined || !SIGNATURE.test(signature)) return false;
  const given = Buffer.from(signature, 'latin1');
  return secrets.some((secret) => timingSafeEqual(given, Buffer.from(sign(body, secret), 'latin1')));
};

/** Milliseconds in which a delivery may come: it is tried for a quarter of an hour, and clocks differ. */
const AGE = 24 * 60 * 60 * 1000;

/**
 * Which deliveries are new, of those whose signature was verified: one that is tried again is to the byte what it was, and
 * so is one that somebody has written down. By what is signed: a header is nobody's word.
 */
export class Deliveries {
  readonly #clock: Pick<Clock, 'now'>;
  readonly #most: number;
  /** Ids of events, the oldest first, with when each came. */
  readonly #came = new Map<string, number>();

  /** `most`: so many ids are held; where more come in a day, the oldest are believed again. */
  constructor(clock: Pick<Clock, 'now'>, most = 100_000) {
    this.#clock = clock;
    this.#most = most;
  }

  /** Never throws: what cannot be read, or is of another day, is none. */
  isNew(body: Uint8Array): boolean {
    const { eventId, timestamp } = fieldsOf(body);
    const now = this.#clock.now();
    const at = typeof timestamp === 'string' ? Date.parse(timestamp) : Number.NaN;
    if (typeof eventId !== 'string' || eventId === '' || !(Math.abs(now - at) < AGE)) return false;
    if (this.#came.has(eventId)) return false;
    for (const [id, came] of this.#came) {
      // What came so long ago is of another day by now, whatever its time says.
      if (now - came < 2 * AGE && this.#came.size < this.#most) break;
      this.#came.delete(id);
    }
    this.#came.set(eventId, now);
    return true;
  }
}

const fieldsOf = (body: Uint8Array): { readonly eventId?: unknown; readonly timestamp?: unknown } => {
  const value = parseJson(Buffer.from(body).toString('utf8'));
  return typeof value === 'object' && value !== null ? value : {};
};

export interface WebhooksParts {
  readonly store: SessionStore;
  /** As they are now. */
  hooks(): Promise<readonly Webhook[]>;
  readonly clock: Clock;
  readonly log: Log;
  /** The one that the editor put its proxy and its certificates into, where there is one. */
  readonly fetch: typeof globalThis.fetch;
}

/** Tells the webhooks of what happens to the sessions of a store. */
export class Webhooks implements Disposable {
  readonly #parts: WebhooksParts;
  readonly #owned = new Disposables();
  /** By session, then by the webhook's name. */
  readonly #lanes = new Map<string, Map<string, Lane>>();
  /** Looking the webhooks up takes a while, and must not change the order. */
  #told: Promise<void> = Promise.resolve();

  constructor(parts: WebhooksParts) {
    this.#parts = parts;
    const { store, clock } = parts;
    this.#owned.add(
      followSessions({
        store,
        clock,
        tell: (payload) => this.#next(() => this.#tell(payload)),
        closed: (key) => this.#next(() => this.#forget(key, 'The session was closed.')),
      }),
    );
  }

  /** What was not delivered is not. */
  dispose(): void {
    this.#owned.dispose();
    for (const key of [...this.#lanes.keys()]) this.#forget(key, 'Whoever delivers ends.');
  }

  #next(run: () => Promise<void> | void): void {
    this.#told = this.#told
      .then(run)
      .catch((failure: unknown) => this.#parts.log.error(`Webhooks could not be told: ${sentence(failure)}`));
  }

  async #tell(payload: WebhookPayload): Promise<void> {
    const { event, sessionId } = payload;
    const hooks = (await this.#parts.hooks()).filter(({ events }) => events?.includes(event.type) ?? true);
    if (hooks.length === 0 || this.#owned.ended) return;
    const body = Buffer.from(JSON.stringify(payload));
    const lanes = this.#lanes.get(sessionId) ?? new Map<string, Lane>();
    this.#lanes.set(sessionId, lanes);
    for (const hook of hooks) {
      const lane = lanes.get(hook.name) ?? new Lane(this.#parts, () => this.#rest(sessionId, hook.name));
      lanes.set(hook.name, lane);
      lane.add({ hook, payload, body });
    }
  }

  #rest(session: string, hook: string): void {
    const lanes = this.#lanes.get(session);
    lanes?.delete(hook);
    if (lanes?.size === 0) this.#lanes.delete(session);
  }

  #forget(session: string, why: string): void {
    const lanes = this.#lanes.get(session);
    this.#lanes.delete(session);
    for (const lane of lanes?.values() ?? []) lane.end(why);
  }
}

interface Delivery {
  readonly hook: Webhook;
  readonly payload: WebhookPayload;
  readonly body: Buffer<ArrayBuffer>;
}

/** What one webhook is told of one session. */
class Lane {
  readonly #parts: WebhooksParts;
  readonly #empty: () => void;
  readonly #waiting: Delivery[] = [];
  readonly #ending = new AbortController();
  #busy = false;

  constructor(parts: WebhooksParts, empty: () => void) {
    this.#parts = parts;
    this.#empty = empty;
  }

  add(delivery: Delivery): void {
    if (this.#waiting.length >= MOST_WAITING)
      return this.#parts.log.warn(`The webhook ${delivery.hook.name} is too far behind: an event was not told.`);
    this.#waiting.push(delivery);
    if (!this.#busy) void this.#run();
  }

  end(why: string): void {
    this.#ending.abort(new Failure('ended', why));
  }

  async #run(): Promise<void> {
    const { signal } = this.#ending;
    this.#busy = true;
    for (let next = this.#waiting.shift(); next !== undefined && !signal.aborted; next = this.#waiting.shift()) {
      const { name } = next.hook;
      try {
        await deliver(next, this.#parts, signal);
      } catch (failure) {
        this.#parts.log.warn(`The webhook ${name} was not told of ${next.payload.event.type}: ${sentence(failure)}`);
      }
    }
    this.#busy = false;
    if (!signal.aborted) this.#empty();
  }
}

type Sender = Pick<WebhooksParts, 'clock' | 'log' | 'fetch'>;

/** Resolves when the receiver has it. @throws Failure why it will not get it; the signal's reason */
const deliver = async ({ hook, payload, body }: Delivery, parts: Sender, signal: AbortSignal): Promise<void> => {
  const headers = {
    'content-type': 'application/json',
    'x-flamecast-signature': sign(body, hook.secret),
    'x-flamecast-event-id': payload.eventId,
    'x-flamecast-session-id': payload.sessionId,
  };
  let last = 'nobody answered';
  let later = 0;
  for (const wait of PAUSES) {
    if (wait + later > 0) await pause(parts.clock, wait + later, signal);
    const answer = await attempt(hook.url, { method: 'POST', redirect: 'manual', headers, body }, parts, signal);
    if (answer.kind === 'taken') return;
    last = answer.why;
    if (answer.kind === 'refused') break;
    later = answer.later;
    parts.log.debug(`The webhook ${hook.name} did not take a delivery: ${last}.`);
  }
  throw new Failure('failed', `${last}.`);
};

type Answer =
  | { readonly kind: 'taken' }
  /** For good. */
  | { readonly kind: 'refused'; readonly why: string }
  /** `later`: ms that it wants to be left alone for besides. */
  | { readonly kind: 'failed'; readonly why: string; readonly later: number };

const attempt = async (
  url: string,
  request: RequestInit,
  { clock, fetch }: Sender,
  signal: AbortSignal,
): Promise<Answer> => {
  const late = new AbortController();
  const timer = clock.after(TIMEOUT, () => late.abort());
  try {
    const response = await fetch(url, { ...request, signal: AbortSignal.any([signal, late.signal]) });
    // What it says besides is of no interest, and may have no end.
    await response.body?.cancel();
    return answerOf(response);
  } catch (failure) {
    signal.throwIfAborted();
    const why = late.signal.aborted ? `it did not answer within ${TIMEOUT / 1000} s` : causeOf(failure);
    return { kind: 'failed', why, later: 0 };
  } finally {
    timer.dispose();
  }
};

const answerOf = ({ ok, status, headers }: Response): Answer => {
  if (ok) return { kind: 'taken' };
  const why = `it answered with ${status}`;
  if (status < 500 && status !== 429) return { kind: 'refused', why };
  const asked = headers.get('retry-after') ?? '';
  const seconds = status === 429 && /^\d{1,9}$/u.test(asked) ? Math.min(Number(asked), MOST_LATER) : 0;
  return { kind: 'failed', why, later: seconds * 1000 };
};
