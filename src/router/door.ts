/**
 * The `view` door of one surface: V1 to V4 of the view protocol, from our side. The surface is a stranger: what it says
 * is read by a closed schema, and nothing it says is thrown.
 */
import type { Clock } from '../base/clock.ts';
import { type Disposable, Disposables } from '../base/disposable.ts';
import { Emitter, type Event } from '../base/event.ts';
import type { Duplex } from '../base/duplex.ts';
import { Failure, sentence } from '../base/failure.ts';
import type { Log } from '../base/log.ts';
import type { Command } from '../model/event.ts';
import type { Position, SessionKey } from '../model/session.ts';
import { readFromSurface, readFromWindow } from '../protocol/view/codec.ts';
import {
  type Action,
  type FromWindow,
  type HostAction,
  type Setup,
  type ToSurface,
  type ToWindow,
  VIEW_VERSION,
} from '../protocol/view/messages.ts';
import type { Answer, Offer } from '../protocol/view/request.ts';
import type { TerminalWished } from '../protocol/view/terminal.ts';
import { Attachment, type Followed } from './attachment.ts';
import type { Catalogue } from './catalogue.ts';
import { type DoorGuard, isAnswered, isElsewhere, isOfWheel } from './doorGuard.ts';
import { LIMITS } from './limits.ts';
import type { Mentions } from './mentions.ts';
import type { Reading } from './reading.ts';
import { Outbox } from './outbox.ts';
import type { Router } from './router.ts';
import type { SessionStore } from './store.ts';

export interface DoorParts {
  readonly store: SessionStore;
  readonly catalogue: Pick<Catalogue, 'all' | 'onListed' | 'wake'>;
  readonly router: Pick<Router, 'perform'>;
  readonly clock: Clock;
  readonly log: Log;
  /** Who answers here, as the others are told. */
  readonly device: string;
  readonly surface: Duplex<unknown, ToSurface>;
  readonly strings: Readonly<Record<string, string>>;
  readonly setup: Setup;
  act(action: Action, signal: AbortSignal): Promise<void>;
  /** Without it everything is admitted, and nothing needs the wheel. */
  readonly guard?: DoorGuard;
  /** The surface is a window of the owner's, see {@link FromWindow}, which has surfaces of its own and paces these itself. */
  readonly window?: {
    act(action: HostAction, signal: AbortSignal): Promise<string | void>;
    /** What it says to what it is asked by {@link ViewDoor.ask}. */
    hear(message: Offer | Answer): void;
    /** What it says to what it is told by {@link ViewDoor.ask} of terminals. */
    readonly terminals?: { greeted(): void; hear(message: TerminalWished): void };
  };
  /** What a prompt may name; without it, nothing. */
  readonly mentions?: Pick<Mentions, 'suggest' | 'resolve'>;
  /** Reads a text that is kept apart from its session; without it there are none. @throws Failure as `Journal.readLarge` does */
  readLarge?(key: SessionKey, name: string): Promise<string>;
  /** Reads a session that another process has; without it such a one cannot be shown. @throws Failure as `Journal.look` does */
  read?(key: SessionKey, changed: () => void, signal: AbortSignal): Promise<Reading>;
}

export class ViewDoor implements Disposable {
  readonly #parts: DoorParts;
  readonly #owned = new Disposables();
  readonly #outbox: Outbox<ToWindow>;
  readonly #attachments = new Map<SessionKey, Attachment>();
  /** Attached, and another process has them. */
  readonly #readings = new Map<SessionKey, Reading>();
  /** Attached and not awake yet. */
  readonly #waking = new Set<SessionKey>();
  readonly #attached: Emitter<SessionKey>;
  readonly #reader: ReadableStreamDefaultReader<readonly unknown[]>;
  /** Never aborted: what a person asked for goes on without the surface that it was asked on. */
  readonly #lasting = new AbortController().signal;
  #setup: Setup;
  #greeted = false;
  #focus: Extract<ToSurface, { type: 'focus' }> | undefined;
  #texts: readonly string[] = [];
  #shown: SessionKey | undefined;
  #suggesting = new AbortController();
  /** The last number that something was asked with. */
  #asked = -1;
  #underway = 0;
  #refused = 0;
  readonly closed: Promise<void>;

