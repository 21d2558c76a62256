import { mkdir, mkdtemp, readdir, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PeerError } from '../../src/base/failure.ts';
import { systemClock } from '../../src/machine/clock.ts';
import { DiskWorkspace } from '../../src/machine/diskWorkspace.ts';
import { ripgrepUnder } from '../../src/machine/findRipgrep.ts';
import { PATH_CORPUS, ROOTS } from '../../src/machine/pathCorpus.ts';
import { WorkspaceQueries } from '../../src/machine/queries.ts';
import { DEFAULT_RULES } from '../../src/machine/ripgrep.ts';
import { RELAY } from '../../src/protocol/relay/names.ts';
import type { Device } from '../../src/relay/device.ts';
import { applyTextEdits } from '../../src/relay/textEdits.ts';
import { RelayWorkspace } from '../../src/relay/workspace.ts';
import { root as repository } from '../tools/suite.ts';

const never = new AbortController().signal;
const phone: Device = { id: 'd', name: 'Phone', capability: 'drive' };
const appRoot = join(repository, '.tools/vscode/node_modules/code-server/lib/vscode');
/** Stands in every file outside of the root, and in no name and no file inside. */
const SENTINEL = 'sentinel-of-outside';

const FILES: Readonly<Record<string, string>> = {
  'a.txt': 'one\ntwo\nthree\n',
  'sub/crlf.txt': 'eins\r\nzwei\r\n🙂drei',
  'sub/empty.txt': '',
  '.vscode/tasks.json': '{}\n',
};

let above: string;
let project: string;
let relay: RelayWorkspace;

const put = async (path: string, text: string): Promise<void> => {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
};

beforeAll(async () => {
  above = await realpath(await mkdtemp(join(tmpdir(), 'wheelhouse-relay-')));
  project = join(above, 'w/project');
  await makeTree();
  for (const name of ['w/project-evil/a', 'w/projectx/a', 'w/projec', 'w/x', 'x', 'outside/secret.txt'])
    await put(join(above, name), `${SENTINEL}\n`);
  const workspace = new DiskWorkspace(() => [project]);
  const queries = new WorkspaceQueries({
    roots: () => [project],
    place: (path, signal) => workspace.place(path, signal),
    readText: (place, range, signal) => workspace.readText(place, range, signal),
    rules: () => DEFAULT_RULES,
    ripgrep: () => ripgrepUnder(appRoot),
    git: async () => '/usr/bin/git',
    env: process.env,
  });
  relay = new RelayWorkspace({ clock: systemClock, queries, edits: { workspace, allowed: () => false } });
});
afterAll(() => rm(above, { recursive: true, force: true }));

const makeTree = async (): Promise<void> => {
  await rm(project, { recursive: true, force: true });
  for (const [name, text] of Object.entries(FILES)) await put(join(project, name), text);
  await symlink(join(above, 'outside'), join(project, 'way-out'));
  await symlink(join(above, 'outside/secret.txt'), join(project, 'secret-link.txt'));
  await symlink(join(above, 'outside/new.txt'), join(project, 'new-link.txt'));
};

/** All that stands below a folder, with the links as links. */
const treeOf = async (folder: string): Promise<Readonly<Record<string, string>>> => {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const tree: Record<string, string> = {};
  for (const entry of entries) {
    const path = join(entry.parentPath, entry.name);
    tree[relative(folder, path)] = entry.isFile() ? await readFile(path, 'utf8') : entry.isDirectory() ? '/' : '->';
  }
  return tree;
};

/** What it was answered, as text, or the code of the refusal. */
const told = async (answer: Promise<unknown> | undefined): Promise<string | number> => {
  try {
    return JSON.stringify(await answer);
  } catch (failure) {
    if (failure instanceof PeerError) return failure.code;
    throw failure;
  }
};
const ask = (method: string, params: object): Promise<string | number> => told(relay.query(method, params, never));
const edit = (params: object): Promise<string | number> => told(relay.applyEdit(params, phone, never));

const at = { line: 0, character: 0 };
const INSERT = [{ range: { start: at, end: at }, newText: 'written' }];

const BY_PATH = [RELAY.listDirectory, RELAY.readFile, RELAY.gitStatus, RELAY.gitDiff];
const HERE = ['way-out', 'way-out/secret.txt', 'secret-link.txt', 'new-link.txt'];

