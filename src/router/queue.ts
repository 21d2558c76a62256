/**
 * Prompts, one turn at a time.
 *
 * U1 A prompt is sent once or never. It leaves the queue by the event that begins its turn, which stands in the log
 *    before the agent is told; one of which that is not known is `unknown`, and only a person sends it again.
 * U2 First in, first out, unless a person moves one. The next goes out after the end of the turn before, cancelled or not.
 * U3 What did not end well holds the queue (the fold sees to that), and only a person lets it go on.
 * U4 A prompt is never refused because the agent is busy: it waits. One for an agent that is gone brings it back first.
 */
import type { Clock } from '../base/clock.ts';
import type { Disposable } from '../base/disposable.ts';
import { Failure } from '../base/failure.ts';
import type { Command, Emitted, QueueCommand } from '../model/event.ts';
import { unhurried } from '../model/fold/queue.ts';
import { WORDS } from '../model/fold/words.ts';
import type { QueuedPrompt, Session, SessionKey } from '../model/session.ts';
import { LIMITS } from './limits.ts';
import type { SessionStore } from './store.ts';

export type Prompt = Extract<Command, { kind: 'prompt' }>['prompt'];

/** A prompt on its way; `id` is that of its turn. */
export type Begun = Pick<QueuedPrompt, 'id' | 'prompt' | 'device'>;

export interface QueueParts {
  readonly store: SessionStore;
  readonly clock: Clock;
  /** Brings a turn that has begun to the agent. Settles when the agent has it or the turn has ended; never rejects. */
  deliver(session: Session, begun: Begun): Promise<void>;
  /** Brings the agent of a session back that has lost it. What becomes of that is told by the link. */
  revive(session: Session): void;
}

export class Queue implements Disposable {
  readonly #parts: QueueParts;
  readonly #subscription: Disposable;

  constructor(parts: QueueParts) {
    this.#parts = parts;
    this.#subscription = parts.store.onAppended(({ key }) => this.#goOn(key));
  }

