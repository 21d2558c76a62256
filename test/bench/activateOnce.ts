// Loads one extension bundle and activates it against a VS Code that does nothing; prints one line of JSON.
//   node test/bench/activateOnce.ts BUNDLE.js
// Both sides of the activation row run through this same file, each in a process of its own, so that nothing is warm.
import { readFileSync } from 'node:fs';
import { createRequire, registerHooks } from 'node:module';
import { pathToFileURL } from 'node:url';

/** The names that `vscode` exports at run time, read off the typings that we compile against. */
const exportedNames = (): string[] => {
  const typings = readFileSync(createRequire(import.meta.url).resolve('@types/vscode/index.d.ts'), 'utf8');
  const names = typings.matchAll(/^ {4}export (?:abstract )?(?:class|enum|namespace|const|function) (\w+)/gmu);
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
export const universal = deep();
`;
registerHooks({
  resolve: (specifier, context, next) =>
    specifier === 'vscode' || specifier === STUB ? { url: STUB, shortCircuit: true } : next(specifier, context),
  load: (url, context, next) => (url === STUB ? { format: 'module', source, shortCircuit: true } : next(url, context)),
});

interface Bundle {
  activate(context: unknown): unknown;
}
const { universal } = (await import(STUB)) as { universal: Record<string, unknown> };
const [, , bundle = ''] = process.argv;
const context = new Proxy({ subscriptions: [], extensionPath: '/extension' } as Record<string, unknown>, {
  get: (own, key) => (typeof key === 'string' && key in own ? own[key] : universal['context']),
});

const resources = () => process.getActiveResourcesInfo().filter((kind) => !/^(?:TTYWrap|PipeWrap|FSReqCallback|FSReqPromise)$/u.test(kind));
const before = resources().length;
const started = performance.now();
const extension = (await import(pathToFileURL(bundle).href)) as Bundle;
await extension.activate(context);
const milliseconds = performance.now() - started;
console.log(JSON.stringify({ milliseconds, left: resources().slice(before) }));
process.exit(0);
