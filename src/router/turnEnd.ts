import { Failure } from '../base/failure.ts';
import type { SessionEvent } from '../model/event.ts';
import type { SessionKey, TurnEnd } from '../model/session.ts';
import type { SessionStore } from './store.ts';

interface AwaitedTurn {
  /** Rejects with a Failure: `gone`, the session went away before; `removed`, the prompt was; `reset`. */
  readonly ended: Promise<TurnEnd>;
  /** The turn will never begin. */
  forget(): void;
}

/** The end of a turn that is about to begin or to wait in the queue. */
export const turnEnd = (store: SessionStore, key: SessionKey, turn: string): AwaitedTurn => {
  let forget = (): void => undefined;
  const ended = new Promise<TurnEnd>((resolve, reject) => {
    let place: 'nowhere' | 'queue' | 'running' = 'nowhere';
    const see = (event: SessionEvent): void => {
      switch (event.kind) {
        case 'queue/changed': {
          const waits = event.queue.some(({ id }) => id === turn);
          if (waits) place = 'queue';
          else if (place === 'queue') fail(new Failure('removed', 'The prompt was taken out of the queue.'));
          return;
        }
        case 'turn/started':
          if (event.turn === turn) place = 'running';
          return;
        case 'reset':
          // The far side tells its history anew: whether our turn is in it nobody can say.
          if (place !== 'running') return;
          return fail(
            new Failure('reset', 'The session was loaded anew while the turn ran.', 'Look at the transcript.'),
          );
        case 'turn/ended': {
          if (event.turn !== turn) return;
          const { reason, error } = event;
          return finish({ id: turn, reason, ...(error === undefined ? {} : { error }) });
        }
        default:
      }
    };
    const appended = store.onAppended((news) => {
      if (news.key !== key) return;
      for (const { event } of news.logged) see(event);
      // A session that lives elsewhere may come as a whole, after events that nobody here has seen.
      const { turn: now } = news.session;
      if (now.state === 'idle' && now.last?.id === turn) finish(now.last);
    });
    const listed = store.onListed(({ removed }) => {
      if (removed.includes(key)) fail(new Failure('gone', 'The session was closed while the turn ran.'));
    });
    forget = () => {
      appended.dispose();
      listed.dispose();
    };
    const finish = (end: TurnEnd): void => {
      forget();
      resolve(end);
    };
    const fail = (failure: Failure): void => {
      forget();
      reject(failure);
    };
  });
  return { ended, forget };
};
