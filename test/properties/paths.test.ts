import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  constants,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Failure } from '../../src/base/failure.ts';
import { errnoOf } from '../../src/machine/disk.ts';
import { type Looks, Places } from '../../src/machine/place.ts';
import { readVerified, writeVerified } from '../../src/machine/verifiedFile.ts';
import type { Place } from '../../src/router/ports.ts';

/** Cases of a tree, a path in it and what is done there; ten million in the long run of the tests. */
const PATHS = Number(process.env['PATHS'] ?? 100_000);
const EACH_TREE = 2000;
/** Reads and writes while links are exchanged. */
const RACES = Math.max(2000, Math.round(PATHS / 100));

const never = new AbortController().signal;
const silently = <T>(run: () => T): T | undefined => {
  try {
    return run();
  } catch {
    return undefined;
  }
};

let folder = '';
let root = '';
let outside = '';
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'wheelhouse-paths-')));
  [root, outside] = [join(folder, 'root'), join(folder, 'outside')];
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Everything that is there, with what is in it. */
const hashOf = (path: string): string =>
  JSON.stringify(
    readdirSync(path, { recursive: true, withFileTypes: true })
      .map((entry) => {
        const at = join(entry.parentPath, entry.name);
        const what = entry.isFile() ? readFileSync(at, 'utf8') : entry.isSymbolicLink() ? readlinkSync(at) : '';
        return `${at}: ${what}`;
      })
      .sort(),
  );

/** The disk that is there, asked without a wait: a hundred thousand paths are looked at in seconds. */
const looks: Looks = {
  flavour: 'posix',
  kind: (path) => {
    const about = silently(() => lstatSync(path, { throwIfNoEntry: false }));
    if (about === undefined) return Promise.resolve(undefined);
    return Promise.resolve(about.isSymbolicLink() ? 'link' : about.isDirectory() ? 'folder' : 'file');
  },
  target: (link) => Promise.resolve(readlinkSync(link)),
  real: (path) => Promise.resolve(silently(() => realpathSync.native(path))),
  identity: (path) => Promise.resolve(silently(() => String(statSync(path).ino))),
};

/** Where the system itself ends up that opens this path to write; undefined where it does not get anywhere. */
const openedAt = (path: string): string | undefined => {
  const before = silently(() => statSync(path)) !== undefined;
  const file = silently(() => openSync(path, constants.O_RDWR | constants.O_CREAT));
  if (file === undefined) {
    // A folder is not opened to write, and yet is a place.
    return silently(() => realpathSync.native(path));
  }
  const found = readlinkSync(`/proc/self/fd/${file}`);
  closeSync(file);
  if (!before) unlinkSync(found);
  return found;
};

const name = fc.constantFrom('a', 'b', 'c');
const inTree = fc.array(name, { minLength: 1, maxLength: 3 }).map((names) => names.join('/'));
const target = fc.oneof(
  inTree,
  inTree.map((path) => `../${path}`),
  inTree.map((path) => `../../${path}`),
  inTree.map((path) => `OUTSIDE/${path}`),
  inTree.map((path) => `ROOT/${path}`),
  fc.constantFrom('OUTSIDE', 'ROOT', '..', '../..', '.', 'a/../..', 'ROOT-evil/a', '/'),
);
const tree = fc.array(
  fc.record({
    path: inTree,
    what: fc.oneof(
      fc.constantFrom('folder', 'file'),
      target.map((to) => ({ to })),
    ),
  }),
  { minLength: 6, maxLength: 20 },
);
const asked = fc
  .tuple(
    fc.constantFrom('ROOT', 'ROOT', 'ROOT', 'ROOT', 'OUTSIDE', 'ROOT-evil', 'ROOT/../root', ''),
    fc.array(fc.oneof({ weight: 6, arbitrary: name }, fc.constantFrom('..', '.', '', 'new', '%2e%2e', '...')), {
      maxLength: 6,
    }),
  )
  .map(([start, names]) => [start, ...names].join('/') || '/');

const placed = (text: string): string => text.replace('ROOT', root).replace('OUTSIDE', outside);

const build = (entries: readonly { path: string; what: 'folder' | 'file' | { to: string } }[]): void => {
  for (const path of [root, outside, `${root}-evil`]) {
    rmSync(path, { recursive: true, force: true });
    mkdirSync(join(path, 'a', 'b'), { recursive: true });
    writeFileSync(join(path, 'b'), path === root ? 'inside' : 'outside');
  }
  for (const { path, what } of entries) {
    const at = join(root, path);
    silently(() => {
      mkdirSync(join(at, '..'), { recursive: true });
      // Through links made before, a tree would get things that are not in it.
      if (!realpathSync(join(at, '..')).startsWith(root)) return;
      if (what === 'folder') mkdirSync(at, { recursive: true });
      else if (what === 'file') writeFileSync(at, 'inside', { flag: 'wx' });
      else symlinkSync(placed(what.to), at);
    });
  }
};

