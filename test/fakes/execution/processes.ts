import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { resolve } from 'node:path';
import { encodeKeys } from '../../../src/protocol/environment/keys.ts';

export type Json = Readonly<Record<string, unknown>>;

export interface FakeResult {
  readonly title: string;
  readonly metadata: Json;
  readonly output: string;
}

type Status = 'running' | 'completed' | 'failed' | 'killed';

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

class FakeProcess {
  readonly id: string = randomUUID();
  readonly command: string;
  readonly description: string;
  readonly startedAt = Date.now();
  readonly ended = Promise.withResolvers<void>();
  readonly #cap: number;
  readonly child: ChildProcess;
  backgrounded = false;
  output = '';
  dropped = 0;
  exit: { readonly code: number | null } | undefined;
  timedOut = false;

  constructor(payload: Json, cap: number) {
    this.command = String(payload['command']);
    this.description = textOf(payload['description']);
    this.#cap = cap;
    const cwd = resolve(typeof payload['workdir'] === 'string' ? payload['workdir'] : '.');
    this.child = spawn('/bin/sh', ['-c', this.command], { cwd, detached: true, stdio: 'pipe' });
    for (const stream of [this.child.stdout, this.child.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => this.#append(text));
    this.child.stdin?.on('error', () => undefined);
    this.child.once('error', (failure) => {
      this.#append(String(failure));
      this.#end(1);
    });
    this.child.once('close', (code) => this.#end(code));
  }

  get status(): Status {
    if (this.exit === undefined) return 'running';
    return this.exit.code === null ? 'killed' : this.exit.code === 0 ? 'completed' : 'failed';
  }

  kill(): void {
    try {
      if (this.exit === undefined && this.child.pid !== undefined) process.kill(-this.child.pid, 'SIGKILL');
    } catch {
      // It has ended in this very moment.
    }
  }

  #append(text: string): void {
    const all = this.output + text;
    this.output = all.slice(-this.#cap);
    this.dropped += all.length - this.output.length;
  }

  #end(code: number | null): void {
    this.exit ??= { code };
    this.ended.resolve();
  }
}

/** What a host runs (§4). */
export class FakeProcesses {
  readonly #all = new Map<string, FakeProcess>();
  readonly #cap: number;
  /** It says how much of the output it dropped (§11). */
  readonly #counts: boolean;

  constructor(options: { readonly cap: number; readonly counts: boolean }) {
    this.#cap = options.cap;
    this.#counts = options.counts;
  }

  get running(): number {
    return [...this.#all.values()].filter(({ exit }) => exit === undefined).length;
  }

  async execute(payload: Json): Promise<FakeResult> {
    const process = new FakeProcess(payload, this.#cap);
    this.#all.set(process.id, process);
    const { timeout, yieldMs } = payload;
    const killer =
      typeof timeout === 'number'
        ? setTimeout(() => {
            process.timedOut = true;
            process.kill();
          }, timeout)
        : undefined;
    void process.ended.promise.then(() => clearTimeout(killer));
    if (payload['background'] === true) return this.#background(process, 'Background');
    if (typeof yieldMs === 'number') {
      const waited = new Promise<'later'>((later) => setTimeout(() => later('later'), yieldMs));
      if ((await Promise.race([process.ended.promise, waited])) === 'later')
        return this.#background(process, 'Auto-Background');
    }
    await process.ended.promise;
    this.#all.delete(process.id);
    const durationMs = Date.now() - process.startedAt;
    const meta = `durationMs=${durationMs}${process.timedOut ? '\ntimedOut=true' : ''}`;
    return {
      title: process.description,
      metadata: {
        output: process.output,
        description: process.description,
        exit: process.exit?.code ?? null,
        timedOut: process.timedOut,
        durationMs,
        ...this.#dropped(process),
      },
      output: `${process.output}\n\n<meta_runtime>\n${meta}\n</meta_runtime>`,
    };
  }

  async act(payload: Json): Promise<FakeResult> {
    const action = String(payload['action']);
    if (action === 'list') return this.#list();
    const process = this.#all.get(String(payload['processId']));
    if (process === undefined && action !== 'remove')
      return this.#result(payload, 'not_found', `No process found for ${String(payload['processId'])}`);
    switch (action) {
      case 'poll':
        return await this.#poll(payload, process);
      case 'log':
        return this.#log(payload, process);
      case 'write':
        return this.#write(payload, process, textOf(payload['data']));
      case 'send-keys': {
        const keys = Array.isArray(payload['keys']) ? payload['keys'].map(String) : [];
        if (keys.length === 0) return this.#result(payload, 'error', 'No key tokens provided for send-keys.');
        return this.#write(payload, process, encodeKeys(keys));
      }
      case 'kill':
        process?.kill();
        return this.#result(payload, 'killed', `Killed process ${process?.id}.`);
      case 'clear':
        if (process?.exit === undefined) return this.#result(payload, 'error', 'It is still running.');
        this.#all.delete(process.id);
        return this.#result(payload, 'cleared', `Cleared process ${process.id} from history.`);
      default:
        process?.kill();
        this.#all.delete(String(payload['processId']));
        return this.#result(payload, 'removed', 'Removed.');
    }
  }

  end(): void {
    for (const process of this.#all.values()) process.kill();
    this.#all.clear();
  }

  #background(process: FakeProcess, how: string): FakeResult {
    process.backgrounded = true;
    return {
      title: `[${how}] ${process.description}`,
      metadata: { processId: process.id, background: true, description: process.description },
      output: `Process ${process.id} runs in the background.`,
    };
  }

  #list(): FakeResult {
    const processes = [...this.#all.values()]
      .filter(({ backgrounded }) => backgrounded)
      .map(({ id, status, command, description, startedAt }) => ({
        processId: id,
        status,
        command: command.slice(0, 80),
        description,
        runtimeMs: Date.now() - startedAt,
      }));
    return { title: 'Process list', metadata: { action: 'list', processes }, output: `${processes.length} processes` };
  }

  async #poll(payload: Json, process: FakeProcess | undefined): Promise<FakeResult> {
    const { block, timeout = 30 } = payload;
    if (block === true && process !== undefined) {
      const waited = new Promise<void>((later) => setTimeout(later, Number(timeout) * 1000));
      await Promise.race([process.ended.promise, waited]);
    }
    const tail = process?.output.slice(-2000) ?? '';
    const status = process?.status ?? 'not_found';
    const { code } = process?.exit ?? { code: null };
    const words = status === 'running' ? 'Process still running.' : `Process exited with code ${code ?? 0}.`;
    const exit = code === null ? {} : { exitCode: code };
    return this.#result(payload, status, `${tail || '(no output yet)'}\n\n${words}`, exit);
  }

  #log(payload: Json, process: FakeProcess | undefined): FakeResult {
    const lines = (process?.output ?? '').split('\n');
    const offset = Number(payload['offset'] ?? 0);
    const count = typeof payload['limit'] === 'number' ? payload['limit'] : lines.length;
    const text = lines.slice(offset, offset + count).join('\n') || '(no output)';
    const more = { nextOffset: Math.min(offset + count, lines.length), ...this.#dropped(process) };
    return this.#result(payload, process?.status ?? 'not_found', text, more);
  }

  #write(payload: Json, process: FakeProcess | undefined, data: string): FakeResult {
    if (process?.backgrounded !== true || process.exit !== undefined)
      return this.#result(payload, 'error', 'Its stdin is not writable.');
    process.child.stdin?.write(data);
    return this.#result(payload, 'running', `Wrote ${data.length} bytes to process ${process.id}.`);
  }

  #dropped(process: FakeProcess | undefined): Json {
    return this.#counts && process !== undefined ? { droppedChars: process.dropped } : {};
  }

  #result(payload: Json, status: string, output: string, more: Json = {}): FakeResult {
    const { action, processId } = payload;
    return {
      title: `${String(action)} ${String(processId)}`,
      metadata: { action, processId, status, ...more },
      output,
    };
  }
}
