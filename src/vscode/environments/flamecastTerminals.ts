import type { FlamecastHost } from '../../backends/flamecast/host.ts';
import { abortable } from '../../base/abortable.ts';
import type { Disposable } from '../../base/disposable.ts';
import { Failure } from '../../base/failure.ts';
import { KeptText } from '../../base/keptText.ts';
import type { FlamecastEvent } from '../../protocol/flamecast/read.ts';
import type { ExitStatus, Terminal } from '../../router/ports.ts';

/** What nobody has named yet is the answer to what was asked for first. */
interface Asked {
  readonly host: string;
  readonly opened: PromiseWithResolvers<FlamecastTerminal>;
}

/** Milliseconds from what was asked for to the terminal: a host that knows nothing of terminals says nothing. */
const ANSWER = 15_000;

const nameOf = (host: string, id: string): string => `${host} ${id}`;

const GONE: ExitStatus = { code: null, signal: null };

/** Terminals of the runtimes of a server. No answer names what it is of: a started terminal is the one asked for first. */
export class FlamecastTerminals implements Disposable {
  readonly #open = new Map<string, FlamecastTerminal>();
  readonly #asked: Asked[] = [];

  /** @throws Failure `offline`, the reason of the signal */
  async open(
    place: { readonly name: string; readonly host: FlamecastHost },
    options: { readonly columns: number; readonly rows: number; readonly line?: string },
    signal: AbortSignal,
  ): Promise<Terminal> {
    await place.host.followTerminals(signal);
    const opened = Promise.withResolvers<FlamecastTerminal>();
    const asked = { host: place.name, opened };
    this.#asked.push(asked);
    const { columns: cols, rows, line } = options;
    place.host.say({ action: 'terminal.create', cols, rows, ...(line === undefined ? {} : { data: line }) });
    const slow = AbortSignal.timeout(ANSWER);
    try {
      const terminal = await abortable(opened.promise, AbortSignal.any([signal, slow]));
      terminal.attach(place.host);
      return terminal;
    } catch (failure) {
      if (failure === slow.reason) throw new Failure('unsupported', 'This host has opened no terminal.');
      throw failure;
    } finally {
      const at = this.#asked.indexOf(asked);
      if (at >= 0) this.#asked.splice(at, 1);
    }
  }

  /** Undefined: the host was started again, and has none of those that it had. */
  hear(host: string, event: FlamecastEvent | undefined): void {
    if (event === undefined) return this.#gone(host);
    const { type, data } = event;
    const { message } = data;
    if (type === 'error' && typeof message === 'string' && message.startsWith('terminal.create'))
      return this.#asked.find((asked) => asked.host === host)?.opened.reject(new Failure('failed', message));
    const id = data['terminalId'];
    if (typeof id !== 'string') return;
    const name = nameOf(host, id);
    if (type === 'terminal.started') return this.#started(host, id);
    const terminal = this.#open.get(name);
    if (type === 'terminal.data' && typeof data['data'] === 'string') terminal?.take(data['data']);
    if (type !== 'terminal.exit') return;
    const { exitCode: code } = data;
    this.#open.delete(name);
    terminal?.over({ code: typeof code === 'number' ? code : null, signal: null });
  }

  dispose(): void {
    for (const terminal of this.#open.values()) terminal.over(GONE);
    for (const { opened } of this.#asked) opened.reject(new Failure('ended', 'The server is left.'));
    this.#open.clear();
  }

  #gone(host: string): void {
    for (const [name, terminal] of this.#open) {
      if (!name.startsWith(nameOf(host, ''))) continue;
      this.#open.delete(name);
      terminal.over(GONE);
    }
  }

  #started(host: string, id: string): void {
    const name = nameOf(host, id);
    if (this.#open.has(name)) return;
    const at = this.#asked.findIndex((asked) => asked.host === host);
    const [asked] = at < 0 ? [] : this.#asked.splice(at, 1);
    if (asked === undefined) return;
    const terminal = new FlamecastTerminal(id);
    this.#open.set(name, terminal);
    asked.opened.resolve(terminal);
  }
}

class FlamecastTerminal implements Terminal {
  readonly pid = undefined;
  readonly kind = 'pty';
  readonly #id: string;
  readonly #exited = Promise.withResolvers<ExitStatus>();
  readonly #output = new KeptText();
  #host: FlamecastHost | undefined;

  constructor(id: string) {
    this.#id = id;
  }

  get exited(): Promise<ExitStatus> {
    return this.#exited.promise;
  }

  attach(host: FlamecastHost): void {
    this.#host = host;
  }

  take(text: string): void {
    this.#output.take(text);
  }

  onData(listener: (text: string) => void): Disposable {
    return this.#output.listen(listener);
  }

  write(data: string): void {
    this.#host?.say({ action: 'terminal.input', terminalId: this.#id, data });
  }

  resize(cols: number, rows: number): void {
    this.#host?.say({ action: 'terminal.resize', terminalId: this.#id, cols, rows });
  }

  kill(): void {
    this.#host?.say({ action: 'terminal.kill', terminalId: this.#id });
    this.over(GONE);
  }

  over(status: ExitStatus): void {
    this.#exited.resolve(status);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.kill();
    await this.#exited.promise;
  }
}
