// Makes a bare machine ready for one of the repository's commands. It runs on plain Node 20 before anything is
// installed, hence no dependency and no TypeScript. Each part looks first and does nothing when all is there.
//
//   node test/tools/setup.mjs [node] [packages] [vscode] [chromium]      all four when none is named

import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { access, cp, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/[\\/]$/, '');
const tools = join(root, '.tools');
const here = dirname(fileURLToPath(import.meta.url));

/** Raised when the set-up cannot go on; the message says what the person can do. */
export class SetupError extends Error {}

const exists = (path) =>
  access(path).then(
    () => true,
    () => false,
  );
const readText = (path) => readFile(path, 'utf8').catch(() => undefined);
const say = (text) => process.stderr.write(`setup: ${text}\n`);

// npm hands its own settings of the outer `npm test` to every child as variables; the folder and the switches among
// them would be wrong for another package. Registry, proxy and cache stay.
function npmEnvironment(extra) {
  const env = {
    ...process.env,
    npm_config_audit: 'false',
    npm_config_fund: 'false',
    npm_config_update_notifier: 'false',
  };
  for (const name of Object.keys(env)) {
    if (/^npm_(package|lifecycle)_|^npm_config_(ignore_scripts|local_prefix|global|omit|include|workspace)/i.test(name))
      delete env[name];
  }
  return { ...env, ...extra };
}