  /**
   * Begins a turn with the prompt, or lets it wait; synchronous, so that of two prompts one begins. What is returned
   * settles when it was delivered, at once where it waits.
   * @throws Failure `invalid`, `full`
   */
  submit(session: Session, submitted: Begun): Promise<void> {
    requireWords(submitted.prompt);
    const { link, turn, queue, queuePaused, queueWhy } = session;
    const idle = turn.state === 'idle';
    if (idle && link.state === 'ready' && (queue.length === 0 || queuePaused)) return this.#begin(session, submitted);
    if (queue.length >= LIMITS.queuedPrompts) {
      const message = `${LIMITS.queuedPrompts} prompts are waiting already.`;
      throw new Failure('full', message, 'Wait until some of them were sent, or remove some.');
    }
    // A pause that something else caused holds what was waiting, and not what a person says since then.
    const now = queuePaused && (idle || queueWhy !== undefined);
    const { id, prompt, device } = submitted;
    const queued = { id, prompt, device, at: this.#parts.clock.now(), state: 'waiting' } as const;
    this.#change(session, [...queue, now ? { ...queued, now } : queued]);
    this.#reviveIfLost(session);
    return Promise.resolve();
  }

  /** @throws Failure `gone`, when the prompt waits no more; `invalid`; `unknown` */
  perform(session: Session, command: QueueCommand): void {
    const { queue } = session;
    switch (command.kind) {
      case 'queue/pause':
        return this.#change(session, queue.map(unhurried), { paused: true });
      case 'queue/resume':
        return this.#resume(session);
      case 'queue/clear':
        return this.#change(session, []);
      case 'queue/change': {
        const { id, prompt } = command;
        requireWords(prompt);
        const queued = find(queue, id);
        return this.#change(
          session,
          queue.map((other) => (other === queued ? { ...queued, prompt } : other)),
        );
      }
      case 'queue/move':
        return this.#change(session, moved(queue, command.id, command.before));
      case 'queue/remove': {
        const queued = find(queue, command.id);
        return this.#change(
          session,
          queue.filter((other) => other !== queued),
        );
      }
      case 'queue/send':
        return this.#sendNow(session, find(queue, command.id));
    }
  }

  dispose(): void {
    this.#subscription.dispose();
  }

  #resume(session: Session): void {
    const { queue } = session;
    const doubtful = queue.find(({ state }) => state === 'unknown');
    if (doubtful !== undefined) {
      const message = 'Whether one of these prompts was sent is not known.';
      throw new Failure('unknown', message, 'Look at the transcript, then send it or remove it.');
    }
    this.#change(session, queue, { paused: false });
    if (queue.length > 0) this.#reviveIfLost(session);
  }

  #sendNow(session: Session, queued: QueuedPrompt): void {
    const others = session.queue.filter((other) => other !== queued);
    // It goes out as soon as this is announced, where nothing runs.
    this.#change(session, [{ ...queued, state: 'waiting', now: true }, ...others]);
    this.#reviveIfLost(session);
  }

  #reviveIfLost(session: Session): void {
    const { state } = session.link;
    if (state === 'failed' || state === 'disconnected') this.#parts.revive(session);
  }

  #change(
    session: Session,
    queue: readonly QueuedPrompt[],
    { paused }: { readonly paused: boolean } = { paused: session.queuePaused },
  ): void {
    // A person's own pause has no other reason.
    const why = paused && session.queuePaused ? session.queueWhy : undefined;
    const event = { kind: 'queue/changed', queue, paused, ...(why === undefined ? {} : { why }) } as const;
    this.#parts.store.append(session.key, [{ event }]);
  }

  /** Sends the next one, when it is time for it. */
  #goOn(key: SessionKey): void {
    // What is true now counts: another listener may have gone on already.
    const session = this.#parts.store.get(key);
    const next = session && nextOf(session);
    if (session !== undefined && next !== undefined) void this.#begin(session, next);
  }

  #begin(session: Session, { id, prompt, device }: Begun): Promise<void> {
    this.#parts.store.append(session.key, [{ event: { kind: 'turn/started', turn: id, prompt, device } }]);
    return this.#parts.deliver(session, { id, prompt, device });
  }
}

/** What has to be sent now, if anything has. */
const nextOf = ({ owns, queue, queuePaused, link, turn }: Session): QueuedPrompt | undefined => {
  const [next] = queue;
  if (next === undefined || owns.queue !== 'us') return undefined;
  if (link.state !== 'ready' || turn.state === 'running' || next.state === 'unknown') return undefined;
  return !queuePaused || next.now === true ? next : undefined;
};

/** For a queue that was read from disk after an end without warning: what went out in its last moments is not known. */
export const doubted = ({ owns, queue }: Session): readonly Emitted[] =>
  owns.queue !== 'us' || queue.length === 0
    ? []
    : [
        {
          event: {
            kind: 'queue/changed',
            queue: queue.map((queued) => ({ ...unhurried(queued), state: 'unknown' })),
            paused: true,
            why: WORDS.queueUnknown,
          },
        },
      ];

const moved = (queue: readonly QueuedPrompt[], id: string, before: string | undefined): readonly QueuedPrompt[] => {
  const queued = find(queue, id);
  if (before === id) return queue;
  const others = queue.filter((other) => other !== queued);
  const at = before === undefined ? others.length : others.indexOf(find(others, before));
  // It is next no more than those whose place it takes, and what may have been sent already never is by being moved.
  const next = others[at]?.now === true && queued.state === 'waiting';
  const placed = next ? { ...queued, now: true as const } : unhurried(queued);
  return [...others.slice(0, at), placed, ...others.slice(at)];
};

const find = (queue: readonly QueuedPrompt[], id: string): QueuedPrompt => {
  const queued = queue.find((other) => other.id === id);
  if (queued !== undefined) return queued;
  throw new Failure('gone', 'This prompt does not wait any more.', 'Look at the transcript: it was sent, or removed.');
};

const requireWords = (prompt: Prompt): void => {
  if (prompt.length === 0) throw new Failure('invalid', 'There is nothing to send.');
};
