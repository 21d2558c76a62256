import { isFields, isText, textOf, type Fields } from '../../model/fold/read.ts';

/** A value that an agent wants to be given. */
export interface AskedValue {
  readonly name: string;
  readonly label?: string;
  /** False: it may be read over the person's shoulder. */
  readonly secret: boolean;
  readonly optional: boolean;
}

/** One of the ways in which an agent lets a person sign in (protocol §4), as it is carried out. */
export type AuthMethod = { readonly id: string; readonly name: string; readonly description?: string } & (
  | { readonly kind: 'agent' }
  /** The agent's own command with more arguments, in a terminal; `authenticate` is never called for it. */
  | { readonly kind: 'terminal'; readonly args: readonly string[]; readonly env: Readonly<Record<string, string>> }
  /** A command of its own: `_meta["terminal-auth"]`. */
  | {
      readonly kind: 'command';
      readonly command: string;
      readonly args: readonly string[];
      readonly env: Readonly<Record<string, string>>;
    }
  /** Variables of its process. */
  | { readonly kind: 'variables'; readonly values: readonly AskedValue[] }
  /** One key that is handed over with `authenticate`: `_meta["api-key"]`. */
  | { readonly kind: 'key' }
);

/** What can be read of the list; a method that cannot be carried out as it is described is left out. */
export const readAuthMethods = (methods: unknown): readonly AuthMethod[] =>
  Array.isArray(methods) ? methods.flatMap(readMethod) : [];

const readMethod = (method: unknown): readonly AuthMethod[] => {
  if (!isFields(method)) return [];
  const id = textOf(method['id']);
  if (id === undefined) return [];
  const description = textOf(method['description']);
  const how = readHow(method);
  const name = textOf(method['name']) ?? id;
  return how === undefined ? [] : [{ id, name, ...(description === undefined ? {} : { description }), ...how }];
};

/** Without the common part. */
type How = AuthMethod extends infer Method ? (Method extends AuthMethod ? Omit<Method, 'id' | 'name'> : never) : never;

const readHow = (method: Fields): How | undefined => {
  const meta = isFields(method['_meta']) ? method['_meta'] : {};
  const own = meta['terminal-auth'];
  switch (method['type']) {
    case 'terminal':
      return readTerminal(method);
    case 'env_var':
      return readVariables(method);
    case 'agent':
    case undefined:
    case null:
      if (isFields(own) && isText(own['command']) && own['command'] !== '')
        return { kind: 'command', command: own['command'], ...readRun(own) };
      if (meta['type'] === 'terminal') return readTerminal(meta);
      return isFields(meta['api-key']) || meta['api-key'] === true ? { kind: 'key' } : { kind: 'agent' };
    default:
      // How it is carried out nobody here knows.
      return undefined;
  }
};

const readTerminal = (fields: Fields): How => ({ kind: 'terminal', ...readRun(fields) });

const readRun = ({
  args,
  env,
}: Fields): { readonly args: readonly string[]; readonly env: Readonly<Record<string, string>> } => ({
  args: Array.isArray(args) ? args.filter(isText) : [],
  env: Object.fromEntries(pairsOf(env)),
});

/** A record, or a list of names and values. */
const pairsOf = (env: unknown): readonly (readonly [string, string])[] => {
  const pairs: readonly (readonly [unknown, unknown])[] = Array.isArray(env)
    ? env.flatMap((item: unknown) => (isFields(item) ? [[item['name'], item['value']] as const] : []))
    : isFields(env)
      ? Object.entries(env)
      : [];
  return pairs.flatMap(([name, value]) => (isText(name) && isText(value) ? [[name, value] as const] : []));
};

const readVariables = ({ vars, varName }: Fields): How | undefined => {
  const list = Array.isArray(vars) ? vars : [{ name: varName }];
  const values = list.flatMap(readValue);
  // With one of them missing the others would not do.
  return values.length === 0 || values.length < list.length ? undefined : { kind: 'variables', values };
};

const readValue = (value: unknown): readonly AskedValue[] => {
  if (!isFields(value)) return [];
  const { name, label, secret, optional } = value;
  if (!isText(name) || !isVariable(name)) return [];
  return [{ name, ...(isText(label) ? { label } : {}), secret: secret !== false, optional: optional === true }];
};

/** A name that every system takes for a variable. */
export const isVariable = (name: string): boolean => /^[A-Za-z_]\w*$/u.test(name);
