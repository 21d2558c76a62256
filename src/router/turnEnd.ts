import { Failure } from '../base/failure.ts';
import type { SessionKey, TurnEnd } from '../model/session.ts';
import type { SessionStore } from './store.ts';

/** Resolves when the end of the turn is announced; rejects with a Failure `gone` when the session goes away before. */
export const turnEnd = (store: SessionStore, key: SessionKey, turn: string): Promise<TurnEnd> =>
  new Promise((resolve, reject) => {
    const done = (): void => {
      appended.dispose();
      listed.dispose();
    };
    const appended = store.onAppended((news) => {
      if (news.key !== key) return;
      for (const { event } of news.logged) {
        if (event.kind === 'reset') {
          // The far side tells its history anew: whether our turn is in it nobody can say.
          done();
          reject(new Failure('reset', 'The session was loaded anew while the turn ran.', 'Look at the transcript.'));
          return;
        }
        if (event.kind !== 'turn/ended' || event.turn !== turn) continue;
        const { reason, error } = event;
        done();
        resolve({ id: turn, reason, ...(error === undefined ? {} : { error }) });
        return;
      }
    });
    const listed = store.onListed(({ removed }) => {
      if (!removed.includes(key)) return;
      done();
      reject(new Failure('gone', 'The session was closed while the turn ran.'));
    });
  });
