import type { Disposable } from '../base/disposable.ts';
import { Emitter, type Event } from '../base/event.ts';
import { Failure } from '../base/failure.ts';
import type { AgentDefinition } from './agent.ts';
import type { AcpBackend } from './acp.ts';
import type { AgentFigures } from './acp/launcher.ts';

/** What a window or a host knows of its agents, wherever they run. */
export interface AgentSet extends AsyncDisposable {
  /** Those of the settings, in their order; each can have its commands run elsewhere, see `commandsAt.ts`. */
  readonly all: readonly AgentDefinition[];
  /** Those, and what still runs though it has left the settings. */
  readonly known: readonly AgentDefinition[];
  readonly onChanged: Event<void>;
  label(id: string): string | undefined;
  figures(id: string): AgentFigures | undefined;
  stderrTail(id: string): string;
  isRunning(id: string): boolean;
  /** Finds out how they are now, where that is not known at any time. */
  look(signal: AbortSignal): Promise<void>;
  /** Resolves when the agent has introduced itself. @throws Failure why it did not, or `unknown` */
  start(id: string, signal: AbortSignal): Promise<void>;
  /** Ends the agent's process; its sessions are told, and can be taken up again while it is in the settings. */
  stop(id: string): Promise<void>;
  /** Has the agent forget who the person is; starts it for that. False: it cannot. */
  signOut(id: string, signal: AbortSignal): Promise<boolean>;
  apply(definitions: readonly AgentDefinition[]): void;
  /** Ends the agent's process, takes its settings as they are now, and starts it again for the sessions that had it. */
  restart(id: string, signal: AbortSignal): Promise<void>;
}

interface Entry {
  readonly definition: AgentDefinition;
  readonly backend: AcpBackend;
  readonly registration: Disposable;
}

/**
 * The agents that a session can be started with, kept in step with the settings.
 *
 * A change of the settings ends nothing: an agent whose process runs goes on as it was started and takes its new
 * definition when it is restarted; one that left the settings can start no session any more.
 */
export class Agents implements AgentSet {
  readonly #make: (definition: AgentDefinition) => AcpBackend;
  readonly #register: (backend: AcpBackend) => Disposable;
  readonly #resume: (id: string, signal: AbortSignal) => Promise<void>;
  readonly #entries = new Map<string, Entry>();
  readonly #changed = new Emitter<void>();
  readonly onChanged = this.#changed.event;
  #wanted = new Map<string, AgentDefinition>();

  constructor(parts: {
    readonly make: (definition: AgentDefinition) => AcpBackend;
    readonly register: (backend: AcpBackend) => Disposable;
    /** Brings an agent back for every session that lost it. */
    readonly resume: (id: string, signal: AbortSignal) => Promise<void>;
  }) {
    this.#make = parts.make;
    this.#register = parts.register;
    this.#resume = parts.resume;
  }

  get all(): readonly AgentDefinition[] {
    return [...this.#wanted.values()].filter(({ commandsAt }) => commandsAt === undefined);
  }

  get known(): readonly AgentDefinition[] {
    const left = [...this.#entries.values()].filter(
      ({ definition: { id, commandsAt }, backend }) =>
        (commandsAt !== undefined || !this.#wanted.has(id)) && isRunning(backend),
    );
    return [...this.all, ...left.map(({ definition }) => definition)];
  }

  figures(id: string): AgentFigures | undefined {
    return this.#entries.get(id)?.backend.figures;
  }

  label(id: string): string | undefined {
    return this.#wanted.get(id)?.label ?? this.#entries.get(id)?.definition.label;
  }

  stderrTail(id: string): string {
    return this.#entries.get(id)?.backend.stderrTail() ?? '';
  }

  isRunning(id: string): boolean {
    const entry = this.#entries.get(id);
    return entry !== undefined && isRunning(entry.backend);
  }

  async look(): Promise<void> {}

  async start(id: string, signal: AbortSignal): Promise<void> {
    const backend = this.#entries.get(id)?.backend;
    if (backend === undefined) throw unknown(id);
    await backend.start(signal);
  }

  async stop(id: string): Promise<void> {
    await this.#entries.get(id)?.backend.stop();
  }

  async signOut(id: string, signal: AbortSignal): Promise<boolean> {
    return (await this.#entries.get(id)?.backend.signOut(signal)) ?? false;
  }

  apply(definitions: readonly AgentDefinition[]): void {
    this.#wanted = new Map(definitions.map((definition) => [definition.id, definition]));
    for (const [id, entry] of this.#entries)
      if (!isRunning(entry.backend) && !this.#isCurrent(entry)) void this.#end(id);
    for (const definition of definitions) if (!this.#entries.has(definition.id)) this.#start(definition);
    this.#changed.fire();
  }

  async restart(id: string, signal: AbortSignal): Promise<void> {
    const entry = this.#entries.get(id);
    if (entry !== undefined && this.#isCurrent(entry)) await entry.backend.stop();
    else await this.#replace(id);
    await this.#resume(id, signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#entries.keys()].map((id) => this.#end(id)));
    this.#changed.dispose();
  }

  async #replace(id: string): Promise<void> {
    const definition = this.#wanted.get(id);
    await this.#end(id);
    if (definition === undefined) throw unknown(id);
    this.#start(definition);
    this.#changed.fire();
  }

  #isCurrent({ definition }: Entry): boolean {
    return JSON.stringify(this.#wanted.get(definition.id)) === JSON.stringify(definition);
  }

  #start(definition: AgentDefinition): void {
    const backend = this.#make(definition);
    this.#entries.set(definition.id, { definition, backend, registration: this.#register(backend) });
  }

  async #end(id: string): Promise<void> {
    const entry = this.#entries.get(id);
    this.#entries.delete(id);
    entry?.registration.dispose();
    await entry?.backend[Symbol.asyncDispose]();
  }
}

const unknown = (id: string): Failure =>
  new Failure('unknown', `There is no agent “${id}”.`, 'Look at the setting wheelhouse.agents.');

const isRunning = (backend: AcpBackend): boolean => backend.state === 'running' || backend.state === 'starting';
