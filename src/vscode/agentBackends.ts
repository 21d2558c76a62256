import { AcpBackend } from '../backends/acp.ts';
import type { AgentDefinition } from '../backends/agent.ts';
import { systemClock } from '../machine/clock.ts';
import { agentAtContext } from '../machine/remote/agentAtContext.ts';
import { commandsAtContext } from '../machine/remote/commandsAtContext.ts';
import { farContext } from '../machine/remote/farContext.ts';
import type { Here } from '../machine/remote/farDisk.ts';
import type { BackendContext, Environment } from '../router/ports.ts';
import type { Logs } from './log.ts';
import type { WireTaps } from './wireTaps.ts';

export interface AgentBackendsParts extends Pick<
  BackendContext,
  'emit' | 'workspace' | 'permissions' | 'environment' | 'mcpServers' | 'secrets'
> {
  readonly here: Here;
  /** By what the agent of an address is spawned. */
  readonly agentAt: (id: string) => Promise<Pick<Environment, 'spawn'>>;
  /** Where commands of agents of this machine run, when that is the environment of this id. */
  readonly commandsAt: (id: string) => Promise<Environment>;
  readonly logs: Logs;
  readonly taps: WireTaps;
}

/** Makes the backends of the agents: with what of this window they work, and where what they say is kept. */
export class AgentBackends {
  readonly #parts: AgentBackendsParts;
  readonly #lastWords = new Map<string, string>();

  constructor(parts: AgentBackendsParts) {
    this.#parts = parts;
  }

  make(definition: AgentDefinition): AcpBackend {
    const { logs, taps, here, agentAt, commandsAt, ...parts } = this.#parts;
    const { id, label, machine, address, commandsAt: there } = definition;
    const context = { ...parts, clock: systemClock, log: logs.ofAgent(label), tap: taps.of(definition) };
    const own = address
      ? agentAtContext(address, context, () => agentAt(id))
      : machine
        ? farContext(machine, context, here)
        : there
          ? commandsAtContext(there.label, context, () => commandsAt(there.id))
          : context;
    const backend = new AcpBackend(definition, own);
    backend.onChanged(() => {
      if (backend.state === 'failed') this.#logLastWords(id, label, backend.stderrTail());
    });
    return backend;
  }

  /** Shows the agent's channel, with the last lines of its standard error as they are now. */
  showLog(id: string, label: string, stderrTail: string): void {
    this.#logLastWords(id, label, stderrTail);
    this.#parts.logs.showAgent(label);
  }

  /** Once each: the same lines again would look like the same trouble again. */
  #logLastWords(id: string, label: string, tail: string): void {
    if (tail === '' || this.#lastWords.get(id) === tail) return;
    this.#lastWords.set(id, tail);
    this.#parts.logs.ofAgent(label).info(tail);
  }
}
