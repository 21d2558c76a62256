/**
 * `node make.mjs OUT BYTES`: writes the no-op extension into the folder OUT, its one bundle exactly BYTES long.
 * The padding is code, not a comment: the engine must scan functions as it does in a real bundle of that size.
 */
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const head = [
  "import{commands}from'vscode';",
  "export function activate(c){c.subscriptions.push(commands.registerCommand('wheelhouse.noop.run',()=>pad.length))}",
  'export function deactivate(){}',
  'const pad=[',
].join('\n');
const tail = '];\n';

/** @param {number} n */
function padding(n) {
  return `function(a,b){if(a>b)return{k${n}:a-b,s:"${n}"};for(let i=0;i<${n};i++)a+=b*i;return[a,b,${n}]},\n`;
}

/**
 * @param {number} bytes
 * @returns {string} ASCII only, so that its length is its size
 */
export function bundle(bytes) {
  const least = head.length + tail.length;
  if (!(bytes >= least)) throw new RangeError(`a bundle has at least ${least} bytes`);
  const parts = [];
  let left = bytes - least;
  for (let n = 0; ; n += 1) {
    const part = padding(n);
    if (part.length > left) break;
    parts.push(part);
    left -= part.length;
  }
  return `${head}${parts.join('')}${' '.repeat(left)}${tail}`;
}

/**
 * @param {string} out
 * @param {number} bytes
 */
export function make(out, bytes) {
  mkdirSync(out, { recursive: true });
  copyFileSync(new URL('package.json', import.meta.url), join(out, 'package.json'));
  writeFileSync(join(out, 'extension.js'), bundle(bytes));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [out, bytes] = process.argv.slice(2);
  if (!out || !Number(bytes)) {
    process.stderr.write('Usage: node make.mjs OUT BYTES\n');
    process.exit(2);
  }
  make(out, Number(bytes));
}
