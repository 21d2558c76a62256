/**
 * Terminals on the machine of a relay. Source: the relay protocol, §3 and §4, terminals.
 *
 * D1 Output may come before the answer that names its terminal: it is kept for it.
 * D2 After a cut the far side says its scrollback again: what was taken has a number that is not taken twice.
 */
import { Failure } from '../../base/failure.ts';
import type { Disposable } from '../../base/disposable.ts';
import { KeptText } from '../../base/keptText.ts';
import { isFields } from '../../model/fold/read.ts';
import { RELAY } from '../../protocol/relay/names.ts';
import type { Heard } from '../../relay/decode.ts';
import type { ExitStatus, Terminal } from '../../router/ports.ts';

/** The connection that they are of; what is said without one is lost, as keys are that nobody hears. */
export interface TerminalLine {
  /** @throws Failure, PeerError */
  request(method: string, params: object, signal: AbortSignal): Promise<unknown>;
  notify(method: string, params: object): void;
}

type Output = Extract<Heard, { kind: 'output' }>;

/** Of an answer that is under way, so much is kept. */
const MOST_EARLY = 1000;
const GONE: ExitStatus = { code: null, signal: null };

export class RelayTerminals implements Disposable {
  readonly #line: TerminalLine;
  readonly #open = new Map<string, FarTerminal>();
  /** Of terminals that nobody has named yet. */
  #early: (Output | Extract<Heard, { kind: 'exit' }>)[] = [];
  #opening = 0;

  constructor(line: TerminalLine) {
    this.#line = line;
  }

  hear(heard: Heard): void {
    if (heard.kind !== 'output' && heard.kind !== 'exit') return;
    const terminal = this.#open.get(heard.terminal);
    if (terminal !== undefined) terminal.hear(heard);
    else if (this.#opening > 0 && this.#early.length < MOST_EARLY) this.#early.push(heard);
  }

  /** The person's shell there. @throws Failure, PeerError */
  async open(size: { readonly columns: number; readonly rows: number }, signal: AbortSignal): Promise<Terminal> {
    this.#opening += 1;
    try {
      const answer = await this.#line.request(RELAY.terminalOpen, { cols: size.columns, rows: size.rows }, signal);
      const id = isFields(answer) ? answer['terminalId'] : undefined;
      if (typeof id !== 'string') throw new Failure('failed', 'The relay opened no terminal.');
      const terminal = new FarTerminal(id, this.#line, () => this.#open.delete(id));
      this.#open.set(id, terminal);
      for (const heard of this.#early) if (heard.terminal === id) terminal.hear(heard);
      return terminal;
    } finally {
      this.#opening -= 1;
      if (this.#opening === 0) this.#early = [];
    }
  }

  /** Whatever they were on is gone. */
  dispose(): void {
    for (const terminal of [...this.#open.values()]) terminal.over(GONE);
  }
}

class FarTerminal implements Terminal {
  readonly pid = undefined;
  readonly kind = 'pty';
  readonly #id: string;
  readonly #line: TerminalLine;
  readonly #forget: () => void;
  readonly #exited = Promise.withResolvers<ExitStatus>();
  readonly #output = new KeptText();
  #seq = 0;

  constructor(id: string, line: TerminalLine, forget: () => void) {
    this.#id = id;
    this.#line = line;
    this.#forget = forget;
  }

  get exited(): Promise<ExitStatus> {
    return this.#exited.promise;
  }

  hear(heard: Output | Extract<Heard, { kind: 'exit' }>): void {
    if (heard.kind === 'exit') {
      this.over({ code: heard.code, signal: heard.signal });
      return;
    }
    if (heard.seq <= this.#seq) return;
    this.#seq = heard.seq;
    this.#output.take(heard.data);
  }

  onData(listener: (text: string) => void): Disposable {
    return this.#output.listen(listener);
  }

  write(data: string): void {
    this.#line.notify(RELAY.terminalInput, { terminalId: this.#id, data });
  }

  resize(columns: number, rows: number): void {
    this.#line.notify(RELAY.terminalResize, { terminalId: this.#id, cols: columns, rows });
  }

  /** It is not readable any more: what the far side drops when it is closed is gone. */
  kill(): void {
    const { signal } = new AbortController();
    this.#line.request(RELAY.terminalClose, { terminalId: this.#id }, signal).catch(() => undefined);
    this.over(GONE);
  }

  over(status: ExitStatus): void {
    this.#forget();
    this.#exited.resolve(status);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.kill();
    await this.#exited.promise;
  }
}
