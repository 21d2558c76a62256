import type { Session } from '../../../src/model/session.ts';
import { eachEntry } from '../../../src/model/entry.ts';

/** What a device knows of a session, by what stands on the wire and nothing else. */
export interface View {
  /** The last number that was taken in. */
  last: number;
  /** The process that told it. */
  host: string | undefined;
  /** By who said it: how often each number, of which everything that is said has its own. */
  said: Readonly<Record<string, readonly string[]>>;
  /** The requests that are open, as they came, by their ids. */
  readonly open: Map<string, string>;
}

export const emptyView = (): View => ({
  last: 0,
  host: undefined,
  said: {},
  open: new Map(),
});

const VOICES: Readonly<Record<string, string>> = {
  agent_message_chunk: 'agent',
  agent_thought_chunk: 'thought',
  user_message_chunk: 'user',
};

type Fields = Readonly<Record<string, unknown>>;
const fields = (value: unknown): Fields => (typeof value === 'object' && value !== null ? (value as Fields) : {});

/** Takes in what one message of a session says. */
export const takeIn = (view: View, message: Fields, text: string): void => {
  const params = fields(message['params']);
  switch (message['method']) {
    case 'session/update': {
      const update = fields(params['update']);
      const voice = VOICES[String(update['sessionUpdate'])];
      const { text: words } = fields(update['content']);
      if (voice !== undefined && typeof words === 'string') view.said = saying(view.said, voice, words);
      return;
    }
    case 'session/request_permission':
    case 'elicitation/create':
      if (!view.open.has(String(message['id']))) view.open.set(String(message['id']), text);
      return;
    case '_chances/unstable/permission_settled':
      view.open.delete(String(params['requestId']));
      return;
    case '_chances/unstable/event':
      if (fields(params['event'])['kind'] === 'reset')
        Object.assign(view, { ...emptyView(), last: view.last, host: view.host });
      return;
    default:
  }
};

/** A message that is named takes in what comes right behind it: told anew it stands elsewhere, and says the same. */
const saying = (said: View['said'], voice: string, words: string): View['said'] => {
  const numbers = words.match(/\d+/gu) ?? [];
  return numbers.length === 0 ? said : { ...said, [voice]: [...(said[voice] ?? []), ...numbers] };
};

/** What everybody has heard who heard all of it. */
export const saidIn = (session: Session): View['said'] => {
  let said: View['said'] = {};
  for (const entry of eachEntry(session.entries))
    if (entry.kind === 'agent' || entry.kind === 'thought' || entry.kind === 'user')
      for (const part of entry.parts) if (part.type === 'text') said = saying(said, entry.kind, part.text);
  return said;
};

/** What only one of the two has heard. Undefined: nothing. */
export const unlike = (heard: View['said'], said: View['said']): string | undefined => {
  for (const voice of new Set([...Object.keys(heard), ...Object.keys(said)])) {
    const [ours, theirs] = [[...(heard[voice] ?? [])].sort(), [...(said[voice] ?? [])].sort()];
    const at = ours.findIndex((number, index) => number !== theirs[index]);
    if (at >= 0 || ours.length < theirs.length)
      return `${ours.length} of ${theirs.length} of ${voice}: ${ours[at] ?? 'nothing'} and not ${theirs[at < 0 ? ours.length : at] ?? 'nothing'}`;
  }
  return undefined;
};
