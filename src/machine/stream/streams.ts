/**
 * All terminal sessions of a host.
 *
 * U1 What has ended stays readable, also after a restart of the host, until it is deleted or too many others have ended.
 * U2 Who starts one by the name of one that has ended goes on with that one and its numbers.
 * U3 Everything that runs ends with the host.
 */
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../base/clock.ts';
import { Emitter, type Event } from '../../base/event.ts';
import { Failure, sentence } from '../../base/failure.ts';
import type { Log } from '../../base/log.ts';
import type { Environment, TerminalOptions } from '../../router/ports.ts';
import { makePrivateFolder } from '../privateFile.ts';
import { readAbout, writeAbout } from './about.ts';
import { StreamBuffer } from './buffer.ts';
import { STREAM } from './limits.ts';
import { TerminalStream } from './stream.ts';

export interface StreamsParts {
  /** Absolute: this user's alone. */
  readonly folder: string;
  readonly environment: Pick<Environment, 'terminal'>;
  readonly clock: Clock;
  readonly log: Log;
}

interface Kept {
  readonly stream: TerminalStream;
  readonly folder: string;
  readonly createdAt: number;
  /** What is written down last. */
  written: Promise<void>;
}

export class Streams implements AsyncDisposable {
  readonly #parts: StreamsParts;
  /** By id; in the order in which something began to run in them. */
  readonly #all = new Map<string, Kept>();
  readonly #changed: Emitter<void>;
  readonly #ending = new AbortController();
  #starting = 0;

  private constructor(parts: StreamsParts) {
    this.#parts = parts;
    this.#changed = new Emitter((failure) => parts.log.error(`A listener of terminals failed: ${sentence(failure)}`));
  }

