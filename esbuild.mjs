// Builds everything that ships: the extension host and the background host (ESM with shared chunks), the demo agent and
// the webview.
//   node esbuild.mjs [--production] [--watch]
// A production build fails when a byte budget is exceeded: what loads slowly is noticed here and not by a person.
import { build, context } from 'esbuild';
import { copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { minify } from 'terser';

const production = process.argv.includes('--production');
const watch = process.argv.includes('--watch');

const shared = {
  bundle: true,
  format: 'esm',
  metafile: true,
  minify: production,
  sourcemap: production ? false : 'linked',
  logLevel: 'warning',
  legalComments: 'none',
};

/**
 * A library that is no ESM asks for Node's own modules by `require`, which a module does not have. For whoever bundles the
 * background host, which has `ws` in it.
 * @type {import('esbuild').Plugin}
 */
export const builtinsForCommonJs = {
  name: 'builtins for CommonJS',
  setup: (build) => {
    build.onResolve({ filter: /^(?:node:)?[a-z_]+$/ }, ({ path, kind }) =>
      kind === 'require-call' && isBuiltin(path) ? { path, namespace: 'builtin' } : undefined,
    );
    build.onLoad({ filter: /.*/, namespace: 'builtin' }, ({ path }) => ({
      contents: `module.exports = process.getBuiltinModule(${JSON.stringify(path)});`,
    }));
  },
};

/** What the start of the extension has in common with nearly all that is loaded later. */
const ofStart = [
  'base/abortable',
  'base/clock',
  'base/disposable',
  'base/failure',
  'base/mask',
  'base/visibleText',
  'machine/clock',
  'vscode/ago',
  'vscode/chatHtml',
  'vscode/plainText',
  'vscode/sessionWords',
].map((name) => fileURLToPath(new URL(`src/${name}.ts`, import.meta.url)));

/**
 * Makes one chunk of that instead of one of each: VS Code takes half a millisecond for a file, however small. A chunk is
 * what the same entry points reach, so each module of ours reaches all of it.
 * @type {import('esbuild').Plugin}
 */
export const startTogether = {
  name: 'start together',
  setup: (build) => {
    const imports = ofStart.map((path) => `import ${JSON.stringify(path)};`).join('');
    build.onLoad({ filter: /[\\/]src[\\/].*\.ts$/ }, async ({ path }) =>
      ofStart.includes(path) ? undefined : { contents: `${await readFile(path, 'utf8')}\n${imports}`, loader: 'ts' },
    );
  },
};

/**
 * The SDK's schemas can describe themselves as JSON schemas, which nobody asks the demo agent for; a bundler cannot know.
 * @type {import('esbuild').Plugin}
 */
const noJsonSchemas = {
  name: 'no JSON schemas',
  setup: (build) => {
    build.onLoad(
      { filter: /zod[\\/]v4[\\/]core[\\/](?:to-json-schema|json-schema-processors)\.js$/ },
      async ({ path }) => {
        const text = await readFile(path, 'utf8');
        const names = [...text.matchAll(/^export (?:const|function) (\w+)/gmu)].map(([, name]) => name);
        return { contents: names.map((name) => `export const ${name} = () => () => undefined;`).join('\n') };
      },
    );
  },
};

/** @type {Record<string, import('esbuild').BuildOptions>} */
const bundles = {
  host: {
    ...shared,
    entryPoints: { extension: 'src/extension.ts', host: 'src/host.ts' },
    outdir: 'dist',
    chunkNames: 'chunks/[name]-[hash]',
    splitting: true,
    platform: 'node',
    target: 'node22',
    external: ['vscode'],
    // No browser reads it: what is not ASCII need not be written as escapes.
    charset: 'utf8',
    plugins: [builtinsForCommonJs, startTogether],
    // Native helpers of `ws` that somebody else may have put somewhere above: never looked for.
    define: { 'process.env.WS_NO_BUFFER_UTIL': '"1"', 'process.env.WS_NO_UTF_8_VALIDATE': '"1"' },
  },
  demo: {
    ...shared,
    entryPoints: { demoAgent: 'src/demo/main.ts' },
    outdir: 'dist',
    plugins: [noJsonSchemas],
    platform: 'node',
    target: 'node22',
  },
  watchdog: {
    ...shared,
    entryPoints: { watchdog: 'src/machine/watchdogMain.ts' },
    outdir: 'dist',
    platform: 'node',
    target: 'node22',
  },
  webview: {
    ...shared,
    // The chat in VS Code, and the page that a phone loads: one program but for what is around it. The page with the code
    // that lets the phone in is another one.
    entryPoints: { main: 'webview/main.tsx', page: 'webview/page/main.tsx', pairing: 'webview/pairing/main.ts' },
    outdir: 'dist/webview',
    chunkNames: 'chunks/[name]-[hash]',
    splitting: true,
    platform: 'browser',
    target: 'chrome132',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    define: { 'process.env.NODE_ENV': JSON.stringify(production ? 'production' : 'development') },
  },
};

const KB = 1000;
const entry = (meta, name) => Object.entries(meta.outputs).find(([path]) => path.endsWith(name));
const bytesOf = (meta) =>
  Object.entries(meta.outputs)
    .filter(([path]) => path.endsWith('.js'))
    .reduce((sum, [, output]) => sum + output.bytes, 0);

/** An output and what it imports: before its first line runs, or also what it may load after that and is `later`. */
const reached = (meta, path, later = () => false, seen = new Set()) => {
  if (seen.has(path)) return seen;
  seen.add(path);
  for (const used of meta.outputs[path]?.imports ?? [])
    if (meta.outputs[used.path] && (used.kind === 'import-statement' || later(meta.outputs[used.path])))
      reached(meta, used.path, later, seen);
  return seen;
};

/** Of other devices and other machines: what nobody loads who has none, a WebSocket server among it. */
const ofOthers = ({ entryPoint = '' }) =>
  /^src\/(vscode\/(relay|webhooks)\/|vscode\/environments\/|backends\/relay|machine\/(door|relay|remote|web))/.test(
    entryPoint,
  );

const budgets = async (metas) => {
  const extension = entry(metas.host, 'dist/extension.js')[0];
  const always = reached(metas.host, extension, (output) => !ofOthers(output));
  const all = reached(metas.host, extension, () => true);
  const bytes = (paths) => sum([...paths].map((path) => metas.host.outputs[path].bytes));
  const first = [...reached(metas.webview, entry(metas.webview, 'webview/main.js')[0])];
  const gzipped = await Promise.all(first.map(async (path) => gzipSync(await readFile(path), { level: 9 }).length));
  const sum = (numbers) => numbers.reduce((a, b) => a + b, 0);
  return [
    {
      name: 'host start chunk, minified',
      bytes: bytes(reached(metas.host, extension)),
      bound: 120 * KB,
    },
    {
      name: 'all host code, minified',
      bytes: bytes(always),
      bound: 450 * KB,
    },
    {
      name: 'what other devices and machines add to it, minified',
      bytes: bytes(all) - bytes(always),
      bound: 480 * KB,
    },
    // Another program again, which has most of its chunks in common with the extension, and the relay with them.
    {
      name: 'background host, minified',
      bytes: bytes(reached(metas.host, entry(metas.host, 'dist/host.js')[0], () => true)),
      bound: 620 * KB,
    },
    // Programs of their own, which the extension host never loads; most of the second is the SDK, which agents are written
    // with.
    { name: 'watchdog, minified', bytes: bytesOf(metas.watchdog), bound: 6 * KB },
    { name: 'demo agent, minified', bytes: bytesOf(metas.demo), bound: 180 * KB },
    { name: 'webview first chunk, gzipped', bytes: sum(gzipped), bound: 60 * KB },
  ];
};

/** What esbuild has made small, once more, by a tool that takes longer: three parts in a hundred of the whole package. */
const tighten = async ({ outputs }) => {
  const compress = { module: true, ecma: 2022, passes: 2 };
  for (const [path, output] of Object.entries(outputs)) {
    if (!path.endsWith('.js')) continue;
    const { code } = await minify(await readFile(path, 'utf8'), { module: true, ecma: 2022, compress });
    await writeFile(path, code);
    output.bytes = Buffer.byteLength(code);
  }
};

const run = async () => {
  if (watch) {
    for (const options of Object.values(bundles)) await (await context(options)).watch();
    return;
  }
  await rm('dist', { recursive: true, force: true });
  const metas = Object.fromEntries(
    await Promise.all(Object.entries(bundles).map(async ([name, options]) => [name, (await build(options)).metafile])),
  );
  await copyFile('webview/page/index.html', 'dist/webview/index.html');
  if (!production) return;
  await Promise.all(Object.values(metas).map(tighten));
  const rows = await budgets(metas);
  await mkdir('out', { recursive: true });
  await writeFile('out/bytes.json', `${JSON.stringify(rows, null, 2)}\n`);
  for (const { name, bytes, bound } of rows) {
    const ok = bytes <= bound;
    console.log(`${ok ? 'ok  ' : 'OVER'} ${name}: ${bytes} of ${bound} bytes`);
    if (!ok) process.exitCode = 1;
  }
};

if (process.argv[1] === fileURLToPath(import.meta.url)) await run();
