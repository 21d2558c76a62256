/** Variables by name; undefined ones do not exist. */
export type Variables = Readonly<Record<string, string | undefined>>;

/**
 * What belongs to the editor that runs us and to nobody that it starts: handles and switches of its own processes,
 * and our secrets. `NODE_OPTIONS` and its kin would be obeyed by every agent that is a Node program.
 */
const DENIED_PREFIXES = ['VSCODE_', 'ELECTRON_', 'WHEELHOUSE_', 'CODE_SERVER_'];
const DENIED = new Set([
  'NODE_OPTIONS',
  'NODE_CHANNEL_FD',
  'NODE_CHANNEL_SERIALIZATION_MODE',
  'NODE_UNIQUE_ID',
  'NODE_REPL_EXTERNAL_MODULE',
  'CHROME_DESKTOP',
  'GIT_ASKPASS',
]);

/** Compared without case: on Windows the names are. */
export const isDenied = (name: string): boolean => {
  const upper = name.toUpperCase();
  return DENIED.has(upper) || DENIED_PREFIXES.some((prefix) => upper.startsWith(prefix));
};

/**
 * The environment of a child: the machine's own without what is denied, then `over`. What a person or an agent asked
 * for by name in `over` is given; null removes.
 */
export const childVariables = (
  own: Variables,
  over: Readonly<Record<string, string | null>> | undefined,
  platform: NodeJS.Platform,
): Record<string, string> => {
  const result = new Map<string, [name: string, value: string]>();
  // On Windows `Path` and `PATH` are one variable, and two of them are a lottery.
  const keyOf = (name: string): string => (platform === 'win32' ? name.toUpperCase() : name);
  for (const [name, value] of Object.entries(own)) {
    if (value !== undefined && !isDenied(name)) result.set(keyOf(name), [name, value]);
  }
  for (const [name, value] of Object.entries(over ?? {})) {
    if (value === null) result.delete(keyOf(name));
    else result.set(keyOf(name), [name, value]);
  }
  return Object.fromEntries(result.values());
};

/** One variable, in the way of the platform. */
export const variable = (variables: Variables, name: string, platform: NodeJS.Platform): string | undefined => {
  if (platform !== 'win32') return variables[name];
  const upper = name.toUpperCase();
  return Object.entries(variables).find(([key]) => key.toUpperCase() === upper)?.[1];
};