/** Undefined for a circle of links, by which nobody gets anywhere. */
const judged = async (places: Places, path: string): Promise<Place | undefined> => {
  try {
    return await places.find(path);
  } catch (failure) {
    if (!(failure instanceof Failure)) throw failure;
    expect(silently(() => realpathSync.native(path))).toBeUndefined();
    return undefined;
  }
};

const within = (path: string): boolean => path === root || path.startsWith(`${root}/`);

const problemOf = (place: Place): string | undefined => {
  const opened = openedAt(place.path);
  if (opened !== undefined && opened !== place.real) return `the system opens ${opened}`;
  return place.inside === (within(place.path) && within(place.real)) ? undefined : 'inside is not said rightly';
};

describe('paths on a real disk', { timeout: 60_000 + PATHS * 2 }, () => {
  test.skipIf(process.platform !== 'linux')(
    '[S21] every path is judged by where the system itself would end up',
    async () => {
      let [cases, inside, followed] = [0, 0, 0];
      const places = new Places(() => [root], looks);
      const seed = Number(process.env['SEED'] ?? 4);
      const trees = Math.max(1, Math.round(PATHS / EACH_TREE));
      // Drawn and not asserted one by one: to shrink two thousand paths on a disk would take longer than to read one.
      for (const [index, entries] of fc.sample(tree, { numRuns: trees, seed }).entries()) {
        build(entries);
        const before = hashOf(outside);
        const seen = new Set<string>();
        for (const text of fc.sample(asked, { numRuns: EACH_TREE, seed: seed + index })) {
          cases += 1;
          const place = await judged(places, placed(text));
          if (place === undefined) continue;
          const wrong = seen.has(text) ? undefined : problemOf(place);
          seen.add(text);
          if (wrong !== undefined) expect.unreachable(JSON.stringify({ wrong, text, place, entries }));
          inside += Number(place.inside);
          followed += Number(place.real !== place.path);
        }
        expect(hashOf(outside)).toBe(before);
      }
      console.log(`${cases} paths, ${inside} of them inside, ${followed} through links: each where the system says`);
      // Cases of one kind alone would prove little.
      expect(inside).toBeGreaterThan(cases / 10);
      expect(followed).toBeGreaterThan(cases / 50);
    },
  );

  test.skipIf(process.platform !== 'linux')(
    '[S22] links that are exchanged all the while let nothing in or out',
    async () => {
      for (const path of [root, outside]) mkdirSync(path);
      writeFileSync(join(outside, 'secret'), 'secret');
      mkdirSync(join(outside, 'deep'));
      writeFileSync(join(outside, 'deep', 'leaf'), 'secret');
      const before = hashOf(outside);
      const program = fileURLToPath(new URL('../fakes/linkSwapper.ts', import.meta.url));
      const swapper = spawn(process.execPath, [program, root, outside], { stdio: ['pipe', 'pipe', 'inherit'] });
      const exited = once(swapper, 'exit');
      let said = '';
      swapper.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
      await once(swapper.stdout, 'data');
      const places = new Places(() => [root]);
      const count = { written: 0, read: 0, refused: 0, outside: 0 };
      const act = async (turn: number): Promise<void> => {
        const path = join(
          root,
          ['folder/x', 'kept/leaf', 'folder/deep/leaf', 'folder/secret', `folder/new-${turn % 7}`][turn % 5] ?? '',
        );
        try {
          const place = await places.find(path);
          if (!place.inside) {
            count.outside += 1;
            return;
          }
          const found = await readVerified(place.real, 100, never);
          expect(found === undefined ? '' : Buffer.from(found).toString()).not.toContain('secret');
          count.read += 1;
          await writeVerified(place.real, Buffer.from('inside'), { isNew: found === undefined }, never);
          count.written += 1;
        } catch (failure) {
          // A folder that is gone for a moment is an error of the system; a changed one is one of ours.
          if (!(failure instanceof Failure) && errnoOf(failure) === undefined) throw failure;
          count.refused += 1;
        }
      };
      for (let turn = 0; turn < RACES; turn += 8)
        await Promise.all(Array.from({ length: 8 }, (_, index) => act(turn + index)));
      swapper.stdin.end();
      await exited;
      console.log(`${said.split('\n')[1]} exchanges against ${RACES} reads and writes:`, count);
      expect(hashOf(outside)).toBe(before);
      expect(Number(said.split('\n')[1])).toBeGreaterThan(RACES / 10);
      for (const times of Object.values(count)) expect(times).toBeGreaterThan(0);
    },
  );
});
