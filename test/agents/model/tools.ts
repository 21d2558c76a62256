/** The tools that an agent offers to its model, and how the scripted model uses them: by their names and their schemas. */

export type Json = Readonly<Record<string, unknown>>;

export interface Tool {
  readonly name: string;
  /** JSON Schema of its arguments. */
  readonly schema: Json;
  /** It takes a text instead of arguments. */
  readonly free?: boolean;
  /** The group that it was offered in, where that has to be said again. */
  readonly namespace?: string;
}

export interface ToolCall {
  readonly tool: Tool;
  readonly input: Json | string;
}

export type Action =
  | { readonly kind: 'write'; readonly path: string; readonly text: string }
  | { readonly kind: 'edit'; readonly path: string; readonly before: string; readonly after: string }
  | { readonly kind: 'read'; readonly path: string }
  | { readonly kind: 'run'; readonly command: string };

const NAMES: Readonly<Record<Action['kind'], readonly string[]>> = {
  write: ['write', 'write_file', 'apply_patch'],
  edit: ['edit', 'replace', 'apply_patch'],
  read: ['read', 'read_file'],
  run: ['bash', 'run_shell_command', 'exec_command', 'shell_command', 'shell'],
};

/** Undefined where the agent offers no tool for it. */
export const toolCall = (action: Action, tools: readonly Tool[]): ToolCall | undefined => {
  const named = NAMES[action.kind].map((name) => tools.find((tool) => tool.name === name));
  const tool = named.find((found) => found !== undefined);
  // Some have no tool to read with, and read with a command.
  if (tool === undefined)
    return action.kind === 'read' ? toolCall({ kind: 'run', command: `cat ${action.path}` }, tools) : undefined;
  if (tool.name === 'apply_patch') {
    const patch = patchOf(action);
    return { tool, input: tool.free === true ? patch : { input: patch } };
  }
  return { tool, input: argumentsFor(tool.schema, valuesOf(action)) };
};

const patchOf = (action: Action): string => {
  if (action.kind === 'write') {
    const lines = action.text.trimEnd().split('\n');
    return `*** Begin Patch\n*** Add File: ${action.path}\n${lines.map((line) => `+${line}\n`).join('')}*** End Patch\n`;
  }
  if (action.kind === 'edit')
    return `*** Begin Patch\n*** Update File: ${action.path}\n@@\n-${action.before}\n+${action.after}\n*** End Patch\n`;
  throw new Error(`A patch cannot ${action.kind}.`);
};

/** Every name that one of the agents has for an argument; each takes of them what its schema has. */
const valuesOf = (action: Action): Json => {
  const paths = (path: string): Json => ({ filePath: path, file_path: path, absolute_path: path, path });
  switch (action.kind) {
    case 'write':
      return { ...paths(action.path), content: action.text };
    case 'edit': {
      const { before, after } = action;
      return { ...paths(action.path), oldString: before, newString: after, old_string: before, new_string: after };
    }
    case 'read':
      return paths(action.path);
    case 'run': {
      // The last two have the person asked, also where the agent would run it in a sandbox of its own.
      const asking = { sandbox_permissions: 'require_escalated', justification: 'as the script says' };
      return { command: action.command, cmd: action.command, ...asking };
    }
  }
};

const fieldsOf = (value: unknown): Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {};

const argumentsFor = (schema: Json, values: Json): Json => {
  const required = Array.isArray(schema['required']) ? schema['required'] : [];
  const given = Object.entries(fieldsOf(schema['properties'])).flatMap(([name, property]) => {
    const { type } = fieldsOf(property);
    if (name in values) return [[name, isType(type, 'array') ? ['bash', '-lc', values[name]] : values[name]] as const];
    return required.includes(name) ? [[name, anInstance(fieldsOf(property))] as const] : [];
  });
  return Object.fromEntries(given);
};

/** Some write the names of types in capitals. */
const isType = (type: unknown, name: string): boolean => typeof type === 'string' && type.toLowerCase() === name;

/** Something that the schema allows, for what nobody reads. */
export const anInstance = (schema: Json): unknown => {
  const { type } = schema;
  if (Array.isArray(schema['enum'])) return schema['enum'][0];
  if (isType(type, 'boolean')) return false;
  if (isType(type, 'integer') || isType(type, 'number')) return 1;
  if (isType(type, 'array')) return [];
  if (!isType(type, 'object')) return 'as the script says';
  const properties = Object.entries(fieldsOf(schema['properties']));
  return Object.fromEntries(properties.map(([name, property]) => [name, anInstance(fieldsOf(property))]));
};
