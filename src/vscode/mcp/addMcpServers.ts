import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { makeVisible } from '../../base/visibleText.ts';
import type { Run } from '../sessionCommands.ts';
import { readMcpSetting, writeMcpServers } from '../settings.ts';
import { readMcpJson } from './mcpJson.ts';
import { type McpSetting, parseMcpServers } from './mcpSetting.ts';

interface Offer extends vscode.QuickPickItem {
  readonly server: McpSetting;
}

/**
 * Offers the servers that VS Code itself has in its mcp.json, the person's own and those of the folders: each with the
 * whole of what would be run or asked. What is chosen is copied into the setting, and every agent gets it from its next
 * session on.
 */
export const addMcpServers: Run = async (core) => {
  const files = [
    // The profile's folder: our storage lies in it, two levels below.
    { path: join(core.storage, '..', '..', 'mcp.json'), where: vscode.l10n.t('yours') },
    ...(vscode.workspace.workspaceFolders ?? [])
      .filter(({ uri }) => uri.scheme === 'file')
      .map(({ uri, name }) => ({ path: join(uri.fsPath, '.vscode', 'mcp.json'), where: name })),
  ];
  const known = new Set(parseMcpServers(readMcpSetting()).servers.map(({ name }) => name));
  const [offers, unusable]: [Offer[], string[]] = [[], []];
  for (const { path, where } of files) {
    const found = readMcpJson(await readFile(path, 'utf8').catch(() => ''));
    unusable.push(...found.unusable);
    offers.push(...found.servers.map((server) => offerOf(server, where, known.has(server.name))));
  }
  if (offers.length === 0) return await tellNone(unusable);
  const chosen = await vscode.window.showQuickPick(offers, {
    title: vscode.l10n.t('Hand MCP Servers to Agents'),
    placeHolder:
      unusable.length === 0
        ? vscode.l10n.t('What is chosen is run, or asked, by every agent from its next session on.')
        : vscode.l10n.t('Only VS Code can run {0}, which want to be asked for something.', unusable.join(', ')),
    canPickMany: true,
    matchOnDetail: true,
    ignoreFocusOut: true,
  });
  if (chosen === undefined || chosen.length === 0) return;
  await writeMcpServers(Object.fromEntries(chosen.map(({ server }) => [server.name, entryOf(server)])));
};

const tellNone = async (unusable: readonly string[]): Promise<void> => {
  const open = vscode.l10n.t('Open Settings');
  const none =
    unusable.length === 0
      ? vscode.l10n.t('There are no MCP servers in an mcp.json of VS Code.')
      : vscode.l10n.t('Only VS Code can run {0}, which want to be asked for something.', unusable.join(', '));
  if ((await vscode.window.showInformationMessage(none, open)) === open)
    await vscode.commands.executeCommand('workbench.action.openSettings', 'wheelhouse.mcpServers');
};

const offerOf = (server: McpSetting, where: string, replaces: boolean): Offer => ({
  server,
  label: makeVisible(server.name, 'one'),
  description: [server.type, where, ...(replaces ? [vscode.l10n.t('replaces the one that is there')] : [])].join(', '),
  detail: makeVisible(server.type === 'stdio' ? [server.command, ...server.args].join(' ') : server.url, 'one'),
});

const entryOf = ({ name: _, ...entry }: McpSetting): object => entry;
