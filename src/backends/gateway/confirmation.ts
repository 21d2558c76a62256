import type { Fields } from '../../model/fold/read.ts';
import { isFields, isText, textOf } from '../../model/fold/read.ts';
import type { Outcome, Question, QuestionOption } from '../../model/question.ts';
import type { ToolContent } from '../../model/entry.ts';
import { frozen } from '../acp/openQuestions.ts';
import { changesOf } from './patch.ts';

/** The answers that the wire has: it says no name for any of them. */
const CONFIRM: readonly QuestionOption[] = [
  { id: 'once', name: 'Allow once', kind: 'allow_once' },
  { id: 'always', name: 'Allow always', kind: 'allow_always' },
  { id: 'no', name: 'No', kind: 'reject_once' },
];

/** What is asked before a tool runs. Its id is the call's, which the answer names. */
export const confirmation = (call: string, data: Fields, at: number): Question => {
  const name = textOf(data['name']) ?? call;
  const content = contentOf(data['metadata']);
  const locations = content.flatMap((part) => (part.type === 'diff' ? [{ path: part.path }] : []));
  return frozen({
    id: call,
    at,
    kind: 'permission',
    title: textOf(data['message']) ?? name,
    options: CONFIRM,
    tool: {
      call,
      toolKind: content.length > 0 ? 'edit' : 'other',
      content,
      locations: locations.slice(0, 1),
      ...(data['input'] === undefined ? {} : { rawInput: data['input'] }),
    },
  });
};

const contentOf = (metadata: unknown): readonly ToolContent[] => {
  if (!isFields(metadata) || metadata['type'] !== 'diff') return [];
  const { filePath: path, patch, isNewFile } = metadata;
  if (!isText(path) || !isText(patch)) return [];
  return changesOf(patch).map(({ oldText, newText }) => ({
    type: 'diff',
    path,
    oldText: isNewFile === true ? null : oldText,
    newText,
  }));
};

export const outcomeOf = ({ confirmed, always }: Fields): Outcome => ({
  kind: 'selected',
  option: confirmed !== true ? 'no' : always === true ? 'always' : 'once',
});

/** The parameters of `tool-confirm`, besides the session and the call. */
export const confirmParams = (outcome: Outcome): { readonly confirmed: boolean; readonly always?: true } => {
  if (outcome.kind !== 'selected' || outcome.option === 'no') return { confirmed: false };
  return outcome.option === 'always' ? { confirmed: true, always: true } : { confirmed: outcome.option === 'once' };
};
