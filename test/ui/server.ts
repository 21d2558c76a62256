import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { cp, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import manifest from '../../package.json' with { type: 'json' };
import { run } from '../tools/run.ts';
import { patience } from '../tools/until.ts';

export const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/[\\/]$/, '');
const vscode = join(root, '.tools/vscode/node_modules/code-server/lib/vscode');
const serverMain = join(vscode, 'out/server-main.js');
const guard = fileURLToPath(new URL('guard.ts', import.meta.url));

/** Settings of ours that belong to a machine. */
const ofMachine: ReadonlySet<string> = new Set(
  Object.entries(manifest.contributes.configuration.properties)
    .filter(([, { scope }]) => scope === 'machine')
    .map(([name]) => name),
);

export type Settings = Readonly<Record<string, unknown>>;

export interface ServerOptions {
  /** Packaged extensions, installed the way a person would. */
  readonly vsix?: readonly string[];
  readonly settings?: Settings;
  /** False (default): the trust feature is off. True: it is on, and an unknown folder opens in Restricted Mode. */
  readonly trust?: boolean;
  /** Lets `extensionTestsPath` work, and hides every toast: for tests inside the extension host only. */
  readonly driver?: boolean;
  /** Added to the environment of the server and thus of the extension host. */
  readonly env?: Readonly<Record<string, string>>;
  /** What runs the server's script, this Node alone when absent; `storage` is the folder where extensions keep things. */
  readonly node?: (storage: string) => readonly string[];
}

export interface Server {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  /** Holds `user`, `extensions` and `home`; removed by `stop`. */
  readonly profile: string;
  readonly userDataDir: string;
  /** What the server printed so far. */
  log(): string;
  /** Adds to the settings. Open windows notice by themselves; only settings of scope "application" need a reload. */
  writeSettings(settings: Settings): Promise<void>;
  /** Installs a packaged extension, as an update does: windows have it when they are loaded anew. */
  install(vsix: string): Promise<void>;
  /** @returns the processes that had outlived the server ("pid command"); they are ended by then */
  stop(): Promise<readonly string[]>;
}

const quietSettings: Settings = {
  'security.workspace.trust.startupPrompt': 'never',
  'security.workspace.trust.banner': 'never',
  'workbench.startupEditor': 'none',
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'workbench.enableExperiments': false,
  'workbench.tips.enabled': false,
  'chat.disableAIFeatures': true,
  'chat.commandCenter.enabled': false,
  'telemetry.telemetryLevel': 'off',
  'update.mode': 'none',
  'extensions.autoUpdate': 'off',
  'extensions.autoCheckUpdates': false,
  'extensions.ignoreRecommendations': true,
  'git.openRepositoryInParentFolders': 'never',
  'files.simpleDialog.enable': true,
  'window.dialogStyle': 'custom',
  'workbench.editor.empty.hint': 'hidden',
  'workbench.editor.useModal': 'off',
  // Drawn on a canvas a terminal's text could be read by nobody, by a test as little as by a screen reader.
  'terminal.integrated.gpuAcceleration': 'off',
  // A wheel that turns is drawn sixty times a second, by a processor where there is nothing else to draw with.
  'workbench.reduceMotion': 'on',
};

function environment(home: string, runId: string, extra: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  const env = { ...process.env };
  for (const name of Object.keys(env)) {
    // What an outer VS Code, an outer npm or vitest left would change what the inner one does.
    if (
      /^(VSCODE_.*|ELECTRON_RUN_AS_NODE|NODE_OPTIONS|PORT|XDG_.*|npm_.*|VITEST.*|NODE_ENV|DEV|PROD|MODE|TEST)$/.test(
        name,
      )
    )
      delete env[name];
  }
  return {
    ...env,
    PATH: `${dirname(process.execPath)}${delimiter}${env['PATH'] ?? ''}`,
    HOME: home,
    XDG_RUNTIME_DIR: home,
    EXTENSIONS_GALLERY: '{"serviceUrl":""}',
    WHEELHOUSE_RUN: runId,
    ...extra,
  };
}

/** What VS Code brings along and no test is about: each would be started, or read, in every window. */
const LEFT_OUT = new RegExp(
  `^(${[
    'copilot',
    'prompt-basics',
    '.*-language-features',
    'markdown-math',
    'mermaid-markdown-features',
    '(configuration|extension)-editing',
    'emmet',
    'merge-conflict',
    'terminal-suggest',
    '.*authentication',
    'github',
    'tunnel-forwarding',
    'debug-.*',
    'ms-vscode\\..*',
    'npm|grunt|gulp|jake',
    'notebook-renderers|simple-browser',
    '.*\\.(json|mjs)',
  ].join('|')})$`,
);

/** The folder of the others, as links. */
async function linkBuiltIns(folder: string): Promise<void> {
  await mkdir(folder);
  const all = await readdir(join(vscode, 'extensions'));
  const kept = all.filter((name) => !LEFT_OUT.test(name));
  await Promise.all(kept.map((name) => symlink(join(vscode, 'extensions', name), join(folder, name))));
}

const writeJson = (path: string, value: unknown): Promise<void> => writeFile(path, JSON.stringify(value, undefined, 2));

/** Where the extension is installed that a server runs. */
export async function extensionFolder({ profile }: Server): Promise<string> {
  const folder = join(profile, 'extensions');
  const name = (await readdir(folder)).find((each) => each.startsWith('wheelhouse.wheelhouse-'));
  if (name === undefined) throw new Error('the extension is not installed');
  return join(folder, name);
}

