import type { Disposable } from '../../base/disposable.ts';
import { sentence } from '../../base/failure.ts';
import type { ListedProcess } from '../../protocol/environment/messages.ts';
import type { ExitStatus, Terminal } from '../../router/ports.ts';
import { Output } from '../terminal.ts';
import type { ExecutionHost } from './executionHost.ts';
import { ExecutionProcess, type ProcessHost } from './executionProcess.ts';
import { interrupting, isShell, shellFor, ShellReader, type ShellSaid } from './executionShell.ts';
import { TypedLine } from './executionTyping.ts';

/** Milliseconds: of the little that ends what a shell runs. */
const INTERRUPT = 5000;

export interface ExecutionTerminalOptions {
  /** For the shell there; absent: a shell that a person types in. */
  readonly line?: string;
  /** Where it runs there; absent: where the host does. */
  readonly workdir?: string;
  /** What the host calls it. */
  readonly description: string;
}

/** Starts it in the background there. @throws Failure why it is not running, or why that is not known */
export const executionTerminal = async (
  host: ExecutionHost,
  { line, workdir, description }: ExecutionTerminalOptions,
  signal: AbortSignal,
): Promise<ExecutionTerminal> => {
  await host.reach(signal);
  await host.open(signal);
  const shell = line === undefined ? shellFor(host.hello?.capabilities) : undefined;
  const command = line ?? shell?.command ?? '';
  const where = workdir === undefined ? {} : { workdir };
  const { metadata, output } = await host.bash({ command, description, background: true, ...where }, signal);
  const { processId, exit } = metadata;
  const says = shell?.says === true;
  const end = lineEnd(host);
  if (processId !== undefined) return new ExecutionTerminal({ host, processId, says, end });
  // A host that knows no background has waited for its end.
  return new ExecutionTerminal({
    host,
    ended: { text: metadata.output ?? withoutRuntime(output), code: exit ?? null },
    says,
    end,
  });
};

/** What is put below the output of a command, for whoever reads nothing else. */
const withoutRuntime = (output: string): string => output.replace(/\n\n<meta_runtime>[\s\S]*<\/meta_runtime>\s*$/u, '');

/** One that runs there already, and goes on when this is disposed. */
export const attachedTerminal = (
  host: ExecutionHost,
  { processId, command }: Pick<ListedProcess, 'processId' | 'command'>,
): ExecutionTerminal =>
  new ExecutionTerminal({ host, processId, says: isShell(command), end: lineEnd(host), isOthers: true });

const lineEnd = ({ hello }: Pick<ExecutionHost, 'hello'>): string =>
  hello?.capabilities.lineEndings === 'crlf' ? '\r\n' : '\n';

interface Parts {
  readonly host: ProcessHost & Pick<ExecutionHost, 'bash' | 'signal'>;
  readonly processId?: string;
  readonly ended?: { readonly text: string; readonly code: number | null };
  /** It is a shell that says where it is. */
  readonly says: boolean;
  /** Of a line that is typed. */
  readonly end: string;
  readonly isOthers?: true;
}

/** A process there with a terminal’s manners, as far as a pipe has them: it is typed in by the line. */
export class ExecutionTerminal implements Terminal {
  readonly pid = undefined;
  readonly kind = 'pipes';
  readonly exited: Promise<ExitStatus>;
  readonly processId: string | undefined;
  readonly #parts: Parts;
  readonly #output = new Output();
  readonly #typed = new TypedLine();
  readonly #reader = new ShellReader();
  readonly #process: ExecutionProcess | undefined;
  /** What the shell said last; undefined while it runs something. */
  #ready: ShellSaid | undefined;
  #shell: string | undefined;
  #atLineStart = true;

  constructor(parts: Parts) {
    const { host, processId, ended, isOthers } = parts;
    this.#parts = parts;
    this.processId = processId;
    if (processId !== undefined) {
      const heard = { text: (text: string) => this.#hear(text), note: (words: string) => this.#note(words) };
      this.#process = new ExecutionProcess(host, processId, heard, isOthers !== true);
    }
    if (ended !== undefined) this.#show(ended.text);
    const exit = this.#process?.exited ?? Promise.resolve({ code: ended?.code ?? null, signal: null });
    this.exited = exit.then((status) => {
      this.#show(this.#reader.end());
      return status;
    });
  }

  onData(listener: (text: string) => void): Disposable {
    return this.#output.listen(listener);
  }

  write(data: string): void {
    const { echo, lines, key } = this.#typed.take(data);
    if (echo !== '') this.#show(echo);
    if (lines.length > 0) {
      if (this.#parts.says) this.#ready = undefined;
      this.#typed.prompt = '';
      this.#process?.write(lines.map((line) => line + this.#parts.end).join(''));
    }
    if (key === 'interrupt') this.interrupt();
    // Nothing there can be told that no more will come; a shell can be told to go.
    else if (key === 'end' && this.#ready !== undefined) this.write('exit\r');
    else if (key === 'end') this.#note('This cannot be said over this connection: end it with Ctrl+C.');
  }

  resize(): void {}

  kill(): void {
    this.#process?.kill();
  }

  /** What a shell runs, where this is one; nothing where it runs nothing. */
  interrupt(): void {
    if (!this.#parts.says || this.#shell === undefined) this.kill();
    else if (this.#ready !== undefined) this.#prompt(this.#ready);
    else void this.#interrupt(interrupting(this.#shell));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process?.[Symbol.asyncDispose]();
  }

  async #interrupt(command: string): Promise<void> {
    const { host } = this.#parts;
    await this.#process?.written;
    const payload = { command, description: 'Interrupt', timeout: INTERRUPT, yieldMs: INTERRUPT };
    await host
      .bash(payload, host.signal)
      .catch((failure: unknown) => this.#note(`It was not interrupted: ${sentence(failure)}`));
  }

  #hear(text: string): void {
    if (!this.#parts.says) return this.#show(text);
    for (const part of this.#reader.take(text)) {
      if (typeof part === 'string') this.#show(part);
      else {
        this.#shell = part.pid;
        this.#prompt(part);
      }
    }
  }

  #prompt(said: ShellSaid): void {
    this.#ready = said;
    const failed = said.code === 0 ? '' : `[${said.code}] `;
    this.#typed.prompt = `${failed}${this.#parts.host.name}:${said.folder}$ `;
    this.#show(`${this.#atLineStart ? '' : '\n'}${this.#typed.shown}`);
  }

  #note(words: string): void {
    this.#show(`${this.#atLineStart ? '' : '\n'}[${words}]\n`);
  }

  #show(text: string): void {
    if (text === '') return;
    this.#atLineStart = text.endsWith('\n');
    this.#output.push(text);
  }
}
