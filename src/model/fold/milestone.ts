import type { Milestone } from '../session.ts';
import type { Draft } from './draft.ts';

/** More than a queue holds prompts, and than an agent may ask at a time. */
const REMEMBERED = 128;
/** Of what an agent says, in UTF-16 units. */
const TITLE = 300;

export const noteEnd = (draft: Draft, reason: string, title: string | undefined): void =>
  note(draft, {
    kind: 'ended',
    seq: draft.seq,
    reason,
    ...(title === undefined ? {} : { title: title.slice(0, TITLE) }),
  });

export const noteAsked = (draft: Draft, question: string): void =>
  note(draft, { kind: 'asked', seq: draft.seq, question });

/** A rule has answered it: nobody was asked. */
export const forgetAsked = ({ session }: Draft, question: string): void => {
  const index = session.milestones.findLastIndex((one) => one.kind === 'asked' && one.question === question);
  if (index >= 0) session.milestones = session.milestones.toSpliced(index, 1);
};

const note = ({ session }: Draft, milestone: Milestone): void => {
  session.milestones = [...session.milestones.slice(1 - REMEMBERED), milestone];
};
