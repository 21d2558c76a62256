import type { McpServer } from '@agentclientprotocol/sdk';
import { sentence } from '../../base/failure.ts';
import type { McpSetting } from './mcpSetting.ts';

/** What the `${…}` in a server's values stand for. */
export interface McpWorld {
  /** Absolute: `${workspaceFolder}`. */
  readonly folder: string;
  /** Absolute: `${userHome}`. */
  readonly home: string;
  /** `${env:NAME}`, so that a secret need not stand in a setting. */
  variable(name: string): string | undefined;
  /** The absolute path of a program. @throws Failure `missing` */
  findProgram(name: string): Promise<string>;
}

export interface HandedOver {
  readonly servers: readonly McpServer[];
  /** Those that cannot be: a sentence for each. */
  readonly leftOut: readonly string[];
}

/** The servers as agents are told of them (protocol §9), each filled in and with the absolute path of its program. */
export const handOver = async (settings: readonly McpSetting[], world: McpWorld): Promise<HandedOver> => {
  const [servers, leftOut]: [McpServer[], string[]] = [[], []];
  for (const setting of settings) {
    try {
      servers.push(await filledIn(setting, world));
    } catch (failure) {
      leftOut.push(`The MCP server “${setting.name}” is left out. ${sentence(failure)}`);
    }
  }
  return { servers, leftOut };
};

const filledIn = async (setting: McpSetting, world: McpWorld): Promise<McpServer> => {
  const fill = (text: string): string => fillIn(text, world);
  const pairs = (texts: Readonly<Record<string, string>>) =>
    Object.entries(texts).map(([name, value]) => ({ name, value: fill(value) }));
  const { name } = setting;
  if (setting.type === 'stdio') {
    const { args, env } = setting;
    return { name, command: await world.findProgram(fill(setting.command)), args: args.map(fill), env: pairs(env) };
  }
  return { type: setting.type, name, url: fill(setting.url), headers: pairs(setting.headers) };
};

const fillIn = (text: string, world: McpWorld): string =>
  text.replaceAll(/\$\{([^}]*)\}/gu, (whole: string, what: string) => {
    const value = what.startsWith('env:')
      ? world.variable(what.slice('env:'.length))
      : what === 'workspaceFolder'
        ? world.folder
        : what === 'userHome'
          ? world.home
          : undefined;
    if (value === undefined) throw new Error(`Nothing is known for ${whole}.`);
    return value;
  });
