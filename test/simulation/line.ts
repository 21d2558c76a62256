import { createHash } from 'node:crypto';
import { Failure } from '../../src/base/failure.ts';
import type { Command, Logged, SessionEvent } from '../../src/model/event.ts';
import type { Outcome, Question, Settler } from '../../src/model/question.ts';
import { reduce } from '../../src/model/reduce.ts';
import { emptySession, type Session } from '../../src/model/session.ts';
import { headerOf } from '../../src/router/journal.ts';
import { keptApart } from '../../src/router/keepApart.ts';
import type { Announced } from './announced.ts';
import { HOST_RULE } from './rules.ts';
import { same } from './same.ts';
import type { Watch } from './violation.ts';

/** What a person is doing in this moment: what happens while it is being done, it has caused. */
export interface Act {
  readonly device: string;
  readonly command: Command | { readonly kind: 'abort' } | { readonly kind: 'end' };
}

interface Waiting {
  readonly id: string;
  text: string;
  now: boolean;
  state: string;
}

/**
 * What must be true of one session, told by its events alone and by rules of its own: it shares no code with the fold
 * but where it compares with it. A line is one continuous history in one process; the next process goes on from it.
 */
export class Line {
  readonly log: Logged[] = [];
  /** When each was appended, by the time that never jumps. */
  readonly times: number[] = [];
  readonly start: Session;
  readonly #watch: Watch;
  readonly #announced: Announced;
  epoch: string;
  act: Act | undefined;
  /** Events that a backend tells in this moment. */
  #told: readonly SessionEvent[] = [];
  /** It is being read from disk: what was under way ends. */
  restoring = false;
  /** So many events are safe from the end of the process, and from that of the machine. */
  written = 0;
  synced = 0;
  /** It ended in order, with the disk's consent: nothing may be missing. */
  closed = false;
  /** The session was erased, or somebody has tried to. */
  erased: 'no' | 'perhaps' | 'yes' = 'no';

  turn: { readonly id: string; cancelling: boolean } | undefined;
  link = 'connecting';
  readonly open = new Map<string, Question>();
  readonly settled = new Map<string, Settler>();
  queue: Waiting[] = [];
  paused = false;
  readonly started = new Set<string>();
  /** The session after so many of the events as were asked for last: most who ask go on from there. */
  #folded: Session;
  /** Prompts that a person sent although they may have been sent before. */
  readonly resent = new Set<string>();

  constructor(start: Session, watch: Watch, announced: Announced) {
    this.start = start;
    this.#folded = emptySession(headerOf(start));
    this.#announced = announced;
    this.epoch = start.at.epoch;
    this.#watch = watch;
  }

  /** The same history in another process, as far as it was kept. */
  fork(count: number, epoch: string, now: number): Line {
    const line = new Line(this.start, this.#watch, this.#announced);
    line.epoch = epoch;
    line.#folded = this.state(count);
    for (const [index, item] of this.log.slice(0, count).entries()) {
      line.log.push(item);
      // What is only known to have been written is forced to the disk by whoever goes on with it.
      line.times.push(index < this.synced ? (this.times[index] ?? 0) : now);
      line.#take(item.event);
    }
    // Nothing goes out of a queue because somebody came back.
    line.paused = line.queue.length > 0;
    line.written = Math.min(this.written, count);
    line.synced = Math.min(this.synced, count);
    for (const id of this.resent) line.resent.add(id);
    return line;
  }

  /** Time has passed on a disk that obeys: what is older than the two delays is safe. True: more than before is. */
  age(now: number): boolean {
    const before = this.written;
    while (this.written < this.times.length && (this.times[this.written] ?? now) <= now - 20) this.written += 1;
    while (this.synced < this.times.length && (this.times[this.synced] ?? now) <= now - 50) this.synced += 1;
    return this.written > before;
  }

  /** Called when nothing is under way: what could go has gone. */
  rest(): void {
    const [head] = this.queue;
    const free = this.link === 'ready' && this.turn === undefined;
    const waits = free && head?.state === 'waiting' && (!this.paused || head.now);
    this.#watch.check('I14', !waits, () => `prompt ${head?.id} waits for nothing`);
    this.#watch.check('I5', !this.#isLost || this.open.size === 0, () => 'questions of an agent that is gone are open');
  }

  /** The session after the first events, by the fold. */
  state(count: number): Session {
    const from = this.#folded.at.seq <= count ? this.#folded : emptySession(headerOf(this.start));
    this.#folded = reduce(from, this.log.slice(from.at.seq, count));
    return this.#folded;
  }

  matches(session: Session): boolean {
    const expected = this.state(session.at.seq);
    return same({ ...session, at: 0 }, { ...expected, at: 0 });
  }

  /** What a backend tells while `tell` runs has to stand in the log, all of it, in this order (I2). */
  hear(events: readonly SessionEvent[], tell: () => void): void {
    const before = this.log.length;
    const outer = this.#told;
    this.#told = events;
    tell();
    this.#told = outer;
    const logged = this.log.slice(before);
    let place = 0;
    for (const { event } of logged) if (place < events.length && isOf(event, events[place])) place += 1;
    this.#watch.check(
      'I2',
      place === events.length,
      () => `${events.length} events were told and ${place} of them logged: ${text(events)}`,
    );
  }