  constructor(parts: DoorParts) {
    this.#parts = parts;
    this.#setup = parts.setup;
    this.#attached = new Emitter((failure) => parts.log.error(`A listener of a door failed: ${sentence(failure)}`));
    this.#outbox = new Outbox(parts.surface.writable, parts.log, () => this.dispose());
    this.#reader = parts.surface.readable.getReader();
    this.#owned.add(parts.store.onAppended(({ key }) => this.#attachments.get(key)?.flush()));
    this.#owned.add(
      parts.catalogue.onListed(({ sessions, removed }) => {
        for (const key of removed) this.#detach(key);
        this.#say({ type: 'catalogue', sessions, removed });
      }),
    );
    this.#owned.add(
      parts.store.onListed(() => {
        // What was only read here was taken over, or is followed where it lives.
        for (const key of this.#readings.keys()) if (parts.store.get(key) !== undefined) this.#attach(key, undefined);
      }),
    );
    this.closed = this.#listen();
  }

  /** The session that the surface attached last. */
  get shown(): SessionKey | undefined {
    return this.#shown;
  }

  /** The surface has attached a session. */
  get onShown(): Event<SessionKey> {
    return this.#attached.event;
  }

  /** Asks the surface to show the session; one that has not said hello yet is asked when it does. */
  focus(key: SessionKey, question?: string): void {
    this.#focus = { type: 'focus', key, ...(question === undefined ? {} : { question }) };
    this.#say(this.#focus);
  }

  compose(text: string): void {
    if (this.#greeted) this.#say({ type: 'compose', text });
    else this.#texts = [...this.#texts, text].slice(-LIMITS.viewTexts);
  }

  /** Of a window only. */
  ask(message: Exclude<ToWindow, ToSurface>): void {
    this.#say(message);
  }

  since(news: Extract<ToSurface, { type: 'since' }>): void {
    this.#say(news);
  }

  setup(setup: Setup): void {
    this.#setup = setup;
    this.#say({ type: 'setup', setup });
  }

  dispose(): void {
    if (this.#owned.ended) return;
    this.#owned.dispose();
    for (const key of this.#attachments.keys()) this.#detach(key);
    this.#waking.clear();
    this.#suggesting.abort(new Failure('gone', 'The surface is gone.'));
    this.#attached.dispose();
    this.#outbox.end();
    this.#reader.cancel().catch(() => undefined);
  }

  /** Until the first hello nobody is known to listen, and hello tells everything. */
  #say(message: ToWindow): void {
    if (this.#greeted) this.#outbox.send(message);
  }

  async #listen(): Promise<void> {
    try {
      for (;;) {
        const { done, value } = await this.#reader.read();
        if (done) break;
        for (const frame of value) this.#receive(frame);
      }
    } catch (failure) {
      this.#parts.log.debug(`A surface went away: ${sentence(failure)}`);
    } finally {
      this.dispose();
    }
  }

  #receive(frame: unknown): void {
    try {
      const message = this.#parts.window === undefined ? readFromSurface(frame) : readFromWindow(frame);
      if (!this.#greeted && message.type !== 'hello')
        throw new Failure('invalid', `“${message.type}” came before hello.`);
      this.#handle(message);
    } catch (failure) {
      this.#refused += 1;
      // The first few, then ever fewer: a surface gone mad must not fill the log.
      if (Number.isInteger(Math.log2(this.#refused))) {
        this.#parts.log.warn(`Message ${this.#refused} of a surface that was refused: ${sentence(failure)}`);
      }
    }
  }

  #handle(message: FromWindow): void {
    // What is answered is refused by its answer.
    if (!isAnswered(message)) this.#admit(message);
    switch (message.type) {
      case 'hello':
        return this.#welcome(message.version);
      case 'ping':
        return this.#say({ type: 'pong' });
      case 'attach':
        if (message.wake === false && this.#parts.store.get(message.key) === undefined)
          return this.#detach(message.key);
        return this.#attach(message.key, message.position);
      case 'detach':
        return this.#detach(message.key);
      case 'ack':
        return this.#attachments.get(message.key)?.acknowledge(message.seq);
      case 'page':
        return this.#attachments.get(message.key)?.older(message.before);
      case 'command': {
        const { key, command } = message;
        const { router, device, guard, store } = this.#parts;
        return this.#answer(message.id, async () => {
          if (this.#readings.has(key)) throw elsewhere();
          this.#admit(message);
          if (guard !== undefined && isOfWheel(command) && !isElsewhere(message, store))
            return guard.control(command.kind);
          await router.perform(key, await this.#named(key, command), device, this.#lasting);
        });
      }
      case 'mentions':
        void this.#suggest(message);
        return;
      case 'large':
        return this.#answer(message.id, async () => {
          const { readLarge } = this.#parts;
          this.#admit(message);
          if (readLarge === undefined) throw new Failure('missing', 'This text is not stored here.');
          return await readLarge(message.key, message.name);
        });
      case 'do':
        return this.#answer(message.id, async () => {
          this.#admit(message);
          await this.#parts.act(message.action, this.#lasting);
        });
      case 'host':
        return this.#answer(message.id, async () => {
          this.#admit(message);
          return await this.#parts.window?.act(message.action, this.#lasting);
        });
      case 'offer':
      case 'answer':
        return this.#parts.window?.hear(message);
      case 'terminal':
        return this.#parts.window?.terminals?.hear(message);
    }
  }

  #admit(message: FromWindow): void {
    this.#parts.guard?.admit(message, isElsewhere(message, this.#parts.store));
  }

  /** Only the last question is still somebody's: the one before ends. */
  async #suggest({ id, of, words }: Extract<FromWindow, { type: 'mentions' }>): Promise<void> {
    this.#suggesting.abort(new Failure('cancelled', 'Something else is asked for now.'));
    const { signal } = (this.#suggesting = new AbortController());
    const none = { items: [], more: false };
    const { store } = this.#parts;
    // Of this machine's files, an agent of another one has none.
    const far = this.#shown !== undefined && store.get(this.#shown)?.machine !== undefined;
    const mentions = far ? undefined : this.#parts.mentions;
    const found = await mentions?.suggest({ of, words }, signal).catch((failure: unknown) => {
      if (!signal.aborted) this.#parts.log.info(`Nothing could be offered for a mention: ${sentence(failure)}`);
      return none;
    });
    if (!signal.aborted) this.#say({ type: 'mentions', id, ...(found ?? none) });
  }

  /** The command with what its mentions stand for: a surface only knows their ids. */
  async #named(key: SessionKey, command: Command): Promise<Command> {
    if (command.kind !== 'prompt' && command.kind !== 'queue/change') return command;
    // A window has put them in itself.
    if (this.#parts.window !== undefined) return command;
    if (!command.prompt.some(({ type }) => type === 'resource_link')) return command;
    const { mentions, store } = this.#parts;
    if (mentions === undefined || store.get(key)?.machine !== undefined)
      throw new Failure('invalid', 'Nothing can be mentioned here.');
    const queue = store.get(key)?.queue ?? [];
    const before = command.kind === 'prompt' ? undefined : queue.find(({ id }) => id === command.id)?.prompt;
    return { ...command, prompt: await mentions.resolve(command.prompt, before, this.#lasting) };
  }

  #welcome(version: number): void {
    if (version !== VIEW_VERSION) {
      this.#parts.log.warn(
        `A surface speaks version ${version} of the view protocol; this is version ${VIEW_VERSION}.`,
      );
    }
    const { strings, catalogue } = this.#parts;
    for (const key of this.#attachments.keys()) this.#detach(key);
    this.#asked = -1;
    this.#outbox.send({ type: 'welcome', version: VIEW_VERSION, strings, setup: this.#setup });
    // One of another version sees ours in the welcome, says so, and gets nothing that it could misread.
    this.#greeted = version === VIEW_VERSION;
    if (!this.#greeted) return;
    this.#say({ type: 'catalogue', sessions: catalogue.all(), removed: [] });
    if (this.#focus !== undefined) this.#say(this.#focus);
    for (const text of this.#texts) this.#say({ type: 'compose', text });
    this.#texts = [];
    this.#parts.window?.terminals?.greeted();
  }

  #attach(key: SessionKey, position: Position | undefined): void {
    this.#detach(key);
    if (this.#parts.store.get(key) === undefined) void this.#wake(key, position);
    else this.#follow(key, this.#parts.store, position);
  }

  #follow(key: SessionKey, store: Followed, position: Position | undefined): void {
    const { clock, window } = this.#parts;
    const [oldest] = this.#attachments.keys();
    const most = window === undefined ? LIMITS.viewAttachments : LIMITS.windowAttachments;
    if (this.#attachments.size >= most && oldest !== undefined) this.#detach(oldest);
    this.#show(key);
    const send = (message: ToSurface): void => this.#say(message);
    const pace = window === undefined ? {} : { pause: 0 };
    this.#attachments.set(key, new Attachment({ key, store, clock, send, ...pace }, position));
  }

  /** Reads the session from disk first. Why that fails is told to the person by whoever reads; here it is only gone. */
  async #wake(key: SessionKey, position: Position | undefined): Promise<void> {
    this.#waking.add(key);
    this.#show(key);
    const reading = await this.#wakeOrRead(key).catch((failure: unknown) => {
      this.#parts.log.info(`A session could not be shown: ${sentence(failure)}`);
    });
    // The surface may have turned to something else meanwhile.
    if (!this.#waking.delete(key)) return reading?.dispose();
    if (reading !== undefined) {
      this.#readings.set(key, reading);
      return this.#follow(key, reading, undefined);
    }
    if (this.#parts.store.get(key) !== undefined) return this.#attach(key, position);
    if (this.#shown === key) this.#shown = undefined;
    const still = this.#parts.catalogue.all().filter((known) => known.key === key);
    this.#say({ type: 'catalogue', sessions: still, removed: [key] });
  }

  async #wakeOrRead(key: SessionKey): Promise<Reading | undefined> {
    try {
      await this.#parts.catalogue.wake(key, this.#lasting);
      return undefined;
    } catch (failure) {
      const { read } = this.#parts;
      if (!(failure instanceof Failure) || failure.code !== 'locked' || read === undefined) throw failure;
      return await read(key, () => this.#attachments.get(key)?.flush(), this.#lasting);
    }
  }

  #show(key: SessionKey): void {
    if (this.#shown === key) return;
    this.#shown = key;
    this.#attached.fire(key);
  }

  #detach(key: SessionKey): void {
    this.#waking.delete(key);
    this.#attachments.get(key)?.dispose();
    this.#attachments.delete(key);
    this.#readings.get(key)?.dispose();
    this.#readings.delete(key);
    if (this.#shown === key) this.#shown = undefined;
  }

  #answer(id: number, perform: () => Promise<string | void>): void {
    // Each surface counts on from its hello: what comes a second time was done, and is answered by that.
    if (id <= this.#asked) throw new Failure('invalid', `“${id}” was asked before.`);
    this.#asked = id;
    if (this.#underway >= LIMITS.viewCommands) {
      const failure = { message: 'Too much is under way at once.', next: 'Wait a moment.' };
      this.#say({ type: 'result', id, failure });
      return;
    }
    this.#underway += 1;
    perform()
      .then(
        (text) => this.#say({ type: 'result', id, ...(text === undefined ? {} : { text }) }),
        (failure: unknown) => this.#say({ type: 'result', id, failure: told(failure) }),
      )
      .finally(() => {
        this.#underway -= 1;
      });
  }
}

const elsewhere = (): Failure =>
  new Failure('locked', 'Another window has this session.', 'Write there, or take it over when it is closed there.');

const told = (failure: unknown): { readonly message: string; readonly next?: string } => ({
  message: sentence(failure),
  ...(failure instanceof Failure && failure.next !== undefined ? { next: failure.next } : {}),
});
