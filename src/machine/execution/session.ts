/**
 * The session that one device has opened. Source: the remote execution protocol, §4, §5 and §11.
 *
 * E1 It is the device's and not a connection's: whatever connection the device has, it goes on.
 * E2 It ends ten minutes after the last request, and never while one is being answered.
 * E3 A command whose answer nobody waits for any more goes on in the background, where its device finds it again.
 */
import type { Clock } from '../../base/clock.ts';
import type { Disposable } from '../../base/disposable.ts';
import type { BashMetadata, BashPayload, ProcessPayload, ToolResult } from '../../protocol/environment/messages.ts';
import type { Device } from '../../relay/device.ts';
import type { Command, CommandLine } from './command.ts';
import { Processes } from './processes.ts';
import { Refused } from './refused.ts';

/** Milliseconds. */
export const IDLE = 10 * 60_000;

/** UTF-16 units of what a device says about itself and its commands. */
export const LONGEST_WORDS = 1000;

/** How a session is shown to the people of this machine. */
export interface Shown {
  /** A command has begun; it is followed until it ends. */
  began(command: Command): void;
  /** One that could not be started, and why. */
  failed(line: CommandLine, why: string): void;
  /** All of it has ended. */
  over(why: SessionEnd): void;
}

/** `device`: it closed it, or has lost its right to it; `idle`; `person`: somebody here ended it; `host`: the host ends. */
export type SessionEnd = 'device' | 'idle' | 'person' | 'host';

export interface SessionParts {
  readonly id: string;
  readonly device: Device;
  readonly label: string | undefined;
  readonly shown: Shown;
  readonly clock: Clock;
  /** A new id of a process. */
  processId(): string;
  /** Where a command runs that wants to run there. Absolute. @throws Refused */
  place(workdir: string | undefined, signal: AbortSignal): Promise<string>;
  start(line: CommandLine): Promise<Command>;
  ended(): void;
}

type Answered = ToolResult<Omit<BashMetadata, 'hostSessionID' | 'envID' | 'backend'>>;

export class ExecutionSession {
  readonly id: string;
  readonly device: Device;
  readonly label: string | undefined;
  readonly #parts: SessionParts;
  readonly #processes: Processes;
  readonly #over = new AbortController();
  #answering = 0;
  #heardAt: number;
  #timer: Disposable;
  #ending: Promise<void> | undefined;

  constructor(parts: SessionParts) {
    this.#parts = parts;
    ({ id: this.id, device: this.device, label: this.label } = parts);
    const { clock } = parts;
    this.#processes = new Processes(clock);
    this.#heardAt = clock.monotonic();
    this.#timer = clock.after(IDLE, () => this.#look());
  }

  get isWorking(): boolean {
    return this.#processes.areRunning;
  }

  /** Whatever is asked of it keeps it for as long as that takes, and a while longer. */
  async answer<T>(run: () => Promise<T>): Promise<T> {
    this.#answering += 1;
    try {
      return await run();
    } finally {
      this.#answering -= 1;
      this.#heardAt = this.#parts.clock.monotonic();
    }
  }

  perform(payload: ProcessPayload, signal: AbortSignal) {
    return this.#processes.perform(payload, signal);
  }

  /** @param signal aborted when nobody waits for the answer any more @throws Refused */
  async run(payload: BashPayload, signal: AbortSignal): Promise<Answered> {
    const { background = false, timeout, yieldMs } = payload;
    const command = await this.#start(payload, signal);
    const { id, description } = command.line;
    if (timeout !== undefined) command.limit(timeout);
    if (!background && yieldMs === undefined) command.endInput();
    this.#parts.shown.began(command);
    if (!background && (await this.#waits(command, yieldMs, signal))) {
      this.#processes.forget(command);
      return foreground(command);
    }
    command.background = true;
    const title = `${background ? '[Background]' : '[Auto-Background]'} ${description}`;
    const said = background ? '' : paragraph(command.output.text);
    const output = `${said}It runs in the background as the process ${id}.`;
    const dropped = droppedOf(command);
    return { title, output, metadata: { description, processId: id, background: true, ...dropped } };
  }

  /** Resolves when nothing of it is left. Asked twice, it is the same end. */
  end(why: SessionEnd): Promise<void> {
    return (this.#ending ??= this.#end(why));
  }

  async #end(why: SessionEnd): Promise<void> {
    this.#timer.dispose();
    this.#over.abort();
    this.#parts.ended();
    await this.#processes.end();
    this.#parts.shown.over(why);
  }

  async #start({ command, description, workdir }: BashPayload, signal: AbortSignal): Promise<Command> {
    const { shown, place, start, processId } = this.#parts;
    const cwd = await place(workdir, signal);
    const line = { id: processId(), command, description: description.slice(0, LONGEST_WORDS), cwd };
    const started = await this.#processes
      .start(async () => {
        const begun = await start(line);
        if (!this.#over.signal.aborted) return begun;
        // It was started for nobody.
        await begun.kill();
        throw new Refused('session_invalid', 'The session has ended.');
      })
      .catch((failure: unknown) => {
        if (failure instanceof Refused) throw failure;
        const why = failure instanceof Error ? failure.message : String(failure);
        shown.failed(line, why);
        throw new Refused('remote_execution_error', why);
      });
    return started;
  }

  /** True: it has ended. False: whoever asked does not wait for that. */
  async #waits(command: Command, yieldMs: number | undefined, signal: AbortSignal): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const leave = (): void => resolve(false);
    const timer = yieldMs === undefined ? undefined : this.#parts.clock.after(yieldMs, leave);
    signal.addEventListener('abort', leave);
    if (signal.aborted) leave();
    void command.exited.then(() => resolve(true));
    try {
      return await promise;
    } finally {
      timer?.dispose();
      signal.removeEventListener('abort', leave);
    }
  }

  #look(): void {
    const { clock } = this.#parts;
    if (this.#answering > 0) this.#heardAt = clock.monotonic();
    const left = this.#heardAt + IDLE - clock.monotonic();
    if (left <= 0) void this.end('idle');
    else this.#timer = clock.after(left, () => this.#look());
  }
}

const droppedOf = ({ output: { droppedChars } }: Command) => (droppedChars === 0 ? {} : { droppedChars });

/** With a blank line after it: of two, one would be its own. */
const paragraph = (text: string): string => (text === '' ? '' : `${text.replace(/\n$/u, '')}\n\n`);

/** What it said, and what is to be known of how it went. */
const foreground = (command: Command): Answered => {
  const { line, output, exit, runtime, timedOut } = command;
  const lines = [`durationMs=${runtime}`, ...(timedOut ? ['timedOut=true'] : [])];
  return {
    title: line.description,
    output: `${paragraph(output.text)}<meta_runtime>\n${lines.join('\n')}\n</meta_runtime>`,
    metadata: {
      description: line.description,
      exit: exit?.code ?? null,
      durationMs: runtime,
      ...(timedOut ? { timedOut } : {}),
      ...droppedOf(command),
    },
  };
};
