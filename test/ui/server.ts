import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, readdir, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { run } from '../tools/run.ts';
import { patience } from '../tools/until.ts';

export const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/[\\/]$/, '');
const vscode = join(root, '.tools/vscode/node_modules/code-server/lib/vscode');
const serverMain = join(vscode, 'out/server-main.js');
const guard = fileURLToPath(new URL('guard.ts', import.meta.url));

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
  'chat.agentHost.enabled': false,
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
const LEFT_OUT =
  /^(copilot|mermaid-markdown-features|.*authentication|github|ms-vscode\..*|typescript-language-features|php-language-features|emmet|npm|grunt|gulp|jake|tunnel-forwarding|terminal-suggest|.*\.(json|mjs))$/;

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
    // A setting of scope "application" counts only in the user's file. All others stand in the machine's file too: it
    // is the only one that takes those of scope "machine", and the only one that an open window watches.
    await Promise.all([
      writeJson(join(userDataDir, 'User', 'settings.json'), { ...base, ...settings }),
      writeJson(join(userDataDir, 'Machine', 'settings.json'), settings),
    ]);
  };
  await writeSettings(options.settings ?? {});

  const runId = randomUUID();
  const env = environment(home, runId, options.env);
  const folders = ['--server-data-dir', at('server'), '--user-data-dir', userDataDir, '--extensions-dir', extensions];
  const install = async (vsix: string): Promise<void> => {
    const installed = await run(
      process.execPath,
      [serverMain, ...folders, '--accept-server-license-terms', '--install-extension', vsix],
      { env },
    );
    if (installed.code !== 0) throw new Error(`VS Code refused to install ${vsix}:\n${installed.output}`);
  };
  for (const vsix of options.vsix ?? []) await install(vsix);

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
    ...folders,
    '--builtin-extensions-dir',
    at('built-in'),
    '--telemetry-level',
    'off',
    '--disable-update-check',
    '--disable-getting-started-override',
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
