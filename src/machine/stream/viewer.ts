/**
 * One socket that looks at a session. Source: the terminal stream protocol, §4 and §10.
 *
 * V1 The first `resume` is answered with what is kept after it, then with the word that this was all, then with what comes.
 * V2 Until then output waits for it, but no longer than a second.
 * V3 Who does not read is told that it lags, and hears nothing more until it has read all; then it sees the screen.
 * V4 Who may only watch types nothing, whatever they say.
 */
import type { Clock } from '../../base/clock.ts';
import { type Disposable, Disposables } from '../../base/disposable.ts';
import { sentence } from '../../base/failure.ts';
import { encodeFrame } from '../../protocol/terminal/frame.ts';
import type { FromStream } from '../../protocol/terminal/messages.ts';
import type { ExitStatus } from '../../router/ports.ts';
import type { BinaryFrame } from '../door/frames.ts';
import type { DoorSocket } from '../door/socket.ts';
import { type Heard, hear } from './hearing.ts';
import { STREAM } from './limits.ts';
import type { Onlooker, TerminalStream, ToldState } from './stream.ts';

export type ViewerSocket = Pick<
  DoorSocket,
  'device' | 'send' | 'unsent' | 'drained' | 'onMessage' | 'onOver' | 'close'
>;

export interface StreamViewerParts {
  readonly stream: TerminalStream;
  readonly socket: ViewerSocket;
  readonly clock: Clock;
}

type Phase = 'waiting' | 'replaying' | 'live' | 'lagging';

/** Of a WebSocket that is closed because there is nothing more to say. */
const NORMAL = 1000;

export class StreamViewer implements Onlooker {
  readonly #stream: TerminalStream;
  readonly #socket: ViewerSocket;
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  readonly #owned = new Disposables();
  #hold: Disposable;
  #phase: Phase = 'waiting';
  #resumed = false;
  /** What came meanwhile; undefined: it was too much. */
  #held: BinaryFrame[] | undefined = [];
  #heldBytes = 0;
  #wantsSnapshot = false;

