import { describe, expect, test } from 'vitest';
import { protectedBy } from './protectedFiles.ts';

const by = (path: string): string | undefined => protectedBy(path.split('/'));

describe('files that programs obey', () => {
  test.each([
    ['CVE-2025-53773', '.vscode/settings.json', '.vscode/**'],
    ['CVE-2025-53536', '.vscode/settings.json', '.vscode/**'],
    ['CVE-2025-58372', 'my.code-workspace', '*.code-workspace'],
    ['CVE-2025-54135', '.cursor/mcp.json', '.cursor/**'],
    ['CVE-2026-25725', '.claude/settings.json', '.claude/**'],
    ['S26', '.vscode/tasks.json', '.vscode/**'],
    ['S26', '.git/hooks/pre-commit', '.git/**'],
    ['S26', '.git/config', '.git/**'],
    ['S26', '.git', '.git/**'],
    ['S26', '.roo/mcp.json', '.roo/**'],
    ['S26', '.mcp.json', '.mcp.json'],
    ['S26', 'AGENTS.md', 'agents.md'],
    ['S26', 'package.json', 'package.json'],
    ['S26', '.bashrc', '.bashrc'],
    ['S26', '.envrc', '.envrc'],
    ['S26', '.npmrc', '.npmrc'],
    ['S26', '.husky/pre-push', '.husky/**'],
    ['S26', '.github/workflows/ci.yml', '.github/workflows/**'],
    ['S26', '.devcontainer/devcontainer.json', '.devcontainer/**'],
    ['S26', '.ssh/authorized_keys', '.ssh/**'],
  ])('[%s] %s', (_, path, pattern) => {
    expect(by(path)).toBe(pattern);
    // A folder of the workspace can be opened by itself.
    expect(by(`packages/a/${path}`)).toBe(pattern);
  });

  test.each([
    '.VSCode/Settings.JSON',
    '.vſcode/settings.json',
    '.gıt/config',
    '.vscode./settings.json',
    '.vscode /settings.json',
    '.vscode::$INDEX_ALLOCATION/settings.json',
    '.g\u200cit/hooks/post-checkout',
    '.\ufeffgit/config',
    '.Git/Config',
    '.ＧＩＴ/config',
    'PACKAGE.JSON',
    'Package.json::$DATA',
    '.Claude/x',
    'ﬁle.code-workspace',
  ])('[CVE-2025-59944] under any spelling that a file system may take for it: %j', (path) => {
    expect(by(path)).toBeDefined();
  });

  test.each([
    'src/main.ts',
    'Makefile',
    '.gitignore',
    '.gitattributes',
    'git/config',
    'vscode/settings.json',
    'my.vscode/settings.json',
    '.github/ISSUE_TEMPLATE.md',
    'package-lock.json',
    'package.json/x',
    'x.package.json',
    'docs/agents.md.txt',
    '.env',
    '',
  ])('[S26] nobody is asked about %j', (path) => {
    expect(by(path)).toBeUndefined();
  });
});
