// Loads one extension bundle and activates it against a VS Code that does nothing; prints one line of JSON.
//   node test/bench/activateOnce.ts BUNDLE.js           {"milliseconds": n}
//   node test/bench/activateOnce.ts BUNDLE.js --count   {"timers": n, "sockets": n, "children": n}
// Both sides of the activation row run through this same file, each in a process of its own, so that nothing is warm.

import { readFileSync } from 'node:fs';
import { createRequire, registerHooks } from 'node:module';
import process from 'node:process';
import { pathToFileURL } from 'node:url';
import { type Alive, watchAlive } from './alive.ts';

/** The names that `vscode` exports at run time, read off the typings that we compile against. */
const exportedNames = (): string[] => {
  const typings = readFileSync(createRequire(import.meta.url).resolve('@types/vscode/index.d.ts'), 'utf8');
  const names = typings.matchAll(/^\texport (?:abstract )?(?:class|enum|namespace|const|function) (\w+)/gmu);
  return [...new Set([...names].map(([, name]) => name ?? ''))];
};

const STUB = 'stub:vscode';
const source = `
const deep = () => new Proxy(function () {}, {
  get: (_, key) => key === Symbol.toPrimitive ? () => '' : key === 'then' ? undefined : key === Symbol.iterator ? [][Symbol.iterator].bind([]) : deep(),
  apply: () => deep(),
  construct: () => deep(),
});
${exportedNames()
  .map((name) => `export const ${name} = deep();`)
  .join('\n')}
export const anything = deep();
`;
registerHooks({
  resolve: (specifier, context, next) =>
    specifier === 'vscode' || specifier === STUB ? { url: STUB, shortCircuit: true } : next(specifier, context),
  load: (url, context, next) => (url === STUB ? { format: 'module', source, shortCircuit: true } : next(url, context)),
});

interface Bundle {
  activate(context: unknown): unknown;
}
const [, , bundle = '', mode] = process.argv;
const { anything } = (await import(STUB)) as { anything: Record<string, unknown> };
const context = new Proxy<Record<string, unknown>>(
  { subscriptions: [] },
  {
    get: (own, key) => (typeof key === 'string' && key in own ? own[key] : anything['context']),
  },
);

const activate = async (): Promise<void> => {
  const extension = (await import(pathToFileURL(bundle).href)) as Bundle;
  await extension.activate(context);
};

const count = async (): Promise<ReturnType<Alive['count']>> => {
  const alive = watchAlive();
  await activate();
  // A server listens, and the end of what was ended is told, in later turns of the loop.
  for (let turns = 0; turns < 5; turns += 1) await alive.turn();
  alive.end();
  return alive.count();
};

if (mode === '--count') {
  console.log(JSON.stringify(await count()));
} else {
  const started = performance.now();
  await activate();
  console.log(JSON.stringify({ milliseconds: performance.now() - started }));
}
process.exit(0);
