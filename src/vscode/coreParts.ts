import type * as vscode from 'vscode';
import type { SessionKey } from '../model/session.ts';
import type { ChatView } from './chatView.ts';
import type { Logs } from './log.ts';
import type { SessionsTree } from './sessionsTree.ts';
import type { WindowMemory } from './unread.ts';

export interface NewSession {
  /** Undefined where it was refused before anything was opened; `opened` says why. */
  readonly key: SessionKey | undefined;
  readonly opened: Promise<SessionKey>;
}

export interface SessionStart {
  readonly agent: string;
  /** Absolute. */
  readonly cwd: string;
  readonly inPage?: boolean;
  readonly fork?: SessionKey;
}

export interface CoreParts {
  readonly extension: vscode.Uri;
  /** Of the extension. */
  readonly version: string;
  /** Absolute folder of this machine that all windows share. */
  readonly storage: string;
  readonly logs: Logs;
  readonly chat: ChatView;
  readonly tree: Pick<SessionsTree, 'update' | 'describe' | 'showArchived' | 'visible' | 'onDidChangeVisibility'>;
  readonly memory: WindowMemory;
  readonly secrets: Pick<vscode.SecretStorage, 'get' | 'store' | 'delete'>;
}
