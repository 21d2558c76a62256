const entry = (
  id: string,
  name: string,
  spec: string,
  args: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): object => ({
  id,
  name,
  version: spec.slice(spec.lastIndexOf('@') + 1),
  description: '',
  distribution: { npx: { package: spec, args, env } },
});

/**
 * A part of the registry's index, in its own shape: what there is to choose from before it was ever looked up. Each is
 * pinned to a version that is known to exist; a look at the registry tells the newer ones.
 */
export const REGISTRY_SNAPSHOT: unknown = {
  version: '1.0.0',
  agents: [
    entry('auggie', 'Auggie', '@augmentcode/auggie@0.36.0', ['--acp'], { AUGMENT_DISABLE_AUTO_UPDATE: '1' }),
    entry('claude-acp', 'Claude', '@agentclientprotocol/claude-agent-acp@0.100.0'),
    entry('cline', 'Cline', 'cline@3.0.65', ['--acp']),
    entry('codex-acp', 'Codex', '@agentclientprotocol/codex-acp@2.6.0'),
    entry('gemini', 'Gemini', '@google/gemini-cli@0.61.0', ['--acp']),
    entry('github-copilot-cli', 'GitHub Copilot', '@github/copilot@1.0.102', ['--acp']),
    entry('kilo', 'Kilo', '@kilocode/cli@7.7.7', ['acp']),
    entry('opencode', 'OpenCode', 'opencode-ai@1.18.33', ['acp']),
    entry('pi-acp', 'pi', 'pi-acp@0.0.34'),
    entry('qoder', 'Qoder', '@qoder-ai/qodercli@1.1.52', ['--acp']),
    entry('qwen-code', 'Qwen Code', '@qwen-code/qwen-code@0.24.4', ['--acp', '--experimental-skills']),
  ],
};
