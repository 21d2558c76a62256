/**
 * What a window answers to its host, see {@link ../../protocol/view/request.ts}.
 *
 * A1 A path is looked at here again: read is what is within the folders of the window, written what is not protected besides.
 * A2 What is called off, is late, or has lost its connection begins nothing more: by then the host may write by itself.
 */
import type { Clock } from '../../base/clock.ts';
import { type Disposable, Disposables } from '../../base/disposable.ts';
import type { Event } from '../../base/event.ts';
import { Failure, sentence } from '../../base/failure.ts';
import type { ProgramChange } from '../../machine/programPrints.ts';
import type { Rule } from '../../model/rule.ts';
import {
  type Answer,
  type Asking,
  type Offer,
  readRequest,
  type WindowRequest,
  type WindowResult,
} from '../../protocol/view/request.ts';
import { LIMITS } from '../../router/limits.ts';
import type { Place, Secrets, Settlement, Workspace } from '../../router/ports.ts';

/** What a host of this machine may ask a window for. */
export interface Answers {
  readonly workspace: Workspace;
  readonly secrets: Secrets;
  /** Into the person's settings. @throws Failure why it could not be stored */
  keepRule(rule: Rule): Promise<void>;
  askProgram(change: ProgramChange, signal: AbortSignal): Promise<boolean>;
  /** What the person lets a device do that has shown the code of a pairing begun here; undefined: nothing. */
  admitDevice?(device: Omit<Asked, 'kind'>, signal: AbortSignal): Promise<Asked['want'] | undefined>;
  /** Whether a device of the person's may change a protected file so. */
  askChange?(change: Omit<Of<'change/ask'>, 'kind'>, signal: AbortSignal): Promise<boolean>;
  /** Whether agents may work here at all. */
  isOpen(): boolean;
  /** It may, or may not any more, or the folders are others. */
  readonly onChanged: Event<void>;
}

export interface AnsweringParts {
  readonly answers: Answers;
  readonly clock: Clock;
  say(message: Offer | Answer): void;
}

/** A write that waits for what the person makes of a conflict. */
interface Held {
  readonly control: AbortController;
  readonly settled: PromiseWithResolvers<Settlement>;
  readonly outcome: Promise<WindowResult>;
}

type Asked = Of<'device/admit'>;
type Of<Kind extends WindowRequest['kind']> = Extract<WindowRequest, { kind: Kind }>;

/** The requests of one connection. */
export class Answering implements Disposable {
  readonly #parts: AnsweringParts;
  readonly #owned = new Disposables();
  readonly #running = new Map<number, AbortController>();
  readonly #held = new Map<number, Held>();
  #last = 0;

  /** Offers what there is, and says it again when that changes. */
  constructor(parts: AnsweringParts) {
    this.#parts = parts;
    this.#owned.add(parts.answers.onChanged(() => this.#offer()));
    this.#offer();
  }

