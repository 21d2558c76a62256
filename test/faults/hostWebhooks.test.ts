import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Receiver, startReceiver } from '../fakes/webhookReceiver.ts';
import { until } from '../tools/until.ts';
import { windowOn } from '../tools/windowOn.ts';
import { hostPrograms, HostWorld, type Ready, type Running } from './hostWorld.ts';
import { Trial } from './trial.ts';

const never = new AbortController().signal;
const SECRET = 'a-secret-that-nobody-else-may-read';

const programs = hostPrograms();

/** A host that is not running yet, and an automation that listens. */
class Scene implements AsyncDisposable {
  readonly world: HostWorld;
  readonly receiver: Receiver;
  readonly #trial: Trial;

  static async open(): Promise<Scene> {
    const trial = await Trial.open({ host: '', watchdog: '', agent: '' });
    return new Scene(trial, await startReceiver([SECRET]));
  }

  private constructor(trial: Trial, receiver: Receiver) {
    this.#trial = trial;
    this.receiver = receiver;
    this.world = new HostWorld(programs, trial);
  }

  /** As a person writes it. */
  async write(mode: number): Promise<void> {
    const path = join(this.world.state, 'webhooks.json');
    await mkdir(this.world.state, { recursive: true, mode: 0o700 });
    await writeFile(path, JSON.stringify({ mine: { url: this.receiver.url, secret: SECRET, events: ['end_turn'] } }));
    await chmod(path, mode);
  }

  /** A turn of the demo agent, told from a window that is gone before it ends. */
  async turn(ready: Ready, told?: object): Promise<string> {
    const { store, host } = windowOn(ready);
    await until('the window to be connected', () => host.state === 'connected');
    const { root: cwd } = this.world;
    if (told !== undefined)
      await host.act({ kind: 'configure', config: {}, mcpServers: [], webhooks: { mine: told } }, never);
    const key = await host.open({ agent: 'demo', cwd, roots: [cwd] }, never);
    await until('the session to be open', () => store.get(key)?.link.state === 'ready');
    await host.perform(key, { kind: 'prompt', prompt: [{ type: 'text', text: 'hello' }] }, never);
    await host[Symbol.asyncDispose]();
    return key;
  }

  /** All that is left of it on the disk or on the screen, but for the person's own file. */
  async leavings({ stdout, stderr }: Running): Promise<string> {
    const names = await readdir(this.world.state, { recursive: true, withFileTypes: true });
    const files = names.filter((file) => file.isFile() && file.name !== 'webhooks.json');
    const texts = files.map((file) => readFile(join(file.parentPath, file.name), 'utf8').catch(() => ''));
    return [...(await Promise.all(texts)), stdout, stderr].join('\n');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.receiver.close();
    await this.#trial[Symbol.asyncDispose]();
  }
}

const end = async ({ child, ended }: Running): Promise<void> => {
  child.kill('SIGTERM');
  await ended;
};

describe('the webhooks of a host', { timeout: 120_000 }, () => {
  test('[S16] [S50] what a window has told of is told of the end of a turn, also when no window is there', async () => {
    await using scene = await Scene.open();
    const { running, ready } = await scene.world.serve();
    try {
      const { url } = scene.receiver;
      const key = await scene.turn(ready, { url, secret: SECRET });
      await until('the delivery', () => scene.receiver.believed.some((body) => body.includes('end_turn')));
      expect(JSON.parse(scene.receiver.believed[0] ?? '')).toMatchObject({
        sessionId: key,
        event: { type: 'end_turn', data: { promptResponse: { stopReason: 'end_turn' } } },
      });
      expect(scene.receiver.refused).toEqual([]);
    } finally {
      await end(running);
    }
    const left = await scene.leavings(running);
    expect(left).not.toContain(SECRET);
    expect(left).not.toContain(scene.receiver.url);
  });

  test('[flamecast 9] those of its own file are told without anybody saying so', async () => {
    await using scene = await Scene.open();
    await scene.write(0o600);
    const { running, ready } = await scene.world.serve();
    try {
      await scene.turn(ready);
      await until('the delivery', () => scene.receiver.believed.length > 0);
      expect(scene.receiver.believed.map((body) => JSON.parse(body).event.type)).toEqual(['end_turn']);
    } finally {
      await end(running);
    }
  });

  test('[S50] a file that others can read keeps it from starting, in words that say what to do', async () => {
    await using scene = await Scene.open();
    await scene.write(0o644);
    const running = scene.world.run('serve', '--state', scene.world.state, '--root', scene.world.root);
    const { code, stderr } = await running.ended;
    expect(code).not.toBe(0);
    expect(stderr).toContain('chmod 600');
    expect(stderr).not.toContain(SECRET);
  });
});
