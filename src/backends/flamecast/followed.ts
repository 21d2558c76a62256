/**
 * One session behind a Flamecast server that is followed here: what is asked of it, and what becomes of it.
 * Source: the Flamecast protocol, §3, §5 and §8.
 */
import type { ContentBlock } from '@agentclientprotocol/sdk';
import type { Clock } from '../../base/clock.ts';
import { type Disposable, Disposables } from '../../base/disposable.ts';
import { Failure, PeerError, sentence } from '../../base/failure.ts';
import type { Log } from '../../base/log.ts';
import type { SessionEvent } from '../../model/event.ts';
import type { SessionKey } from '../../model/session.ts';
import { type FlamecastFileChange, readFileChanges } from '../../protocol/flamecast/domain.ts';
import type { BackendCommand, BackendContext } from '../../router/ports.ts';
import { promptText } from '../promptText.ts';
import type { FeedNews } from './feeds.ts';
import type { FlamecastServer } from './server.ts';
import { FlamecastTranscript } from './transcript.ts';

export interface FollowedParts extends Pick<BackendContext, 'emit'> {
  readonly key: SessionKey;
  /** As it is called there. */
  readonly id: string;
  /** Its queue is kept there. */
  readonly queueThere: boolean;
  /** Something of it stands here. */
  readonly told: boolean;
  readonly device: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly server: FlamecastServer;
  /** Aborted when the server is left. */
  readonly signal: AbortSignal;
  filesChanged(session: string, changes: readonly FlamecastFileChange[]): void;
  /** It has ended there, and tells nothing any more. */
  ended(): void;
}

export class FollowedSession implements Disposable {
  readonly id: string;
  readonly queueThere: boolean;
  readonly #parts: FollowedParts;
  readonly #transcript: FlamecastTranscript;
  readonly #owned = new Disposables();
  #told: boolean;
  /** What comes next is told from the beginning: it replaces what there is. */
  #again = false;
  /** All that happens is heard. */
  #following = false;
  /** A cancellation of ours was sent, and the turn goes on. */
  #cancelling = false;
  readonly #stands = Promise.withResolvers<void>();

  constructor(parts: FollowedParts) {
    const { id, queueThere, told, device, clock } = parts;
    this.#parts = parts;
    this.id = id;
    this.queueThere = queueThere;
    this.#told = told;
    this.#transcript = new FlamecastTranscript({ device, clock, queueThere });
  }

  /** What was there before is told, or it is known that this takes longer; a prompt sent before would be taken for older ones. */
  get stands(): Promise<void> {
    return this.#stands.promise;
  }

  /** Nobody looks at it any more. */
  dispose(): void {
    this.#stands.resolve();
    this.#owned.dispose();
  }

  /** Returns at once: what becomes of it is told by its turn, which may last. */
  prompt({ turn, prompt }: { readonly turn: string; readonly prompt: readonly ContentBlock[] }): void {
    const { server, signal, log } = this.#parts;
    const transcript = this.#transcript;
    const text = prompt.map(promptText).join('\n');
    transcript.sent(turn, text, !this.queueThere);
    server.prompt(this.id, text, signal).then(
      (answer) => {
        if (answer.kind !== 'ended') return;
        const { events, waits } = transcript.answeredPrompt(turn, answer.result);
        this.#emit(events);
        if (waits) this.#later(() => this.#emit(transcript.giveUp(turn)));
      },
      (failure: unknown) => {
        if (failure instanceof PeerError) return this.#emit(transcript.refused(turn, failure.message));
        // Of what was cut nobody knows: what happens from then on tells whether it began.
        log.info(`A prompt: ${sentence(failure)}`);
        this.#doubt(turn, sentence(failure));
      },
    );
  }

