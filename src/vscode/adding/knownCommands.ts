/** How the programs of known agents are told to speak ACP. Data alone: an agent that is not here is added as a command. */
export interface KnownCommand {
  readonly id: string;
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
}

const known = (id: string, name: string, command: string, ...args: readonly string[]): KnownCommand => ({
  id,
  name,
  command,
  args,
});

export const KNOWN_COMMANDS: readonly KnownCommand[] = [
  known('auggie', 'Auggie', 'auggie', '--acp'),
  known('claude', 'Claude', 'claude-agent-acp'),
  known('cline', 'Cline', 'cline', '--acp'),
  known('code-assistant', 'Code Assistant', 'code-assistant', 'acp'),
  known('codex', 'Codex', 'codex-acp'),
  known('copilot', 'GitHub Copilot', 'copilot', '--acp'),
  known('dimcode', 'DimCode', 'dimcode', 'acp'),
  known('droid', 'Factory Droid', 'droid', 'exec', '--output-format', 'acp-daemon'),
  known('fast-agent', 'fast-agent', 'fast-agent-acp', '-x'),
  known('gemini', 'Gemini', 'gemini', '--acp'),
  known('goose', 'goose', 'goose', 'acp'),
  known('grok', 'Grok Build', 'grok', 'agent', 'stdio'),
  known('junie', 'Junie', 'junie', '--acp=true'),
  known('kilo', 'Kilo', 'kilo', 'acp'),
  known('kimi', 'Kimi', 'kimi', 'acp'),
  known('mistral-vibe', 'Mistral Vibe', 'vibe-acp'),
  known('opencode', 'OpenCode', 'opencode', 'acp'),
  known('pi', 'pi', 'pi-acp'),
  known('qoder', 'Qoder', 'qodercli', '--acp'),
  known('qwen', 'Qwen Code', 'qwen', '--acp'),
  known('stakpak', 'Stakpak', 'stakpak', 'acp'),
];