/** Runs a command with its output held back; it is shown only when the command fails. */
function run(command, args, { cwd = root, env = npmEnvironment() } = {}) {
  return new Promise((resolve, reject) => {
    const windows = process.platform === 'win32';
    const child = spawn(windows ? `${command}.cmd` : command, args, {
      cwd,
      env,
      shell: windows,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    child.stdout.on('data', (data) => (output += data));
    child.stderr.on('data', (data) => (output += data));
    child.on('error', (error) => reject(new SetupError(`${command} could not be started: ${error.message}`)));
    child.on('close', (code) => {
      if (code === 0) resolve(output);
      else
        reject(
          new SetupError(
            `\`${command} ${args.join(' ')}\` in ${cwd} ended with ${code}:\n${output.trimEnd().split('\n').slice(-30).join('\n')}`,
          ),
        );
    });
  });
}

async function timed(what, work) {
  say(what);
  const start = performance.now();
  await work();
  const seconds = ((performance.now() - start) / 1000).toFixed(0);
  if (seconds !== '0') say(`  done in ${seconds} s`);
}

async function hashOf(...files) {
  const hash = createHash('sha256');
  for (const file of files) hash.update(await readFile(file));
  return hash.digest('hex');
}

/**
 * Fills `folder` through a sibling that is renamed when it is complete: an interrupted or a second set-up at the same
 * time never leaves half an installation behind that looks like a whole one.
 */
async function install(folder, stamp, work) {
  const partial = `${folder}.${process.pid}.partial`;
  await rm(partial, { recursive: true, force: true });
  await mkdir(partial, { recursive: true });
  try {
    await work(partial);
    await writeFile(join(partial, 'stamp'), stamp);
    await rm(folder, { recursive: true, force: true });
    await rename(partial, folder);
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
}

const isInstalled = async (folder, stamp) => (await readText(join(folder, 'stamp'))) === stamp;

// ---- npm packages of the project

/** True when what npm noted about node_modules differs from package-lock.json. */
async function packagesAreStale() {
  const noted = await readText(join(root, 'node_modules', '.package-lock.json'));
  if (noted === undefined) return true;
  const installed = JSON.parse(noted).packages;
  const wanted = JSON.parse(await readFile(join(root, 'package-lock.json'), 'utf8')).packages;
  return Object.entries(wanted).some(([path, entry]) => {
    if (path === '') return false;
    const present = installed[path];
    if (present === undefined) return entry.optional !== true && entry.devOptional !== true;
    return present.version !== entry.version || present.integrity !== entry.integrity;
  });
}

export async function setupPackages() {
  if (!(await packagesAreStale())) return;
  await timed('npm packages of the project into node_modules (missing, or older than package-lock.json)', () =>
    run('npm', ['ci', '--ignore-scripts']),
  );
}

// ---- Node for the tools

const isAtLeast = (version, [major, minor]) => {
  const [a = 0, b = 0] = version.replace(/^v/, '').split('.').map(Number);
  return a > major || (a === major && b >= minor);
};

/**
 * The Node that the tools run on: the running one if it strips types (22.18) and, where VS Code's server is needed,
 * has the major version that server is built for; otherwise a pinned one from npm.
 * @returns {Promise<string>} path of the binary
 */
export async function setupNode({ forVSCode = false } = {}) {
  const running = process.versions.node;
  if (forVSCode ? running.startsWith('24.') : isAtLeast(running, [22, 18])) return process.execPath;
  const name = `node-${process.platform}-${process.arch}`;
  const wanted = JSON.parse(await readFile(join(here, 'node', 'package.json'), 'utf8')).optionalDependencies;
  const version = wanted[name];
  if (version === undefined) {
    throw new SetupError(
      `These tools need Node ${forVSCode ? '24' : '22.18 or newer'}; this is ${running}, and no ready-made one is pinned for ${process.platform} on ${process.arch}. Install Node 24 and run the command again.`,
    );
  }
  const folder = join(tools, 'node');
  const stamp = await hashOf(join(here, 'node', 'package-lock.json'));
  if (!(await isInstalled(folder, stamp))) {
    await timed(
      `Node ${version} into .tools/node (this is Node ${running}; the tools need ${forVSCode ? '24' : '22.18'})`,
      () =>
        install(folder, stamp, async (partial) => {
          await cp(join(here, 'node'), partial, { recursive: true });
          await run('npm', ['ci', '--ignore-scripts'], { cwd: partial });
        }),
    );
  }
  return join(folder, 'node_modules', name, 'bin', 'node');
}

// ---- VS Code

const onPath = (name) =>
  (process.env.PATH ?? '')
    .split(delimiter)
    .filter(Boolean)
    .map((folder) => join(folder, name));

/** The first of these programs that stands on PATH and may be run. */
async function which(...names) {
  for (const candidate of names.flatMap(onPath)) {
    if (
      await access(candidate, constants.X_OK).then(
        () => true,
        () => false,
      )
    )
      return candidate;
  }
  return undefined;
}

export const vscodeFolder = join(tools, 'vscode');

/** A real VS Code (server, workbench, extension host) from npm, for tests and for `npm start` without a desktop. */
export async function setupVSCode() {
  const from = join(root, 'test', 'vscode');
  const stamp = await hashOf(join(from, 'package-lock.json'));
  if (await isInstalled(vscodeFolder, stamp)) return;
  const node = await setupNode({ forVSCode: true });
  const bin = dirname(node);
  const env = npmEnvironment({ PATH: `${bin}${delimiter}${process.env.PATH}` });
  // node-gyp looks for headers here first; without them it would try to download them.
  if (await exists(join(bin, '..', 'include', 'node'))) env.npm_config_nodedir = dirname(bin);
  await timed(
    'VS Code (code-server, 0.8 GB) into .tools/vscode, so that tests run in the real one; takes a minute',
    () =>
      install(vscodeFolder, stamp, async (partial) => {
        await cp(join(from, 'package.json'), join(partial, 'package.json'));
        await cp(join(from, 'package-lock.json'), join(partial, 'package-lock.json'));
        await run('npm', ['ci', '--ignore-scripts'], { cwd: partial, env });
        const inner = join(partial, 'node_modules', 'code-server', 'lib', 'vscode');
        // Not `npm ci`: the lock that code-server ships lacks an entry, and `ci` refuses it.
        await run('npm', ['install', '--omit=dev', '--ignore-scripts'], { cwd: inner, env });
        await run('npm', ['install', '--omit=dev', '--ignore-scripts'], { cwd: join(inner, 'extensions'), env });
        await buildNatives(inner, env);
      }),
  );
}

// Without these three VS Code runs, only its log files are missing; so a machine without a compiler is fine.
async function buildNatives(cwd, env) {
  if ((await which('g++')) === undefined || (await which('make')) === undefined) {
    say('  no g++ and make: VS Code runs without its log files');
    return;
  }
  const names = ['@vscode/spdlog', '@vscode/native-watchdog', '@vscode/fs-copyfile'];
  await run('npm', ['rebuild', '--ignore-scripts=false', ...names], { cwd, env }).catch((error) =>
    say(`  VS Code runs without its log files: ${error.message.split('\n')[0]}`),
  );
}

// ---- Chromium

/** The one without a window of its own first: it works a sixth less for the same page. */
const chromiumNames = [
  'chromium-headless-shell',
  'chromium',
  'chromium-browser',
  'google-chrome',
  'google-chrome-stable',
];

async function findChromium() {
  const named = process.env.WHEELHOUSE_CHROMIUM;
  if (named !== undefined && named !== '') {
    if (await exists(named)) return named;
    throw new SetupError(`WHEELHOUSE_CHROMIUM names ${named}, which does not exist.`);
  }
  const found = await which(...chromiumNames);
  if (found !== undefined) return found;
  const mac = '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome';
  return (await exists(mac)) ? mac : undefined;
}

/** @returns {Promise<string>} path of a Chromium or Chrome */
export async function setupChromium() {
  const present = await findChromium();
  if (present !== undefined) return present;
  const isRoot = process.getuid?.() === 0;
  if (isRoot && (await which('apt-get')) !== undefined) {
    await timed('Chromium with apt-get, the browser that the tests look at VS Code through', async () => {
      const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
      await run('apt-get', ['update'], { env });
      const install = (...names) => run('apt-get', ['install', '-y', ...names], { env });
      // Not every distribution has it apart; the fonts would come with the whole one.
      await install('chromium-headless-shell', 'fonts-liberation').catch(() => install('chromium'));
    });
    const installed = await findChromium();
    if (installed !== undefined) return installed;
  }
  throw new SetupError(
    `No Chromium or Chrome found. Install one (on Debian: apt-get install chromium) so that one of ${chromiumNames.join(', ')} is on PATH, or name it in WHEELHOUSE_CHROMIUM.`,
  );
}

// ---- sshd

/** Where it stands, most people have no PATH. */
const sshdPaths = ['/usr/sbin/sshd', '/usr/local/sbin/sshd'];

async function findSshd() {
  for (const path of sshdPaths) if (await exists(path)) return path;
  return which('sshd');
}

/** @returns {Promise<string>} absolute path of OpenSSH's server, which does not start with a bare name */
export async function setupSshd() {
  const present = await findSshd();
  if (present !== undefined && (await which('ssh')) !== undefined) return present;
  if (process.getuid?.() === 0 && (await which('apt-get')) !== undefined) {
    await timed('OpenSSH with apt-get, whose server on loopback the tests reach agents through', async () => {
      const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
      await run('apt-get', ['update'], { env });
      await run('apt-get', ['install', '-y', '--no-install-recommends', 'openssh-server', 'openssh-client'], { env });
    });
    const installed = await findSshd();
    if (installed !== undefined) return installed;
  }
  throw new SetupError(
    'No OpenSSH server found, which the tests reach agents on another machine through. Install it (on Debian: apt-get install openssh-server openssh-client).',
  );
}

// ---- real agents

/**
 * An agent from npm, for the tests that speak with real ones; nothing else needs it.
 * @param {string} name
 * @param {string} spec package and version
 * @param {string} size for the person who waits
 * @param {string} [script] the one script of its packages without which it does not start; no other is run
 * @returns {Promise<string>} the folder that holds its node_modules
 */
export async function setupAgent(name, spec, size, script) {
  const folder = join(tools, 'agents', name);
  if (await isInstalled(folder, spec)) return folder;
  await timed(`${spec} (${size}) into .tools/agents/${name}, a real agent that the tests speak with`, () =>
    install(folder, spec, async (partial) => {
      await writeFile(join(partial, 'package.json'), JSON.stringify({ name: `agent-${name}`, private: true }));
      await run('npm', ['install', '--save-exact', '--ignore-scripts', spec], { cwd: partial });
      if (script !== undefined) await run(process.execPath, [script], { cwd: partial });
    }),
  );
  return folder;
}

/** Desktop VS Code, if there is one that answers. */
export async function findDesktopCode() {
  if (process.platform === 'linux' && !process.env.DISPLAY && !process.env.WAYLAND_DISPLAY) return undefined;
  const code = await which('code', 'code-insiders');
  if (code === undefined) return undefined;
  return spawnSync(code, ['--version'], { stdio: 'ignore', timeout: 20_000 }).status === 0 ? code : undefined;
}

const parts = {
  node: () => setupNode({ forVSCode: true }),
  packages: setupPackages,
  vscode: setupVSCode,
  chromium: setupChromium,
};

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const named = process.argv.slice(2);
  try {
    for (const name of named.length > 0 ? named : Object.keys(parts)) {
      if (parts[name] === undefined)
        throw new SetupError(`There is no part "${name}"; the parts are ${Object.keys(parts).join(', ')}.`);
      await parts[name]();
    }
  } catch (error) {
    say(error instanceof SetupError ? error.message : error.stack);
    process.exitCode = 1;
  }
}
