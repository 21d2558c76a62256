/**
 * Terminals that devices open on this machine. Source: the relay protocol, §3, §4 and §9, terminals.
 *
 * T1 Only its opener, the base of a client of one device, drives a terminal, closes it and hears it: nothing that anybody
 *    else says reaches it.
 * T2 What it said is numbered from 1 and kept, so that each of the opener's sockets gets all of it once, the old before
 *    the new.
 * T3 Nothing of it outlives its device, or ten minutes without any socket of its opener.
 */
import { type Disposable, toDisposable } from '../base/disposable.ts';
import { Failure, PeerError, sentence } from '../base/failure.ts';
import { type Fields, isCount, isFields, isText } from '../model/fold/read.ts';
import { CODE, RELAY } from '../protocol/relay/names.ts';
import type { Terminal } from '../router/ports.ts';
import type { Device } from './device.ts';
import { DeviceTerminal, type Opener } from './deviceTerminal.ts';
import type { RelayFrame, RelayWorld } from './ports.ts';
import { invalid } from './refusal.ts';
import { shellLine } from './shellLine.ts';

/** Of those that have ended, how many stay readable. */
const ENDED = 8;
/** Milliseconds that terminals wait for a socket of their opener. */
const UNATTENDED = 10 * 60_000;
const COLUMNS = 80;
const ROWS = 24;
const MOST_CELLS = 1000;
/** UTF-16 units of a command, and of one input. */
const MOST_LINE = 64 * 1024;
const MOST_INPUT = 1024 * 1024;

/** The sockets of one opener. */
interface Audience {
  readonly opener: Opener;
  readonly sockets: Set<(frames: readonly RelayFrame[]) => void>;
  waiting: Disposable | undefined;
}

export type TerminalsWorld = Pick<RelayWorld, 'terminals' | 'roots' | 'place' | 'limits' | 'clock' | 'log'>;

export class RelayTerminals implements Disposable {
  readonly #world: TerminalsWorld;
  /** In the order in which they were opened. */
  readonly #all = new Map<string, DeviceTerminal>();
  readonly #audiences = new Map<string, Audience>();
  /** Those that are being opened. */
  readonly #opening = new Map<AbortController, Opener>();
  /** In the order in which they ended. */
  readonly #ended = new Set<DeviceTerminal>();
  #count = 0;

  constructor(world: TerminalsWorld) {
    this.#world = world;
  }

  get isOn(): boolean {
    return this.#world.terminals !== undefined;
  }

