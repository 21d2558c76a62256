import { Failure, sentence } from '../base/failure.ts';
import { isFields, isText } from '../model/fold/read.ts';
import { readRule } from '../model/fold/rule.ts';
import type { Rule } from '../model/rule.ts';

/** A rule of the scope `folder`, and the folder that it is of. */
export interface FolderRule {
  /** Absolute. */
  readonly folder: string;
  readonly rule: Rule;
}

const SCHEMA = 1;

export const encodeFolderRules = (rules: readonly FolderRule[]): string => {
  const written = rules.map(({ folder, rule: { id, tool, match, decision } }) => ({
    folder,
    id,
    tool,
    ...(match === undefined ? {} : { match }),
    decision,
  }));
  return `${JSON.stringify({ wheelhouse: 'rules', schema: SCHEMA, rules: written }, undefined, 2)}\n`;
};

/**
 * All of it or nothing: half of what somebody decided could allow what the other half forbids.
 * @throws Failure `invalid`, with the path and what is wrong there
 */
export const decodeFolderRules = (text: string, path: string): readonly FolderRule[] => {
  const value = parse(text, path);
  if (!isFields(value) || value['wheelhouse'] !== 'rules' || !Array.isArray(value['rules']))
    throw unreadable(path, 'it is no list of rules');
  const { schema, rules } = value;
  if (schema !== SCHEMA) throw unreadable(path, `it was written by another version (schema ${String(schema)})`);
  return rules.map((entry: unknown, index) => {
    const folder = isFields(entry) ? entry['folder'] : undefined;
    const rule = isFields(entry) ? readRule({ ...entry, scope: 'folder' }) : undefined;
    if (rule === undefined || !isText(folder)) throw unreadable(path, `entry ${index + 1} is no rule`);
    return { folder, rule };
  });
};

const parse = (text: string, path: string): unknown => {
  try {
    return JSON.parse(text);
  } catch (failure) {
    throw unreadable(path, sentence(failure));
  }
};

const unreadable = (path: string, why: string): Failure =>
  new Failure(
    'invalid',
    `The rules of folders in ${path} cannot be read: ${why}. None of them holds until the file is mended or deleted.`,
  );
