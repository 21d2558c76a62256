import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Action } from '../src/protocol/view/messages.ts';
import type { Bridge } from './bridge.ts';
import type { Translate } from './l10n.ts';
import type { Prompts } from './prompts.ts';
import type { Store } from './store.ts';

/** `watch`: look; `answer`: answer questions as well; `drive`: everything. */
export type May = 'watch' | 'answer' | 'drive';

/** What every part of the chat is given. */
export interface Chat {
  readonly store: Store;
  readonly bridge: Bridge;
  readonly prompts: Prompts;
  readonly t: Translate;
  /** Asks the window around for something; a refusal is shown above the composer. */
  readonly act: (action: Action) => void;
  /** The name of this device, as the core has it: what was done here was done by “you”. */
  readonly here: string;
  /** What this device may do at all. */
  readonly may: May;
  /** There is an editor around, in which files, logs and settings can be opened. */
  readonly editor: boolean;
  /** Written with a finger: the keyboard on the screen comes when it is asked for, and its Enter begins a line. */
  readonly touch: boolean;
  /** What keeps the person from it here and now, as a sentence; undefined: nothing does. */
  readonly bar: (what: 'write' | 'answer') => string | undefined;
}

export const ChatContext = createContext<Chat | undefined>(undefined);

export const useChat = (): Chat => {
  const chat = useContext(ChatContext);
  if (chat === undefined) throw new Error('A part of the chat was drawn outside of it.');
  return chat;
};
