import type { Outcome, Question, QuestionOption } from '../src/model/question.ts';
import { SIGN_IN, type SignInView, type SignInWay } from '../src/model/signIn.ts';
import { makeVisible } from '../src/base/visibleText.ts';
import { quotedArgument } from '../src/model/rule.ts';
import { useChat } from './chat.ts';
import { Icon } from './icons.tsx';
import type { Translate } from './l10n.ts';
import { Exact } from './permission.tsx';

interface Props {
  readonly question: Question;
  readonly inert: boolean;
  readonly onAnswer: (outcome: Outcome) => void;
}

/** The ways in which a person can sign in to an agent, or the one that is under way. Nothing secret is entered here. */
export const SignIn = ({ question, inert, onAnswer }: Props) => {
  const { t } = useChat();
  const { signIn, options } = question;
  if (signIn === undefined) return <></>;
  const choose = (option: string): void => onAnswer({ kind: 'selected', option });
  const wayOf = ({ id }: QuestionOption): SignInWay | undefined => signIn.ways.find(({ option }) => option === id);
  const buttonOf = (option: QuestionOption) => (
    <button
      type="button"
      key={option.id}
      class={option.kind === 'allow_once' && option.id !== SIGN_IN.again ? 'allow' : 'secondary'}
      aria-disabled={inert}
      onClick={() => choose(option.id)}
    >
      <span>{isOurs(option.id) ? t(option.name) : makeVisible(option.name, 'one')}</span>
    </button>
  );
  return (
    <>
      <div class="question-body sign-in">
        <p>{signIn.under === undefined ? why(signIn, t) : underWay(signIn.agent, signIn.under, t)}</p>
        {signIn.under === undefined && signIn.said !== '' ? (
          <blockquote class="dim">{makeVisible(signIn.said, 'many')}</blockquote>
        ) : null}
        {signIn.problem === undefined ? null : (
          <p class="problem" role="alert">
            {makeVisible(signIn.problem, 'many')}
          </p>
        )}
        {options.map((option) => {
          const way = wayOf(option);
          return way === undefined ? null : (
            <div key={option.id} class="way answers">
              {buttonOf(option)}
              <About way={way} />
            </div>
          );
        })}
      </div>
      <div class="answers">{options.filter((option) => wayOf(option) === undefined).map(buttonOf)}</div>
    </>
  );
};

const isOurs = (option: string): boolean => Object.values<string>(SIGN_IN).includes(option);

const why = ({ agent, ways }: SignInView, t: Translate): string => {
  const name = makeVisible(agent, 'one');
  return ways.every(({ option }) => isOurs(option))
    ? t(
        '{0} wants you to sign in, and names no way to do that. Sign in with its own command line, then try again.',
        name,
      )
    : t('{0} wants you to sign in before it goes on. What you asked for is done then by itself.', name);
};

const underWay = (agent: string, kind: SignInWay['kind'], t: Translate): string => {
  const name = makeVisible(agent, 'one');
  switch (kind) {
    case 'agent':
      return t(
        '{0} signs you in. It may have opened a page in your browser; it goes on when you are done there.',
        name,
      );
    case 'terminal':
      return t('Sign in in the terminal that has opened. {0} goes on when that has ended.', name);
    case 'values':
      return t('Enter what {0} needs in the field at the top of the window.', name);
  }
};

/** What will be done when the button above is pressed, to the letter where something is run. */
const About = ({ way }: { readonly way: SignInWay }) => {
  const { t } = useChat();
  const { description, command, environment = [], values = [] } = way;
  return (
    <div class="about">
      {description === undefined ? null : <div class="dim">{makeVisible(description, 'many')}</div>}
      {values.length === 0 ? null : (
        <div class="dim">
          {t('You enter {0}. It is kept with the secrets of this machine, for this agent alone.', values.join(', '))}
        </div>
      )}
      {command === undefined ? null : (
        <>
          <div class="dim">
            <Icon name="execute" /> {t('This is run in a terminal:')}
          </div>
          <Exact text={[...environment, ...command].map(quotedArgument).join(' ')} />
        </>
      )}
    </div>
  );
};
