import type { Subagent } from '../session.ts';
import type { Draft } from './draft.ts';
import { type Fields, isFields, isText, textOf } from './read.ts';

/** Of what a helper says, so many of the last UTF-16 units are kept: the whole of it is its agent's to keep. */
const SAID = 4096;

/** `subagent_update` (protocol §6): a field that is absent stays as it was, null clears it. */
export const foldSubagent = (draft: Draft, update: Fields): boolean => {
  const { sessionId, state } = update;
  if (!isText(sessionId)) return false;
  const known = subagentOf(draft, sessionId);
  const { session, said } = known;
  keep(draft, {
    session,
    said,
    ...patched('title', known.title, update['title']),
    ...patched('description', known.description, update['description']),
    ...patched('cwd', known.cwd, update['cwd']),
    ...patched('state', known.state, isFields(state) ? state['state'] : state),
  });
  return true;
};

export const foldSubagentSaid = (draft: Draft, { session, text }: Fields): boolean => {
  if (!isText(session) || !isText(text)) return false;
  const known = subagentOf(draft, session);
  keep(draft, { ...known, said: `${known.said}${text}`.slice(-SAID) });
  return true;
};

const subagentOf = ({ session: { subagents } }: Draft, session: string): Subagent =>
  (Object.hasOwn(subagents, session) ? subagents[session] : undefined) ?? { session, said: '' };

const keep = (draft: Draft, subagent: Subagent): void => {
  const { session } = draft;
  session.subagents = { ...session.subagents, [subagent.session]: subagent };
  const index = draft.lookup.message('subagent', subagent.session);
  // In each turn in which it is heard of, it stands where that began.
  if (index === undefined || index < session.turnFrom) draft.add({ kind: 'subagent', session: subagent.session });
};

const patched = (name: string, before: string | undefined, said: unknown): Readonly<Record<string, string>> => {
  if (said === null) return {};
  const text = textOf(said) ?? before;
  return text === undefined ? {} : { [name]: text };
};