const foldersOf = (profile: string): readonly string[] =>
  [
    ['--server-data-dir', 'server'],
    ['--user-data-dir', 'user'],
    ['--extensions-dir', 'extensions'],
  ].flatMap(([option = '', name = '']) => [option, join(profile, name)]);

async function installInto(profile: string, vsix: string, env: NodeJS.ProcessEnv): Promise<void> {
  const args = [serverMain, ...foldersOf(profile), '--accept-server-license-terms', '--install-extension', vsix];
  const installed = await run(process.execPath, args, { env });
  if (installed.code !== 0) throw new Error(`VS Code refused to install ${vsix}:\n${installed.output}`);
}

/** Names the folder of extensions in which VS Code has installed `WHEELHOUSE_VSIX`, which takes it as long as a start. */
const INSTALLED = 'WHEELHOUSE_INSTALLED';

/**
 * Installs the extension of a run once, for all servers that this process and those below it start: each gets a copy.
 * @returns ends that
 */
export async function installOnce(vsix: string): Promise<() => Promise<void>> {
  const profile = await mkdtemp(join(tmpdir(), 'wheelhouse-installed-'));
  await installInto(profile, vsix, environment(profile, randomUUID()));
  process.env[INSTALLED] = join(profile, 'extensions');
  return async () => {
    delete process.env[INSTALLED];
    await rm(profile, { recursive: true, force: true });
  };
}

/** Starts VS Code's own server on a free port of the loopback with a profile of its own. */
export async function startServer(options: ServerOptions = {}): Promise<Server> {
  const profile = await mkdtemp(join(tmpdir(), 'wheelhouse-test-'));
  const at = (name: string): string => join(profile, name);
  const [userDataDir, extensions, home] = [at('user'), at('extensions'), at('home')];
  await Promise.all(
    [join(userDataDir, 'User'), join(userDataDir, 'Machine'), extensions, home].map((path) =>
      mkdir(path, { recursive: true }),
    ),
  );
  await linkBuiltIns(at('built-in'));

  const base = { ...quietSettings, 'security.workspace.trust.enabled': options.trust === true };
  let settings: Settings = {};
  const writeSettings = async (more: Settings): Promise<void> => {
    settings = { ...settings, ...more };
    // A setting of scope "application" counts only in the user's file. All others stand in the machine's file: the only one
    // that takes those of scope "machine", and the only one that an open window watches. What of those stands in both is
    // taken from the user's file by a window that is loaded anew, for good.
    const ofUser = Object.entries({ ...base, ...settings }).filter(([name]) => !ofMachine.has(name));
    await Promise.all([
      writeJson(join(userDataDir, 'User', 'settings.json'), Object.fromEntries(ofUser)),
      writeJson(join(userDataDir, 'Machine', 'settings.json'), settings),
    ]);
  };
  await writeSettings(options.settings ?? {});

  const runId = randomUUID();
  const env = environment(home, runId, options.env);
  const install = (vsix: string): Promise<void> => installInto(profile, vsix, env);
  const installed = process.env[INSTALLED];
  for (const vsix of options.vsix ?? []) {
    if (installed !== undefined && vsix === process.env['WHEELHOUSE_VSIX'])
      await cp(installed, extensions, { recursive: true });
    else await install(vsix);
  }

  const args = [
    serverMain,
    '--host',
    '127.0.0.1',
    '--port',
    '0',
    '--without-connection-token',
    '--accept-server-license-terms',
  ];
  args.push(
    ...foldersOf(profile),
    '--builtin-extensions-dir',
    at('built-in'),
    '--telemetry-level',
    'off',
    '--disable-update-check',
    '--disable-getting-started-override',
    // It has one already, and starts none of its own: a process for agents of VS Code's, in every window.
    '--agent-host-bridge-host',
    'none',
  );
  if (options.trust !== true) args.push('--disable-workspace-trust');
  if (options.driver === true) args.push('--enable-smoke-test-driver');
  const node = options.node?.(join(userDataDir, 'User', 'globalStorage')) ?? [process.execPath];
  const guarded = await startGuarded(profile, runId, [...node, ...args], env);
  return { ...guarded, url: `http://127.0.0.1:${guarded.port}/`, profile, userDataDir, writeSettings, install };
}

type Guarded = Pick<Server, 'pid' | 'port' | 'log' | 'stop'>;

async function startGuarded(
  profile: string,
  runId: string,
  command: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<Guarded> {
  const child = spawn(process.execPath, [guard, profile, runId, ...command], {
    env,
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
  let printed = '';
  let pid = 0;
  let left: readonly string[] = [];
  const port = Promise.withResolvers<number>();
  createInterface({ input: child.stderr }).on('line', (line) => (printed += `${line}\n`));
  createInterface({ input: child.stdout }).on('line', (line) => {
    const said = /^guard (\{.*\})$/.exec(line)?.[1];
    if (said === undefined) printed += `${line}\n`;
    else {
      const value = JSON.parse(said) as { pid?: number; left?: string[] };
      pid = value.pid ?? pid;
      left = value.left ?? left;
    }
    const bound = /Extension host agent listening on (\d+)/.exec(line)?.[1];
    if (bound !== undefined) port.resolve(Number(bound));
  });
  const refuse = (why: string): void => port.reject(new Error(`VS Code's server ${why}:\n${printed}`));
  void closed.then(() => refuse('ended at its start'));
  const timer = setTimeout(() => refuse('did not listen in time'), patience);

  const stop = async (): Promise<readonly string[]> => {
    child.stdin.end();
    await closed;
    return left;
  };
  try {
    return { port: await port.promise, pid, log: () => printed, stop };
  } catch (error) {
    await stop();
    throw error;
  } finally {
    clearTimeout(timer);
  }
}
