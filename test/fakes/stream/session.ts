import type { WebSocket } from 'ws';
import { encodeFrame } from '../../../src/protocol/terminal/frame.ts';
import type { FakeStreamOptions } from './options.ts';
import { FakePane } from './pane.ts';

interface Piece {
  readonly seq: number;
  readonly bytes: Uint8Array;
}

interface Viewer {
  readonly socket: WebSocket;
  /** From which numbers it gets its own: those of a server that was started again do not reach who was there before. */
  count: { at: number };
  resumed: boolean;
  /** What waits for its `resume`. */
  held: Piece[] | undefined;
  /** A replay that is late. */
  late: (() => void) | undefined;
  lagging: boolean;
}

/** Milliseconds for which ours holds what is live. */
const HOLD = 1000;

/** One terminal, with who looks at it. */
export class FakeStreamSession {
  readonly id: string;
  readonly name: string;
  readonly pane: FakePane;
  readonly #options: FakeStreamOptions;
  readonly #viewers = new Set<Viewer>();
  #kept: Piece[] = [];
  #count: { at: number };
  #state: { readonly value: string; readonly tool?: string } = { value: 'idle' };
  #pictures = 0;
  #dropped = false;
  /** What was ever written. */
  written = '';
  gone = false;
  /** Messages of clients, as they came. */
  readonly said: string[] = [];

  constructor(id: string, name: string, options: FakeStreamOptions) {
    this.id = id;
    this.name = name;
    this.#options = options;
    this.#count = { at: options.from };
    this.pane = new FakePane({
      write: (text) => this.#write(text),
      state: (value, tool) => this.tell(value, tool),
      exit: (code) => this.end(code),
    });
    this.pane.print('$ ');
  }

  get viewers(): number {
    return this.#viewers.size;
  }

  get listed(): object {
    const { value } = this.#state;
    return { id: this.id, name: this.name, description: '', state: value, lastOutputAt: '' };
  }

