import type { SettingProblem } from '../../backends/agentSettings.ts';

/** A server of the Model Context Protocol as the person wrote it; values may hold `${…}`. */
export type McpSetting = { readonly name: string } & (
  | {
      readonly type: 'stdio';
      readonly command: string;
      readonly args: readonly string[];
      readonly env: Readonly<Record<string, string>>;
    }
  | { readonly type: 'http' | 'sse'; readonly url: string; readonly headers: Readonly<Record<string, string>> }
);

export interface McpSettings {
  readonly servers: readonly McpSetting[];
  readonly problems: readonly SettingProblem[];
}

const MCP_SETTING = 'wheelhouse.mcpServers';

type Fields = Readonly<Record<string, unknown>>;
type Report = (key: string, expected: SettingProblem['expected']) => void;

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isText = (value: unknown): value is string => typeof value === 'string';

/** Reads the value of the setting, which has the shape of `servers` in VS Code's mcp.json; never throws. */
export const parseMcpServers = (value: unknown): McpSettings => {
  const problems: SettingProblem[] = [];
  if (value === undefined || value === null) return { servers: [], problems };
  if (!isFields(value)) return { servers: [], problems: [{ key: MCP_SETTING, expected: 'object' }] };
  const servers: McpSetting[] = [];
  for (const [name, entry] of Object.entries(value)) {
    const before = problems.length;
    const server = parseServer(name, entry, (key, expected) => problems.push({ key, expected }));
    if (server !== undefined && problems.length === before) servers.push(server);
  }
  return { servers, problems };
};

const parseServer = (name: string, value: unknown, report: Report): McpSetting | undefined => {
  const key = `${MCP_SETTING}.${name}`;
  if (!isFields(value)) {
    report(key, 'object');
    return undefined;
  }
  const { type, command, args, env, url, headers, ...unknown } = value;
  // A key that nobody here knows might be the one that says where or how to run it: handing it on anyway would be wrong.
  for (const each of Object.keys(unknown)) report(`${key}.${each}`, 'knownKey');
  if (type === 'http' || type === 'sse' || (type === undefined && url !== undefined)) {
    for (const each of ['command', 'args', 'env']) if (value[each] !== undefined) report(`${key}.${each}`, 'knownKey');
    if (!isText(url) || !/^https?:\/\//u.test(url)) {
      report(`${key}.url`, 'text');
      return undefined;
    }
    return { name, type: type ?? 'http', url, headers: parseTexts(`${key}.headers`, headers, report) };
  }
  for (const each of ['url', 'headers']) if (value[each] !== undefined) report(`${key}.${each}`, 'knownKey');
  if (type !== undefined && type !== 'stdio') report(`${key}.type`, 'knownKey');
  if (!isText(command) || command.trim() === '') {
    report(`${key}.command`, 'text');
    return undefined;
  }
  const words = args ?? [];
  const isList = Array.isArray(words) && words.every(isText);
  if (!isList) report(`${key}.args`, 'textList');
  return {
    name,
    type: 'stdio',
    command,
    args: isList ? words : [],
    env: parseTexts(`${key}.env`, env, report),
  };
};

const parseTexts = (key: string, value: unknown, report: Report): Readonly<Record<string, string>> => {
  const texts: Record<string, string> = {};
  if (value === undefined) return texts;
  if (!isFields(value)) report(key, 'object');
  else
    for (const [name, each] of Object.entries(value)) {
      // A number or a switch is what it is written as: mcp.json allows both.
      if (isText(each) || typeof each === 'number' || typeof each === 'boolean') texts[name] = String(each);
      else report(`${key}.${name}`, 'text');
    }
  return texts;
};
