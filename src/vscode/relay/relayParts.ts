import type * as vscode from 'vscode';
import type { Mentions } from '../../router/mentions.ts';
import type { Queries } from '../../router/queries.ts';
import type { History } from '../history.ts';
import type { WindowMemory } from '../unread.ts';

/** What the window has for its relay beside what everybody may ask the core for. */
export interface RelayParts {
  /** Of the extension. */
  readonly extension: vscode.Uri;
  readonly memory: WindowMemory;
  readonly history: History;
  readonly queries: Queries;
  readonly mentionsOf: (queries: Queries) => Mentions;
}