  receive(message: Asking): void {
    const { id } = message;
    if (message.type === 'request') {
      // Numbers rise: a line that comes twice is done once.
      if (id > this.#last) void this.#answer(message);
      this.#last = Math.max(this.#last, id);
      return;
    }
    const control = this.#running.get(id) ?? this.#held.get(id)?.control;
    this.#held.delete(id);
    control?.abort(stopped());
  }

  dispose(): void {
    this.#owned.dispose();
    for (const control of this.#running.values()) control.abort(stopped());
    for (const { control } of this.#held.values()) control.abort(stopped());
    this.#held.clear();
  }

  #offer(): void {
    const { answers, say } = this.#parts;
    const open = answers.isOpen();
    say({ type: 'offer', roots: open ? answers.workspace.roots() : [], secrets: open });
  }

  async #answer({ id, deadline, request }: Extract<Asking, { type: 'request' }>): Promise<void> {
    const { clock, say } = this.#parts;
    const control = new AbortController();
    const timer = deadline === undefined ? undefined : clock.after(deadline, () => control.abort(stopped()));
    const isBusy = this.#running.size >= LIMITS.windowRequests;
    if (!isBusy) this.#running.set(id, control);
    const result = await (isBusy ? Promise.reject(busy()) : this.#perform(id, request, control.signal)).catch(
      (failure: unknown) => told(control.signal.aborted ? stopped() : failure),
    );
    timer?.dispose();
    if (!isBusy) this.#running.delete(id);
    if (!this.#owned.ended) say({ type: 'answer', id, result });
  }

  async #perform(id: number, asked: unknown, signal: AbortSignal): Promise<WindowResult> {
    const { answers } = this.#parts;
    const request = readRequest(asked);
    if (request === undefined) throw new Failure('unsupported', 'This window does not know what is asked of it.');
    if (!answers.isOpen()) throw refused('It is not trusted.');
    switch (request.kind) {
      case 'workspace/read': {
        const { kind: _, path, real, ...range } = request;
        const place = await this.#place({ path, real }, signal);
        return { kind: 'text', text: await answers.workspace.readText(place, range, signal) };
      }
      case 'workspace/write':
        return await this.#write(id, request, signal);
      case 'workspace/settle':
        return await this.#settle(request, signal);
      case 'secrets/of':
        return { kind: 'values', values: { ...(await answers.secrets.of(request.agent)) } };
      case 'rule/keep':
        await answers.keepRule(request.rule as Rule);
        return { kind: 'said', yes: true };
      case 'program/ask':
        return { kind: 'said', yes: await answers.askProgram(request, signal) };
      case 'device/admit': {
        const { name, want } = request;
        const capability = await answers.admitDevice?.({ name, want }, signal);
        return { kind: 'admitted', ...(capability === undefined ? {} : { capability }) };
      }
      case 'change/ask': {
        const { kind: _, ...change } = request;
        return { kind: 'said', yes: (await answers.askChange?.(change, signal)) === true };
      }
      case 'secrets/ask':
        return { kind: 'entered', entered: await answers.secrets.ask(request.agent, request.values, signal) };
    }
  }

  async #place({ path, real }: Pick<Place, 'path' | 'real'>, signal: AbortSignal): Promise<Place> {
    const place = await this.#parts.answers.workspace.place(path, signal);
    if (!place.inside) throw refused(`${path} is not in its folders.`);
    if (place.real !== real) throw refused(`For it ${path} leads to another place.`);
    return place;
  }

  async #write(id: number, request: Of<'workspace/write'>, signal: AbortSignal): Promise<WindowResult> {
    const place = await this.#place(request, signal);
    if (place.protectedBy !== undefined) throw refused(`${place.path} is protected.`);
    const control = new AbortController();
    const unlink = linked(signal, control);
    const asked = Promise.withResolvers<WindowResult>();
    const settled = Promise.withResolvers<Settlement>();
    settled.promise.catch(() => undefined);
    control.signal.addEventListener('abort', () => settled.reject(control.signal.reason), { once: true });
    const settle: Parameters<Workspace['writeText']>[2] = ({ mine }) => {
      asked.resolve({ kind: 'conflict', mine });
      return settled.promise;
    };
    const outcome = this.#parts.answers.workspace
      .writeText(place, request.content, settle, control.signal)
      .then((how): WindowResult => ({ kind: 'written', how }));
    outcome.catch(() => undefined);
    // Once a person is asked, there is no deadline.
    const result = await Promise.race([outcome, asked.promise]).finally(unlink);
    if (result.kind === 'conflict') this.#held.set(id, { control, settled, outcome });
    return result;
  }

  async #settle({ write, settlement }: Of<'workspace/settle'>, signal: AbortSignal): Promise<WindowResult> {
    const held = this.#held.get(write);
    if (held === undefined) throw stopped();
    this.#held.delete(write);
    const unlink = linked(signal, held.control);
    held.settled.resolve(settlement);
    try {
      return await held.outcome;
    } finally {
      unlink();
    }
  }
}

/** Ends the one with the other, until the result is called. */
const linked = (signal: AbortSignal, control: AbortController): (() => void) => {
  const abort = (): void => control.abort(signal.reason);
  if (signal.aborted) abort();
  signal.addEventListener('abort', abort, { once: true });
  return () => signal.removeEventListener('abort', abort);
};

const stopped = (): Failure => new Failure('stopped', 'Nobody waits for this any more.');

const refused = (why: string): Failure => new Failure('refused', `This window does not do that: ${why}`);

const busy = (): Failure => new Failure('busy', 'Too much is asked of this window at once.', 'Try again in a moment.');

/** Of a sentence that quotes a path. */
const MOST = 8000;

const told = (failure: unknown): WindowResult => ({
  kind: 'failure',
  code: failure instanceof Failure ? failure.code : 'failed',
  message: sentence(failure).slice(0, MOST),
  ...(failure instanceof Failure && failure.next !== undefined ? { next: failure.next.slice(0, MOST) } : {}),
});
