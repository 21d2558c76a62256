/**
 * Stands for a window that a host asks for files and secrets, and goes as far in it as it is told.
 * `node answering.js OPTIONS`, where OPTIONS is the JSON of {@link AnsweringOptions}. It prints a line for each thing that it
 * does, as {@link Did}; where it stops, somebody has to kill it.
 */
import { randomUUID } from 'node:crypto';
import { mkdir, open, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { DiskWorkspace } from '../../src/machine/diskWorkspace.ts';
import type { Place, Workspace } from '../../src/router/ports.ts';
import { unfinishedName } from '../../src/router/unfinished.ts';
import { windowOn } from '../tools/windowOn.ts';

/**
 * Where in a write it stops: `before` anything; with half of the text in a `beside` file, as we write; with half of it in
 * the file itself (`torn`), as editors write; with a new file that is `empty` as yet; `after` all of it, and before it says so.
 */
export type StopAt = 'before' | 'beside' | 'torn' | 'empty' | 'after';

export interface AnsweringOptions {
  readonly view: string;
  readonly tokenFile: string;
  /** Absolute. */
  readonly roots: readonly string[];
  readonly stopAt?: StopAt;
  /** What the person has in a file and has not saved. */
  readonly unsaved?: { readonly path: string; readonly text: string };
  readonly secrets?: Readonly<Record<string, string>>;
}

export type Did = 'connected' | 'read' | 'write' | 'secrets' | 'conflict' | 'settled' | StopAt;

const tell = (did: Did): void => void process.stdout.write(`${did}\n`);
const forever = (): Promise<never> => new Promise(() => undefined);

async function stop(at: StopAt, { real }: Place, content: string): Promise<void> {
  const half = content.slice(0, Math.ceil(content.length / 2));
  await mkdir(dirname(real), { recursive: true });
  if (at === 'beside') await writeFile(join(dirname(real), unfinishedName(randomUUID())), half);
  if (at === 'empty') await (await open(real, 'wx')).close();
  if (at === 'torn') await writeFile(real, half);
  if (at === 'after') await writeFile(real, content);
  tell(at);
  await forever();
}

function workspaceOf({ roots, stopAt, unsaved }: AnsweringOptions): Workspace {
  const disk = new DiskWorkspace(() => roots);
  return {
    roots: () => roots,
    place: (path, signal) => disk.place(path, signal),
    readText: (place, range, signal) => {
      tell('read');
      return place.path === unsaved?.path ? Promise.resolve(unsaved.text) : disk.readText(place, range, signal);
    },
    async writeText(place, content, settle, signal) {
      tell('write');
      if (stopAt !== undefined) await stop(stopAt, place, content);
      if (place.path === unsaved?.path) {
        tell('conflict');
        const settlement = await settle({ mine: unsaved.text, theirs: content });
        tell('settled');
        if (settlement === 'mine') return 'kept';
      }
      return await disk.writeText(place, content, settle, signal);
    },
  };
}

function main(options: AnsweringOptions): void {
  const { host } = windowOn(options, {
    device: 'window',
    follows: () => false,
    answers: {
      keepRule: async () => undefined,
      askProgram: async () => false,
      workspace: workspaceOf(options),
      secrets: {
        of: async () => {
          tell('secrets');
          return options.secrets ?? {};
        },
        ask: () => Promise.resolve(false),
      },
      isOpen: () => true,
      onChanged: () => ({ dispose: () => undefined }),
    },
  });
  let connected = false;
  host.onListed(() => {
    if (!connected && host.state === 'connected') tell('connected');
    connected = true;
  });
}

main(JSON.parse(process.argv[2] ?? '') as AnsweringOptions);
