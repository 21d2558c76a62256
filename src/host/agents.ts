import { AcpBackend } from '../backends/acp.ts';
import type { AgentDefinition } from '../backends/agent.ts';
import { Agents } from '../backends/agents.ts';
import { Failure } from '../base/failure.ts';
import type { Here } from '../machine/remote/farDisk.ts';
import { farContext } from '../machine/remote/farContext.ts';
import type { AgentWords, HostAction } from '../protocol/view/messages.ts';
import type { BackendContext } from '../router/ports.ts';
import type { Router } from '../router/router.ts';

/** The agents of a host, in step with its configuration. */
export const hostAgents = (router: Router, here: Here, context: BackendContext): Agents =>
  new Agents({
    make: (definition: AgentDefinition) =>
      new AcpBackend(definition, definition.machine ? farContext(definition.machine, context, here) : context),
    register: (backend) => router.add(backend),
    resume: (id, signal) => router.resumeAll(id, signal),
  });

type AgentAction = Extract<HostAction, { kind: 'agents' | 'agent/restart' | 'agent/stop' | 'agent/sign out' }>;

/** @throws Failure `unknown` */
export const actOnAgents = async (agents: Agents, action: AgentAction, signal: AbortSignal): Promise<string | void> => {
  if (action.kind === 'agents') return JSON.stringify(agents.known.map(({ id }) => wordsOf(agents, id)));
  const { agent } = action;
  if (agents.label(agent) === undefined)
    throw new Failure(
      'unknown',
      `The background host has no agent “${agent}”.`,
      'Look at the setting wheelhouse.agents.',
    );
  switch (action.kind) {
    case 'agent/restart':
      return await agents.restart(agent, signal);
    case 'agent/stop':
      return await agents.stop(agent);
    case 'agent/sign out':
      return (await agents.signOut(agent, signal)) ? 'yes' : 'no';
  }
};

const wordsOf = (agents: Agents, id: string): AgentWords => {
  const figures = agents.figures(id);
  return { id, stderr: agents.stderrTail(id), ...(figures === undefined ? {} : { figures }) };
};
