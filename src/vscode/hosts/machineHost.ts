import { HostBackend } from '../../backends/host.ts';
import type { Answers } from '../../backends/host/answering.ts';
import type { HostLine } from '../../backends/host/connection.ts';
import { Disposables } from '../../base/disposable.ts';
import { Failure, sentence } from '../../base/failure.ts';
import type { Log } from '../../base/log.ts';
import { systemClock } from '../../machine/clock.ts';
import type { Variables } from '../../machine/environmentVariables.ts';
import { hostNode, hostProgram } from '../../machine/hostProgram.ts';
import { hostLine } from '../../machine/hostLine.ts';
import { findHost, hostEnded, type HostRecord, isHostAlive, readHostRecord } from '../../machine/hostRecord.ts';
import { startHost } from '../../machine/startHost.ts';
import { isBusy, type Summary } from '../../model/summary.ts';
import { isNewer } from '../../protocol/registry/version.ts';
import type { HostSettings } from '../../protocol/view/messages.ts';
import type { SessionStore } from '../../router/store.ts';

export interface MachineHostParts {
  /** Absolute folder of the programs that came with the extension. */
  readonly dist: string;
  /** Absolute: the folder that all windows of this machine share is the host's own state. */
  readonly storage: string;
  /** Of the extension. */
  readonly version: string;
  readonly device: string;
  readonly store: SessionStore;
  readonly log: Log;
  roots(): readonly string[];
  variables(): Promise<Variables>;
  settings(): Promise<HostSettings>;
  follows(session: Summary): boolean;
  readonly answers: Answers;
  /** A host of an earlier version goes on with what runs in it. */
  outdated(version: string): void;
}

/**
 * The background host of this machine, as a window has it: started where none runs, told of the settings, and exchanged
 * for the one of this version as soon as nothing runs in it.
 *
 * One that was killed is started again by itself, so that what it kept can be seen; one that was told to end stays
 * ended until somebody wants something of it.
 */
export class MachineHost implements AsyncDisposable {
  readonly backend: HostBackend;
  readonly #parts: MachineHostParts;
  readonly #owned = new Disposables();
  readonly #ending = new AbortController();
  #wanted = true;
  /** Of the connection that was told of the settings last, and what it was told. */
  #configured: { readonly connection: object | undefined; readonly settings: string } | undefined;
  #configuring: Promise<void> = Promise.resolve();
  /** Whose version was told to the person. */
  #told: string | undefined;
  #exchanging = false;

  constructor(parts: MachineHostParts) {
    this.#parts = parts;
    const { store, log, version, device } = parts;
    this.backend = new HostBackend({
      store,
      clock: systemClock,
      log,
      app: version,
      device,
      connect: (signal) => this.#connect(signal),
      follows: (session) => parts.follows(session),
      answers: parts.answers,
    });
    this.#owned.add(this.backend.onChanged(() => this.configure()));
    this.#owned.add(this.backend.onListed(() => this.#compareVersions()));
  }

  /** Why it cannot be used right now: a sentence, and what to do. */
  get trouble(): string | undefined {
    const { state, trouble } = this.backend;
    if ((state !== 'gone' && state !== 'refused') || trouble === undefined) return undefined;
    return [trouble.message, trouble.next].filter((part) => part !== undefined).join(' ');
  }

  /** Resolves when it is there and knows the settings; starts it where none runs. @throws Failure why it cannot be had */
  async online(signal: AbortSignal): Promise<HostBackend> {
    const { backend } = this;
    if (backend.state !== 'connected') {
      this.#wanted = true;
      await backend.reach(signal).catch(async (failure: unknown) => {
        // An attempt that was under way knew nothing of the wish.
        if (!(failure instanceof Failure) || failure.code !== 'gone') throw failure;
        await backend.reach(signal);
      });
    }
    await this.#configuring;
    return backend;
  }

  /** Tells the host what the settings are, where it was not told yet. */
  configure(): void {
    if (this.backend.state !== 'connected') return;
    this.#configuring = this.#configuring
      .then(() => this.#configure())
      .catch((failure: unknown) => this.#untold(failure));
  }

  /** Ends the host with all that runs in it. `again`: another one is started, of this version. */
  async end(again: boolean): Promise<void> {
    this.#wanted = again;
    const record = await findHost(this.#parts.storage);
    if (record !== undefined) {
      const asked = this.backend.act({ kind: 'stop' }, this.#ending.signal);
      // One of another version, or one that hears nobody, hears the system.
      await asked.catch(async () => {
        if (await isHostAlive(record)) process.kill(record.pid, 'SIGTERM');
      });
      await hostEnded(record, systemClock);
    }
    if (again) await this.online(this.#ending.signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ending.abort(new Failure('ended', 'The window is closing.'));
    this.#owned.dispose();
    await this.backend[Symbol.asyncDispose]();
  }

  async #connect(signal: AbortSignal): Promise<HostLine> {
    const line = await hostLine(await this.#record(signal), systemClock, signal);
    this.#wanted = false;
    return line;
  }

  async #record(signal: AbortSignal): Promise<HostRecord> {
    const { storage } = this.#parts;
    const left = await readHostRecord(storage);
    if (left !== undefined && (await isHostAlive(left))) return left;
    if (this.#wanted || left !== undefined) return await this.#start(signal);
    throw new Failure('gone', 'The background host was stopped.', 'It is started again by the next session.');
  }

  async #start(signal: AbortSignal): Promise<HostRecord> {
    const { dist, storage, version, log, roots, variables } = this.#parts;
    const [program, node] = await Promise.all([
      hostProgram(dist, storage, version, systemClock),
      variables().then((env) => hostNode(env, roots(), systemClock, signal)),
    ]);
    // For devices it listens when the person says so.
    const args = ['--no-relay', ...roots().flatMap((root) => ['--root', root])];
    const record = await startHost({ node, program, state: storage, args }, signal);
    log.info(`The background host runs as process ${record.pid} of ${node.file}.`);
    return record;
  }

  async #configure(): Promise<void> {
    const connection = this.backend.greeting;
    const settings = await this.#parts.settings();
    const told = JSON.stringify(settings);
    if (this.#configured?.connection === connection && this.#configured?.settings === told) return;
    await this.backend.act({ kind: 'configure', ...settings }, this.#ending.signal);
    this.#configured = { connection, settings: told };
  }

  #untold(failure: unknown): void {
    if (this.#ending.signal.aborted || this.backend.state !== 'connected') return;
    this.#parts.log.error(`The background host did not take the settings: ${sentence(failure)}`);
  }

  #compareVersions(): void {
    const { greeting, state } = this.backend;
    const { version, outdated, log } = this.#parts;
    // A window that is not loaded anew yet meets a later one, and works with it.
    if (state !== 'connected' || greeting === undefined || !isNewer(version, greeting.app)) return;
    if (this.#exchanging) return;
    if (!this.backend.all().some(isBusy)) {
      this.#exchanging = true;
      log.info(`Nothing runs in the background host of version ${greeting.app}: it is exchanged for this version.`);
      this.end(true)
        .catch((failure: unknown) => log.error(`The background host was not exchanged: ${sentence(failure)}`))
        .finally(() => (this.#exchanging = false));
    } else if (this.#told !== greeting.hostId) {
      this.#told = greeting.hostId;
      outdated(greeting.app);
    }
  }
}
