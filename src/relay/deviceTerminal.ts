import type { Clock } from '../base/clock.ts';
import type { Disposable } from '../base/disposable.ts';
import { wholeUpTo } from '../base/wholeText.ts';
import { RELAY } from '../protocol/relay/names.ts';
import type { Terminal } from '../router/ports.ts';
import type { RelayFrame } from './ports.ts';
import { TerminalRing } from './terminalRing.ts';

/** UTF-16 units of one frame. */
const PIECE = 32 * 1024;
/** Milliseconds for which what a terminal goes on to say is gathered: its first word goes out at once. */
const GATHERED = 8;
/** UTF-16 units that are typed into a command that says nothing to that. */
const UNHEARD = 1024 * 1024;

/** Who opened it: a terminal is nobody else's. */
export interface Opener {
  /** The base of a client's id. */
  readonly client: string;
  /** The id of its device: another one may come by the same name later. */
  readonly device: string;
}

export interface DeviceTerminalParts {
  readonly id: string;
  readonly opener: Opener;
  readonly terminal: Terminal;
  readonly clock: Clock;
  /** To each socket of its opener, in order. */
  readonly say: (frame: RelayFrame) => void;
  /** After the last frame. */
  readonly onEnded: () => void;
}

/** A terminal of a device: what it says as numbered frames, and the end of that. */
export class DeviceTerminal {
  readonly id: string;
  readonly opener: Opener;
  readonly #parts: DeviceTerminalParts;
  readonly #ring = new TerminalRing();
  readonly #listening: Disposable;
  #said = 0;
  #typed = 0;
  #gathered = '';
  #gathering: Disposable | undefined;
  #state: 'running' | 'ended' | 'closed' = 'running';

  constructor(parts: DeviceTerminalParts) {
    this.id = parts.id;
    this.opener = parts.opener;
    this.#parts = parts;
    // What came before this is told now, in the same breath.
    this.#listening = parts.terminal.onData((text) => this.#hear(text));
    void parts.terminal.exited.then(({ code, signal }) => {
      if (this.#state !== 'running') return;
      this.flush(true);
      this.#state = 'ended';
      this.#tell(RELAY.terminalExit, { exitCode: signal === null ? code : null, signal });
      parts.onEnded();
    });
  }

  get isRunning(): boolean {
    return this.#state === 'running';
  }

  /** The end of what it said, in frames. */
  get kept(): readonly RelayFrame[] {
    return this.#ring.frames;
  }

  write(text: string): void {
    if (!this.isRunning || this.#typed > UNHEARD) return;
    this.#typed += text.length;
    this.#parts.terminal.write(text);
  }

  resize(columns: number, rows: number): void {
    if (this.isRunning) this.#parts.terminal.resize(columns, rows);
  }

  /** Tells what is gathered. `whole`: nothing more comes, also not the other half of a character. */
  flush(whole = false): void {
    const text = this.#gathered;
    const end = whole ? text.length : endOfCharacters(text);
    this.#gathered = text.slice(end);
    for (let at = 0; at < end;) {
      const next = wholeUpTo(text, Math.min(at + PIECE, end));
      this.#said += 1;
      this.#tell(RELAY.terminalOutput, { data: text.slice(at, next), seq: this.#said });
      at = next;
    }
  }

  /** Nothing is heard of it any more; all that runs in it ends. */
  async close(): Promise<void> {
    this.#state = 'closed';
    this.#gathering?.dispose();
    // One that nobody listens to keeps nothing.
    this.#listening.dispose();
    await this.#parts.terminal[Symbol.asyncDispose]();
  }

  #hear(text: string): void {
    if (this.#state !== 'running') return;
    this.#typed = 0;
    this.#gathered += text;
    if (this.#gathering === undefined || this.#gathered.length >= PIECE) this.flush();
    this.#gathering ??= this.#gather();
  }

  #gather(): Disposable {
    return this.#parts.clock.after(GATHERED, () => {
      this.#gathering = undefined;
      if (this.#gathered === '') return;
      this.flush();
      this.#gathering = this.#gather();
    });
  }

  #tell(method: string, news: object): void {
    const params = { terminalId: this.id, ...news };
    const frame = { text: `${JSON.stringify({ jsonrpc: '2.0', method, params })}\n` };
    this.#ring.push(frame);
    this.#parts.say(frame);
  }
}

/** Where the last whole character ends. */
const endOfCharacters = (text: string): number => {
  const last = text.charCodeAt(text.length - 1);
  return last >= 0xd800 && last < 0xdc00 ? text.length - 1 : text.length;
};
