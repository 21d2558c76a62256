import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { HostBackend } from '../../src/backends/host.ts';
import { systemClock } from '../../src/machine/clock.ts';
import { realDisk } from '../../src/machine/disk.ts';
import { FolderRules } from '../../src/machine/folderRules.ts';
import { Locks } from '../../src/machine/lock.ts';
import { systemProcesses } from '../../src/machine/processIdentity.ts';
import type { Session, SessionKey } from '../../src/model/session.ts';
import type { AgentWords, HostSettings } from '../../src/protocol/view/messages.ts';
import type { FolderRule } from '../../src/router/folderRuleFile.ts';
import type { SessionStore } from '../../src/router/store.ts';
import { until } from '../tools/until.ts';
import { windowOn } from '../tools/windowOn.ts';
import { hostPrograms, HostWorld, type Ready, type Running } from './hostWorld.ts';
import { Trial } from './trial.ts';

const never = new AbortController().signal;
const SECRET = 'a-token-that-nobody-else-may-read';

const programs = hostPrograms();

/** A host that was started with no configuration, and a window of it. */
class Scene implements AsyncDisposable {
  readonly world: HostWorld;
  readonly running: Running;
  readonly host: HostBackend;
  readonly store: SessionStore;
  readonly #trial: Trial;

  static async open(): Promise<Scene> {
    const trial = await Trial.open({ host: '', watchdog: '', agent: '' });
    const world = new HostWorld(programs, trial);
    return new Scene(trial, world, await world.serve());
  }

  private constructor(trial: Trial, world: HostWorld, { running, ready }: { running: Running; ready: Ready }) {
    this.#trial = trial;
    this.world = world;
    this.running = running;
    const { store, host } = windowOn(ready);
    this.store = store;
    this.host = host;
  }

  /** As a window that has these settings says it, with an agent that takes what it is given. */
  async configure(more: Partial<HostSettings> = {}): Promise<void> {
    const fake = { command: process.execPath, args: [this.world.program('agent.js')], env: { A_TOKEN: SECRET } };
    await this.host.act(
      { kind: 'configure', config: { agents: { fake }, ...more.config }, mcpServers: more.mcpServers ?? [] },
      never,
    );
  }

  async session(agent: string): Promise<SessionKey> {
    const { root: cwd } = this.world;
    const key = await this.host.open({ agent, cwd, roots: [cwd] }, never);
    await until('the session to be open', () => this.store.get(key)?.link.state === 'ready');
    return key;
  }

  async ask(key: SessionKey, text: string): Promise<Session> {
    await this.host.perform(key, { kind: 'prompt', prompt: [{ type: 'text', text }] }, never);
    return await until('the end of the turn', () => {
      const session = this.store.get(key);
      return session?.turn.state === 'idle' && session.turn.last !== undefined && session;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.host[Symbol.asyncDispose]();
    this.running.child.kill('SIGTERM');
    await this.running.ended;
    await this.#trial[Symbol.asyncDispose]();
  }
}

/** All that everybody on the machine, or whoever finds the disk, could read of the host. */
const leavings = async (scene: Scene): Promise<string> => {
  const { pid } = scene.running.child;
  const names = await readdir(scene.world.state, { recursive: true, withFileTypes: true });
  const files = names.filter((file) => file.isFile()).map((file) => join(file.parentPath, file.name));
  const texts = [`/proc/${pid}/cmdline`, `/proc/${pid}/environ`, ...files].map((path) =>
    readFile(path, 'utf8').catch(() => ''),
  );
  return [...(await Promise.all(texts)), scene.running.stderr].join('\n');
};

describe('the settings of a window reach its host', { timeout: 120_000 }, () => {
  test('[S50] agents and servers of MCP arrive, and are in no argument, variable, file or log of the host', async () => {
    await using scene = await Scene.open();
    await until('the window to be connected', () => scene.host.state === 'connected');
    const { root: cwd } = scene.world;
    const server = { name: 'files', command: '/bin/mcp', args: ['--all'], env: [] };
    await scene.configure({ mcpServers: [{ cwd, servers: [server] }] });
    expect(scene.host.setup?.agents.map(({ id }) => id)).toEqual(['demo', 'fake']);
    const key = await scene.session('fake');
    const session = await scene.ask(key, 'mcp');
    expect(JSON.stringify(session.entries)).toContain('/bin/mcp');
    expect(await leavings(scene)).not.toContain(SECRET);
  });

  test('[host] what is wrong is refused by name, and what held before goes on to hold', async () => {
    await using scene = await Scene.open();
    await until('the window to be connected', () => scene.host.state === 'connected');
    await scene.configure();
    await expect(scene.configure({ config: { agnets: {} } })).rejects.toThrow('“agnets”');
    expect(scene.host.setup?.agents.map(({ id }) => id)).toEqual(['demo', 'fake']);
  });

  test('[host] an agent that left the settings goes on with what it has, and starts nothing new', async () => {
    await using scene = await Scene.open();
    await until('the window to be connected', () => scene.host.state === 'connected');
    await scene.configure();
    const key = await scene.session('fake');
    await scene.host.act({ kind: 'configure', config: {}, mcpServers: [] }, never);
    expect((await scene.ask(key, 'hello')).turn).toMatchObject({ last: { reason: 'end_turn' } });
    expect(scene.host.setup?.agents.map(({ id }) => id)).toEqual(['demo']);
    const words: readonly AgentWords[] = JSON.parse(await scene.host.act({ kind: 'agents' }, never));
    expect(words.find(({ id }) => id === 'fake')?.figures).toMatchObject({ state: 'running' });
    await scene.host.act({ kind: 'agent/stop', agent: 'fake' }, never);
    await until('the end of the agent', () => scene.store.get(key)?.link.state === 'failed');
    await expect(scene.host.act({ kind: 'agent/restart', agent: 'other' }, never)).rejects.toThrow('“other”');
  });

  test('[S27] rules of the settings hold in the host, and one of a folder that a window makes or revokes does at once', async () => {
    await using scene = await Scene.open();
    await until('the window to be connected', () => scene.host.state === 'connected');
    const rule = { tool: 'edit', match: 'docs/**', decision: 'deny' };
    await scene.configure({ config: { permissions: { rules: [rule] } } });
    await until('the rule', () => (scene.host.setup?.rules ?? []).length === 1);
    expect(scene.host.setup?.rules).toMatchObject([{ ...rule, scope: 'machine' }]);
    await scene.configure();
    await until('no rule', () => (scene.host.setup?.rules ?? []).length === 0);
    const locks = new Locks({ disk: realDisk, clock: systemClock, processes: systemProcesses, pid: process.pid });
    const root = join(scene.world.state, 'rules');
    const folders = new FolderRules({ root, disk: realDisk, clock: systemClock, locks });
    const ours: FolderRule = {
      folder: scene.world.root,
      rule: { id: 'r', scope: 'folder', tool: 'edit', match: 'docs/**', decision: 'allow' },
    };
    await folders.change((all) => [...all, ours]);
    await until('the rule of the folder', () => scene.host.setup?.rules?.some(({ id }) => id === 'r') === true);
    await folders.change(() => []);
    await until('its end', () => scene.host.setup?.rules?.length === 0);
  });

  test('[host] with the journal off nothing of a session is written', async () => {
    await using scene = await Scene.open();
    await until('the window to be connected', () => scene.host.state === 'connected');
    await scene.configure({ config: { journal: { enabled: false } } });
    const key = await scene.session('demo');
    await scene.ask(key, '/long 20');
    expect(await leavings(scene)).not.toContain('line 20');
  });
});