  /**
   * What one of the terminal methods is answered.
   * @param client the base of its id
   * @throws PeerError
   */
  async request(method: string, params: unknown, client: string, device: Device): Promise<unknown> {
    if (!this.isOn) throw new PeerError(CODE.unknownMethod, 'Terminals are switched off here.');
    const fields = isFields(params) ? params : {};
    const opener = { client, device: device.id };
    switch (method) {
      case RELAY.terminalOpen:
        return { terminalId: await this.#open(fields, opener, device.name) };
      case RELAY.terminalClose:
        this.#close(fields, opener);
        return { ok: true };
      case RELAY.terminalInput:
      case RELAY.terminalResize:
        if (!this.#drive(method, fields, opener)) throw invalid('This is no terminal of yours, or nothing for it.');
        return {};
      default:
        throw new PeerError(CODE.unknownMethod, `${method} is not known here.`);
    }
  }

  /** Whatever is ill-typed, unknown or somebody else's is passed over. */
  notify(method: string, params: unknown, client: string, device: Device): void {
    if (this.isOn && isFields(params)) this.#drive(method, params, { client, device: device.id });
  }

  /**
   * A socket of a client: what its terminals have said is pushed at once, and then what they say. It has left when the
   * result is disposed.
   */
  attached(client: string, device: Device, send: (frames: readonly RelayFrame[]) => void): Disposable {
    const opener = { client, device: device.id };
    const audience = this.#audienceOf(opener);
    for (const terminal of this.#of(opener)) {
      // What waits to be sent to the others is in what is kept from now on.
      terminal.flush();
      if (terminal.kept.length > 0) send(terminal.kept);
    }
    audience.sockets.add(send);
    this.#attend(audience);
    return toDisposable(() => {
      audience.sockets.delete(send);
      this.#attend(audience);
    });
  }

  /** The device is no more. */
  revoked(device: string): void {
    for (const [control, opener] of this.#opening) if (opener.device === device) control.abort(gone());
    for (const terminal of [...this.#all.values()]) if (terminal.opener.device === device) this.#end(terminal);
  }

  dispose(): void {
    for (const control of this.#opening.keys()) control.abort(gone());
    for (const terminal of [...this.#all.values()]) this.#end(terminal);
  }

  async #open(fields: Fields, opener: Opener, name: string): Promise<string> {
    const { terminals, limits } = this.#world;
    const running = [...this.#all.values()].filter(({ isRunning }) => isRunning).length + this.#opening.size;
    if (terminals === undefined || running >= limits.terminals)
      throw new PeerError(CODE.failed, `${running} terminals run here already. Close one first.`);
    const line = readLine(fields['command']);
    const size = { columns: readSize(fields['cols'], COLUMNS), rows: readSize(fields['rows'], ROWS) };
    const control = new AbortController();
    this.#opening.set(control, opener);
    try {
      const cwd = await this.#folder(fields['cwd'], control.signal);
      const options = { name: line ?? name, ...shellLine(line, terminals.shell), cwd, ...size };
      const terminal = await terminals.terminal(options, control.signal);
      return this.#keep(terminal, opener, control.signal);
    } catch (failure) {
      throw failure instanceof PeerError ? failure : new PeerError(CODE.failed, sentence(failure));
    } finally {
      this.#opening.delete(control);
    }
  }

  #keep(terminal: Terminal, opener: Opener, { aborted }: AbortSignal): string {
    if (aborted) {
      // What it still writes would be kept for a first listener.
      terminal.onData(() => undefined);
      this.#dispose(terminal);
      throw gone();
    }
    this.#count += 1;
    const id = `term_${this.#count}`;
    const audience = this.#audienceOf(opener);
    const kept: DeviceTerminal = new DeviceTerminal({
      id,
      opener,
      terminal,
      clock: this.#world.clock,
      say: (frame) => audience.sockets.forEach((send) => send([frame])),
      onEnded: () => {
        this.#ended.add(kept);
        for (const oldest of [...this.#ended].slice(0, -ENDED)) this.#end(oldest);
      },
    });
    this.#all.set(id, kept);
    // Its opener may have left while it was started.
    this.#attend(audience);
    return id;
  }

  /** @throws PeerError */
  async #folder(asked: unknown, signal: AbortSignal): Promise<string> {
    const path = isText(asked) && asked !== '' ? asked : this.#world.roots()[0];
    if (path === undefined) throw new PeerError(CODE.failed, 'No folder is open here in which it could run.');
    const place = await this.#world.place(path, signal).catch((failure: unknown) => {
      throw failure instanceof Failure ? invalid(failure.message) : failure;
    });
    if (!place.inside) throw invalid(`${path} is outside of the folders of the workspace.`);
    if (place.kind !== 'folder') throw new PeerError(CODE.failed, `${path} is no folder here.`);
    return place.path;
  }

  #close(fields: Fields, opener: Opener): void {
    const terminal = this.#find(fields);
    if (terminal === undefined) return;
    if (!isSame(terminal.opener, opener)) throw invalid('This terminal is somebody else’s.');
    this.#end(terminal);
  }

  /** Says whether it was something for a terminal of the opener's. */
  #drive(method: string, fields: Fields, opener: Opener): boolean {
    const terminal = this.#find(fields);
    if (terminal === undefined || !isSame(terminal.opener, opener)) return false;
    const { data, cols, rows } = fields;
    if (method === RELAY.terminalInput) {
      if (!isText(data) || data.length > MOST_INPUT) return false;
      terminal.write(data);
      return true;
    }
    if (method !== RELAY.terminalResize || !isCount(cols) || !isCount(rows)) return false;
    terminal.resize(readSize(cols, COLUMNS), readSize(rows, ROWS));
    return true;
  }

  #find({ terminalId }: Fields): DeviceTerminal | undefined {
    return isText(terminalId) ? this.#all.get(terminalId) : undefined;
  }

  #of(opener: Opener): readonly DeviceTerminal[] {
    return [...this.#all.values()].filter((terminal) => isSame(terminal.opener, opener));
  }

  #end(terminal: DeviceTerminal): void {
    this.#all.delete(terminal.id);
    this.#ended.delete(terminal);
    this.#dispose({ [Symbol.asyncDispose]: () => terminal.close() });
    this.#attend(this.#audienceOf(terminal.opener));
  }

  #dispose(terminal: AsyncDisposable): void {
    Promise.resolve(terminal[Symbol.asyncDispose]()).catch((failure: unknown) =>
      this.#world.log.error(`A terminal of a device was not ended: ${sentence(failure)}`),
    );
  }

  #audienceOf(opener: Opener): Audience {
    const key = JSON.stringify([opener.client, opener.device]);
    const known = this.#audiences.get(key);
    if (known !== undefined) return known;
    const audience: Audience = { opener, sockets: new Set(), waiting: undefined };
    this.#audiences.set(key, audience);
    return audience;
  }

  /** Without a socket the terminals of an opener wait for one, and without either nothing is kept of them. */
  #attend(audience: Audience): void {
    const { opener, sockets } = audience;
    const isAwaited = sockets.size === 0 && this.#of(opener).length > 0;
    if (isAwaited && audience.waiting !== undefined) return;
    audience.waiting?.dispose();
    audience.waiting = isAwaited
      ? this.#world.clock.after(UNATTENDED, () => this.#of(opener).forEach((terminal) => this.#end(terminal)))
      : undefined;
    if (sockets.size === 0 && !isAwaited) this.#audiences.delete(JSON.stringify([opener.client, opener.device]));
  }
}

const isSame = (one: Opener, other: Opener): boolean => one.client === other.client && one.device === other.device;

/** What is no number stands for none. */
const readSize = (value: unknown, absent: number): number =>
  isCount(value) ? Math.max(1, Math.min(MOST_CELLS, Math.floor(value))) : absent;

/** Undefined: the shell itself. @throws PeerError */
const readLine = (command: unknown): string | undefined => {
  if (!isText(command) || command === '') return undefined;
  // The system ends a word at a NUL: it would run another command than the one that was sent.
  if (command.length > MOST_LINE || command.includes('\0')) throw invalid('This is no line for a shell.');
  return command;
};

const gone = (): Failure => new Failure('gone', 'Nobody is there any more for whom it was opened.');
