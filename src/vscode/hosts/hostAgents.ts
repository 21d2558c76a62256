import type { AgentDefinition } from '../../backends/agent.ts';
import type { AgentFigures } from '../../backends/acp/launcher.ts';
import type { AgentSet } from '../../backends/agents.ts';
import type { HostBackend } from '../../backends/host.ts';
import { Emitter } from '../../base/event.ts';
import type { AgentWords, HostAction } from '../../protocol/view/messages.ts';

/**
 * The agents of the settings, as they run in the background host. What is known of their processes is as of the last look.
 * Those at an address are this window's own: what they know us by is kept where only a window reads it.
 */
export class HostAgents implements AgentSet {
  readonly #host: (signal: AbortSignal) => Promise<HostBackend>;
  readonly #own: AgentSet;
  readonly #changed = new Emitter<void>();
  readonly onChanged = this.#changed.event;
  #all: readonly AgentDefinition[] = [];
  #words: ReadonlyMap<string, AgentWords> = new Map();

  constructor(host: (signal: AbortSignal) => Promise<HostBackend>, own: AgentSet) {
    this.#host = host;
    this.#own = own;
  }

  get all(): readonly AgentDefinition[] {
    return this.#all;
  }

  get known(): readonly AgentDefinition[] {
    return [...this.#all, ...this.#own.known.filter(({ commandsAt }) => commandsAt !== undefined)];
  }

  figures(id: string): AgentFigures | undefined {
    return this.#own.figures(id) ?? (this.#words.get(id)?.figures as AgentFigures | undefined);
  }

  label(id: string): string | undefined {
    return this.#all.find((agent) => agent.id === id)?.label ?? this.#own.label(id);
  }

  stderrTail(id: string): string {
    return this.#words.get(id)?.stderr ?? '';
  }

  isRunning(id: string): boolean {
    return ['running', 'starting'].includes(this.figures(id)?.state ?? '');
  }

  async look(signal: AbortSignal): Promise<void> {
    const words: readonly AgentWords[] = JSON.parse(await this.#act({ kind: 'agents' }, signal));
    this.#words = new Map(words.map((each) => [each.id, each]));
  }

  /** Whether it runs in this window. */
  isOwn(id: string): boolean {
    return this.#own.label(id) !== undefined;
  }

  async start(id: string, signal: AbortSignal): Promise<void> {
    await this.#own.start(id, signal);
  }

  async stop(agent: string): Promise<void> {
    if (this.isOwn(agent)) return await this.#own.stop(agent);
    await this.#act({ kind: 'agent/stop', agent }, new AbortController().signal);
  }

  async signOut(agent: string, signal: AbortSignal): Promise<boolean> {
    if (this.isOwn(agent)) return await this.#own.signOut(agent, signal);
    return (await this.#act({ kind: 'agent/sign out', agent }, signal)) === 'yes';
  }

  apply(definitions: readonly AgentDefinition[]): void {
    this.#all = definitions.filter(({ commandsAt }) => commandsAt === undefined);
    this.#own.apply(definitions.filter(({ address, commandsAt }) => (address ?? commandsAt) !== undefined));
    this.#changed.fire();
  }

  async restart(agent: string, signal: AbortSignal): Promise<void> {
    if (this.isOwn(agent)) return await this.#own.restart(agent, signal);
    await this.#act({ kind: 'agent/restart', agent }, signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#changed.dispose();
    await this.#own[Symbol.asyncDispose]();
  }

  async #act(action: HostAction, signal: AbortSignal): Promise<string> {
    return await (await this.#host(signal)).act(action, signal);
  }
}
