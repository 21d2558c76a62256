import type { QueuedPrompt } from '../session.ts';
import type { Draft } from './draft.ts';
import { countOf, defined, type Fields, isFields, isText, listOf, textOf } from './read.ts';

type Mutable = Draft['session'];

export const foldQueue = ({ session, at }: Draft, event: Fields): boolean => {
  const list = listOf(event['queue']);
  if (list === undefined) return false;
  const queue = list.flatMap((item) => readQueued(item, at));
  session.queue = [...queue.filter(({ now }) => now), ...queue.filter(({ now }) => !now)];
  session.queuePaused = event['paused'] === true;
  const why = textOf(event['why']);
  if (why === undefined) delete session.queueWhy;
  else session.queueWhy = why;
  tidy(session);
  return true;
};

/** What was sent waits no more. */
export const leaveQueue = (session: Mutable, id: string): void => {
  if (session.queue.every((queued) => queued.id !== id)) return;
  session.queue = session.queue.filter((queued) => queued.id !== id);
  tidy(session);
};

/**
 * Nothing goes out of the queue until a person says so. In the fold, not as an event of its own: between what happened
 * and the pause that it causes there is no moment in which the next prompt could be sent.
 */
export const hold = (session: Mutable, why: string): void => {
  if (session.owns.queue === 'them' || session.queue.length === 0) return;
  if (session.queue.some(({ now }) => now)) session.queue = session.queue.map(unhurried);
  if (session.queuePaused) return;
  session.queuePaused = true;
  session.queueWhy = why;
};

export const unhurried = ({ id, prompt, device, at, state }: QueuedPrompt): QueuedPrompt => ({
  id,
  prompt,
  device,
  at,
  state,
});

const tidy = (session: Mutable): void => {
  if (session.queue.length === 0) session.queuePaused = false;
  if (!session.queuePaused) delete session.queueWhy;
};

const readQueued = (value: unknown, at: number): readonly QueuedPrompt[] => {
  if (!isFields(value) || !isText(value['id'])) return [];
  const { id, device, state, now } = value;
  const prompt = (listOf(value['prompt']) ?? []).filter(isBlock);
  if (prompt.length === 0) return [];
  return [
    {
      id,
      prompt,
      device: textOf(device) ?? '',
      at: countOf(value['at']) ?? at,
      // Rather unknown than sent twice.
      state: state === 'waiting' ? state : 'unknown',
      ...defined({ now: now === true ? now : undefined }),
    },
  ];
};

const isBlock = (value: unknown): value is QueuedPrompt['prompt'][number] => isFields(value) && isText(value['type']);
