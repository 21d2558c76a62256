import type { AgentDefinition } from '../../backends/agent.ts';
import type { AgentFigures } from '../../backends/acp/launcher.ts';
import type { AgentSet } from '../../backends/agents.ts';
import type { HostBackend } from '../../backends/host.ts';
import { Emitter } from '../../base/event.ts';
import type { AgentWords, HostAction } from '../../protocol/view/messages.ts';

/** The agents of the settings, as they run in the background host. What is known of their processes is as of the last look. */
export class HostAgents implements AgentSet {
  readonly #host: (signal: AbortSignal) => Promise<HostBackend>;
  readonly #changed = new Emitter<void>();
  readonly onChanged = this.#changed.event;
  #all: readonly AgentDefinition[] = [];
  #words: ReadonlyMap<string, AgentWords> = new Map();

  constructor(host: (signal: AbortSignal) => Promise<HostBackend>) {
    this.#host = host;
  }

  get all(): readonly AgentDefinition[] {
    return this.#all;
  }

  get known(): readonly AgentDefinition[] {
    return this.#all;
  }

  figures(id: string): AgentFigures | undefined {
    return this.#words.get(id)?.figures as AgentFigures | undefined;
  }

  label(id: string): string | undefined {
    return this.#all.find((agent) => agent.id === id)?.label;
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

  async stop(agent: string): Promise<void> {
    await this.#act({ kind: 'agent/stop', agent }, new AbortController().signal);
  }

  async signOut(agent: string, signal: AbortSignal): Promise<boolean> {
    return (await this.#act({ kind: 'agent/sign out', agent }, signal)) === 'yes';
  }

  apply(definitions: readonly AgentDefinition[]): void {
    this.#all = definitions;
    this.#changed.fire();
  }

  async restart(agent: string, signal: AbortSignal): Promise<void> {
    await this.#act({ kind: 'agent/restart', agent }, signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#changed.dispose();
  }

  async #act(action: HostAction, signal: AbortSignal): Promise<string> {
    return await (await this.#host(signal)).act(action, signal);
  }
}
