import { useSignal } from '@preact/signals';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { Outcome, Question, Remember } from '../src/model/question.ts';
import { sentence } from '../src/base/failure.ts';
import type { SessionKey } from '../src/model/session.ts';
import type { ElicitationForm } from './elicitation.tsx';
import { useChat } from './chat.ts';
import { Guard } from './guard.ts';
import { Icon } from './icons.tsx';
import { Late, useLate } from './late.ts';
import { makeVisible } from '../src/base/visibleText.ts';
import type * as Permission from './permission.tsx';

const elicitation = new Late(() => import('./elicitation.tsx'));
const permission = new Late(() => import('./permission.tsx'));
const signIn = new Late(() => import('./signIn.tsx'));

/** What waits for the person, one at a time, between the transcript and the composer: always in sight. */
export const Questions = () => {
  const { store } = useChat();
  const { value: session } = store.session;
  const questions = session?.questions ?? [];
  const chosen = questions.findIndex((question) => question.id === store.question.value);
  const at = Math.max(0, chosen);
  const question = questions[at];
  // The person goes on in a field or a terminal of the window, which has the keyboard by then.
  useFocusKept(question?.id, question?.signIn?.under !== undefined);
  const asksForm = question?.kind === 'elicitation';
  const form = useLate(elicitation, asksForm);
  const signs = question?.kind === 'sign-in';
  const ways = useLate(signIn, signs);
  // Ahead of the first question, so that none waits for it.
  const body = useLate(permission, session !== undefined);
  // Without what it asks there is no card: the time in which it takes no answer begins when all of it is in sight.
  const part = asksForm ? form : signs ? ways : body;
  if (session === undefined || question === undefined || part === undefined) return null;
  return (
    <QuestionCard
      key={question.id}
      session={session.key}
      Form={signs ? ways?.SignIn : form?.ElicitationForm}
      body={body}
      question={question}
      at={at}
      count={questions.length}
      onStep={(step) => {
        store.question.value = questions[(at + step + questions.length) % questions.length]?.id;
      }}
    />
  );
};

/** A card that goes away under the keyboard hands it on: to the next card, else to the composer; not where it is needed elsewhere. */
const useFocusKept = (id: string | undefined, elsewhere: boolean): void => {
  const { store } = useChat();
  const last = useRef<{ readonly id: string | undefined; focused: boolean }>({ id, focused: false });
  useLayoutEffect(() => {
    const { id: before, focused } = last.current;
    if (before !== undefined && before !== id && focused && !elsewhere)
      store.wish(id === undefined ? 'composer' : 'question');
    last.current = { id, focused: false };
  }, [id, elsewhere, store]);
  useEffect(() => {
    const note = (event: FocusEvent): void => {
      last.current.focused = event.target instanceof Element && event.target.closest('.question') !== null;
    };
    document.addEventListener('focusin', note);
    return () => document.removeEventListener('focusin', note);
  }, []);
};

interface CardProps {
  readonly session: SessionKey;
  readonly Form: typeof ElicitationForm | undefined;
  readonly body: typeof Permission | undefined;
  readonly question: Question;
  readonly at: number;
  readonly count: number;
  readonly onStep: (step: number) => void;
}

/** Long titles stand whole in the card; a name that is read aloud must end. */
const NAME_LENGTH = 300;

const QuestionCard = ({ session, Form, body, question, at, count, onStep }: CardProps) => {
  const { store, bridge, bar, t } = useChat();
  const barred = bar('answer');
  const card = useRef<HTMLDivElement>(null);
  const [guard] = useState(() => new Guard());
  const answering = useSignal(false);
  const [failure, setFailure] = useState<string>();
  useEffect(() => () => guard.dispose(), [guard]);
  const wish = store.focusWish.value;
  useEffect(() => {
    // The card, never a button in it: no key that was meant for something else may answer.
    if (wish?.place === 'question') card.current?.focus();
  }, [wish]);

  const answer = (outcome: Outcome, remember?: Remember): void => {
    if (answering.value || !guard.accepts() || bar('answer') !== undefined) return;
    answering.value = true;
    setFailure(undefined);
    bridge
      .command(session, {
        kind: 'question/answer',
        question: question.id,
        hash: question.hash,
        outcome,
        ...(remember === undefined ? {} : { remember }),
      })
      .catch((reason: unknown) => {
        answering.value = false;
        setFailure(sentence(reason));
        // Answered, and yet not kept: the card that could say so is gone.
        if (store.session.value?.questions.some(({ id }) => id === question.id) !== true) store.refuse(reason);
      });
  };
  // What we ask ourselves is said in the language of the window.
  const said = question.guard === undefined && question.kind !== 'sign-in' ? question.title : t(question.title);
  const title = makeVisible(said, 'one');
  const name = title.length > NAME_LENGTH ? `${title.slice(0, NAME_LENGTH)}…` : title;
  const waits = !guard.armed.value || answering.value;
  const inert = waits || barred !== undefined;
  return (
    <div
      ref={card}
      class={`question${barred === undefined ? (waits ? ' inert' : '') : ' barred'}`}
      role="group"
      aria-label={question.kind === 'permission' ? t('Permission: {0}', name) : t('Question: {0}', name)}
      tabIndex={-1}
      onPointerDownCapture={() => guard.pressed()}
      onKeyDownCapture={(event) => {
        guard.pressed();
        // A key that is held down is no new decision.
        if (event.repeat && (event.key === 'Enter' || event.key === ' ') && event.target instanceof HTMLButtonElement)
          event.preventDefault();
      }}
    >
      <div class="question-head">
        <Icon name={question.kind === 'permission' ? 'shield' : 'ask'} />
        <div class="question-title scroll-y" tabIndex={title.length > 60 ? 0 : undefined}>
          {makeVisible(said, 'many')}
        </div>
        {count > 1 ? (
          <span class="steps">
            <span>{t('{0} of {1}', at + 1, count)}</span>
            <button type="button" class="quiet" aria-label={t('Next question')} onClick={() => onStep(1)}>
              <Icon name="chevron" />
            </button>
          </span>
        ) : null}
      </div>
      {question.kind === 'permission' ? (
        body === undefined ? null : (
          <>
            <body.PermissionBody session={session} question={question} />
            <body.PermissionOptions
              question={question}
              inert={inert}
              onChoose={(option, kept) => answer({ kind: 'selected', option }, kept)}
            />
          </>
        )
      ) : Form === undefined ? null : (
        <Form question={question} inert={inert} onAnswer={answer} />
      )}
      {barred === undefined ? null : <div class="dim">{barred}</div>}
      {failure === undefined ? null : (
        <div class="refusal" role="alert">
          {failure}
        </div>
      )}
    </div>
  );
};
