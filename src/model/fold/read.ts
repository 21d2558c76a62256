/**
 * Tolerant readers: what is folded came through a door that checked it, yet a journal of an older version or a far side
 * may hold anything, and one bad field must neither throw nor reach a screen as a wrong type.
 */
import type * as acp from '@agentclientprotocol/sdk';
import type { OtherPart, Part, ToolContent, UnknownPart } from '../entry.ts';

export type Fields = Readonly<Record<string, unknown>>;

export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const isText = (value: unknown): value is string => typeof value === 'string';

export const isCount = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);

export const textOf = (value: unknown): string | undefined => (isText(value) ? value : undefined);

export const countOf = (value: unknown): number | undefined => (isCount(value) ? value : undefined);

export const listOf = (value: unknown): readonly unknown[] | undefined => (Array.isArray(value) ? value : undefined);

/** An object without the fields that are undefined: absent and undefined differ in plain data. */
export const defined = <T extends object>(fields: T): { [K in keyof T]: Exclude<T[K], undefined> } => {
  const kept: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields)) if (value !== undefined) kept[name] = value;
  // The one place where this is said; what was undefined is not there, and a mapped type cannot say so.
  return kept as { [K in keyof T]: Exclude<T[K], undefined> };
};

const unknownPart = (value: unknown): UnknownPart => ({
  type: 'unknown',
  name: (isFields(value) ? textOf(value['type']) : undefined) ?? typeof value,
  value,
});

/** ACP's content block as a part; one without its required fields, or of a type nobody knows, is kept whole. */
export const readPart = (block: unknown): Part => {
  if (!isFields(block)) return unknownPart(block);
  if (block['type'] === 'text') {
    return isText(block['text']) ? { type: 'text', text: block['text'] } : unknownPart(block);
  }
  if (block['type'] === 'unknown' && isText(block['name'])) return unknownPart(block['value']);
  return isOtherBlock(block) ? block : unknownPart(block);
};

export const readParts = (blocks: unknown): readonly Part[] =>
  (listOf(blocks) ?? []).map(readPart).filter((part) => part.type !== 'text' || part.text !== '');

const isOtherBlock = (block: Fields): block is Fields & Exclude<OtherPart, UnknownPart> => {
  switch (block['type']) {
    case 'image':
    case 'audio':
      return isText(block['data']) && isText(block['mimeType']);
    case 'resource_link':
      return isText(block['uri']) && isText(block['name']);
    case 'resource':
      return isFields(block['resource']) && isText(block['resource']['uri']) && hasBody(block['resource']);
    default:
      return false;
  }
};

const hasBody = (resource: Fields): boolean => isText(resource['text']) || isText(resource['blob']);

export const readToolContent = (items: readonly unknown[]): readonly ToolContent[] =>
  items.map((item): ToolContent => {
    if (!isFields(item)) return unknownPart(item);
    const { type, path, oldText, newText, terminalId } = item;
    if (type === 'content' && 'content' in item) return { type, content: readPart(item['content']) };
    if (type === 'diff' && isText(path) && isText(newText)) {
      return { type, path, oldText: textOf(oldText) ?? null, newText };
    }
    if (type === 'terminal' && isText(terminalId)) return { type, terminalId };
    return unknownPart(item);
  });

export const readLocations = (items: readonly unknown[]): readonly acp.ToolCallLocation[] =>
  items.flatMap((item) => {
    if (!isFields(item) || !isText(item['path'])) return [];
    const line = countOf(item['line']);
    return [line === undefined ? { path: item['path'] } : { path: item['path'], line }];
  });
