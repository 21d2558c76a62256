/** What a gateway says of its methods, as far as it helps who calls one by hand. Source: the gateway protocol, §4, schema. */
import { type Fields, isFields, isText, listOf, textOf } from '../../model/fold/read.ts';

export interface GatewayMethod {
  readonly name: string;
  readonly description: string;
  /** Of every gateway; the others are of this one's own. */
  readonly builtin: boolean;
  /** A JSON schema of its parameters, where it has said one. */
  readonly params?: Fields;
}

/** Its own first. Total. */
export const readMethods = (payload: unknown): readonly GatewayMethod[] => {
  const methods = isFields(payload) && isFields(payload['methods']) ? payload['methods'] : {};
  return Object.entries(methods)
    .flatMap(([name, method]): readonly GatewayMethod[] => {
      if (!isFields(method)) return [];
      const { description, builtin, params } = method;
      const about = { name, description: textOf(description) ?? '', builtin: builtin === true };
      return [isFields(params) ? { ...about, params } : about];
    })
    .toSorted((a, b) => Number(a.builtin) - Number(b.builtin) || (a.name < b.name ? -1 : 1));
};

/** `at`: the way to the value, such as `input.messages[0]`. */
export type WrongParams =
  | { readonly kind: 'object' }
  | { readonly kind: 'missing'; readonly at: string }
  | { readonly kind: 'extra'; readonly at: string }
  | { readonly kind: 'type'; readonly at: string; readonly type: string }
  | { readonly kind: 'value'; readonly at: string; readonly values: readonly string[] };

/** What is wrong with parameters, as far as the schema says it plainly: the gateway has the last word. */
export const wrongParams = (value: unknown, { params }: Pick<GatewayMethod, 'params'>): WrongParams | undefined =>
  isFields(value) ? wrongObject(value, params ?? {}, '', 0) : { kind: 'object' };

/** A schema that is deeper than this is looked at no further. */
const DEEPEST = 16;

const wrongValue = (value: unknown, schema: unknown, at: string, depth: number): WrongParams | undefined => {
  if (!isFields(schema) || depth > DEEPEST) return undefined;
  const types = isText(schema['type']) ? [schema['type']] : (listOf(schema['type']) ?? []).filter(isText);
  if (types.length > 0 && !types.some((type) => isOf(type, value)))
    return { kind: 'type', at, type: types.join(' | ') };
  const values = 'const' in schema ? [schema['const']] : listOf(schema['enum']);
  const text = JSON.stringify(value);
  if (values !== undefined && !values.some((each) => JSON.stringify(each) === text))
    return { kind: 'value', at, values: values.map((each) => JSON.stringify(each)) };
  if (isFields(value)) return wrongObject(value, schema, at, depth);
  for (const [index, item] of (listOf(value) ?? []).entries()) {
    const wrong = wrongValue(item, schema['items'], `${at}[${index}]`, depth + 1);
    if (wrong !== undefined) return wrong;
  }
  return undefined;
};

const wrongObject = (value: Fields, schema: Fields, at: string, depth: number): WrongParams | undefined => {
  const below = (name: string): string => (at === '' ? name : `${at}.${name}`);
  const missing = (listOf(schema['required']) ?? []).filter(isText).find((name) => !Object.hasOwn(value, name));
  if (missing !== undefined) return { kind: 'missing', at: below(missing) };
  const properties = isFields(schema['properties']) ? schema['properties'] : {};
  for (const [name, held] of Object.entries(value)) {
    if (Object.hasOwn(properties, name)) {
      const wrong = wrongValue(held, properties[name], below(name), depth + 1);
      if (wrong !== undefined) return wrong;
    } else if (schema['additionalProperties'] === false) return { kind: 'extra', at: below(name) };
  }
  return undefined;
};

const isOf = (type: string, value: unknown): boolean => {
  switch (type) {
    case 'string':
    case 'number':
    case 'boolean':
      return typeof value === type;
    case 'integer':
      return Number.isInteger(value);
    case 'array':
      return Array.isArray(value);
    case 'object':
      return isFields(value);
    case 'null':
      return value === null;
    default:
      return true;
  }
};

/** Parameters to begin with: what is required, empty, with what is known already. */
export const draftParams = ({ params }: Pick<GatewayMethod, 'params'>, known: Fields): Fields => {
  const properties = isFields(params?.['properties']) ? params['properties'] : {};
  const names = (listOf(params?.['required']) ?? []).filter(isText);
  return Object.fromEntries(names.map((name) => [name, known[name] ?? emptyOf(properties[name])]));
};

const emptyOf = (schema: unknown): unknown => {
  if (!isFields(schema)) return null;
  const [first] = listOf(schema['enum']) ?? [];
  if (first !== undefined) return first;
  switch (schema['type']) {
    case 'string':
      return '';
    case 'number':
    case 'integer':
      return 0;
    case 'boolean':
      return false;
    case 'array':
      return [];
    case 'object':
      return {};
    default:
      return null;
  }
};
