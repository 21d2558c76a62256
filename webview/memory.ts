/** What outlives the webview, which is destroyed whenever it is hidden. Read loosely: an older version may have written it. */
import type { SessionKey } from '../src/model/session.ts';

export interface Memory {
  key: SessionKey | undefined;
  /** By session; the prompt for a session that is not there yet under the empty text. */
  drafts: Record<string, string>;
  /** By session; the queued prompt that is being changed. The draft waits meanwhile. */
  edits: Record<string, Edit>;
  /** What was chosen after an `@`: ids by label, the last ones. */
  mentions: Record<string, string>;
  /** Where the reader was, where that was not the end: a unit and its distance from the upper edge in pixels. */
  anchors: Record<string, Anchor>;
}
export interface Edit {
  /** Of the queued prompt. */
  readonly id: string;
  readonly text: string;
}
export interface Anchor {
  readonly unit: string;
  readonly offset: number;
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;
const isKey = (value: unknown): value is SessionKey => typeof value === 'string' && value !== '';

export const readMemory = (value: unknown): Memory => {
  const memory: Memory = { key: undefined, drafts: {}, edits: {}, mentions: {}, anchors: {} };
  if (!isRecord(value)) return memory;
  if (isKey(value['key'])) memory.key = value['key'];
  if (isRecord(value['drafts'])) {
    for (const [key, draft] of Object.entries(value['drafts']))
      if (typeof draft === 'string') memory.drafts[key] = draft;
  }
  if (isRecord(value['edits'])) {
    for (const [key, edit] of Object.entries(value['edits'])) {
      if (isRecord(edit) && typeof edit['id'] === 'string' && typeof edit['text'] === 'string') {
        memory.edits[key] = { id: edit['id'], text: edit['text'] };
      }
    }
  }
  if (isRecord(value['mentions'])) {
    for (const [label, id] of Object.entries(value['mentions']))
      if (typeof id === 'string') memory.mentions[label] = id;
  }
  if (isRecord(value['anchors'])) {
    for (const [key, anchor] of Object.entries(value['anchors'])) {
      if (isRecord(anchor) && typeof anchor['unit'] === 'string' && typeof anchor['offset'] === 'number') {
        memory.anchors[key] = { unit: anchor['unit'], offset: anchor['offset'] };
      }
    }
  }
  return memory;
};
