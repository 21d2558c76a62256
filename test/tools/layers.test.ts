import { build, type Metafile, type Plugin } from 'esbuild';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startTogether } from '../../esbuild.mjs';

/** Room -> the rooms it may import. A room that is not named here may not exist. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  base: [],
  model: ['base'],
  protocol: ['model', 'base'],
  router: ['protocol', 'model', 'base'],
  relay: ['router', 'protocol', 'model', 'base'],
  backends: ['relay', 'router', 'protocol', 'model', 'base'],
  machine: ['relay', 'router', 'protocol', 'base'],
  vscode: ['backends', 'machine', 'relay', 'router', 'protocol', 'model', 'base'],
  extension: ['vscode', 'backends', 'machine', 'relay', 'router', 'protocol', 'model', 'base'],
  host: ['backends', 'machine', 'relay', 'router', 'protocol', 'model', 'base'],
  demo: [],
  webview: ['protocol', 'model', 'base'],
};

const roomOf = (path: string): string | undefined => {
  const [top, second] = path.split('/');
  if (top === 'webview') return 'webview';
  if (top !== 'src' || second === undefined) return undefined;
  return second.endsWith('.ts') ? second.slice(0, -3) : second;
};

const sources = (): string[] =>
  ['src', 'webview']
    .flatMap((top) =>
      readdirSync(top, { recursive: true, withFileTypes: true })
        .filter((file) => file.isFile() && /\.tsx?$/u.test(file.name) && !/\.(test|d)\.tsx?$/u.test(file.name))
        .map((file) => join(file.parentPath, file.name).replaceAll('\\', '/')),
    )
    .sort();

type Graph = readonly { from: string; to: string }[];

/** Of every file, so that what nothing ships yet is held to the same directions. */
const readGraph = async (): Promise<Graph> => {
  const contents = sources()
    .map((path) => `import './${path}';`)
    .join('\n');
  const { metafile } = await build({
    stdin: { contents, resolveDir: '.', sourcefile: 'everything.ts' },
    bundle: true,
    write: false,
    metafile: true,
    format: 'esm',
    platform: 'node',
    outdir: 'out/layers',
    packages: 'external',
    external: ['vscode'],
    jsx: 'automatic',
    jsxImportSource: 'preact',
    logLevel: 'silent',
  });
  return Object.entries(metafile.inputs).flatMap(([from, { imports }]) =>
    imports.map(({ path: to }) => ({ from, to })),
  );
};

let graph: Promise<Graph> | undefined;
const importGraph = (): Promise<Graph> => (graph ??= readGraph());

test('[layers] every import goes in the direction of the map of rooms', async () => {
  const graph = await importGraph();
  const wrong = graph.flatMap(({ from, to }) => {
    const [here, there] = [roomOf(from), roomOf(to)];
    if (here === undefined || there === undefined || here === there) return [];
    const allowed = MAY_IMPORT[here];
    if (allowed === undefined) return [`${from}: the room ${here} is not on the map`];
    return allowed.includes(there) ? [] : [`${from} (${here}) imports ${to} (${there})`];
  });
  expect(wrong).toEqual([]);
  // An empty graph would pass anything.
  expect(graph.length).toBeGreaterThan(1000);
});

test('[layers] only the vscode room and the composition import vscode', async () => {
  const graph = await importGraph();
  const wrong = graph
    .filter(({ from, to }) => to === 'vscode' && !['vscode', 'extension'].includes(roomOf(from) ?? ''))
    .map(({ from }) => from);
  expect(wrong).toEqual([]);
});

const hostProgram = async (plugins: Plugin[]): Promise<Metafile> => {
  const { metafile } = await build({
    entryPoints: ['src/host.ts'],
    bundle: true,
    write: false,
    metafile: true,
    format: 'esm',
    platform: 'node',
    splitting: true,
    outdir: 'out/layers',
    external: ['vscode'],
    plugins,
    logLevel: 'silent',
  });
  return metafile;
};

test('[layers] what the host program loads has no vscode in it', async () => {
  const { inputs } = await hostProgram([]);
  expect(Object.keys(inputs).filter((path) => path.startsWith('src/vscode/'))).toEqual([]);
  expect(Object.keys(inputs)).toContain('src/host/core.ts');
  // As it is built, with what the extension's start has in common with it.
  const { outputs } = await hostProgram([startTogether]);
  expect(Object.values(outputs).flatMap(({ imports }) => imports.map(({ path }) => path))).not.toContain('vscode');
});

test('[layers] the webview takes from view of all wires only', async () => {
  const graph = await importGraph();
  const wrong = graph
    .filter(({ from, to }) => roomOf(from) === 'webview' && roomOf(to) === 'protocol' && !to.includes('protocol/view/'))
    .map(({ from, to }) => `${from} imports ${to}`);
  expect(wrong).toEqual([]);
});
