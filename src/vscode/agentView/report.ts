import type { AgentFigures } from '../../backends/acp/launcher.ts';
import type { AgentDefinition } from '../../backends/agent.ts';
import { groupMemory, type GroupMemory } from '../../machine/groupMemory.ts';
import { findProgram } from '../../machine/local.ts';
import type { Stray } from '../../machine/strays.ts';
import { summary, type Summary } from '../../model/summary.ts';
import type { Core } from '../core.ts';

/** All that a person can be told of an agent, as it is at one moment. */
export interface AgentReport {
  readonly definition: AgentDefinition;
  readonly figures: AgentFigures | undefined;
  readonly memory: GroupMemory | undefined;
  /** Absolute path of the program; undefined: it is not there. */
  readonly program: string | undefined;
  /** Those of this window that are its own, whether they have it now or not. */
  readonly sessions: readonly Summary[];
  /** Daemons of it and of its commands. */
  readonly strays: readonly Stray[];
  /** Frames of its wire were looked at. */
  readonly hasWireLog: boolean;
}

export interface AgentReports {
  readonly agents: readonly AgentReport[];
  /** Daemons of which this window does not know whose they are. */
  readonly orphans: readonly Stray[];
}

export const reportAgents = async (core: Core): Promise<AgentReports> => {
  await core.agents.look(core.signal);
  const definitions = core.agents.known;
  const strays = await core.guard.strays();
  const owners = new Map(strays.map((stray) => [stray, ownerOf(core, definitions, stray)]));
  const agents = await Promise.all(
    definitions.map((definition) =>
      reportAgent(
        core,
        definition,
        strays.filter((stray) => owners.get(stray) === definition.id),
      ),
    ),
  );
  return { agents, orphans: strays.filter((stray) => owners.get(stray) === undefined && !stray.attended) };
};

const reportAgent = async (core: Core, definition: AgentDefinition, strays: readonly Stray[]): Promise<AgentReport> => {
  const { id, node, command } = definition;
  const figures = core.agents.figures(id);
  const pid = figures?.pid;
  return {
    definition,
    figures,
    memory: pid === undefined ? undefined : await groupMemory(pid),
    program:
      node === true
        ? command
        : await findProgram(command, await core.variables(), core.workspace.roots()).catch(() => undefined),
    sessions: core.store
      .all()
      .filter(({ backend }) => backend === id)
      .map(summary),
    strays,
    hasWireLog: core.wires.text(id) !== undefined,
  };
};

/** The agent whose process it came from, or whose session a command that it came from belongs to. */
const ownerOf = (core: Core, definitions: readonly AgentDefinition[], { origin }: Stray): string | undefined => {
  if (origin === undefined) return undefined;
  const { pid, session } = origin;
  if (session !== undefined) return core.store.all().find(({ key }) => key === session)?.backend;
  return definitions.find(({ id }) => core.agents.figures(id)?.pids.includes(pid) === true)?.id;
};
