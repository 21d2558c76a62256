/**
 * One terminal session: what runs in it, what it said, and who looks at it.
 *
 * T1 One number for each piece of output, the same for all viewers and on the disk, also after another start.
 * T2 A snapshot holds all up to its number and nothing after it.
 * T3 What nobody reads is not waited for: neither a viewer nor the disk slows the program or each other.
 */
import type { Clock } from '../../base/clock.ts';
import type { Disposable } from '../../base/disposable.ts';
import { encodeFrame } from '../../protocol/terminal/frame.ts';
import type { StreamSignal, StreamState } from '../../protocol/terminal/messages.ts';
import type { ExitStatus, Terminal } from '../../router/ports.ts';
import type { BinaryFrame } from '../door/frames.ts';
import { clamped } from '../terminal.ts';
import type { StreamBuffer } from './buffer.ts';
import { signalForeground } from './foreground.ts';
import { STREAM } from './limits.ts';
import { Screen } from './screen/screen.ts';
import { readState } from './toldState.ts';

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

/** Who looks: told in the order in which it happens. */
export interface Onlooker {
  output(frame: BinaryFrame): void;
  state(state: ToldState): void;
  ended(exit: ExitStatus): void;
}

export interface ToldState {
  readonly value: StreamState;
  readonly tool?: string;
  /** Milliseconds since 1970. */
  readonly ts: number;
}

/** What is known of one that another process of ours ran. */
export interface Past {
  readonly exit: ExitStatus;
  readonly lastOutputAt: number | undefined;
}

export interface StreamParts extends Size {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly buffer: StreamBuffer;
  readonly clock: Clock;
  readonly past?: Past;
  /** What runs in it has ended, or is told another way. */
  readonly changed: () => void;
}

export class TerminalStream {
  readonly id: string;
  readonly name: string;
  readonly buffer: StreamBuffer;
  description: string;
  readonly #clock: Clock;
  readonly #changed: () => void;
  readonly #onlookers = new Set<Onlooker>();
  /** Absent: it is drawn of what is kept as soon as somebody wants to see it. */
  #screen: Screen | undefined;
  #size: Size;
  #state: ToldState;
  #exit: ExitStatus | undefined;
  #lastOutputAt: number | undefined;
  #terminal: Terminal | undefined;
  #gathered = '';
  #gathering: Disposable | undefined;
  /** UTF-16 units since it was gathered last. */
  #recent = 0;
  #typed = 0;

  constructor(parts: StreamParts) {
    const { id, name, description, buffer, clock, columns, rows, past, changed } = parts;
    this.id = id;
    this.name = name;
    this.description = description;
    this.buffer = buffer;
    this.#clock = clock;
    this.#changed = changed;
    this.#size = { columns: clamped(columns), rows: clamped(rows) };
    this.#state = { value: 'idle', ts: clock.now() };
    this.#exit = past?.exit;
    this.#lastOutputAt = past?.lastOutputAt;
  }

  get size(): Size {
    return this.#size;
  }

  get state(): ToldState {
    return this.#state;
  }

  /** Undefined while something runs in it, or is about to. */
  get exit(): ExitStatus | undefined {
    return this.#exit;
  }

  get isRunning(): boolean {
    return this.#exit === undefined;
  }

  /** No real terminal was to be had. */
  get isPlain(): boolean {
    return this.#terminal?.kind === 'pipes';
  }

  /** Wall time, ms since 1970. */
  get lastOutputAt(): number | undefined {
    return this.#lastOutputAt;
  }

