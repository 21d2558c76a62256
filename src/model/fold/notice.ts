import type { NoticeEntry } from '../entry.ts';
import type { Draft } from './draft.ts';
import { touchOlderCompaction } from './older.ts';
import { defined, type Fields, isCount, isFields, isText, listOf, readLocations, textOf } from './read.ts';
import { grown } from './text.ts';
import { WORDS } from './words.ts';

/** Ours and ACP's alike. A severity that nobody knows is told as information. */
export const foldNotice = (draft: Draft, { severity, title, description, locations }: Fields): boolean => {
  if (!isText(title)) return false;
  const files = readLocations(listOf(locations) ?? []);
  draft.add({
    kind: 'notice',
    severity: severity === 'warning' || severity === 'error' ? severity : 'info',
    title,
    ...defined({ description: textOf(description), locations: files.length > 0 ? files : undefined }),
  });
  return true;
};

export const foldGap = (draft: Draft, { why, lost }: Fields): boolean => {
  const count = isCount(lost) ? ` (${lost})` : '';
  draft.add({ kind: 'notice', severity: 'warning', title: WORDS.gap, description: `${textOf(why) ?? ''}${count}` });
  return true;
};

const compactionTitles: ReadonlyMap<unknown, Pick<NoticeEntry, 'severity' | 'title'>> = new Map([
  ['completed', { severity: 'info', title: WORDS.compacted }],
  ['failed', { severity: 'error', title: WORDS.compactionFailed }],
  ['cancelled', { severity: 'warning', title: WORDS.compactionCancelled }],
]);
const compacting = { severity: 'info', title: WORDS.compacting } as const;

export const foldCompaction = (draft: Draft, { compactionId, status, summary, error }: Fields): boolean => {
  if (!isText(compactionId)) return false;
  const told = compactionTitles.get(status) ?? compacting;
  const text = listOf(summary)?.map(summaryText).join('');
  changeCompaction(draft, compactionId, (entry) => ({
    ...entry,
    ...told,
    ...defined({ description: textOf(error) ?? text }),
  }));
  return true;
};

export const foldCompactionChunk = (draft: Draft, { compactionId, content }: Fields): boolean => {
  if (!isText(compactionId)) return false;
  const more = summaryText(content);
  if (more === '') return true;
  changeCompaction(draft, compactionId, (entry) => ({ ...entry, description: grown(entry.description ?? '', more) }));
  return true;
};

type Told = Omit<NoticeEntry, 'id' | 'seq' | 'changed' | 'at'>;

const changeCompaction = (draft: Draft, compaction: string, change: (told: Told) => Told): void => {
  const index = draft.lookup.message('notice', compaction);
  const entry = index === undefined ? undefined : draft.entry(index);
  if (index === undefined || entry?.kind !== 'notice') {
    if (touchOlderCompaction(draft, compaction)) return;
    draft.add(change({ kind: 'notice', ...compacting, compaction }));
    return;
  }
  draft.change(index, { ...entry, ...change(entry) });
};

const summaryText = (block: unknown): string =>
  isFields(block) && block['type'] === 'text' ? (textOf(block['text']) ?? '') : '';
