import type { Entry, OtherPart, Part } from '../entry.ts';
import type { Draft, MessageEntry } from './draft.ts';
import { type Fields, isFields, isText, readPart } from './read.ts';

type Kind = MessageEntry['kind'];

/**
 * A chunk of a message (protocol §6): it goes to the message whose id it carries, else to the last entry when that is of
 * its kind; otherwise it begins an entry. False: it has no content to be read.
 */
export const foldChunk = (draft: Draft, kind: Kind, update: Fields): boolean => {
  const { content, messageId } = update;
  if (!isFields(content)) return false;
  const part = readPart(content);
  // Some agents send empty text for the sake of its `_meta` alone; a message without a word is none.
  if (part.type === 'text' && part.text === '') return true;
  const id = isText(messageId) ? messageId : undefined;
  if (kind === 'user' && repeatsPrompt(draft, part)) return true;
  const index = placeOf(draft, kind, id) ?? beginMessage(draft, kind, id);
  if (part.type === 'text') draft.say(index, part.text);
  else draft.attach(index, part);
  return true;
};

const placeOf = (draft: Draft, kind: Kind, id: string | undefined): number | undefined => {
  const at = draft.count - 1;
  const last = draft.entry(at);
  if (last?.kind === kind && !isPrompt(last)) {
    if (id === undefined ? at >= talkFrom(draft) : last.messageId === id) return at;
  }
  if (id === undefined) return undefined;
  const index = draft.lookup.message(kind, id);
  // Agents count their messages anew in each turn, so an id of an earlier turn is another message.
  return index !== undefined && index >= draft.session.turnFrom ? index : undefined;
};

/** What an agent says after a turn without naming a message is no part of the answer that came before. */
const talkFrom = ({ session: { turn } }: Draft): number => (turn.state === 'idle' ? (turn.from ?? 0) : 0);

const beginMessage = (draft: Draft, kind: Kind, id: string | undefined): number => {
  const index = draft.add({ kind, parts: [], ...(id === undefined ? {} : { messageId: id }) });
  // History that an agent tells has no turns of ours in it: there a turn begins with what the person said.
  if (kind === 'user' && draft.session.turn.state === 'idle') draft.session.turnFrom = index;
  return index;
};

const isPrompt = (entry: Entry): boolean => entry.kind === 'user' && entry.turn !== undefined;

/** Some agents say the prompt back as the person's message: it stands there already. */
const repeatsPrompt = (draft: Draft, part: Part): boolean => {
  const last = draft.entry(draft.count - 1);
  if (last?.kind !== 'user' || !isPrompt(last)) return false;
  return last.parts.some((own) => (part.type === 'text' ? holds(own, part.text) : own.type === part.type));
};

const holds = (part: Part | OtherPart, text: string): boolean => part.type === 'text' && part.text.includes(text);