  /** Called for every append, before anybody hears of it. */
  append(session: Session, logged: readonly Logged[], now: number): void {
    this.closed = false;
    for (const item of logged) {
      const last = this.log.length;
      this.#watch.check('I4', item.seq === last + 1, () => `number ${item.seq} follows ${last}`);
      this.#watch.check(
        'I4',
        session.at.epoch === this.epoch,
        () => `the epoch became ${session.at.epoch} in mid-session`,
      );
      this.#announced.add({ epoch: session.at.epoch, seq: item.seq }, item.event);
      this.#judge(item.event);
      this.#take(item.event);
      this.log.push(item);
      this.times.push(now);
    }
    if (logged.some(({ event }) => event.kind === 'cancel/requested'))
      this.#watch.check('I5', this.open.size === 0, () => 'a cancel left questions open');
    this.#watch.check(
      'I6',
      session.questions.length === this.open.size && session.questions.every(({ id }) => this.open.has(id)),
      () => `open are ${[...this.open.keys()].join()}, the session has ${session.questions.map(({ id }) => id).join()}`,
    );
  }

  /** What a refusal of an answer has to say. */
  refused(question: string, failure: unknown): void {
    const by = this.settled.get(question);
    const code = failure instanceof Failure ? failure.code : String(failure);
    this.#watch.check(
      'I5',
      ['answered', 'gone', 'changed', 'invalid', 'agent', 'agent gone'].includes(code),
      () => `an answer was refused with ${code}`,
    );
    if (code !== 'answered' || by?.kind !== 'person') return;
    this.#watch.check('I5', String(failure).includes(by.device), () => `who is late was not told of ${by.device}`);
  }

  #judge(event: SessionEvent): void {
    switch (event.kind) {
      case 'turn/started':
        return this.#judgeStart(event.turn, wordsOf(event.prompt));
      case 'turn/ended':
        this.#watch.check(
          'I8',
          this.#told.includes(event) || this.restoring || event.reason === 'failed',
          () => `turn ${event.turn} was ended by nobody: ${event.reason}`,
        );
        return;
      case 'question/settled':
        return this.#judgeSettled(event.question, event.by, event.outcome, this.#told.includes(event));
      case 'queue/changed':
        return this.#judgeQueue(event.queue.map(waiting), event.paused);
      case 'cancel/requested':
        this.#watch.check('I8', isCancel(this.act), () => 'a turn was cancelled that nobody cancelled');
        return;
      default:
    }
  }

  #judgeStart(id: string, prompt: string): void {
    const { turn, link, queue, act } = this;
    this.#watch.check(
      'I8',
      turn === undefined && link === 'ready',
      () => `turn ${id} began while ${turn?.id ?? 'none'} ran and the link was ${link}`,
    );
    this.#watch.check('I7', !this.started.has(id), () => `prompt ${id} was sent twice`);
    const place = queue.findIndex((one) => one.id === id);
    const [head] = queue;
    if (place < 0) {
      const said = act?.command.kind === 'prompt' && wordsOf(act.command.prompt) === prompt;
      this.#watch.check('I7', said, () => `prompt ${id} came from nowhere`);
      this.#watch.check('I7', queue.length === 0 || this.paused, () => `prompt ${id} went before those that wait`);
      return;
    }
    this.#watch.check('I7', place === 0, () => `prompt ${id} was sent from place ${place}`);
    this.#watch.check('I7', head?.state === 'waiting', () => `prompt ${id} was sent although it is unknown`);
    this.#watch.check('I7', head?.text === prompt, () => `prompt ${id} was sent with other words`);
    this.#watch.check('I7', !this.paused || head?.now === true, () => `prompt ${id} was sent while the queue is held`);
    this.#watch.check('I7', !this.restoring, () => `prompt ${id} was sent by coming back`);
  }

  #judgeSettled(id: string, by: Settler, outcome: Outcome, told: boolean): void {
    const question = this.open.get(id);
    this.#watch.check('I5', question !== undefined, () => `${id} was settled while it was not open`);
    const { act } = this;
    if (by.kind === 'rule') {
      const ours = told && by.rule.id === HOST_RULE.id && question?.tool?.toolKind === HOST_RULE.tool;
      this.#watch.check('I5', ours, () => `${id} was settled by a rule that does not hold for it: ${text(by)}`);
      return;
    }
    if (by.kind !== 'person') {
      const caused =
        by.kind === 'turn cancelled'
          ? isCancel(act)
          : by.kind === 'agent gone' && (told || this.restoring || this.#isLost);
      this.#watch.check(
        'I5',
        caused && outcome.kind === 'cancelled',
        () => `${id} was settled by ${text(by)} as ${text(outcome)}`,
      );
      return;
    }
    const answer = act?.command.kind === 'question/answer' ? act.command : undefined;
    const own = answer?.question === id && answer.hash === question?.hash && act?.device === by.device;
    this.#watch.check(
      'I5',
      own && same(answer.outcome, outcome),
      () => `${id} was settled by ${by.device}, who did not do that`,
    );
    const offered = outcome.kind !== 'selected' || question?.options.some((option) => option.id === outcome.option);
    this.#watch.check('I5', offered === true, () => `${id} was settled with what was not offered`);
    this.#watch.check(
      'I5',
      outcome.kind !== 'cancelled' || question?.kind === 'elicitation',
      () => `${id} was dismissed`,
    );
  }

  #judgeQueue(next: readonly Waiting[], paused: boolean): void {
    const kind = this.act?.command.kind;
    const before = this.queue.map(({ id }) => id);
    const after = next.map(({ id }) => id);
    const gone = before.filter((id) => !after.includes(id));
    const come = after.filter((id) => !before.includes(id));
    const moves = kind === 'queue/move' || kind === 'queue/send';
    const takes = kind === 'queue/remove' || kind === 'queue/clear' || kind === 'abort';
    this.#watch.check('I7', gone.length === 0 || takes, () => `${gone.join()} left the queue by ${kind}`);
    this.#watch.check(
      'I7',
      come.length === 0 || (kind === 'prompt' && come.length === 1),
      () => `${come.join()} came into the queue by ${kind}`,
    );
    this.#watch.check(
      'I7',
      come.every((id) => id === after.at(-1)),
      () => `${come.join()} went before those that wait: ${after.join()}`,
    );
    const command = moves ? this.act?.command : undefined;
    const named = command !== undefined && 'id' in command ? command.id : undefined;
    const stays = (id: string): boolean => !gone.includes(id) && !come.includes(id) && id !== named;
    this.#watch.check(
      'I7',
      same(before.filter(stays), after.filter(stays)),
      () => `the order ${before.join()} became ${after.join()} by ${kind}`,
    );
    this.#watch.check(
      'I7',
      paused || !this.paused || kind === 'queue/resume' || next.length === 0,
      () => `the queue was let go by ${kind}`,
    );
    const doubted = kind === 'queue/send' && this.queue.find(({ id }) => id === named)?.state === 'unknown';
    if (doubted && named !== undefined) this.resent.add(named);
    if (kind === undefined) this.#judgeDoubt(next, paused);
  }

  /** Nobody did it: what was read from disk says of itself that it is not sure. */
  #judgeDoubt(next: readonly Waiting[], paused: boolean): void {
    const doubtful = this.restoring && paused && next.every(({ state }) => state === 'unknown');
    this.#watch.check('I7', doubtful, () => 'the queue changed by itself');
  }

  #take(event: SessionEvent): void {
    switch (event.kind) {
      case 'turn/started':
        this.turn = { id: event.turn, cancelling: false };
        this.started.add(event.turn);
        this.queue = this.queue.filter(({ id }) => id !== event.turn);
        break;
      case 'cancel/requested':
        if (this.turn?.id !== event.turn || this.turn.cancelling) return;
        this.turn.cancelling = true;
        this.#hold();
        break;
      case 'turn/ended': {
        if (this.turn?.id !== event.turn) return;
        const { cancelling } = this.turn;
        this.turn = undefined;
        if (event.reason !== 'end_turn' && !cancelling) this.#hold();
        break;
      }
      case 'link':
        this.link = event.link.state;
        if (this.#isLost) this.#hold();
        break;
      case 'question/asked':
        if (!this.open.has(event.question.id)) this.open.set(event.question.id, event.question);
        break;
      case 'question/settled':
        if (this.open.delete(event.question)) this.settled.set(event.question, event.by);
        break;
      case 'queue/changed':
        this.queue = event.queue.map(waiting);
        this.paused = event.paused;
        this.queue = [...this.queue.filter(({ now }) => now), ...this.queue.filter(({ now }) => !now)];
        break;
      case 'reset':
        this.open.clear();
        this.turn = undefined;
        break;
      default:
    }
    if (this.queue.length === 0) this.paused = false;
  }

  get #isLost(): boolean {
    return this.link === 'failed' || this.link === 'disconnected';
  }

  #hold(): void {
    if (this.queue.length === 0) return;
    this.paused = true;
    for (const one of this.queue) one.now = false;
  }
}

/** Whether an event is what was told: itself, or what is left of it when its large text is kept apart. */
const isOf = (event: SessionEvent, told: SessionEvent | undefined): boolean => {
  if (event === told || told === undefined) return event === told;
  const name = (large: string): string => createHash('sha256').update(JSON.stringify(large)).digest('hex');
  const short = keptApart({ event: told }, name).event;
  return short !== told && same(event, short);
};

const isCancel = (act: Act | undefined): boolean =>
  act !== undefined && ['cancel', 'close', 'abort', 'end'].includes(act.command.kind);

const waiting = (queued: Session['queue'][number]): Waiting => ({
  id: queued.id,
  text: wordsOf(queued.prompt),
  now: queued.now === true,
  state: queued.state,
});

export const wordsOf = (prompt: Session['queue'][number]['prompt']): string =>
  prompt.map((block) => (block.type === 'text' ? block.text : '')).join('');

const text = (value: unknown): string => JSON.stringify(value).slice(0, 300);
