/**
 * The windows that are connected, and what a host asks of them.
 *
 * W1 A window is asked for what it has offered, and for files of its own folders.
 * W2 First the one that drives the session: that did something in it last. Then those of its folders, the last that did
 *    anything before the others.
 * W3 Silence is no answer: `lost`, the window is gone; `late`, it says nothing, and may still be at it; `stopped`, it has
 *    given it up, and does nothing more. What then becomes of the matter, whoever asked decides.
 */
import type { Clock } from '../base/clock.ts';
import { type Disposable, Disposables } from '../base/disposable.ts';
import { Failure } from '../base/failure.ts';
import { flavourHere, isInside } from '../machine/paths.ts';
import type { SessionKey } from '../model/session.ts';
import type { Answer, Asking, Offer, WindowRequest, WindowResult } from '../protocol/view/request.ts';
import type { FilesSession, Place } from '../router/ports.ts';

/** Milliseconds that a window gets to say what became of a request that was called off. */
const GRACE = 2000;

export class Windows {
  readonly #clock: Clock;
  /** Who did something last is the last. */
  readonly #all = new Set<AttachedWindow>();
  readonly #drivers = new Map<SessionKey, AttachedWindow>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** One that has just connected; it has left when it is disposed. */
  attach(say: (message: Asking) => void): AttachedWindow {
    const window: AttachedWindow = new AttachedWindow({
      clock: this.#clock,
      say,
      drove: (key) => {
        this.#all.delete(window);
        this.#all.add(window);
        this.#drivers.set(key, window);
      },
      left: () => {
        this.#all.delete(window);
        for (const [key, driver] of this.#drivers) if (driver === window) this.#drivers.delete(key);
      },
    });
    this.#all.add(window);
    return window;
  }

  /** Whom to ask for a file of a session, other than those that were asked already. */
  forFile(
    { key, cwd }: Pick<FilesSession, 'key' | 'cwd'>,
    place: Place,
    asked: ReadonlySet<AttachedWindow>,
  ): AttachedWindow | undefined {
    const { path, root = path } = place;
    // The folder as the window calls it, where the path leads there through a link.
    const reaches = (window: AttachedWindow): boolean => window.reaches(path) || window.reaches(root);
    const able = [...this.#all].reverse().filter((window) => !asked.has(window) && reaches(window));
    const driver = this.#drivers.get(key);
    return able.find((window) => window === driver) ?? able.find((window) => window.reaches(cwd)) ?? able[0];
  }

  forPerson(): AttachedWindow | undefined {
    return [...this.#all].findLast((window) => window.hasPerson);
  }
}

interface WindowParts {
  readonly clock: Clock;
  say(message: Asking): void;
  drove(key: SessionKey): void;
  left(): void;
}

interface Asked {
  resolve(result: WindowResult): void;
  reject(failure: unknown): void;
}

export interface AskOptions {
  /** Milliseconds; without it a person takes their time. */
  readonly deadline?: number;
  /** What was called off is waited for, as long as the window may still be at it. */
  readonly lasting?: true;
}

export class AttachedWindow implements Disposable {
  readonly #parts: WindowParts;
  readonly #asked = new Map<number, Asked>();
  #offer: Pick<Offer, 'roots' | 'secrets'> = { roots: [], secrets: false };
  #last = 0;
  #gone = false;

  constructor(parts: WindowParts) {
    this.#parts = parts;
  }

  get hasPerson(): boolean {
    return this.#offer.secrets;
  }

  /** A person did something in the session here. */
  drives(key: SessionKey): void {
    if (!this.#gone) this.#parts.drove(key);
  }

  reaches(path: string): boolean {
    return this.#offer.roots.some((root) => isInside(root, path, flavourHere));
  }

  hear(message: Offer | Answer): void {
    if (message.type === 'offer') this.#offer = message;
    else this.#asked.get(message.id)?.resolve(message.result);
  }

  /** @throws Failure `lost`, `late`, `stopped`, or what the window made of it; the signal's reason */
  async ask<Kind extends WindowResult['kind']>(
    request: WindowRequest,
    kinds: readonly Kind[],
    options: AskOptions,
    signal: AbortSignal,
  ): Promise<{ readonly id: number; readonly result: Extract<WindowResult, { kind: Kind }> }> {
    signal.throwIfAborted();
    const id = (this.#last += 1);
    const result = await this.#ask(id, request, options, signal);
    if (result.kind === 'failure') throw new Failure(result.code, result.message, result.next);
    const isOne = (one: WindowResult): one is Extract<WindowResult, { kind: Kind }> =>
      kinds.some((kind) => kind === one.kind);
    if (isOne(result)) return { id, result };
    throw new Failure('unsupported', 'A window answered something that was not asked.');
  }

  /** The request with this id is nobody's any more. */
  callOff(id: number): void {
    if (!this.#gone) this.#parts.say({ type: 'request/over', id });
  }

  dispose(): void {
    if (this.#gone) return;
    this.#gone = true;
    this.#parts.left();
    for (const { reject } of this.#asked.values()) reject(lost());
  }

  async #ask(
    id: number,
    request: WindowRequest,
    { deadline, lasting }: AskOptions,
    signal: AbortSignal,
  ): Promise<WindowResult> {
    if (this.#gone) throw lost();
    const { clock, say } = this.#parts;
    const { promise, resolve, reject } = Promise.withResolvers<WindowResult>();
    const owned = new Disposables();
    const end = (why: () => unknown): void => {
      this.callOff(id);
      if (lasting === true) owned.add(clock.after(GRACE, () => reject(late())));
      else reject(why());
    };
    const abort = (): void => end(() => signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    owned.onEnd(() => signal.removeEventListener('abort', abort));
    if (deadline !== undefined) owned.add(clock.after(deadline, () => end(late)));
    this.#asked.set(id, { resolve, reject });
    say({ type: 'request', id, ...(deadline === undefined ? {} : { deadline }), request });
    try {
      return await promise;
    } finally {
      owned.dispose();
      this.#asked.delete(id);
    }
  }
}

const lost = (): Failure =>
  new Failure('lost', 'The window that was asked went away before it answered.', 'Try it again.');

const late = (): Failure =>
  new Failure('late', 'The window that was asked does not answer.', 'Look at it, or close it and try it again.');
