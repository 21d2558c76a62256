/**
 * Files that programs obey or run without asking anybody: whoever may write them may do anything a moment later.
 *
 * F1 What stands here is written with a person's yes to the very change, whatever rules say.
 * F2 It goes by the name, not by what is there: a file that does not exist yet is the usual way in.
 * F3 Names are compared as the most forgiving file system would.
 *
 * The line: what is obeyed when a folder is opened, entered or committed to, by the editor, the shell, git or an agent,
 * stands here; what runs because somebody builds or tests the project (a Makefile, a source file) does not.
 * `package.json` stands here as a whole: what it depends on is run by its install just as its scripts are.
 */

/** The last segment `**` stands for everything below and for the folder itself; `*` for any part of a name. */
export const PROTECTED: readonly string[] = [
  // Editors
  '.vscode/**',
  '.vscode-server/**',
  '*.code-workspace',
  '.idea/**',
  '.zed/**',
  '.devcontainer/**',
  '.devcontainer.json',
  'devcontainer.json',
  '.vimrc',
  '.exrc',
  '.nvimrc',
  '.nvim.lua',
  '.emacs',
  '.emacs.d/**',
  '.dir-locals.el',
  '.gdbinit',
  '.lldbinit',
  // Repositories: hooks, and settings that name programs. A `.git` that is a file says where these are.
  '.git/**',
  '.gitmodules',
  '.gitconfig',
  '.hg/**',
  '.svn/**',
  '.husky/**',
  'lefthook*.yml',
  '.lefthook*.yml',
  '.pre-commit-config.yaml',
  '.github/workflows/**',
  '.github/actions/**',
  '.gitlab-ci.yml',
  '.circleci/**',
  // Agents: their settings, their servers, and what they take for the person's words
  '.agents/**',
  '.aider*',
  '.amazonq/**',
  '.claude/**',
  '.claude.json',
  '.cline/**',
  '.clinerules/**',
  '.codex/**',
  '.continue/**',
  '.cursor/**',
  '.cursorrules',
  '.gemini/**',
  '.kilocode/**',
  '.kimi/**',
  '.opencode/**',
  '.qwen/**',
  '.roo/**',
  '.roomodes',
  '.roorules*',
  '.windsurf/**',
  '.windsurfrules',
  '.mcp.json',
  'mcp.json',
  'opencode.json',
  'opencode.jsonc',
  'agents.md',
  'claude.md',
  'claude.local.md',
  'gemini.md',
  'qwen.md',
  '.github/copilot-instructions.md',
  '.github/instructions/**',
  '.github/prompts/**',
  // Shells, and what a shell does on entering a folder
  '.bashrc',
  '.bash_aliases',
  '.bash_login',
  '.bash_logout',
  '.bash_profile',
  '.inputrc',
  '.kshrc',
  '.profile',
  '.zlogin',
  '.zlogout',
  '.zprofile',
  '.zshenv',
  '.zshrc',
  '.envrc',
  '.direnv/**',
  'mise.toml',
  '.mise.toml',
  '.mise/**',
  '.config/autostart/**',
  '.config/fish/**',
  '.config/git/**',
  '.config/mise/**',
  '.config/powershell/**',
  '.config/systemd/**',
  'library/launchagents/**',
  '.ssh/**',
  '.gnupg/**',
  // Package managers: what they run by themselves, and from where they take it
  'package.json',
  '.npmrc',
  '.yarnrc',
  '.yarnrc.yml',
  '.yarn/**',
  '.pnpmfile.cjs',
  '.pnpmfile.mjs',
  'bunfig.toml',
  '.cargo/**',
  '.bazelrc',
  '.pypirc',
  'pip.conf',
  'pip.ini',
];

interface Pattern {
  readonly text: string;
  readonly names: readonly string[];
  readonly below: boolean;
}

const read = (text: string): Pattern => {
  const names = text.split('/');
  const below = names.at(-1) === '**';
  return { text, names: below ? names.slice(0, -1) : names, below };
};

/** By their first name: most paths have none of these in them. */
const BY_NAME = new Map<string, Pattern[]>();
const WITH_STAR: Pattern[] = [];
for (const pattern of PROTECTED.map(read)) {
  const [first = ''] = pattern.names;
  if (first.includes('*')) WITH_STAR.push(pattern);
  else BY_NAME.set(first, [...(BY_NAME.get(first) ?? []), pattern]);
}

/**
 * The pattern that protects a path, from its names below a folder of the workspace; undefined where none does.
 * At any depth: a folder of the workspace may be opened by itself, and so may hold a repository of its own.
 */
export const protectedBy = (names: readonly string[]): string | undefined => {
  const folded = names.map(fold);
  for (let index = 0; index < folded.length; index += 1)
    for (const pattern of [...(BY_NAME.get(folded[index] ?? '') ?? []), ...WITH_STAR])
      if (fits(pattern, folded, index)) return pattern.text;
  return undefined;
};

const fits = ({ names, below }: Pattern, path: readonly string[], from: number): boolean => {
  if (below ? path.length < from + names.length : path.length !== from + names.length) return false;
  return names.every((name, index) => fitsName(name, path[from + index] ?? ''));
};

const fitsName = (pattern: string, name: string): boolean => {
  const star = pattern.indexOf('*');
  if (star < 0) return pattern === name;
  const [start, end] = [pattern.slice(0, star), pattern.slice(star + 1)];
  return name.length >= start.length + end.length && name.startsWith(start) && name.endsWith(end);
};

/** Characters that one file system or another passes over in a name, so that it opens another than it shows. */
const PASSED_OVER = /[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u206a-\u206f\ufeff]/gu;

/** Windows passes over trailing dots and spaces, and takes what follows a colon for a part of the file. */
const fold = (name: string): string =>
  name
    .normalize('NFKC')
    .replace(PASSED_OVER, '')
    .toUpperCase()
    .toLowerCase()
    .replace(/:.*$/su, '')
    .replace(/[. ]+$/u, '');
