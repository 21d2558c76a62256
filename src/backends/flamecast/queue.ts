import { Failure } from '../../base/failure.ts';
import type { QueueCommand } from '../../model/event.ts';
import type { FlamecastServer } from './server.ts';

/** What a person does with the queue of the far side, in its words. @throws Failure `unsupported`, PeerError */
export const performInQueue = async (
  server: FlamecastServer,
  session: string,
  command: QueueCommand,
  signal: AbortSignal,
): Promise<void> => {
  switch (command.kind) {
    case 'queue/clear':
      return await server.changeQueue(session, { kind: 'clear' }, signal);
    case 'queue/pause':
      return await server.changeQueue(session, { kind: 'pause' }, signal);
    case 'queue/resume':
      return await server.changeQueue(session, { kind: 'resume' }, signal);
    case 'queue/remove':
      return await server.changeQueue(session, { kind: 'remove', item: command.id }, signal);
    case 'queue/move':
    case 'queue/send': {
      const before = command.kind === 'queue/move' ? command.before : undefined;
      const ids = ((await server.queue(session, signal))?.items ?? []).map(({ id }) => id);
      const order = moved(ids, command.id, command.kind === 'queue/send' ? ids[0] : before);
      await server.changeQueue(session, { kind: 'order', order }, signal);
      if (command.kind === 'queue/send') await server.changeQueue(session, { kind: 'resume' }, signal);
      return;
    }
    case 'queue/change':
      throw new Failure(
        'unsupported',
        'A prompt that waits there cannot be changed.',
        'Remove it, and send it again as it is to be.',
      );
  }
};

/** In front of `before`; without it, to the end. What is not in it stays as it is: the far side wants all of them. */
const moved = (ids: readonly string[], id: string, before: string | undefined): readonly string[] => {
  if (!ids.includes(id) || id === before) return ids;
  const others = ids.filter((each) => each !== id);
  const at = before === undefined ? -1 : others.indexOf(before);
  return at < 0 ? [...others, id] : [...others.slice(0, at), id, ...others.slice(at)];
};