  /** @throws Failure `answered`; PeerError */
  async answer(
    { question, outcome }: Extract<BackendCommand, { kind: 'question/answer' }>,
    signal: AbortSignal,
  ): Promise<void> {
    const transcript = this.#transcript;
    const option = outcome.kind === 'selected' ? outcome.option : undefined;
    transcript.answering(question);
    const taken = await this.#parts.server.answer(this.id, question, option, signal).catch((failure: unknown) => {
      transcript.notAnswering(question);
      throw failure;
    });
    this.#emit(taken ? transcript.answered(question, outcome) : transcript.answeredElsewhere(question));
    if (!taken) throw new Failure('answered', 'This was answered elsewhere.');
  }

  /** The host was asked to, which does not answer that. */
  cancelling(): void {
    this.#cancelling = true;
  }

  take(news: FeedNews): void {
    switch (news.kind) {
      case 'again':
        this.#again = this.#told;
        return;
      case 'new life':
        return this.#emit(this.#transcript.newLife());
      case 'heard':
        return this.#hear(news);
      case 'following':
        this.#following = true;
        this.#emit([{ kind: 'link', link: { state: 'ready' } }]);
        this.#stands.resolve();
        return this.#look();
      case 'said':
        // It names nothing; only one answer is of what was asked for here.
        if (!this.#cancelling || !news.message.startsWith(NO_CANCEL)) return;
        this.#cancelling = false;
        return this.#emit([CANNOT_CANCEL]);
      case 'cut': {
        this.#following = false;
        this.#transcript.cut();
        const { message, next } = news.why;
        const detail = next === undefined ? message : `${message} ${next}`;
        this.#emit([{ kind: 'link', link: { state: 'reconnecting', detail } }]);
        return this.#stands.resolve();
      }
      case 'terminated':
        return this.#over();
    }
  }

  #hear({ events: heard, cursor }: Extract<FeedNews, { kind: 'heard' }>): void {
    const { emit, key, filesChanged } = this.#parts;
    const events: SessionEvent[] = [];
    // Not before: a host that has nothing to tell takes nothing away.
    if (this.#again) {
      this.#transcript.forget();
      events.push({ kind: 'reset', why: 'The far side tells this session anew.' });
    }
    this.#again = false;
    this.#told = true;
    for (const { type, data } of heard) events.push(...this.#transcript.hear(type, data));
    if (this.#transcript.running === undefined) this.#cancelling = false;
    if (events.length > 0)
      emit(
        key,
        events.map((event) => ({ event })),
        cursor,
      );
    for (const { type, data } of heard) if (type === 'filesystem.changed') filesChanged(this.id, readFileChanges(data));
  }

  /** What no event has told: that it ended, a question that was answered meanwhile, a queue that is another one. */
  #look(): void {
    const { server, signal, log } = this.#parts;
    server.session(this.id, signal).then(
      (session) => {
        if (this.#owned.ended) return;
        if (session?.active !== true) return this.#over();
        // What it says of questions is right only where it says that there is one: hosts ask without it, too.
        if (session.pending !== undefined) this.#emit(this.#transcript.pending(session.pending));
        if (session.queue !== undefined) this.#emit(this.#transcript.queue(session.queue));
      },
      (failure: unknown) => log.debug(`A session was not looked at: ${sentence(failure)}`),
    );
  }

  #over(): void {
    this.#parts.ended();
    this.#emit(this.#transcript.hear('session.terminated', {}));
    this.#stands.resolve();
  }

  #doubt(turn: string, why: string): void {
    this.#later(() => {
      if (this.#following) this.#emit(this.#transcript.lost(turn, why));
      else this.#doubt(turn, why);
    });
  }

  #later(run: () => void): void {
    const timer = this.#parts.clock.after(PATIENCE, () => {
      this.#owned.remove(timer);
      run();
    });
    this.#owned.add(timer);
  }

  #emit(events: readonly SessionEvent[]): void {
    if (events.length === 0) return;
    this.#parts.emit(
      this.#parts.key,
      events.map((event) => ({ event })),
    );
  }
}

/** Milliseconds for what happened in a turn, after its end was answered, or after its request was cut. */
const PATIENCE = 5000;

/** What a host written in Go says to `cancel`. */
const NO_CANCEL = 'cancel not yet implemented';

const CANNOT_CANCEL = {
  kind: 'notice',
  severity: 'warning',
  title: 'This host cannot cancel a turn.',
  description: 'Wait for its end, or end the session.',
} as const;
