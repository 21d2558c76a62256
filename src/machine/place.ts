import { lstat, readlink, realpath, stat } from 'node:fs/promises';
import { posix, win32 } from 'node:path';
import { Failure } from '../base/failure.ts';
import type { Place } from '../router/ports.ts';
import { protectedBy } from '../router/protectedFiles.ts';
import { errnoOf } from './disk.ts';
import {
  type Flavour,
  flavourHere,
  type Folding,
  isNetworkPath,
  NO_FOLDING,
  type PathFault,
  readPath,
  segmentsBelow,
  segmentsOf,
} from './paths.ts';

/** As many links as Linux follows before it calls them a circle. */
const MOST_LINKS = 40;

/** What is asked of a file system to find out where a path leads. */
export interface Looks {
  readonly flavour: Flavour;
  /** Of the thing itself, never of what it links to; undefined where there is none. */
  kind(path: string): Promise<'link' | 'file' | 'folder' | 'other' | undefined>;
  target(link: string): Promise<string>;
  /** With every link followed and its names as they are stored; undefined where the system gets to nothing. */
  real(path: string): Promise<string | undefined>;
  /** Two paths of one thing, or of several: the same text for the same thing. */
  identity(path: string): Promise<string | undefined>;
}

/** What is there at the end of a path, with every link followed. */
export interface Resolved {
  readonly real: string;
  readonly kind?: 'file' | 'folder' | 'other';
}

/** The same of a file system that follows paths by itself. */
export interface Ways extends Pick<Looks, 'flavour' | 'identity'> {
  /** As {@link realPathOf}. */
  resolve(path: string): Promise<Resolved>;
}

export const realLooks: Looks = {
  flavour: flavourHere,
  async kind(path) {
    try {
      const about = await lstat(path);
      return about.isSymbolicLink() ? 'link' : about.isFile() ? 'file' : about.isDirectory() ? 'folder' : 'other';
    } catch (failure) {
      if (isMissing(failure)) return undefined;
      throw failure;
    }
  },
  target: (link) => readlink(link),
  async real(path) {
    try {
      return await realpath(path);
    } catch (failure) {
      if (isMissing(failure) || errnoOf(failure) === 'ELOOP') return undefined;
      throw failure;
    }
  },
  async identity(path) {
    try {
      const { dev, ino } = await stat(path, { bigint: true });
      return `${dev}:${ino}`;
    } catch {
      return undefined;
    }
  },
};

export const isMissing = (failure: unknown): boolean => ['ENOENT', 'ENOTDIR'].includes(errnoOf(failure) ?? '');

interface Root {
  readonly path: string;
  readonly real: string;
  readonly folding: Folding;
}

/** Judges where paths lead, against the folders of a workspace. */
export class Places {
  readonly #roots: () => readonly string[];
  readonly #looks: Ways;
  readonly #foldings = new Map<string, Folding>();

  constructor(roots: () => readonly string[], looks: Looks | Ways = realLooks) {
    this.#roots = roots;
    this.#looks = 'resolve' in looks ? looks : waysOf(looks);
  }

  /** @throws Failure `invalid` */
  async find(text: string): Promise<Place> {
    const { flavour } = this.#looks;
    const { path, fault } = readPath(text, flavour);
    if (fault !== undefined) throw faulty(text, fault);
    const roots = await this.#lookAtRoots(path);
    const way = (from: (root: Root) => string, to: string): readonly Way[] =>
      roots.flatMap((root) => {
        const names = segmentsBelow(from(root), to, flavour, root.folding);
        return names === undefined ? [] : [{ root, names }];
      });
    // Agents resolve the folder they are given, and then name files below that.
    const asked = [...way((root) => root.path, path), ...way((root) => root.real, path)];
    // Looking at a share tells its machine who the person is: only where they work there themselves.
    if (asked.length === 0 && isNetworkPath(path, flavour)) return this.#outside(path, path);
    const { real, kind } = await this.#looks.resolve(path);
    const found = way((root) => root.real, real);
    const innermost = found.toSorted((a, b) => a.names.length - b.names.length)[0];
    if (asked.length === 0 || innermost === undefined) return this.#outside(path, real, kind);
    const pattern = this.#guarded([...asked, ...found]);
    return {
      path,
      real,
      inside: true,
      root: innermost.root.path,
      relative: innermost.names.join('/'),
      ...(pattern === undefined ? {} : { protectedBy: pattern }),
      ...(kind === undefined ? {} : { kind }),
    };
  }

