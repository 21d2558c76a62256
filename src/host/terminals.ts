/**
 * The terminals of a host: what runs in them, what they said, and the windows that draw them. T1 to T3 of the view
 * protocol's terminals, from our side.
 */
import type { Clock } from '../base/clock.ts';
import type { Disposable } from '../base/disposable.ts';
import { Failure } from '../base/failure.ts';
import type { TerminalNews, TerminalTold, TerminalWish, TerminalWished } from '../protocol/view/terminal.ts';
import { overheard } from '../router/overheard.ts';
import type { Environment, ExitStatus, Terminal, TerminalOptions } from '../router/ports.ts';
import { typedLine } from '../router/typedLine.ts';
import { Scrollback } from './scrollback.ts';

/** UTF-16 units of what a command said that are kept for windows, and those of all that have ended. */
const KEPT = 1024 * 1024;
const ENDED = 16;
/** What one window may not have acknowledged of a terminal: pieces, and UTF-16 units of each. */
const OPEN = 4;
const PIECE = 32 * 1024;
/** UTF-16 units that are typed into a command that says nothing to that. */
const UNHEARD = 1024 * 1024;
const NAME_LENGTH = 200;

export class HostTerminals {
  readonly #clock: Clock;
  readonly #all = new Map<string, KeptTerminal>();
  /** Where a person did something last is the last. */
  readonly #views = new Set<TerminalView>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get isRunning(): boolean {
    return [...this.#all.values()].some(({ exit }) => exit === undefined);
  }

  /** The same environment, whose terminals windows can show. */
  around(environment: Environment): Environment {
    return {
      label: environment.label,
      spawn: (options, signal) => environment.spawn(options, signal),
      terminal: async (options, signal) => this.#keep(options, await environment.terminal(options, signal)),
    };
  }

