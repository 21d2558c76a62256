/**
 * One command of a device: a line for the machine's shell, with pipes, as the leader of its own group.
 *
 * C1 Its group ends with its session: it is asked, and a fifth of a second later made to.
 * C2 What it left behind when it ended by itself lives as long as the session, and no longer.
 */
import type { Writable } from 'node:stream';
import { type Clock, within } from '../../base/clock.ts';
import type { Disposable } from '../../base/disposable.ts';
import type { ExitStatus } from '../../router/ports.ts';
import { spawnPiped } from '../child.ts';
import { childVariables, type Variables } from '../environmentVariables.ts';
import { groupLives } from '../group.ts';
import type { Guard } from '../guard.ts';
import { type Invocation, shellInvocation } from '../invocation.ts';
import { signalGroup } from '../processGroup.ts';
import { ends, type Output, outputOf } from '../terminal.ts';
import { KeptOutput } from './keptOutput.ts';

/** Milliseconds between asking and insisting, after which nothing more can be done, and until its end was told. */
const PATIENCE = { ask: 200, insist: 1000 };
const WORD = 500;

/** Bytes that a command may leave unread before nothing more is written to it. */
const UNREAD = 1024 * 1024;

const INTERRUPT = '\u0003';
const END_OF_INPUT = '\u0004';

export interface CommandLine {
  readonly id: string;
  readonly command: string;
  readonly description: string;
  /** Absolute. */
  readonly cwd: string;
}

export interface CommandParts {
  readonly guard: Pick<Guard, 'admit'>;
  variables(): Promise<Variables>;
  readonly clock: Clock;
}

export type CommandStatus = 'running' | 'completed' | 'failed' | 'killed';

export class Command {
  readonly line: CommandLine;
  readonly output = new KeptOutput();
  /** Settles when it has ended and all that it said is here. Never rejects. */
  readonly exited: Promise<ExitStatus>;
  /** It goes on without anybody who waits for it: it is listed, and its input is open. */
  background = false;
  timedOut = false;
  /** On the monotonic clock, ms. */
  readonly startedAt: number;
  endedAt: number | undefined;
  readonly #clock: Clock;
  readonly #pid: number | undefined;
  readonly #stdin: Writable;
  readonly #said: Output;
  readonly #end: () => PromiseLike<void>;
  #exit: ExitStatus | undefined;
  #killed = false;
  #isInputOpen = true;
  #timer: Disposable | undefined;

  private constructor(line: CommandLine, parts: CommandParts, variables: Variables) {
    const { guard, clock } = parts;
    const invocation = invocationOf(line.command, variables);
    const charge = guard.admit({ command: invocation.file });
    const env = { ...invocation.env, ...charge.variables };
    const child = spawnPiped({ ...invocation, env }, line.cwd);
    const { output, exited } = outputOf(child, invocation.file, line, clock);
    charge.started(child.pid, exited);
    this.line = line;
    this.startedAt = clock.monotonic();
    this.#clock = clock;
    this.#pid = child.pid;
    this.#stdin = child.stdin;
    this.#said = output;
    this.#said.listen((text) => this.output.append(text));
    const { [Symbol.asyncDispose]: end } = ends(child.pid, { ...invocation, env }, exited, PATIENCE);
    this.#end = end;
    this.exited = exited.then((exit) => {
      this.#exit = exit;
      this.#timer?.dispose();
      this.endedAt = clock.monotonic();
      return exit;
    });
  }

  /** @throws Failure `failed` where there is no process to be had */
  static async start(line: CommandLine, parts: CommandParts): Promise<Command> {
    return new Command(line, parts, await parts.variables());
  }

  /** Undefined while it runs; both null once it ran out of time. */
  get exit(): ExitStatus | undefined {
    return this.#exit !== undefined && this.timedOut ? { code: null, signal: null } : this.#exit;
  }

  get status(): CommandStatus {
    if (this.#exit === undefined) return 'running';
    const { code, signal } = this.#exit;
    if (this.#killed || signal === 'SIGTERM' || signal === 'SIGKILL') return 'killed';
    return code === 0 ? 'completed' : 'failed';
  }

  get runtime(): number {
    return Math.round((this.endedAt ?? this.#clock.monotonic()) - this.startedAt);
  }

  /** Somebody of its group is there, though it has ended itself. */
  get leftOthers(): boolean {
    return this.#exit !== undefined && this.#pid !== undefined && groupLives(this.#pid);
  }

  /** What it says from now on. */
  onData(listener: (text: string) => void): Disposable {
    return this.#said.listen(listener);
  }

  /** Ends it after so many milliseconds. */
  limit(milliseconds: number): void {
    this.#timer = this.#clock.after(milliseconds, () => {
      this.timedOut = true;
      void this.kill();
    });
  }

  /** Nobody will ever write to it. */
  endInput(): void {
    this.#isInputOpen = false;
    this.#stdin.end();
  }

  /** False: it takes nothing any more, or has not read what was written before. */
  write(text: string): boolean {
    if (!this.#isInputOpen || this.#exit !== undefined || this.#stdin.writableLength > UNREAD) return false;
    if (text !== '') this.#stdin.write(text);
    return true;
  }

  /**
   * As {@link write}, of what was typed on keys. Over pipes there is no terminal that makes of a key what it means: so its
   * three meanings that every command counts on are made here: the end of a line, of the input, and of the command.
   */
  type(text: string): boolean {
    for (const part of text.split(/([\u0003\u0004])/u)) {
      if (part === INTERRUPT) this.#interrupt();
      else if (part === END_OF_INPUT && this.#isInputOpen) this.endInput();
      else if (part !== '' && !this.write(part.replaceAll('\r', '\n'))) return false;
    }
    return true;
  }

  /** Resolves when nobody of its group is there, or nothing more can be done about it. */
  async kill(): Promise<void> {
    if (this.#exit === undefined) this.#killed = true;
    this.#timer?.dispose();
    await this.#end();
    // The word of it comes after it, and not at all where the system itself holds it.
    await within(this.#clock, WORD, this.exited);
  }

  #interrupt(): void {
    if (this.#exit !== undefined || this.#pid === undefined) return;
    // Windows has no such signal.
    if (process.platform === 'win32') void this.kill();
    else signalGroup(this.#pid, 'SIGINT');
  }
}

/** Two pipes have no order between them: what goes through one comes as it was written. */
const MERGED = 'exec /bin/sh -c "$1" 2>&1';

const invocationOf = (line: string, variables: Variables): Invocation => {
  const { platform } = process;
  const invocation = shellInvocation(line, childVariables(variables, { TERM: 'dumb' }, platform), platform);
  return platform === 'win32' ? invocation : { ...invocation, args: ['-c', MERGED, 'sh', line] };
};
