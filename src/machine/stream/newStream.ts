/** What somebody wants to run, read strictly: the words are a program's or a shell's, the folder is inside of a root. */
import { basename } from 'node:path';
import { Failure } from '../../base/failure.ts';
import { makeVisible } from '../../base/visibleText.ts';
import type { NewStream } from '../../protocol/terminal/messages.ts';
import type { Device } from '../../relay/device.ts';
import { shellLine } from '../../relay/shellLine.ts';
import type { TerminalOptions, Workspace } from '../../router/ports.ts';
import { isFields } from './hearing.ts';
import { STREAM } from './limits.ts';

export interface NewStreamsParts {
  /** Absolute. */
  readonly roots: readonly string[];
  /** Where a path leads; rejects with a Failure for what is none. */
  readonly place: Workspace['place'];
  readonly shell: 'posix' | 'windows';
}

/** Of words of a command, variables, and the UTF-16 units of each. */
const MOST_WORDS = 256;
const MOST_UNITS = 64 * 1024;

type Told = Readonly<Partial<Record<keyof NewStream, unknown>>>;

export class NewStreams {
  readonly #parts: NewStreamsParts;

  constructor(parts: NewStreamsParts) {
    this.#parts = parts;
  }

  /** `goesOn`: it was given a name, and goes on with one of that name which has ended. @throws Failure `invalid` */
  async read(told: Told, device: Device, signal: AbortSignal): Promise<TerminalOptions & { readonly goesOn: boolean }> {
    const { name, cols, rows, env } = told;
    const run = this.#command(told);
    return {
      goesOn: isWord(name),
      // Words of a command may be secret, and names are listed and written down.
      name: shortened(isWord(name) ? name : run.shell === true ? device.name : basename(run.command), STREAM.name),
      ...run,
      cwd: await this.#folder(told.cwd, signal),
      ...(env === undefined ? {} : { env: variablesIn(env) }),
      columns: sizeOf(cols, STREAM.columns),
      rows: sizeOf(rows, STREAM.rows),
    };
  }

  /** With `args`, a program and its words; without, a line for the person's shell; without both, that shell. */
  #command({ command, args }: Told): Pick<TerminalOptions, 'command' | 'args' | 'shell'> {
    if (command !== undefined && !isWord(command)) throw invalid('“command” must be a text.');
    if (args === undefined) return shellLine(command, this.#parts.shell);
    if (command === undefined || !Array.isArray(args) || args.length > MOST_WORDS || !args.every(isText))
      throw invalid('“args” must be a list of texts, beside a “command”.');
    return { command, args };
  }

  async #folder(asked: unknown, signal: AbortSignal): Promise<string> {
    const { roots, place } = this.#parts;
    const path = asked === undefined || asked === '' ? roots[0] : asked;
    if (!isWord(path)) throw invalid('“cwd” must be the absolute path of a folder.');
    const found = await place(path, signal);
    if (!found.inside) throw invalid(`${path} is outside of the folders of this host.`);
    if (found.kind !== 'folder') throw invalid(`${path} is no folder here.`);
    // Where it led when it was looked at: a link may lead elsewhere by now.
    return found.real;
  }
}

/** Undefined: it cannot be one. Nothing said stands for an empty one. */
export const readDescription = (value: unknown): string | undefined =>
  value === undefined || typeof value === 'string' ? shortened(value ?? '', STREAM.description) : undefined;

const shortened = (text: string, most: number): string => makeVisible(text, 'one').slice(0, most);

/** Names that the system could not tell from a value would be another variable there. */
const VARIABLE = /^[^=\0]{1,256}$/u;

const variablesIn = (value: unknown): Readonly<Record<string, string>> => {
  const entries = isFields(value) ? Object.entries(value) : [];
  const isFine = entries.length <= MOST_WORDS && entries.every(([name, each]) => VARIABLE.test(name) && isText(each));
  if (!isFields(value) || !isFine) throw invalid('“env” must hold texts by the names of variables.');
  return Object.fromEntries(entries.map(([name, each]) => [name, String(each)]));
};

const sizeOf = (value: unknown, absent: number): number =>
  typeof value === 'number' && Number.isFinite(value) ? value : absent;

/** The system ends a word at a NUL: it would run something else than what was sent. */
const isText = (value: unknown): value is string =>
  typeof value === 'string' && value.length <= MOST_UNITS && !value.includes('\0');
const isWord = (value: unknown): value is string => isText(value) && value !== '';

const invalid = (message: string): Failure => new Failure('invalid', message);