  /** For a window that has just connected; it has left when it is disposed. */
  view(say: (told: TerminalTold) => void): TerminalView {
    const view = new TerminalView({
      say,
      all: this.#all,
      moved: (there) => {
        this.#views.delete(view);
        if (there) this.#views.add(view);
      },
      answers: (one, id) => [...this.#views].findLast((other) => other.draws(id)) === one,
    });
    this.#views.add(view);
    return view;
  }

  #keep(options: TerminalOptions, terminal: Terminal): Terminal {
    const id = options.owner?.terminal ?? this.#clock.id();
    const kept = new KeptTerminal(id, options, terminal);
    this.#all.set(id, kept);
    const driving = [...this.#views].at(-1);
    for (const view of this.#views) view.open(kept, view === driving);
    const flush = (): void => {
      for (const view of this.#views) view.flush(kept);
    };
    void terminal.exited.then((exit) => {
      kept.exit = exit;
      flush();
      this.#forgetOldest();
    });
    return overheard(terminal, (text) => {
      kept.heard(text);
      flush();
    });
  }

  #forgetOldest(): void {
    const ended = [...this.#all.values()].filter(({ exit }) => exit !== undefined);
    for (const { id } of ended.slice(0, -ENDED)) {
      this.#all.delete(id);
      for (const view of this.#views) view.close(id);
    }
  }
}

class KeptTerminal {
  readonly id: string;
  readonly scrollback = new Scrollback(KEPT);
  readonly opened: Extract<TerminalNews, { kind: 'opened' }>;
  readonly isFront: boolean;
  exit: ExitStatus | undefined;
  readonly #terminal: Terminal;
  #typed = 0;

  constructor(id: string, options: TerminalOptions, terminal: Terminal) {
    this.id = id;
    this.#terminal = terminal;
    this.isFront = options.front === true;
    const session = options.owner?.session;
    this.opened = {
      kind: 'opened',
      ...(session === undefined ? {} : { session }),
      name: typedLine(options).slice(0, NAME_LENGTH),
      way: terminal.kind,
    };
  }

  heard(text: string): void {
    this.#typed = 0;
    this.scrollback.push(text);
  }

  do(wish: Extract<TerminalWish, { kind: 'input' | 'resize' | 'kill' }>): void {
    if (this.exit !== undefined) return;
    if (wish.kind === 'kill') this.#terminal.kill();
    else if (wish.kind === 'resize') this.#terminal.resize(wish.columns, wish.rows);
    else if (this.#typed <= UNHEARD) {
      this.#typed += wish.text.length;
      this.#terminal.write(wish.text);
    }
  }
}

/** What a terminal answers by itself, to whoever asked in it. */
/* oxlint-disable-next-line no-control-regex -- control characters are what this is about */
const QUERY = /\u001b(?:\[[?>=]?[\d;]*(?:\$p|[cnq])|\]\d+(?:;\d+)*;\?(?:\u0007|\u001b\\)|Z)/gu;

/** As long as it was, since each unit has its number; what stands there instead is drawn by nobody. */
const unasked = (text: string): string => text.replace(QUERY, (query) => '\0'.repeat(query.length));

/** How far a window has heard a terminal. */
interface Heard {
  /** The number of the unit that it is sent next. */
  next: number;
  /** The ends of the pieces that it has not acknowledged. */
  open: readonly number[];
  knowsEnd: boolean;
  /** What came before this unit was asked when others were here, or nobody. */
  readonly live: number;
}

interface ViewParts {
  readonly all: ReadonlyMap<string, KeptTerminal>;
  say(told: TerminalTold): void;
  /** It has become the last one that somebody did something in, or has left. */
  moved(there: boolean): void;
  /** Whether it is the one whose terminal answers what a command asks: of several that draw it, each would. */
  answers(view: TerminalView, id: string): boolean;
}

/** One window's. */
export class TerminalView implements Disposable {
  readonly #parts: ViewParts;
  readonly #heard = new Map<string, Heard>();
  /** The number of the last input. */
  #typed = -1;

  constructor(parts: ViewParts) {
    this.#parts = parts;
  }

  /** A person did something in the window. */
  drives(): void {
    this.#parts.moved(true);
  }

  /** The window has just said hello: it knows nothing. */
  greeted(): void {
    this.#heard.clear();
    this.#typed = -1;
    // A person who signs in may have done it in this window before it was opened anew.
    for (const kept of this.#parts.all.values()) if (kept.exit === undefined) this.open(kept, true);
  }

  hear({ terminal: id, wish }: TerminalWished): void {
    const kept = this.#parts.all.get(id);
    if (kept === undefined) {
      if (wish.kind === 'attach') this.#say(id, { kind: 'closed' });
      return;
    }
    const heard = this.#heard.get(id);
    switch (wish.kind) {
      case 'attach':
        this.#attach(kept, wish.at);
        return this.flush(kept);
      case 'ack':
        if (heard === undefined) return;
        heard.open = heard.open.filter((end) => end > wish.at);
        return this.flush(kept);
      case 'input':
        if (wish.number <= this.#typed) return;
        this.#typed = wish.number;
        this.drives();
        return kept.do(wish);
      default:
        return kept.do(wish);
    }
  }

  draws(id: string): boolean {
    return this.#heard.has(id);
  }

  /** A person wants to see it. @throws Failure `gone` */
  show(id: string): void {
    const kept = this.#parts.all.get(id);
    if (kept === undefined) throw new Failure('gone', 'What this terminal said is not kept any more.');
    this.open(kept, false);
  }

  /** `driving`: the person who works in it is here. */
  open({ id, opened, isFront }: KeptTerminal, driving: boolean): void {
    this.#say(id, isFront && driving ? { ...opened, front: true } : opened);
  }

  /** Sends what is there and not sent yet, as far as the window takes it. */
  flush({ id, scrollback, exit }: KeptTerminal): void {
    const heard = this.#heard.get(id);
    if (heard === undefined) return;
    while (heard.open.length < OPEN) {
      const piece = scrollback.read(heard.next, PIECE);
      if (piece === undefined) break;
      const { at, text } = piece;
      const answers = at >= heard.live && this.#parts.answers(this, id);
      heard.next = at + text.length;
      heard.open = [...heard.open, heard.next];
      this.#say(id, { kind: 'data', at, text: answers ? text : unasked(text) });
    }
    if (exit === undefined || heard.knowsEnd || heard.next < scrollback.end) return;
    heard.knowsEnd = true;
    this.#say(id, { kind: 'exited', ...exit });
  }

  /** It is not kept any more. */
  close(id: string): void {
    if (this.#heard.delete(id)) this.#say(id, { kind: 'closed' });
  }

  dispose(): void {
    this.#heard.clear();
    this.#parts.moved(false);
  }

  #attach({ id, scrollback: { end } }: KeptTerminal, at: number): void {
    this.#heard.set(id, { next: Math.min(at, end), open: [], knowsEnd: false, live: end });
  }

  #say(terminal: string, news: TerminalNews): void {
    this.#parts.say({ type: 'terminal', terminal, news });
  }
}