  attach(socket: WebSocket): void {
    const { ours, eager } = this.#options;
    const viewer: Viewer = {
      socket,
      count: this.#count,
      resumed: false,
      held: ours ? [] : undefined,
      late: undefined,
      lagging: false,
    };
    socket.on('message', (data: Buffer) => this.#hear(viewer, data.toString()));
    socket.on('close', () => this.#viewers.delete(viewer));
    say(viewer, { type: 'session-meta', name: this.id, createdAt: new Date(0).toISOString() });
    say(viewer, { type: 'state', ...this.#state, ts: 0 });
    if (this.gone) return;
    this.#viewers.add(viewer);
    if (ours) setTimeout(() => this.#letGo(viewer), HOLD).unref();
    if (eager) this.pane.print('someone came\r\n');
  }

  /** What its program does. */
  tell(value: string, tool?: string): void {
    this.#state = { value, ...(tool === undefined ? {} : { tool }) };
    for (const viewer of this.#viewers) say(viewer, { type: 'state', ...this.#state, ts: 1 });
  }

  /** As if it had been told what it cannot read. */
  complain(): void {
    for (const viewer of this.#viewers) say(viewer, BAD_MESSAGE);
  }

  cut(): void {
    for (const { socket } of this.#viewers) socket.terminate();
  }

  close(code: number): void {
    for (const { socket } of this.#viewers) socket.close(code, 'as it was told');
  }

  /** Another process on the server's side: it counts from the beginning; who is there goes on with the old numbers or not. */
  recount(keeps: boolean): void {
    this.#count = { at: 0 };
    if (keeps) return;
    for (const viewer of this.#viewers) viewer.count = this.#count;
  }

  /** All that was kept is gone, too. */
  forget(): void {
    this.#kept = [];
    this.#dropped = true;
  }

  end(code: number): void {
    this.gone = true;
    // Elsewhere nobody is told.
    if (!this.#options.ours) return this.#viewers.clear();
    for (const viewer of this.#viewers) {
      say(viewer, { type: 'exit', exitCode: code, signal: null });
      viewer.socket.close(1000);
    }
  }

  /** Ours: a viewer that is too slow misses this, and then gets a picture. */
  lag(text: string): void {
    for (const viewer of this.#viewers) {
      say(viewer, { type: 'lagging' });
      viewer.lagging = true;
    }
    this.pane.print(text);
    for (const viewer of this.#viewers) {
      viewer.lagging = false;
      this.#picture(viewer);
    }
  }

  #write(text: string): void {
    this.written += text;
    const { slice } = this.#options;
    const all = Buffer.from(text);
    const size = slice > 0 ? slice : Math.max(1, all.length);
    for (let at = 0; at < all.length; at += size) this.#deliver(all.subarray(at, at + size));
  }

  #deliver(bytes: Uint8Array): void {
    const { ours, unkept, kept } = this.#options;
    const own = ours ? this.#next() : undefined;
    for (const viewer of this.#viewers) this.#send(viewer, { seq: own ?? this.#next(viewer.count), bytes });
    if (unkept) return;
    this.#kept.push({ seq: own ?? this.#next(), bytes });
    if (this.#kept.length > kept) this.#dropped = true;
    this.#kept = this.#kept.slice(-kept);
  }

  /** One of the count, for each copy; but for ours. */
  #next(count = this.#count): number {
    return (count.at += this.#options.gaps ? 7 : 1);
  }

  #send(viewer: Viewer, piece: Piece): void {
    const { twice, empty, garbage } = this.#options;
    if (viewer.lagging) return;
    if (viewer.held !== undefined) return void viewer.held.push(piece);
    const { socket } = viewer;
    if (garbage) for (const each of GARBAGE) socket.send(each);
    socket.send(encodeFrame(piece.seq, piece.bytes));
    if (twice) socket.send(encodeFrame(piece.seq, piece.bytes));
    if (empty) socket.send(encodeFrame(this.#next(viewer.count), new Uint8Array()));
    const late = viewer.late;
    viewer.late = undefined;
    late?.();
  }

  #hear(viewer: Viewer, text: string): void {
    this.said.push(text);
    const told = parse(text);
    if (told === undefined) return say(viewer, BAD_MESSAGE);
    const { late, ours } = this.#options;
    if (told['type'] === 'resume' && !viewer.resumed) {
      viewer.resumed = true;
      const after = typeof told['lastSeq'] === 'number' ? told['lastSeq'] : 0;
      const replay = (): void => this.#replay(viewer, after);
      if (late) viewer.late = replay;
      else replay();
    } else if (told['type'] === 'snapshot-request') this.#answerPicture(viewer);
    else if (ours && told['type'] === 'input') this.pane.type(String(told['data']));
    else if (ours && told['type'] === 'resize')
      this.pane.size = { columns: Number(told['cols']), rows: Number(told['rows']) };
  }

  #replay(viewer: Viewer, after: number): void {
    const { socket } = viewer;
    const wanted = this.#kept.filter(({ seq }) => seq > after);
    for (const { seq, bytes } of wanted) socket.send(encodeFrame(seq, bytes));
    if (!this.#options.ours) return;
    const [first, last] = [wanted.at(0)?.seq ?? null, wanted.at(-1)?.seq ?? null];
    const complete =
      after <= this.#count.at && (first === null ? after === this.#count.at : first === after + 1 || !this.#dropped);
    say(viewer, { type: 'resumed', from: first, to: last, complete });
    viewer.held = viewer.held?.filter(({ seq }) => seq > this.#count.at);
    this.#letGo(viewer);
  }

  #letGo(viewer: Viewer): void {
    const held = viewer.held ?? [];
    viewer.held = undefined;
    for (const piece of held) this.#send(viewer, piece);
  }

  #answerPicture(viewer: Viewer): void {
    const { blind, mute, blurred, ours } = this.#options;
    if (mute) return;
    if (blind || this.gone)
      return say(viewer, { type: 'error', code: 'snapshot_failed', message: 'Failed to capture pane' });
    if (ours) return this.#picture(viewer);
    const { picture } = this.pane;
    this.#pictures += 1;
    if (this.#pictures <= blurred) this.pane.print(`written during picture ${this.#pictures}\r\n`);
    this.#picture(viewer, picture);
  }

  #picture(viewer: Viewer, picture = this.pane.picture): void {
    const { ours } = this.#options;
    const seq = ours ? this.#count.at : this.#next(viewer.count);
    const screen = ours ? picture.replace(/\n$/u, '').replaceAll('\n', '\r\n') : picture;
    say(viewer, { type: 'snapshot', seq, data: Buffer.from(screen).toString('base64') });
  }
}

const BAD_MESSAGE = { type: 'error', code: 'bad_message', message: 'Invalid JSON' };

const GARBAGE: readonly (string | Uint8Array)[] = [
  Uint8Array.of(1, 2, 3),
  new Uint8Array(12).fill(255),
  '{"type":',
  'null',
  '42',
  '{"type":"later"}',
  '{"type":"snapshot","seq":-1,"data":"%"}',
  '{"type":"state","value":{}}',
];

const say = ({ socket }: Viewer, message: object): void => socket.send(JSON.stringify(message));

/** What is JSON and no object is nothing; undefined: it is no JSON. */
const parse = (text: string): Readonly<Record<string, unknown>> | undefined => {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return undefined;
  }
};
