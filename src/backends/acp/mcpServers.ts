import type { McpServer } from '@agentclientprotocol/sdk';
import { sentence } from '../../base/failure.ts';
import type { AgentIntro } from '../../protocol/acp/agent.ts';
import type { BackendContext } from '../../router/ports.ts';
import type { Opening } from './opening.ts';

/** The person's servers that this agent can take: those on stdio always, the others where it said so (protocol §9). */
export const mcpServersFor = async (
  agent: { readonly label: string; readonly intro: Pick<AgentIntro, 'mcp'> },
  { key, cwd }: Pick<Opening, 'key' | 'cwd'>,
  { mcpServers, log }: Required<Pick<BackendContext, 'mcpServers' | 'log'>>,
): Promise<readonly McpServer[]> => {
  const { mcp } = agent.intro;
  const servers = await mcpServers(cwd, key).catch((failure: unknown) => {
    log.warn(`No MCP servers go along with this session: ${sentence(failure)}`);
    return [];
  });
  return servers.filter((server) => {
    const taken = !('type' in server) || (server.type === 'http' && mcp.http) || (server.type === 'sse' && mcp.sse);
    if (!taken) log.info(`The MCP server “${server.name}” is left out: ${agent.label} takes none over ${server.type}.`);
    return taken;
  });
};
