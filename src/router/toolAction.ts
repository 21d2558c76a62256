import { isFields, isText } from '../model/fold/read.ts';
import type { QuestionTool } from '../model/question.ts';
import { parseCommandLine, type Shell } from './commandLine.ts';

/** What a tool call names: `paths` are absolute, and undefined where there are more than can be looked at. */
export interface ToolAction {
  readonly tool: string;
  readonly paths: readonly string[] | undefined;
  /** Only of a single literal command. */
  readonly argv?: readonly string[];
}

const MOST_PATHS = 64;
const MOST_DEPTH = 6;

/** Kinds whose input may have a field `command` that is no command line: a verb of the tool's own. */
const NO_COMMANDS: ReadonlySet<string> = new Set(['read', 'edit', 'delete', 'move', 'search', 'fetch']);

/** Beside the command itself, what changes nothing of what is run: any other field may, so with it no command is literal. */
const IDLE_FIELDS: ReadonlySet<string> = new Set([
  'command',
  'args',
  'cwd',
  'workdir',
  'description',
  'reason',
  'timeout',
  'timeout_ms',
  'call_id',
  'turn_id',
  'parsed_cmd',
]);

const PATH_FIELD = /path|file|dir$|directory|folder|cwd|root|source|destination|target/iu;
const ABSOLUTE = /^(?:\/|[A-Za-z]:[\\/]|\\\\)/u;
const LEADS_AWAY = /^~|^file:|(?:^|[\\/])\.\.(?:[\\/]|$)/iu;
const ADDRESS = /^(?!file:)[a-z][a-z0-9+.-]+:\/\//iu;

/**
 * Reads what a call says of itself. Where that is doubtful there is rather a place too many than one too few: with a place
 * that nobody can find, no rule allows anything.
 */
export const toolAction = (tool: QuestionTool, cwd: string, shell: Shell): ToolAction => {
  const { rawInput, toolKind } = tool;
  const runs = toolKind === 'execute' || (!NO_COMMANDS.has(toolKind) && isFields(rawInput) && 'command' in rawInput);
  const folder = isFields(rawInput) ? (rawInput['cwd'] ?? rawInput['workdir']) : undefined;
  const names = new Set<string>();
  for (const { path } of tool.locations) names.add(path);
  for (const content of tool.content) if (content.type === 'diff' && 'newText' in content) names.add(content.path);
  collect(rawInput, '', 0, names, runs);
  if (runs) names.add(isText(folder) ? folder : cwd);
  const argv = runs ? argumentsOf(rawInput, shell) : undefined;
  return {
    tool: runs ? 'execute' : toolKind,
    paths: names.size > MOST_PATHS ? undefined : [...names].map((name) => absolute(name, cwd)),
    ...(argv === undefined ? {} : { argv }),
  };
};

/** All texts that may be paths; the command's own arguments are judged by the rule that names them. */
const collect = (value: unknown, field: string, depth: number, names: Set<string>, runs: boolean): void => {
  if (names.size > MOST_PATHS) return;
  if (isText(value)) {
    if (value !== '' && isPath(value, field)) names.add(value);
  } else if (typeof value === 'object' && value !== null) {
    // Deeper than anybody looks, there may be anything.
    if (depth >= MOST_DEPTH) names.add('~');
    else
      for (const [name, inner] of Object.entries(value))
        if (!(runs && depth === 0 && IDLE_FIELDS.has(name)))
          collect(inner, Array.isArray(value) ? field : name, depth + 1, names, runs);
  }
};

const isPath = (value: string, field: string): boolean => {
  if (ADDRESS.test(value)) return false;
  if (PATH_FIELD.test(field)) return true;
  return !value.includes('\n') && (ABSOLUTE.test(value) || LEADS_AWAY.test(value));
};

const absolute = (name: string, cwd: string): string => {
  if (ABSOLUTE.test(name) || /^~|^file:/iu.test(name)) return name;
  return `${cwd}${ABSOLUTE.test(cwd) && !cwd.startsWith('/') ? '\\' : '/'}${name}`;
};

const argumentsOf = (input: unknown, shell: Shell): readonly string[] | undefined => {
  if (!isFields(input) || !Object.keys(input).every((name) => IDLE_FIELDS.has(name))) return undefined;
  const { command, args } = input;
  if (isArguments(command)) return args === undefined && command.length > 0 ? command : undefined;
  if (!isText(command)) return undefined;
  // With a list of arguments, even an empty one, the command is a program and no line.
  if (args !== undefined) return isArguments(args) && command !== '' ? [command, ...args] : undefined;
  return parseCommandLine(command, shell);
};

const isArguments = (value: unknown): value is readonly string[] => Array.isArray(value) && value.every(isText);
