import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Action } from '../src/protocol/view/messages.ts';
import type { Bridge } from './bridge.ts';
import type { Translate } from './l10n.ts';
import type { Prompts } from './prompts.ts';
import type { Store } from './store.ts';

/** What every part of the chat is given. */
export interface Chat {
  readonly store: Store;
  readonly bridge: Bridge;
  readonly prompts: Prompts;
  readonly t: Translate;
  /** Asks the window around for something; a refusal is shown above the composer. */
  readonly act: (action: Action) => void;
}

export const ChatContext = createContext<Chat | undefined>(undefined);

export const useChat = (): Chat => {
  const chat = useContext(ChatContext);
  if (chat === undefined) throw new Error('A part of the chat was drawn outside of it.');
  return chat;
};
