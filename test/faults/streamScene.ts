// A host whose terminals are looked at from elsewhere.
import { until } from '../tools/until.ts';
import { hostPrograms, HostWorld, type Ready, type Running } from './hostWorld.ts';
import { tokenOf } from './relayDevices.ts';
import { StreamHost } from './streamCaller.ts';
import { Trial } from './trial.ts';

/** A shell that says nothing of itself. */
export const SHELL = { command: '/bin/sh', args: ['-c', 'PS1= ENV= exec /bin/sh -i'] };

export class StreamScene implements AsyncDisposable {
  readonly trial: Trial;
  readonly world: HostWorld;
  readonly ready: Ready;
  readonly running: Running;
  readonly host: StreamHost;

  static async open(config: object = {}): Promise<StreamScene> {
    const trial = await Trial.open({ host: '', watchdog: '', agent: '' });
    const world = new HostWorld(hostPrograms(), trial);
    return await StreamScene.#on(trial, world, config);
  }

  static async #on(trial: Trial, world: HostWorld, config: object): Promise<StreamScene> {
    const { ready, running } = await world.serve('--config', await world.configure(config));
    return new StreamScene({
      trial,
      world,
      ready,
      running,
      host: new StreamHost(ready.terminal, await tokenOf(ready)),
    });
  }

  private constructor(parts: Pick<StreamScene, 'trial' | 'world' | 'ready' | 'running' | 'host'>) {
    this.trial = parts.trial;
    this.world = parts.world;
    this.ready = parts.ready;
    this.running = parts.running;
    this.host = parts.host;
  }

  /** The same machine with another host on it. */
  async again(signal: 'SIGTERM' | 'SIGKILL'): Promise<StreamScene> {
    this.running.child.kill(signal);
    await this.running.ended;
    await until('all that ran to be gone', async () => (await this.trial.alive()).length === 0);
    return await StreamScene.#on(this.trial, this.world, {});
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.trial[Symbol.asyncDispose]();
  }
}

export const numbered = (from: number, to: number): readonly number[] =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index);
