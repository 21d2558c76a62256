/**
 * What one session has started, and what its tool `process` does with it. Source: the remote execution protocol, §4, §11.
 *
 * P1 At most {@link MOST} are known at a time; one that has ended is forgotten after half an hour, or sooner for a new one.
 * P2 Whatever was started ends with the session, also what nobody lists any more.
 */
import { type Clock, within } from '../../base/clock.ts';
import { encodeKeys } from '../../protocol/environment/keys.ts';
import type {
  ListedProcess,
  ProcessMetadata,
  ProcessPayload,
  ProcessStatus,
  ToolResult,
} from '../../protocol/environment/messages.ts';
import type { Command } from './command.ts';
import { Refused } from './refused.ts';

const MOST = 64;
/** Milliseconds. */
const KEPT = 30 * 60_000;
const POLL = 30_000;
/** UTF-16 units. */
const POLLED = 2000;
const LISTED = 80;

type Told = Pick<ToolResult<ProcessMetadata>, 'title' | 'output'> & {
  readonly metadata: Omit<ProcessMetadata, 'action'>;
};

export class Processes {
  readonly #clock: Clock;
  readonly #known = new Map<string, Command>();
  /** What has left others behind that nobody can ask for any more. */
  readonly #forgotten = new Set<Command>();
  #starting = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get areRunning(): boolean {
    return this.#starting > 0 || [...this.#known.values()].some(({ exit }) => exit === undefined);
  }

  /** @throws Refused where there is no place; what `start` throws */
  async start(start: () => Promise<Command>): Promise<Command> {
    this.#makeRoom();
    this.#starting += 1;
    try {
      const command = await start();
      this.#known.set(command.line.id, command);
      return command;
    } finally {
      this.#starting -= 1;
    }
  }

  /** It was answered whole: nobody asks for it any more. */
  forget(command: Command): void {
    this.#known.delete(command.line.id);
    if (command.leftOthers) this.#forgotten.add(command);
  }

  /** @param signal aborted when nobody waits for the answer any more */
  async perform(payload: ProcessPayload, signal: AbortSignal): Promise<Told> {
    this.#forgetOld();
    if (payload.action === 'list') return this.#list();
    const { processId } = payload;
    const command = this.#known.get(processId);
    if (command === undefined || !command.background) {
      const removed = payload.action === 'remove';
      return told(processId, removed ? 'removed' : 'not_found', removed ? REMOVED : NOT_FOUND);
    }
    switch (payload.action) {
      case 'poll':
        if (payload.block === true) await this.#wait(command, payload.timeout, signal);
        return polled(command);
      case 'log':
        return page(command, payload.offset ?? 0, payload.limit ?? Number.MAX_SAFE_INTEGER);
      case 'write':
        return command.write(payload.data) ? told(command, 'running', 'Written.') : told(command, 'error', DEAF);
      case 'send-keys':
        if (payload.keys.length === 0) return told(command, 'error', 'No keys were named.');
        return command.type(encodeKeys(payload.keys))
          ? told(command, 'running', 'Typed.')
          : told(command, 'error', DEAF);
      case 'kill':
        await command.kill();
        // What the system itself holds does not end; it was told to.
        return command.exit === undefined ? told(command, 'killed', 'It was told to end.') : polled(command);
      case 'clear':
        if (command.exit === undefined) return told(command, 'error', 'It runs: only what has ended can be cleared.');
        this.forget(command);
        return told(command, 'cleared', 'Cleared.');
      case 'remove':
        await command.kill();
        this.forget(command);
        return told(command, 'removed', REMOVED);
    }
  }

  /** Resolves when nothing of it is left. */
  async end(): Promise<void> {
    const all = [...this.#known.values(), ...this.#forgotten];
    this.#known.clear();
    this.#forgotten.clear();
    await Promise.all(all.map((command) => command.kill()));
  }

  #list(): Told {
    const listed = [...this.#known.values()].filter(({ background }) => background);
    const processes = listed.map((command): ListedProcess => {
      const { line, status, runtime } = command;
      return {
        processId: line.id,
        status,
        command: line.command.slice(0, LISTED),
        ...(line.description === '' ? {} : { description: line.description }),
        runtimeMs: runtime,
      };
    });
    const rows = processes.map(({ processId, status, command }) => `${processId}  ${status}  ${command}`);
    const output = rows.length === 0 ? 'No process runs in the background.' : rows.join('\n');
    return { title: 'Processes', output, metadata: { processes } };
  }

  async #wait(command: Command, seconds: number | undefined, signal: AbortSignal): Promise<void> {
    if (command.exit !== undefined || signal.aborted) return;
    const gone = Promise.withResolvers<void>();
    const leave = (): void => gone.resolve();
    signal.addEventListener('abort', leave);
    const time = seconds === undefined ? POLL : seconds * 1000;
    await within(this.#clock, time, Promise.race([command.exited, gone.promise]));
    signal.removeEventListener('abort', leave);
  }

  #makeRoom(): void {
    this.#forgetOld();
    const oldest = [...this.#known.values()].find(({ exit, background }) => exit !== undefined && background);
    if (this.#known.size + this.#starting < MOST) return;
    if (oldest === undefined)
      throw new Refused('remote_execution_error', `${MOST} processes run in this session: end one of them first.`);
    this.forget(oldest);
  }

  #forgetOld(): void {
    const since = this.#clock.monotonic() - KEPT;
    for (const command of this.#known.values())
      if (command.endedAt !== undefined && command.endedAt < since) this.forget(command);
    for (const command of this.#forgotten) if (!command.leftOthers) this.#forgotten.delete(command);
  }
}

const NOT_FOUND = 'There is no such process.';
const REMOVED = 'Removed.';
const DEAF = 'It takes no input, or has not read yet what was written before.';

const told = (command: Command | string, status: ProcessStatus, output: string): Told => {
  if (typeof command === 'string') return { title: command, output, metadata: { processId: command, status } };
  const { id, command: line, description } = command.line;
  const about = { processId: id, status, command: line, ...(description === '' ? {} : { description }) };
  return { title: description === '' ? line.slice(0, LISTED) : description, output, metadata: about };
};

const withEnd = (command: Command, { title, output, metadata }: Told): Told => {
  const { exit } = command;
  const { droppedChars } = command.output;
  const code = exit?.code ?? undefined;
  const more = {
    ...(code === undefined ? {} : { exitCode: code }),
    ...(droppedChars === 0 ? {} : { droppedChars }),
  };
  return { title, output, metadata: { ...metadata, ...more } };
};

const polled = (command: Command): Told => {
  const { text } = command.output;
  // Half of a pair is a broken letter.
  const tail = text.slice(-POLLED).replace(/^[\uDC00-\uDFFF]/u, '');
  const output =
    tail === '' ? sentenceOf(command) : `${tail}${tail.endsWith('\n') ? '' : '\n'}\n${sentenceOf(command)}`;
  return withEnd(command, told(command, command.status, output));
};

const page = (command: Command, offset: number, limit: number): Told => {
  const { text, next } = command.output.page(offset, limit, command.exit !== undefined);
  const { title, output, metadata } = withEnd(command, told(command, command.status, text));
  return { title, output, metadata: { ...metadata, nextOffset: next } };
};

/** What became of it, for a reader. */
const sentenceOf = (command: Command): string => {
  const { exit, timedOut, status } = command;
  if (exit === undefined) return 'The process is running.';
  if (timedOut) return 'The process ran out of time and was ended.';
  if (exit.code !== null && status !== 'killed') return `The process has ended with exit code ${exit.code}.`;
  return exit.signal === null ? 'The process was ended.' : `The process was ended by ${exit.signal}.`;
};
