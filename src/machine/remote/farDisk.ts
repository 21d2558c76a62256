import { randomUUID } from 'node:crypto';
import { homedir } from 'node:os';
import { posix } from 'node:path';
import { Failure } from '../../base/failure.ts';
import type { FarMachine } from '../../router/farMachine.ts';
import type { Place } from '../../router/ports.ts';
import { unfinishedName } from '../../router/unfinished.ts';
import { type DiskText, diskTextOf, MOST_BYTES } from '../diskText.ts';
import type { WorkspaceDisk } from '../diskWorkspace.ts';
import type { Variables } from '../environmentVariables.ts';
import { findProgram } from '../local.ts';
import { readPath } from '../paths.ts';
import { Places, type Resolved } from '../place.ts';
import { runTool } from '../tool.ts';
import { changed, noFile, readOnly } from '../verifiedFile.ts';
import { checksum } from './checksum.ts';
import { END, LOOK, READ, WRITE } from './fileScripts.ts';
import { FAR, toolHeader } from './farShell.ts';
import { reaching, wayFailed } from './reach.ts';
import type { SharedWay } from './sharedWay.ts';

/** Of this machine: what the program that reaches the other one needs. */
export interface Here {
  /** Never rejects. */
  variables(): Promise<Variables>;
  /** Folders in which no program is found by its name. */
  forbiddenRoots(): readonly string[];
}

/** The files of another machine. Each look, read and write is a process there. */
export class FarDisk implements WorkspaceDisk {
  readonly #there: FarMachine;
  readonly #here: Here;
  readonly #way: SharedWay;
  /** The last one of each lane, and how many there were in all. */
  readonly #lanes: Promise<unknown>[] = [];
  #count = 0;

  constructor(there: FarMachine, here: Here, way: SharedWay) {
    this.#there = there;
    this.#here = here;
    this.#way = way;
  }

  async find(text: string, signal: AbortSignal): Promise<Place> {
    const paths = [this.#there.folder, text].flatMap((each) => readPath(each, 'posix').path ?? []);
    let looked: Promise<ReadonlyMap<string, Resolved>> | undefined;
    const places = new Places(() => [this.#there.folder], {
      flavour: 'posix',
      resolve: async (path) => (await (looked ??= this.#look(paths, signal))).get(path) ?? { real: path },
      // Names are compared to the letter, which at worst asks once too often.
      identity: (path) => Promise.resolve(path),
    });
    return await places.find(text);
  }

  async read(real: string, signal: AbortSignal): Promise<DiskText | undefined> {
    const { dir, base } = posix.parse(real);
    const { code, bytes, said } = await this.#run(READ, [dir, base, String(MOST_BYTES)], undefined, signal);
    if (code === END.missing) return undefined;
    if (code !== 0) throw this.#failure(code, real, said);
    return diskTextOf(real, bytes);
  }

  async write(real: string, bytes: Uint8Array, old: DiskText | undefined, signal: AbortSignal): Promise<void> {
    const { dir, base } = posix.parse(real);
    const sums = [old === undefined ? '' : checksum(old.bytes), checksum(bytes)];
    const { code, said } = await this.#run(WRITE, [dir, base, unfinishedName(randomUUID()), ...sums], bytes, signal);
    if (code !== 0) throw this.#failure(code, real, said);
  }

  async #look(paths: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<string, Resolved>> {
    const { code, bytes, said } = await this.#run(LOOK, paths, undefined, signal);
    if (code !== 0) throw this.#failure(code, paths.at(-1) ?? '', said);
    const found = Buffer.from(bytes).toString().split('\0');
    return new Map(
      paths.map((path, index) => {
        const [kind, ...real] = (found[index] ?? '').split('\n');
        return [path, { real: real.join('\n'), ...(isKind(kind) ? { kind } : {}) }];
      }),
    );
  }

  /** A server turns away who knocks too often at once (`MaxStartups` of sshd), and agents read many files at a time. */
  #run(script: string, args: readonly string[], input: Uint8Array | undefined, signal: AbortSignal): Promise<Ended> {
    const lane = this.#count % MOST_AT_ONCE;
    this.#count += 1;
    const running = (this.#lanes[lane] ?? Promise.resolve()).then(() => this.#start(script, args, input, signal));
    this.#lanes[lane] = running.catch(() => undefined);
    return running;
  }

  /** `code` is the script's own; what the login shell there prints before it begins is passed over. */
  async #start(
    script: string,
    args: readonly string[],
    input: Uint8Array | undefined,
    signal: AbortSignal,
  ): Promise<Ended> {
    signal.throwIfAborted();
    const env = await this.#here.variables();
    const words = reaching(this.#there, FAR.tool(script), [], false, this.#way.options);
    const mark = randomUUID();
    const chunks: Buffer[] = [];
    let size = 0;
    const end = await runTool(
      {
        file: await findProgram(words.command, env, this.#here.forbiddenRoots()),
        args: words.args,
        cwd: homedir(),
        env,
        input: Buffer.concat([Buffer.from(toolHeader([mark, ...args])), input ?? Buffer.alloc(0)]),
      },
      (bytes) => {
        chunks.push(bytes);
        return (size += bytes.length) <= MOST_BYTES + MOST_PREAMBLE;
      },
      signal,
    );
    const all = Buffer.concat(chunks);
    const at = all.indexOf(`${mark}\n`);
    if (at >= 0 && !end.cut) return { code: end.code, bytes: all.subarray(at + mark.length + 1), said: end.stderr };
    const said = end.stderr === '' ? `exit code ${end.code ?? 'unknown'}` : end.stderr;
    throw new Failure(
      'failed',
      `The files of ${this.#there.label} were not reached: ${said}`,
      wayFailed(this.#there, end.code),
    );
  }

  #failure(code: number | null, real: string, said: string): Failure {
    const where = `${real} on ${this.#there.label}`;
    switch (code) {
      case END.changed:
        return changed(where);
      case END.noFile:
        return noFile(where);
      case END.readOnly:
        return readOnly(where);
      case END.tooLarge:
        return new Failure('invalid', `${where} is too large: it has more than ${MOST_BYTES / 2 ** 20} MB.`);
      case END.circle:
        return new Failure('invalid', `${where} leads through links in a circle.`, 'Name the file itself.');
      default: {
        const why = wayFailed(this.#there, code) ?? (said === '' ? `exit code ${code ?? 'unknown'}` : said);
        return new Failure('not written', `${where} could not be reached or written: ${why}`);
      }
    }
  }
}

interface Ended {
  readonly code: number | null;
  readonly bytes: Uint8Array;
  readonly said: string;
}

const MOST_AT_ONCE = 4;

/** Bytes that a login shell may print. */
const MOST_PREAMBLE = 64 * 1024;

const isKind = (value: unknown): value is 'file' | 'folder' | 'other' =>
  value === 'file' || value === 'folder' || value === 'other';
