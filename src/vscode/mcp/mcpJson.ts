import { type McpSetting, parseMcpServers } from './mcpSetting.ts';

/** What is in an mcp.json of VS Code: what can be handed to agents, and the names of the others. */
export interface McpJson {
  readonly servers: readonly McpSetting[];
  readonly unusable: readonly string[];
}

/** Reads one; what cannot be read at all holds nothing. */
export const readMcpJson = (text: string): McpJson => {
  let value: unknown;
  try {
    value = JSON.parse(withoutComments(text));
  } catch {
    return { servers: [], unusable: [] };
  }
  const entries = typeof value === 'object' && value !== null && 'servers' in value ? value.servers : undefined;
  if (typeof entries !== 'object' || entries === null) return { servers: [], unusable: [] };
  const [servers, unusable]: [McpSetting[], string[]] = [[], []];
  for (const [name, entry] of Object.entries(entries)) {
    const { servers: read } = parseMcpServers({ [name]: withoutOwn(entry) });
    // Only VS Code can ask for an input.
    const usable = read.filter((server) => !JSON.stringify(server).includes('${input:'));
    if (usable.length === 0) unusable.push(name);
    servers.push(...usable);
  }
  return { servers, unusable };
};

/** What only tells VS Code where the entry came from, and how it watches it. */
const withoutOwn = (entry: unknown): unknown => {
  if (typeof entry !== 'object' || entry === null) return entry;
  const own = new Set(['gallery', 'version', 'dev']);
  return Object.fromEntries(Object.entries(entry).filter(([name]) => !own.has(name)));
};

/** VS Code's files may hold comments, and a comma before a closing bracket. */
const withoutComments = (text: string): string => {
  // A string is taken first, so that nothing in it is taken for a comment or a comma.
  const token = /("(?:[^"\\]|\\.)*")|\/\/[^\n]*|\/\*[\s\S]*?\*\/|,(?=\s*[\]}])/gu;
  const bare = text.replace(/^\uFEFF/u, '').replace(/("(?:[^"\\]|\\.)*")|\/\/[^\n]*|\/\*[\s\S]*?\*\//gu, '$1');
  return bare.replace(token, '$1');
};