  /** With those of earlier hosts. @throws Failure `invalid`, `failed` */
  static async open(parts: StreamsParts): Promise<Streams> {
    await makePrivateFolder(parts.folder);
    const streams = new Streams(parts);
    const found = await Promise.all((await readdir(parts.folder)).map((id) => streams.#find(id)));
    const kept = found.filter((each) => each !== undefined).toSorted((a, b) => a.createdAt - b.createdAt);
    for (const each of kept) streams.#all.set(each.stream.id, each);
    await streams.#forgetOldest();
    return streams;
  }

  get all(): readonly TerminalStream[] {
    return [...this.#all.values()].map(({ stream }) => stream);
  }

  get isRunning(): boolean {
    return this.#starting > 0 || this.all.some((stream) => stream.isRunning);
  }

  /** One began or ended. */
  get onChanged(): Event<void> {
    return this.#changed.event;
  }

  find(id: string): TerminalStream | undefined {
    return this.#all.get(id)?.stream;
  }

  /** @throws Failure `full`; or why it could not be started */
  async start({ goesOn, ...options }: TerminalOptions & { readonly goesOn: boolean }): Promise<TerminalStream> {
    const running = this.all.filter((stream) => stream.isRunning).length + this.#starting;
    if (running >= STREAM.running)
      throw new Failure('full', `${running} terminals run here already.`, 'End one of them first.');
    this.#starting += 1;
    try {
      const terminal = await this.#parts.environment.terminal(options, this.#ending.signal);
      // Looked for once it runs: of two who start one by the same name, one goes on with it.
      const kept = (goesOn ? this.#past(options.name) : undefined) ?? (await this.#make(options));
      kept.stream.run(terminal, options);
      this.#all.delete(kept.stream.id);
      this.#all.set(kept.stream.id, kept);
      if (this.#ending.signal.aborted) await kept.stream.stop();
      this.#write(kept);
      return kept.stream;
    } finally {
      this.#starting -= 1;
      this.#changed.fire();
    }
  }

  describe(stream: TerminalStream, description: string): void {
    stream.description = description;
    const kept = this.#all.get(stream.id);
    if (kept !== undefined) this.#write(kept);
  }

  /** Ends what runs in it; nothing of it is left. */
  async delete(stream: TerminalStream): Promise<void> {
    const kept = this.#all.get(stream.id);
    if (kept === undefined) return;
    // First of all: nobody goes on with it by its name.
    this.#all.delete(stream.id);
    await this.#remove(kept);
    this.#changed.fire();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ending.abort(new Failure('ended', 'The host is ending.'));
    await Promise.all([...this.#all.values()].map(({ stream }) => stream.stop()));
    await Promise.all(
      [...this.#all.values()].map(async (kept) => {
        await kept.written;
        await kept.stream.buffer.close();
      }),
    );
    this.#changed.dispose();
  }

  #past(name: string): Kept | undefined {
    return [...this.#all.values()].findLast(({ stream }) => !stream.isRunning && stream.name === name);
  }

  async #make({ name, columns, rows }: TerminalOptions): Promise<Kept> {
    const { clock, log } = this.#parts;
    const id = clock.id();
    const folder = join(this.#parts.folder, id);
    const buffer = await StreamBuffer.open(folder, log, 0);
    const parts = { id, name, description: '', buffer, clock, columns, rows };
    const kept: Kept = {
      stream: new TerminalStream({ ...parts, changed: () => void this.#ended(kept) }),
      folder,
      createdAt: clock.now(),
      written: Promise.resolve(),
    };
    return kept;
  }

  /** One that an earlier host has left; what nobody can read any more is left alone. */
  async #find(id: string): Promise<Kept | undefined> {
    const { clock, log } = this.#parts;
    const folder = join(this.#parts.folder, id);
    const about = await readAbout(folder);
    if (about === undefined) return undefined;
    try {
      const { head, createdAt, exit = { code: null, signal: null }, lastOutputAt, ...size } = about;
      const buffer = await StreamBuffer.open(folder, log, head);
      const parts = { id, ...size, buffer, clock, past: { exit, lastOutputAt } };
      const stream = new TerminalStream({ ...parts, changed: () => void this.#ended(kept) });
      const kept: Kept = { stream, folder, createdAt, written: Promise.resolve() };
      return kept;
    } catch (failure) {
      log.warn(`A terminal of an earlier host cannot be read: ${sentence(failure)}`);
      return undefined;
    }
  }

  async #ended(kept: Kept): Promise<void> {
    if (this.#all.get(kept.stream.id) !== kept) return;
    this.#write(kept);
    await this.#forgetOldest();
    this.#changed.fire();
  }

  async #forgetOldest(): Promise<void> {
    const ended = [...this.#all.values()].filter(({ stream }) => !stream.isRunning);
    for (const kept of ended.slice(0, Math.max(0, ended.length - STREAM.ended))) {
      this.#all.delete(kept.stream.id);
      await this.#remove(kept);
    }
  }

  async #remove({ stream, folder, written }: Kept): Promise<void> {
    try {
      await stream.stop();
      await written;
      await stream.buffer.close();
      await rm(folder, { recursive: true, force: true });
    } catch (failure) {
      this.#parts.log.warn(`What a terminal said could not be removed: ${sentence(failure)}`);
    }
  }

  /** One after the other, and each what holds by then. */
  #write(kept: Kept): void {
    const { clock, log } = this.#parts;
    const { stream, folder, createdAt } = kept;
    kept.written = kept.written.then(async () => {
      try {
        const { name, description, size, lastOutputAt, exit } = stream;
        if (exit !== undefined) await stream.buffer.written();
        const about = {
          name,
          description,
          createdAt,
          ...size,
          ...(lastOutputAt === undefined ? {} : { lastOutputAt }),
        };
        const end = exit === undefined ? {} : { exit, head: stream.buffer.head };
        await writeAbout(folder, { ...about, ...end }, clock.id());
      } catch (failure) {
        log.warn(`A terminal could not be written down: ${sentence(failure)}`);
      }
    });
  }
}