describe('the folders as an oracle', () => {
  const inPlace = (text: string): string => text.replaceAll('$/', `${project}/`).replaceAll(ROOTS.posix, project);

  test('[S11] no path of the corpus tells a device anything of what is outside, by any query', async () => {
    const cases = PATH_CORPUS.map(({ text, posix }) => ({ path: inPlace(text), isInside: posix === 'inside' }));
    const outside = [above, join(above, 'x'), `${project}-evil`, `file://${project}/a.txt`, `${project}/..`];
    const all = [
      ...cases,
      ...[...outside, ...HERE.map((name) => join(project, name))].map((path) => ({ path, isInside: false })),
    ];
    expect(all.length).toBeGreaterThan(300);
    for (const { path, isInside } of all)
      for (const method of BY_PATH) {
        // What is inside is somebody else's test: here it may answer, and costs a process where git does.
        if (isInside && method.includes('git')) continue;
        const answer = await ask(method, { path, staged: true });
        expect(String(answer), `${method} ${path}`).not.toContain(SENTINEL);
        if (!isInside) expect([-32602, -32002], `${method} ${path}`).toContain(answer);
      }
  });

  test('[S11] no glob and no text of the corpus finds anything outside', async () => {
    const hostile = PATH_CORPUS.filter(({ posix }) => posix !== 'inside').map(({ text }) => inPlace(text));
    const globs = [...hostile, '../**', '**/../../**', `${above}/**`, '{..,.}/**', '!**', '[!a]*/**', '**'];
    for (const glob of new Set(globs))
      for (const answer of [
        await ask(RELAY.findFiles, { glob }),
        await ask(RELAY.searchText, { query: SENTINEL, glob }),
        await ask(RELAY.searchText, { query: '.', isRegex: true, glob }),
      ]) {
        expect(String(answer), glob).not.toContain(SENTINEL);
        expect(String(answer), glob).not.toContain('secret');
      }
    expect(await ask(RELAY.findFiles, { glob: '*.txt' })).toBe(
      JSON.stringify({ paths: [join(project, 'a.txt')], truncated: false }),
    );
  });

  test('[S11] a glob or a regular expression made to take for ever does not', async () => {
    await put(join(project, 'long.txt'), 'a'.repeat(200_000));
    const start = performance.now();
    await ask(RELAY.findFiles, { glob: `${'{a,b}'.repeat(500)}${'**/*a'.repeat(500)}b` });
    await ask(RELAY.searchText, { query: '(a+)+$b', isRegex: true });
    expect(await ask(RELAY.searchText, { query: '(', isRegex: true })).toBe(-32602);
    expect(performance.now() - start).toBeLessThan(10_000);
    await rm(join(project, 'long.txt'));
  });

  test('[S11] no path of the corpus lets a device write outside', async () => {
    const before = await treeOf(above);
    for (const { text, posix } of PATH_CORPUS) {
      if (posix === 'inside') continue;
      for (const expected of [{}, { expectedVersion: null }])
        expect([-32602, -32002], text).toContain(await edit({ path: inPlace(text), edits: INSERT, ...expected }));
    }
    for (const name of HERE)
      for (const expected of [{}, { expectedVersion: null }])
        expect(await edit({ path: join(project, name), edits: INSERT, ...expected }), name).toBe(-32602);
    expect(await treeOf(above)).toEqual(before);
  });
});

describe('edits that somebody made up', () => {
  const number = fc.oneof(fc.nat({ max: 4 }), fc.constantFrom(-1, 0.5, 1e9, Number.MAX_SAFE_INTEGER));
  const position = fc.oneof(
    { weight: 20, arbitrary: fc.record({ line: fc.nat({ max: 4 }), character: fc.nat({ max: 6 }) }) },
    { weight: 1, arbitrary: fc.record({ line: number, character: number }) },
  );
  const range = fc.oneof(
    { weight: 3, arbitrary: position.map((start) => ({ start, end: start })) },
    { weight: 1, arbitrary: fc.record({ start: position, end: position }) },
  );
  const one = fc.oneof(
    { weight: 20, arbitrary: fc.record({ range, newText: fc.string() }) },
    { weight: 1, arbitrary: fc.jsonValue() },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constantFrom('rename', 'create', 'delete'),
        oldUri: fc.constant('a.txt'),
        newUri: fc.constant('.vscode/tasks.json'),
      }),
    },
  );
  const request = fc.record(
    {
      path: fc.oneof(
        { weight: 3, arbitrary: fc.constantFrom(...Object.keys(FILES)) },
        {
          weight: 1,
          arbitrary: fc.constantFrom(...HERE, 'new.txt', 'deep/new.txt', '.git/hooks/pre-commit', '..', ''),
        },
      ),
      edits: fc.oneof(
        { weight: 10, arbitrary: fc.array(one, { maxLength: 3 }) },
        { weight: 1, arbitrary: fc.jsonValue() },
      ),
      expectedVersion: fc.oneof(fc.constantFrom(null, 'stale', 'current'), fc.jsonValue()),
      documentChanges: fc.jsonValue(),
    },
    { requiredKeys: ['path', 'edits'] },
  );
  const rare = fc.tuple(request, fc.integer({ min: 0, max: 9 }), fc.boolean());

  test('[S12] are made as a whole, in the one file that they name, or leave the tree as it was', async () => {
    let made = 0;
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(rare, async ([{ documentChanges, ...asked }, lot, versioned]) => {
        await makeTree();
        const before = await treeOf(above);
        const path = join(project, asked.path);
        const { version } = JSON.parse(String(await ask(RELAY.readFile, { path }))) as { version?: string };
        const { expectedVersion, ...rest } = asked;
        const params = {
          ...rest,
          path,
          ...(versioned ? { expectedVersion: expectedVersion === 'current' ? version : expectedVersion } : {}),
          ...(lot === 0 ? { documentChanges } : {}),
        };
        const answer = await edit(JSON.parse(JSON.stringify(params)));
        const after = await treeOf(above);
        if (typeof answer === 'number') {
          refused += 1;
          expect([-32602, -32002, -32011]).toContain(answer);
          expect(after).toEqual(before);
          return;
        }
        made += 1;
        const name = relative(above, path);
        const changed = Object.keys(after).filter((each) => after[each] !== before[each] && after[each] !== '/');
        expect(changed.filter((each) => each !== name)).toEqual([]);
        expect(name).not.toContain('.vscode');
        const edits = rest.edits as Parameters<typeof applyTextEdits>[1];
        const lines = (text: string): string => text.replace(/\r\n?/gu, '\n');
        expect(lines(after[name] ?? '')).toBe(lines(applyTextEdits(before[name] ?? '', edits)));
      }),
      { numRuns: 300 },
    );
    // Both must have been seen, or nothing was shown.
    expect(made).toBeGreaterThan(30);
    expect(refused).toBeGreaterThan(30);
  });
});
