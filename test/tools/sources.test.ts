import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

/** What may stand in the named files alone, because a test holds those to what they do with it. */
const ONLY: readonly (readonly [what: RegExp, why: string, where: readonly string[]])[] = [
  [/innerHTML|outerHTML|insertAdjacentHTML|document\.write|srcdoc/u, '[S40] text that becomes elements', []],
  [/\beval\(|new Function\(|import\((?!['"])/u, '[S40] text that becomes a program', []],
  [/enableCommandUris|supportHtml|isTrusted\s*[:=](?!=)/u, '[S42] links that run commands', []],
  [/openExternal\(/u, '[S41] an address that leaves, after its person was asked', ['actions.ts', 'openedPages.ts']],
  [
    /\.webview\b|WebviewOptions|createWebviewPanel|localResourceRoots/u,
    '[S43] a page',
    ['chatView.ts', 'pairingPanel.ts'],
  ],
  [/shell:\s*true/u, '[S29] a line for a shell', ['terminals.ts', 'shellLine.ts']],
];

const sources = (): readonly { readonly path: string; readonly text: string }[] =>
  ['src', 'webview'].flatMap((top) =>
    readdirSync(top, { recursive: true, withFileTypes: true })
      .filter((file) => file.isFile() && /\.tsx?$/u.test(file.name) && !/\.(?:test|d)\.tsx?$/u.test(file.name))
      .map((file) => join(file.parentPath, file.name))
      .map((path) => ({ path, text: readFileSync(path, 'utf8') })),
  );

test('[S29] [S40] [S41] [S42] [S43] what only audited files may do is done in no other', () => {
  const found = sources();
  expect(found.length).toBeGreaterThan(100);
  for (const [what, why, where] of ONLY) {
    const files = found.filter(({ text }) => what.test(text)).map(({ path }) => path.split('/').at(-1) ?? path);
    expect([why, files.toSorted()]).toEqual([why, where.filter((name) => files.includes(name)).toSorted()]);
  }
});
