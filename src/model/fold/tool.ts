import type { Decision, ToolEntry, ToolStatus } from '../entry.ts';
import type { Question } from '../question.ts';
import type { Draft } from './draft.ts';
import { touchOlderCall } from './older.ts';
import { defined, type Fields, isText, listOf, readLocations, readToolContent, textOf } from './read.ts';

/**
 * How final a status is: it never goes back, since agents repeat an old one (protocol §10, cline). What we said of a
 * call, `cancelled` or `abandoned`, gives way to what the agent says became of it.
 */
const rank: Readonly<Record<ToolStatus, number>> = {
  pending: 0,
  in_progress: 1,
  cancelled: 2,
  abandoned: 2,
  completed: 3,
  failed: 3,
};

type Sent = Partial<Omit<ToolEntry, 'kind' | 'call' | 'id' | 'seq' | 'changed' | 'at' | 'ended' | 'decision'>>;

/** `tool_call` (`begins`) or `tool_call_update`: whichever comes first makes the entry. False: it names no call. */
export const foldToolCall = (draft: Draft, begins: boolean, update: Fields): boolean => {
  const call = update['toolCallId'];
  if (!isText(call)) return false;
  const content = listOf(update['content']);
  const locations = listOf(update['locations']);
  upsert(
    draft,
    call,
    begins,
    defined({
      title: textOf(update['title']),
      name: textOf(update['name']),
      toolKind: textOf(update['kind']),
      status: readStatus(update['status']),
      content: content && readToolContent(content),
      locations: locations && readLocations(locations),
      rawInput: update['rawInput'] ?? undefined,
      rawOutput: update['rawOutput'] ?? undefined,
    }),
  );
  return true;
};

/**
 * The call that a question is about. A permission often tells less than the call before it (protocol §10, codex and
 * kimi), so it adds what is missing and replaces only with something.
 */
export const foldQuestionTool = (draft: Draft, question: Question): void => {
  const { tool } = question;
  if (tool === undefined) return;
  const known = find(draft, tool.call);
  upsert(
    draft,
    tool.call,
    false,
    defined({
      title: known === undefined || known.entry.title === '' ? question.title : undefined,
      toolKind: tool.toolKind === 'other' ? undefined : tool.toolKind,
      content: tool.content.length > 0 ? tool.content : undefined,
      locations: tool.locations.length > 0 ? tool.locations : undefined,
      rawInput: tool.rawInput ?? undefined,
    }),
  );
};

/** False: there is no such call to write it on. */
export const decide = (draft: Draft, call: string, decision: Decision): boolean => {
  const known = find(draft, call);
  if (known === undefined) return touchOlderCall(draft, call, {});
  draft.change(known.index, { ...known.entry, decision });
  return true;
};

export const foldCallNoted = (draft: Draft, { call, note }: Fields): boolean => {
  if (!isText(call) || !isText(note)) return false;
  const known = find(draft, call);
  if (known === undefined) {
    if (!touchOlderCall(draft, call, {})) draft.add({ kind: 'notice', severity: 'info', title: note });
    return true;
  }
  if (known.entry.note !== note) draft.change(known.index, { ...known.entry, note });
  return true;
};

export const closeOpenCalls = (draft: Draft, status: 'cancelled' | 'abandoned'): void => {
  // Closing takes the call out of the set that is walked through, which a set allows.
  for (const index of draft.lookup.open) {
    const entry = draft.entry(index);
    if (entry?.kind === 'tool') put(draft, index, { ...entry, status });
  }
};

const upsert = (draft: Draft, call: string, begins: boolean, sent: Sent): void => {
  const known = find(draft, call);
  if (
    known === undefined &&
    touchOlderCall(draft, call, { begins, over: sent.status !== undefined && rank[sent.status] === 3 })
  )
    return;
  if (known === undefined || (begins && isOver(draft, known))) {
    const { title = sent.name ?? '', toolKind = 'other', status = 'pending', content = [], locations = [] } = sent;
    draft.add({ ...sent, kind: 'tool', call, title, toolKind, status, content, locations });
    return;
  }
  const { index, entry } = known;
  const { status = entry.status, ...rest } = sent;
  const news = rank[status] >= rank[entry.status] ? status : entry.status;
  const ended = news !== entry.status && rank[news] === 3 ? { ended: draft.seq } : {};
  const next: ToolEntry = { ...entry, ...rest, status: news, ...ended };
  if (differs(entry, next, sent)) put(draft, index, next);
};

const put = (draft: Draft, index: number, entry: ToolEntry): void => {
  draft.change(index, entry);
  draft.lookup.note(entry, index);
};

interface Known {
  readonly index: number;
  readonly entry: ToolEntry;
}

const find = (draft: Draft, call: string): Known | undefined => {
  const index = draft.lookup.call(call);
  const entry = index === undefined ? undefined : draft.entry(index);
  return index !== undefined && entry?.kind === 'tool' ? { index, entry } : undefined;
};

/** A call of an earlier turn that came to its end: some agents number their calls anew in each turn. */
const isOver = (draft: Draft, { index, entry }: Known): boolean =>
  index < draft.session.turnFrom && rank[entry.status] === 3;

/**
 * Lists are new whenever they were sent. So is what the agent hands through, where it is an object: by identity alone
 * the answer would be another one on this side of a wire than on that.
 */
const differs = (a: ToolEntry, b: ToolEntry, sent: Sent): boolean =>
  a.title !== b.title ||
  a.name !== b.name ||
  a.toolKind !== b.toolKind ||
  a.status !== b.status ||
  a.content !== b.content ||
  a.locations !== b.locations ||
  a.rawInput !== b.rawInput ||
  a.rawOutput !== b.rawOutput ||
  typeof sent.rawInput === 'object' ||
  typeof sent.rawOutput === 'object';

const readStatus = (status: unknown): ToolStatus | undefined =>
  status === 'pending' || status === 'in_progress' || status === 'completed' || status === 'failed'
    ? status
    : undefined;
