import { describe, expect, test } from 'vitest';
import { Failure } from '../../base/failure.ts';
import { readMcpJson } from './mcpJson.ts';
import { handOver, type McpWorld } from './mcpServers.ts';
import { parseMcpServers } from './mcpSetting.ts';

const world: McpWorld = {
  folder: '/ws',
  home: '/home/me',
  variable: (name) => (name === 'TOKEN' ? 'secret' : undefined),
  findProgram: (name) =>
    name === 'npx' ? Promise.resolve('/usr/bin/npx') : Promise.reject(new Failure('missing', `No ${name}.`)),
};

describe('the setting', () => {
  test('[acp 9] is read in the shape of mcp.json', () => {
    const { servers, problems } = parseMcpServers({
      files: { command: 'npx', args: ['-y', 'server'], env: { PORT: 8080, DEBUG: true } },
      web: { url: 'https://mcp.example.com' },
      old: { type: 'sse', url: 'http://localhost:1/sse', headers: { A: 'b' } },
    });
    expect(problems).toEqual([]);
    expect(servers).toEqual([
      { name: 'files', type: 'stdio', command: 'npx', args: ['-y', 'server'], env: { PORT: '8080', DEBUG: 'true' } },
      { name: 'web', type: 'http', url: 'https://mcp.example.com', headers: {} },
      { name: 'old', type: 'sse', url: 'http://localhost:1/sse', headers: { A: 'b' } },
    ]);
  });

  test.each([
    [3, 'wheelhouse.mcpServers'],
    [{ a: 'npx' }, 'wheelhouse.mcpServers.a'],
    [{ a: {} }, 'wheelhouse.mcpServers.a.command'],
    [{ a: { command: 'x', cwd: '/tmp' } }, 'wheelhouse.mcpServers.a.cwd'],
    [{ a: { command: 'x', args: 'y' } }, 'wheelhouse.mcpServers.a.args'],
    [{ a: { command: 'x', env: { B: {} } } }, 'wheelhouse.mcpServers.a.env.B'],
    [{ a: { url: 'ftp://x' } }, 'wheelhouse.mcpServers.a.url'],
    [{ a: { type: 'http', url: 'https://x', command: 'rm' } }, 'wheelhouse.mcpServers.a.command'],
    [{ a: { type: 'telepathy', command: 'x' } }, 'wheelhouse.mcpServers.a.type'],
  ])('[acp 9] %j is told at %s, and that server is not handed over', (value, key) => {
    const { servers, problems } = parseMcpServers(value);
    expect(servers).toEqual([]);
    expect(problems.map((problem) => problem.key)).toContain(key);
  });
});

describe('what agents are told', () => {
  test('[acp 9] stdio without a type and with the absolute program, the others with one, all filled in', async () => {
    const { servers } = parseMcpServers({
      files: { command: 'npx', args: ['${workspaceFolder}', '${userHome}/x'], env: { T: 'a ${env:TOKEN}' } },
      web: { url: 'https://mcp.example.com', headers: { Authorization: 'Bearer ${env:TOKEN}' } },
    });
    expect(await handOver(servers, world)).toEqual({
      servers: [
        {
          name: 'files',
          command: '/usr/bin/npx',
          args: ['/ws', '/home/me/x'],
          env: [{ name: 'T', value: 'a secret' }],
        },
        {
          type: 'http',
          name: 'web',
          url: 'https://mcp.example.com',
          headers: [{ name: 'Authorization', value: 'Bearer secret' }],
        },
      ],
      leftOut: [],
    });
  });

  test('[acp 9] one that cannot be filled in or found is left out, with the reason; the others are not', async () => {
    const { servers } = parseMcpServers({
      a: { command: 'npx', env: { T: '${env:NOWHERE}' } },
      b: { command: 'npx', args: ['${input:key}'] },
      c: { command: 'nowhere' },
      d: { command: 'npx' },
    });
    const told = await handOver(servers, world);
    expect(told.servers).toMatchObject([{ name: 'd' }]);
    expect(told.leftOut).toEqual([
      'The MCP server “a” is left out. Nothing is known for ${env:NOWHERE}.',
      'The MCP server “b” is left out. Nothing is known for ${input:key}.',
      'The MCP server “c” is left out. No nowhere.',
    ]);
  });
});

describe('VS Code’s own mcp.json', () => {
  test('[acp 9] is read with its comments and commas; what only VS Code can do is named', () => {
    const text = `\uFEFF{
      // mine
      "inputs": [{ "id": "key", "type": "promptString" }],
      "servers": {
        "files": { "type": "stdio", "command": "npx", "args": ["-y", "a//b", "/* no comment */"], "gallery": true, },
        "asks": { "command": "x", "env": { "KEY": "\${input:key}" } },
        "folder": { "command": "x", "cwd": "/tmp" }, /* not
        ours */
        "web": { "url": "https://mcp.example.com/,}" },
      },
    }`;
    const { servers, unusable } = readMcpJson(text);
    expect(servers).toMatchObject([
      { name: 'files', args: ['-y', 'a//b', '/* no comment */'] },
      { name: 'web', url: 'https://mcp.example.com/,}' },
    ]);
    expect(unusable).toEqual(['asks', 'folder']);
  });

  test.each(['', '{', '[]', '{"servers": 3}', '{"servers": null}'])('[acp 9] %j holds nothing', (text) => {
    expect(readMcpJson(text)).toEqual({ servers: [], unusable: [] });
  });
});
