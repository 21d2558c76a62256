import { homedir } from 'node:os';
import type { McpServer } from '@agentclientprotocol/sdk';
import type { Log } from '../../base/log.ts';
import { variable, type Variables } from '../../machine/environmentVariables.ts';
import { findProgram } from '../../machine/local.ts';
import { problemLine, readMcpSetting } from '../settings.ts';
import { handOver } from './mcpServers.ts';
import { parseMcpServers } from './mcpSetting.ts';

/** Reads the setting for each session anew; what is wrong in it is told in the log, and the others are handed over. */
export const personMcpServers =
  (parts: { readonly log: Log; readonly variables: () => Promise<Variables>; roots(): readonly string[] }) =>
  async (cwd: string): Promise<readonly McpServer[]> => {
    const { servers: settings, problems } = parseMcpServers(readMcpSetting());
    for (const problem of problems) parts.log.warn(problemLine(problem));
    if (settings.length === 0) return [];
    const variables = await parts.variables();
    const { servers, leftOut } = await handOver(settings, {
      folder: cwd,
      home: homedir(),
      variable: (name) => variable(variables, name, process.platform),
      findProgram: (name) => findProgram(name, variables, parts.roots()),
    });
    for (const line of leftOut) parts.log.warn(line);
    return servers;
  };
