import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import { basename, isAbsolute } from 'node:path';
import type { Clock } from '../base/clock.ts';
import { Failure, sentence } from '../base/failure.ts';
import type { Log } from '../base/log.ts';
import { type Disk, errnoOf, writeWhole } from './disk.ts';

/** What a program was when it was started. */
export interface Print {
  /** With every link followed. */
  readonly path: string;
  readonly size: number;
  /** Hex; for a file that may be run and not be read, what the disk says of it. */
  readonly sha256: string;
  /** The file as the disk knows it: while this is the same, so is the content. */
  readonly stamp: string;
}

export interface ProgramStart {
  readonly agent: { readonly id: string; readonly label: string };
  /** As the person wrote it. */
  readonly command: string;
  /** What it was found to be; absolute. */
  readonly file: string;
}

export interface ProgramChange {
  readonly label: string;
  readonly before: Pick<Print, 'path' | 'sha256'>;
  readonly now: Pick<Print, 'path' | 'sha256'>;
}

interface ProgramPrintsParts {
  /** Absolute folder that all windows of this machine share. */
  readonly root: string;
  readonly disk: Disk;
  readonly clock: Clock;
  readonly log: Log;
  /** Whether the person wants the changed program to be started. */
  ask(change: ProgramChange, signal: AbortSignal): Promise<boolean>;
  readonly hash?: typeof sha256Of;
}

/**
 * The programs of agents as they were at their last start: rules that a person made for one are not handed on to another
 * that has taken its place without their yes.
 *
 * Only what was added as a path is compared. What is found by its name is updated by whoever installed it, and what a
 * runner or an interpreter runs is not in its file. Between the look and the start a program can still be exchanged.
 */
export class ProgramPrints {
  readonly #parts: ProgramPrintsParts;

  constructor(parts: ProgramPrintsParts) {
    this.#parts = parts;
  }

  /** @throws Failure `refused` where the person does not want it started, `changed` */
  async admit(start: ProgramStart, signal: AbortSignal): Promise<void> {
    const path = await realpath(start.file).catch(() => undefined);
    if (path === undefined || !isAbsolute(start.command) || runsOthers(start.file) || runsOthers(path)) return;
    const { id, label } = start.agent;
    // Another command is another program, and it was the person who wrote it down.
    const name = `${createHash('sha256')
      .update(JSON.stringify([id, start.command]))
      .digest('hex')
      .slice(0, 32)}.json`;
    const before = await this.#read(name);
    const { stamp, size } = await lookAt(path);
    if (before?.path === path && before.stamp === stamp) return;
    const now: Print = { path, size, stamp, sha256: await this.#hash(path, stamp, signal) };
    if (before !== undefined && (before.path !== path || before.sha256 !== now.sha256)) {
      if (!(await this.#parts.ask({ label, before, now }, signal))) throw refused(label);
      signal.throwIfAborted();
    }
    // A yes to one thing is no yes to another.
    if ((await realpath(start.file)) !== path || (await lookAt(path)).stamp !== stamp) throw changed(label);
    await this.#keep(name, now);
  }

  async #hash(path: string, stamp: string, signal: AbortSignal): Promise<string> {
    const { hash = sha256Of, log } = this.#parts;
    try {
      return await hash(path, signal);
    } catch (failure) {
      if (signal.aborted) throw failure;
      log.info(`${path} cannot be read, and is told apart by its times: ${sentence(failure)}`);
      return `unread ${stamp}`;
    }
  }

  async #read(name: string): Promise<Print | undefined> {
    const { disk, root, log } = this.#parts;
    try {
      return readPrint(JSON.parse(Buffer.from(await disk.read(`${root}/${name}`)).toString('utf8')));
    } catch (failure) {
      if (errnoOf(failure) !== 'ENOENT') log.warn(`What a program was before cannot be read: ${sentence(failure)}`);
      return undefined;
    }
  }

  async #keep(name: string, print: Print): Promise<void> {
    const { disk, root, clock, log } = this.#parts;
    try {
      await disk.makeFolder(root);
      await writeWhole(disk, root, name, [Buffer.from(`${JSON.stringify(print)}\n`)], clock.id());
    } catch (failure) {
      log.warn(`What a program is now cannot be kept: ${sentence(failure)}`);
    }
  }
}

const RUNNERS =
  /^(?:node|nodejs|npm|npx|npm-cli|npx-cli|corepack|pnpm|pnpx|yarn|bun|bunx|deno|uv|uvx|pip|pipx|python|pythonw|pypy|py|ruby|perl|php|java|dotnet|sh|bash|dash|zsh|fish|ksh|busybox|cmd|powershell|pwsh|env|docker|podman|electron)[\d.]*$/u;

/** Whether what is run is not the file itself but what it is told to run. */
const runsOthers = (path: string): boolean =>
  RUNNERS.test(
    basename(path.replaceAll('\\', '/'))
      .toLowerCase()
      .replace(/\.(?:exe|cmd|bat|com|ps1|c?js|mjs)$/u, ''),
  );

const lookAt = async (path: string): Promise<Pick<Print, 'stamp' | 'size'>> => {
  const { dev, ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
  return { stamp: [dev, ino, size, mtimeNs, ctimeNs].join(':'), size: Number(size) };
};

const sha256Of = async (path: string, signal: AbortSignal): Promise<string> => {
  const hash = createHash('sha256');
  for await (const bytes of createReadStream(path, { signal, highWaterMark: 2 ** 20 })) hash.update(bytes as Buffer);
  return hash.digest('hex');
};

const readPrint = (value: unknown): Print => {
  const fields: { readonly [name in keyof Print]?: unknown } = typeof value === 'object' && value !== null ? value : {};
  const { path, size, sha256, stamp } = fields;
  if (typeof path === 'string' && typeof size === 'number' && typeof sha256 === 'string' && typeof stamp === 'string')
    return { path, size, sha256, stamp };
  throw new Failure('invalid', 'It is no record of a program.');
};

const refused = (label: string): Failure =>
  new Failure(
    'refused',
    `The program of ${label} has changed since it last ran, and you did not start it.`,
    'Find out what changed it, then start it again.',
  );

const changed = (label: string): Failure =>
  new Failure('changed', `The program of ${label} changed while it was looked at.`, 'Start it again.');
