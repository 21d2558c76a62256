import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { root as repository } from '../../test/tools/suite.ts';
import { RELAY } from '../protocol/relay/names.ts';
import { RelayWorkspace } from '../relay/workspace.ts';
import { systemClock } from './clock.ts';
import { DiskWorkspace } from './diskWorkspace.ts';
import { ripgrepUnder } from './findRipgrep.ts';
import { OwnFolders } from './ownFolders.ts';
import { WorkspaceQueries } from './queries.ts';

const appRoot = join(repository, '.tools/vscode/node_modules/code-server/lib/vscode');
const never = new AbortController().signal;
const TOKEN = 'the-token-of-the-owner';

let home: string;
let relay: RelayWorkspace;

const put = async (name: string, text = TOKEN): Promise<void> => {
  await mkdir(dirname(join(home, name)), { recursive: true });
  await writeFile(join(home, name), text);
};

beforeEach(async () => {
  home = await realpath(await mkdtemp(join(tmpdir(), 'wheelhouse-own-')));
  await put('elsewhere/state/token');
  await put('.local/state/wheelhouse/token');
  await put('.config/Code/User/globalStorage/wheelhouse.wheelhouse/host/token');
  await put('.config/Code/User/globalStorage/other.extension/seen', 'seen');
  await put('elsewhere/state-of-mine/seen', 'seen');
  await symlink(join(home, 'elsewhere/state'), join(home, 'way'));
  // A link is what the folder was named by.
  const own = new OwnFolders([join(home, 'way')]);
  const workspace = new DiskWorkspace(() => [home]);
  const queries = new WorkspaceQueries({
    roots: () => [home],
    place: (path, signal) => workspace.place(path, signal),
    readText: (place, range, signal) => workspace.readText(place, range, signal),
    rules: () => ({ exclude: [], ignoreFiles: false, parentIgnoreFiles: false, globalIgnoreFiles: false }),
    ripgrep: () => ripgrepUnder(appRoot),
    git: async () => '/usr/bin/git',
    env: process.env,
  });
  const world = {
    place: (path: string, signal: AbortSignal) => workspace.place(path, signal),
    queries,
    edits: { workspace, allowed: () => true },
  };
  relay = new RelayWorkspace({ clock: systemClock, ...own.around(world) });
});
afterEach(() => rm(home, { recursive: true, force: true }));

const told = async (method: string, params: object): Promise<unknown> =>
  await relay.query(method, params, never)?.catch(({ code }: { code: number }) => code);

const OWN = [
  'elsewhere/state',
  'elsewhere/state/token',
  'elsewhere/state/not-there-yet',
  'way/token',
  '.local/state/wheelhouse/token',
  '.config/Code/User/globalStorage/wheelhouse.wheelhouse/host/token',
];

describe('what is ours in a workspace', () => {
  test.each(OWN)('[S9] %s is told to no device, and written by none', async (name) => {
    const path = join(home, name);
    for (const method of [RELAY.listDirectory, RELAY.readFile, RELAY.gitStatus, RELAY.gitDiff])
      expect(await told(method, { path }), method).toBe(-32602);
    const at = { line: 0, character: 0 };
    const edits = [{ range: { start: at, end: at }, newText: 'x' }];
    for (const version of [{}, { expectedVersion: null }])
      await expect(
        relay.applyEdit({ path, edits, ...version }, { id: 'd', name: 'Phone', capability: 'drive' }, never),
      ).rejects.toMatchObject({ code: -32602 });
  });

  test('[S9] neither its files nor its texts are found, and those beside it are', async () => {
    expect(await told(RELAY.searchText, { query: TOKEN })).toEqual({ matches: [], truncated: false });
    expect(await told(RELAY.findFiles, { glob: '**' })).toEqual({
      paths: expect.arrayContaining([
        join(home, '.config/Code/User/globalStorage/other.extension/seen'),
        join(home, 'elsewhere/state-of-mine/seen'),
      ]),
      truncated: false,
    });
    expect(JSON.stringify(await told(RELAY.findFiles, { glob: '**' }))).not.toContain('token');
    expect(await told(RELAY.readFile, { path: join(home, 'elsewhere/state-of-mine/seen') })).toMatchObject({
      content: 'seen',
    });
  });
});