  #outside(path: string, real: string, kind?: Place['kind']): Place {
    const { flavour } = this.#looks;
    const pattern = protectedBy(segmentsOf(path, flavour)) ?? protectedBy(segmentsOf(real, flavour));
    return {
      path,
      real,
      inside: false,
      ...(pattern === undefined ? {} : { protectedBy: pattern }),
      ...(kind === undefined ? {} : { kind }),
    };
  }

  /** By what it is called and by what it is, from every folder that holds it: a folder `.vscode` may be one of them. */
  #guarded(ways: readonly Way[]): string | undefined {
    const { flavour } = this.#looks;
    for (const { root, names } of ways)
      for (const above of [root.path, root.real]) {
        // The names of the folder itself count, those of the folders that hold it do not: they are not the workspace's.
        const pattern = protectedBy([...segmentsOf(above, flavour).slice(-2), ...names]);
        if (pattern !== undefined) return pattern;
      }
    return undefined;
  }

  async #lookAtRoots(asked: string): Promise<readonly Root[]> {
    const { flavour } = this.#looks;
    const roots: Root[] = [];
    for (const text of this.#roots()) {
      const { path } = readPath(text, flavour);
      if (path === undefined) continue;
      // One that is on another machine is asked only about paths that are.
      if (isNetworkPath(path, flavour) && !isNetworkPath(asked, flavour)) continue;
      const { real } = await this.#looks.resolve(path);
      roots.push({ path, real, folding: await this.#foldingOf(path) });
    }
    return roots;
  }

  async #foldingOf(root: string): Promise<Folding> {
    const known = this.#foldings.get(root);
    if (known !== undefined) return known;
    const folding = await foldingOf(root, this.#looks);
    this.#foldings.set(root, folding);
    return folding;
  }
}

const waysOf = (looks: Looks): Ways => ({
  flavour: looks.flavour,
  resolve: (path) => realPathOf(path, looks),
  identity: (path) => looks.identity(path),
});

interface Way {
  readonly root: Root;
  readonly names: readonly string[];
}

/**
 * Where a path really leads: every link on it followed, at any depth, also one to something that does not exist yet,
 * since writing there would make it. What does not exist is appended as it is.
 * @throws Failure `invalid` for links in a circle
 */
export const realPathOf = async (path: string, looks: Looks = realLooks): Promise<Resolved> => {
  const whole = await looks.real(path);
  const there = whole === undefined ? undefined : await looks.kind(whole);
  // A link is there only where somebody exchanged what was found.
  if (whole !== undefined && there !== undefined && there !== 'link') return { real: whole, kind: there };
  const stored = async (existing: string): Promise<string> => (await looks.real(existing)) ?? existing;
  const { join, dirname, parse, isAbsolute } = looks.flavour === 'win32' ? win32 : posix;
  const namesOf = (way: string): string[] => [...segmentsOf(way, looks.flavour)];
  let at = parse(path).root;
  let names = namesOf(path);
  let kind: 'file' | 'folder' | 'other' | undefined = 'folder';
  let links = 0;
  for (let name = names.shift(); name !== undefined; name = names.shift()) {
    if (name === '.') continue;
    if (name === '..') {
      at = dirname(at);
      kind = 'folder';
      continue;
    }
    const next = join(at, name);
    const found = await looks.kind(next);
    if (found === undefined || (found !== 'link' && found !== 'folder' && names.length > 0)) {
      return { real: join(await stored(at), name, ...names) };
    }
    if (found !== 'link') {
      at = next;
      kind = found;
      continue;
    }
    links += 1;
    if (links > MOST_LINKS)
      throw new Failure('invalid', `${path} leads through links that go round in a circle.`, 'Name the file itself.');
    const target = plainTarget(await looks.target(next), looks.flavour);
    if (isAbsolute(target)) at = parse(target).root;
    names = [...namesOf(target), ...names];
  }
  return { real: await stored(at), kind };
};

/** Windows tells where a junction leads in the form that its kernel uses. */
const plainTarget = (target: string, flavour: Flavour): string =>
  flavour === 'win32' ? target.replace(/^\\\\\?\\(?=[A-Za-z]:)/u, '') : target;

/** Tried on the folder's own path, by another spelling of it: nothing is written for it. */
const foldingOf = async (path: string, looks: Pick<Looks, 'identity'>): Promise<Folding> => {
  const same = async (other: string): Promise<boolean> =>
    other !== path && (await looks.identity(other)) === (await looks.identity(path));
  const swapped = path.replace(/\p{L}/gu, (letter) =>
    letter === letter.toUpperCase() ? letter.toLowerCase() : letter.toUpperCase(),
  );
  const decomposed = path.normalize('NFD');
  const folding: Folding = {
    case: await same(swapped),
    form: await same(decomposed === path ? path.normalize('NFC') : decomposed),
  };
  return folding.case || folding.form ? folding : NO_FOLDING;
};

const FAULTS: Readonly<Record<PathFault, readonly [what: string, next: string]>> = {
  'no path': ['is no path', 'Name a file by its absolute path.'],
  'an address': ['is an address and not a path', 'Name the file by its absolute path, as it stands on the disk.'],
  relative: ['is not an absolute path', 'Name the file by its absolute path.'],
  'a device path': ['is the path of a device', 'Name the file by its ordinary path, with a drive letter.'],
  'a device': ['has the name of a device in it', 'Choose another name.'],
  'a stream': ['names a stream of a file', 'Name the file itself.'],
  ambiguous: ['has a name in it that Windows reads as another one', 'Name the file as its folder lists it.'],
};

const faulty = (text: string, fault: PathFault): Failure => {
  const [what, next] = FAULTS[fault];
  return new Failure('invalid', `${JSON.stringify(text.slice(0, 500))} ${what}.`, next);
};
