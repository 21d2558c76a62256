import type { Question } from '../model/question.ts';
import { needsNoProtection } from './plainText.ts';

const LINE = 60;
const NAME = 24;
const OPTIONS = 3;
/** Those that change nothing by being shown in one line; a change of files is looked at as a diff. */
const KINDS: readonly string[] = ['read', 'search', 'fetch', 'execute'];
const KNOWN_OPTIONS: readonly string[] = ['allow_once', 'allow_always', 'reject_once', 'reject_always'];

/**
 * The whole action in one short line, or `undefined` where it needs to be read in the chat.
 *
 * A toast cannot show what must be read in full, and an answer given there must be given to everything: so the title
 * has to hold every value of the tool's input and every place it names, in characters that look like themselves.
 */
export const shortAction = (question: Question): string | undefined => {
  const { title, tool, options, guard, stale } = question;
  // What we ask ourselves is about a danger that one line does not show.
  if (guard !== undefined || stale === true) return undefined;
  if (question.kind !== 'permission' || tool === undefined || options.length > OPTIONS) return undefined;
  if (title.length > LINE || !needsNoProtection(title)) return undefined;
  const inTitle = (value: unknown): boolean =>
    (typeof value === 'string' || typeof value === 'number') && title.includes(String(value));
  const whole =
    KINDS.includes(tool.toolKind) &&
    tool.content.length === 0 &&
    tool.locations.every(({ path }) => inTitle(path)) &&
    valuesOf(tool.rawInput).every(inTitle) &&
    // A title alone says nothing certain about what is run.
    (tool.toolKind !== 'execute' || valuesOf(tool.rawInput).length > 0);
  const plainOptions = options.every(
    ({ name, kind }) => KNOWN_OPTIONS.includes(kind) && name.length <= NAME && needsNoProtection(name),
  );
  return whole && plainOptions ? title : undefined;
};

const valuesOf = (input: unknown): readonly unknown[] => {
  if (input === undefined || input === null) return [];
  return typeof input === 'object' && !Array.isArray(input) ? Object.values(input) : [input];
};