  constructor({ stream, socket, clock }: StreamViewerParts) {
    this.#stream = stream;
    this.#socket = socket;
    socket.onOver(() => this.#owned.dispose());
    this.#owned.add(stream.look(this));
    this.#say({ type: 'session-meta', name: stream.id, createdAt: new Date(clock.now()).toISOString() });
    this.state(stream.state);
    this.#hold = this.#owned.add(clock.after(STREAM.hold, () => this.#goOn()));
    socket.onMessage((text) => {
      if (!this.#owned.ended) this.#hear(hear(text));
    });
  }

  output(frame: BinaryFrame): void {
    if (this.#phase === 'lagging') return;
    if (this.#phase === 'live') return this.#send(frame, frame.bytes.length);
    this.#heldBytes += frame.bytes.length;
    if (this.#heldBytes > STREAM.unsent) this.#held = undefined;
    this.#held?.push(frame);
  }

  state(state: ToldState): void {
    if (this.#phase !== 'lagging') this.#say({ type: 'state', ...state });
  }

  ended(exit: ExitStatus): void {
    if (this.#phase === 'live') void this.#leave(exit);
  }

  #hear(heard: Heard): void {
    switch (heard.kind) {
      case 'resume':
        return this.#resume(heard.after);
      case 'snapshot':
        return this.#snapshot();
      case 'unknown':
        return;
      case 'bad':
        return this.#say({ type: 'error', code: 'bad_message', message: heard.message });
      default:
        return this.#drive(heard);
    }
  }

  #drive(heard: Exclude<Heard, { kind: 'resume' | 'snapshot' | 'unknown' | 'bad' }>): void {
    if (this.#socket.device.capability !== 'drive')
      return this.#say({ type: 'error', code: 'forbidden', message: 'This device may watch, and not type.' });
    switch (heard.kind) {
      case 'text':
        return this.#stream.write(heard.text);
      case 'bytes':
        // A character may be torn between two of them.
        return this.#stream.write(this.#decoder.decode(heard.bytes, { stream: true }));
      case 'paste':
        return this.#stream.paste(heard.text);
      case 'resize':
        return this.#stream.resize(heard.columns, heard.rows);
      case 'signal':
        void this.#stream.signal(heard.signal);
    }
  }

  #resume(after: number): void {
    if (this.#resumed) return;
    this.#resumed = true;
    // What it wants of the past is on the screen that it is about to get.
    if (this.#phase === 'lagging') return this.#say({ type: 'resumed', from: null, to: null, complete: false });
    this.#owned.remove(this.#hold);
    this.#phase = 'replaying';
    // It is kept, and comes from there.
    this.#holdAnew();
    this.#replay(after).then(
      () => this.#goOn(),
      (failure: unknown) => {
        this.#failed(failure);
        this.#goOn();
      },
    );
  }

  async #replay(after: number): Promise<void> {
    const { buffer } = this.#stream;
    const head = buffer.head;
    let from: number | null = null;
    let last = after;
    let isWhole = true;
    for await (const records of buffer.read(after)) {
      for (const { seq, bytes } of records) {
        from ??= seq;
        isWhole &&= seq === last + 1;
        last = seq;
        this.#socket.send([{ bytes: encodeFrame(seq, bytes) }]);
        // Beyond that nobody is heard who does not read, not even one who wants it to end.
        if (this.#socket.unsent.bytes > STREAM.file) await this.#socket.drained();
      }
      await this.#socket.drained();
      if (this.#owned.ended) return;
    }
    const to = from === null ? null : last;
    this.#say({ type: 'resumed', from, to, complete: isWhole && last === head });
  }

  /** What came meanwhile, and then whatever comes. */
  #goOn(): void {
    if (this.#owned.ended || this.#phase === 'lagging') return;
    const held = this.#held;
    this.#phase = 'live';
    this.#holdAnew();
    if (held === undefined) this.#lag();
    for (const frame of held ?? []) this.output(frame);
    if (this.#isLive && this.#wantsSnapshot) this.#snapshot();
    const { exit } = this.#stream;
    if (this.#isLive && exit !== undefined) void this.#leave(exit);
  }

  #holdAnew(): void {
    this.#held = [];
    this.#heldBytes = 0;
  }

  get #isLive(): boolean {
    return this.#phase === 'live';
  }

  /** After a replay it is one of what was replayed; who lags gets one anyway. */
  #snapshot(): void {
    this.#wantsSnapshot = this.#phase === 'replaying';
    if (this.#phase === 'replaying' || this.#phase === 'lagging') return;
    const { drawn } = this.#stream;
    if (drawn !== undefined) return this.#show(drawn);
    this.#stream.draw().then(
      () => {
        if (!this.#owned.ended && this.#stream.drawn !== undefined) this.#show(this.#stream.drawn);
      },
      (failure: unknown) => this.#failed(failure),
    );
  }

  #show({ seq, text }: NonNullable<TerminalStream['drawn']>): void {
    // What waits is in it.
    if (this.#phase === 'waiting') this.#holdAnew();
    const frame = textOf({ type: 'snapshot', seq, data: Buffer.from(text).toString('base64') });
    this.#send(frame, frame.text.length);
  }

  #send(frame: BinaryFrame | { readonly text: string }, bytes: number): void {
    if (this.#socket.unsent.bytes + bytes > STREAM.unsent - STREAM.reserve) return this.#lag();
    this.#socket.send([frame]);
  }

  #lag(): void {
    this.#phase = 'lagging';
    this.#say({ type: 'lagging' });
    void this.#socket.drained().then(() => {
      if (this.#owned.ended) return;
      this.#phase = 'live';
      this.state(this.#stream.state);
      const { drawn, exit } = this.#stream;
      // However large it is: there is nothing before it.
      if (drawn !== undefined)
        this.#say({ type: 'snapshot', seq: drawn.seq, data: Buffer.from(drawn.text).toString('base64') });
      if (exit !== undefined) void this.#leave(exit);
    });
  }

  async #leave({ code, signal }: ExitStatus): Promise<void> {
    this.#owned.dispose();
    this.#say({ type: 'exit', exitCode: code, signal });
    await this.#socket.drained();
    this.#socket.close(NORMAL, '');
  }

  #failed(failure: unknown): void {
    if (this.#owned.ended) return;
    this.#say({ type: 'error', code: 'snapshot_failed', message: `Failed to read what is kept: ${sentence(failure)}` });
  }

  #say(message: FromStream): void {
    this.#socket.send([textOf(message)]);
  }
}

const textOf = (message: FromStream): { readonly text: string } => ({ text: JSON.stringify(message) });
