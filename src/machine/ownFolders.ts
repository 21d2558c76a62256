/**
 * The folders in which we keep tokens, devices and sessions, where they lie within a workspace: a person may work in their
 * home folder. With what stands there any device would be the owner, so none is given anything of it, nor writes there.
 */
import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../base/failure.ts';
import type { RelayWorld } from '../relay/ports.ts';
import type { Workspace } from '../router/ports.ts';
import type { FoundFile, Queries } from '../router/queries.ts';
import { flavourHere, isInside, segmentsOf } from './paths.ts';

/** Where other windows and hosts of this machine keep theirs, as the end of a path, in lower case. */
const USUAL: readonly (readonly string[])[] = [
  ['globalstorage', 'wheelhouse.wheelhouse'],
  ['.local', 'state', 'wheelhouse'],
  ['library', 'application support', 'wheelhouse'],
  ['appdata', 'local', 'wheelhouse'],
];

type Holds = (real: string) => boolean;

export class OwnFolders {
  readonly #folders: readonly string[];

  /** @param folders or files, absolute, there or not */
  constructor(folders: readonly string[]) {
    this.#folders = folders;
  }

  /** The same world without them. */
  around<World extends Pick<RelayWorld, 'place' | 'queries' | 'edits'>>(world: World): World {
    const { queries, edits } = world;
    return {
      ...world,
      place: this.place(world.place),
      ...(queries === undefined ? {} : { queries: this.queries(queries, world.place) }),
      ...(edits === undefined ? {} : { edits: { ...edits, workspace: this.#workspace(edits.workspace) } }),
    };
  }

  queries(queries: Queries, placeOf: Workspace['place']): Queries {
    const place = this.place(placeOf);
    const admit = async (path: string, signal: AbortSignal): Promise<void> => {
      if (!(await place(path, signal)).inside) throw outside(path);
    };
    return {
      roots: () => queries.roots(),
      async list(folder, signal) {
        await admit(folder, signal);
        return await queries.list(folder, signal);
      },
      async measure(folder, entries, signal) {
        await admit(folder, signal);
        return await queries.measure(folder, entries, signal);
      },
      async read(path, range, signal) {
        await admit(path, signal);
        return await queries.read(path, range, signal);
      },
      findFiles: async (query, found, signal) =>
        await queries.findFiles(query, await this.#others(queries.roots(), found), signal),
      search: async (query, found, signal) =>
        await queries.search(query, await this.#others(queries.roots(), found), signal),
      async gitStatus(folder, signal) {
        await admit(folder, signal);
        return await queries.gitStatus(folder, signal);
      },
      async gitDiff(query, signal) {
        await admit(query.path, signal);
        return await queries.gitDiff(query, signal);
      },
      async gitIgnored(folder, paths, signal) {
        await admit(folder, signal);
        return await queries.gitIgnored(folder, paths, signal);
      },
    };
  }

  place(placeOf: Workspace['place']): Workspace['place'] {
    return async (path, signal) => {
      const place = await placeOf(path, signal);
      return place.inside && (await this.#look())(place.real) ? { ...place, inside: false } : place;
    };
  }

  #workspace(workspace: Workspace): Workspace {
    return {
      roots: () => workspace.roots(),
      place: this.place((path, signal) => workspace.place(path, signal)),
      readText: (place, range, signal) => workspace.readText(place, range, signal),
      writeText: (place, content, settle, signal) => workspace.writeText(place, content, settle, signal),
    };
  }

  async #others<Found extends FoundFile>(
    roots: readonly string[],
    found: (items: readonly Found[]) => void,
  ): Promise<(items: readonly Found[]) => void> {
    const holds = await this.#look();
    const reals = new Map(await Promise.all(roots.map(async (root) => [root, await realOf(root)] as const)));
    return (items) => {
      const others = items.filter(({ root, relative }) => !holds(join(reals.get(root) ?? root, relative)));
      if (others.length > 0) found(others);
    };
  }

  /** Where they are now: a link may lead to them. */
  async #look(): Promise<Holds> {
    const folders = await Promise.all(this.#folders.map(realOf));
    return (real) => folders.some((folder) => isInside(folder, real, flavourHere)) || isUsual(real);
  }
}

const isUsual = (real: string): boolean => {
  const names = segmentsOf(real, flavourHere).map((name) => name.toLowerCase());
  return USUAL.some((usual) => names.some((_, at) => usual.every((name, index) => names[at + index] === name)));
};

const realOf = (path: string): Promise<string> => realpath(path).catch(() => path);

const outside = (path: string): Failure =>
  new Failure('outside', `${path} is outside of the folders of the workspace.`);