  /** From now on this runs in it. What an earlier one left drawn is scrolled away. */
  run(terminal: Terminal, size: Size): void {
    this.#size = { columns: clamped(size.columns), rows: clamped(size.rows) };
    this.#screen = new Screen(this.#size, (osc) => this.#hearState(osc));
    this.#exit = undefined;
    // What the last one has left behind goes with it.
    void this.#terminal?.[Symbol.asyncDispose]();
    this.#terminal = terminal;
    this.#typed = 0;
    if (this.buffer.head > 0) this.#say(AFRESH);
    const listening = terminal.onData((text) => this.#hear(text));
    void terminal.exited.then((exit) => {
      listening.dispose();
      this.#gathering?.dispose();
      this.#gathering = undefined;
      this.#flush();
      this.#end(exit);
    });
  }

  look(onlooker: Onlooker): Disposable {
    this.#onlookers.add(onlooker);
    return { dispose: () => this.#onlookers.delete(onlooker) };
  }

  /** All that was said up to `seq`, drawn; undefined where it has to be drawn first. */
  get drawn(): { readonly seq: number; readonly text: string } | undefined {
    return this.#screen && { seq: this.buffer.head, text: this.#screen.draw() };
  }

  /** Draws what is kept of one that another process of ours ran: of what was before that, nothing is known. */
  async draw(): Promise<Screen> {
    if (this.#screen !== undefined) return this.#screen;
    const screen = new Screen(this.#size, () => undefined);
    const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
    for await (const records of this.buffer.read(0))
      for (const { bytes } of records) screen.push(decoder.decode(bytes, { stream: true }));
    // Something may run in it by now.
    return (this.#screen ??= screen);
  }

  write(text: string): void {
    if (!this.isRunning || this.#typed > STREAM.unheard) return;
    this.#typed += text.length;
    this.#terminal?.write(text);
  }

  /** As one piece, where the program tells the two apart. */
  paste(text: string): void {
    // What ends a paste must not stand in it: the rest would be typed.
    const plain = text.replaceAll('\u001b[201~', '');
    this.write(this.#screen?.takesPastes === true ? `\u001b[200~${plain}\u001b[201~` : plain);
  }

  resize(columns: number, rows: number): void {
    if (!this.isRunning) return;
    this.#size = { columns: clamped(columns), rows: clamped(rows) };
    // What was said before was said for the other size.
    this.#flush();
    this.#screen?.resize(this.#size);
    this.#terminal?.resize(this.#size.columns, this.#size.rows);
  }

  async signal(signal: StreamSignal): Promise<void> {
    if (this.isRunning && this.#terminal !== undefined) await signalForeground(this.#terminal, signal);
  }

  /** Ends all that runs in it. */
  async stop(): Promise<void> {
    const terminal = this.#terminal;
    if (terminal === undefined) return;
    await terminal[Symbol.asyncDispose]();
    await terminal.exited;
  }

  /** An echo goes out at once; a flood is gathered, or each of its many pieces would cost what a large one does. */
  #hear(text: string): void {
    this.#typed = 0;
    this.#gathered += text;
    this.#recent += text.length;
    if (this.#recent <= STREAM.little || this.#gathered.length >= STREAM.chunk) this.#flush();
    this.#gathering ??= this.#gather();
  }

  #gather(): Disposable {
    return this.#clock.after(STREAM.gathered, () => {
      this.#gathering = undefined;
      this.#recent = 0;
      if (this.#gathered === '') return;
      this.#flush();
      this.#gathering = this.#gather();
    });
  }

  #flush(): void {
    const text = this.#gathered;
    this.#gathered = '';
    if (text !== '') this.#say(text);
  }

  #say(text: string): void {
    this.#lastOutputAt = this.#clock.now();
    this.#screen?.push(text);
    const bytes = Buffer.from(text);
    for (let at = 0; at < bytes.length; at += STREAM.chunk) {
      const frame = encodeFrame(this.buffer.head + 1, bytes.subarray(at, at + STREAM.chunk));
      this.buffer.add(frame.subarray(HEADER));
      const sent = { bytes: frame };
      for (const onlooker of this.#onlookers) onlooker.output(sent);
    }
  }

  #hearState(osc: string): void {
    const told = readState(osc);
    if (told !== undefined) this.#become(told);
  }

  #become(told: Omit<ToldState, 'ts'>): void {
    if (told.value === this.#state.value && told.tool === this.#state.tool) return;
    this.#state = { ...told, ts: this.#clock.now() };
    for (const onlooker of this.#onlookers) onlooker.state(this.#state);
  }

  #end(exit: ExitStatus): void {
    this.#exit = exit;
    this.#become({ value: 'idle' });
    for (const onlooker of this.#onlookers) onlooker.ended(exit);
    this.#changed();
  }
}

/** Of a frame, before the bytes. */
const HEADER = 8;

/** Whatever the last program has switched on in the terminal is off, and what comes begins a line. */
const AFRESH = '\u001b[?1049l\u001b[!p\u001b[m\u001b[?1000;1002;1003;1004;1006;2004l\r\n';
