import { describe, expect, test } from 'vitest';
import { blank, entriesOf, fold as foldInto } from '../../../test/tools/sessions.ts';
import type { SessionEvent } from '../event.ts';
import type { Session } from '../session.ts';
import { readSignIn } from './signIn.ts';

/** Whatever they hold: the fold does not trust them either. */
const fold = (...events: readonly unknown[]): Session => foldInto(blank(), ...(events as readonly SessionEvent[]));
const way = { option: 'method 0', kind: 'terminal', command: ['a', 'b'], environment: ['A=b'] };
const question = {
  id: 'q',
  kind: 'sign-in',
  title: 'Sign in',
  hash: 'h',
  at: 1,
  options: [{ id: 'method 0', name: 'Log in', kind: 'allow_once' }],
  signIn: { agent: 'B', said: 'Who are you?', ways: [way] },
};
const asked = { kind: 'question/asked', question };

describe('a question that wants a sign-in', () => {
  test('[F1] is read for what can be shown of it, and is unknown where nothing can', () => {
    expect(fold(asked).questions).toEqual([question]);
    expect(
      readSignIn({ agent: 'B', said: '', under: 'telepathy', problem: 7, ways: [null, { option: 'x' }, way] }),
    ).toEqual({ agent: 'B', said: '', ways: [way] });
    const broken = fold({ ...asked, question: { ...question, signIn: { agent: 7 } } });
    expect(broken.questions).toEqual([]);
    expect(entriesOf(broken).map(({ kind }) => kind)).toEqual(['unknown']);
  });

  test('[reduce] is settled without a word in the transcript, and it is known who did', () => {
    const outcome = { kind: 'cancelled' };
    const settled = fold(asked, { kind: 'question/settled', question: 'q', by: { kind: 'signed in' }, outcome });
    expect(settled).toMatchObject({ questions: [], settled: [{ id: 'q', by: { kind: 'signed in' } }] });
    expect(entriesOf(settled)).toEqual([]);
  });
});
