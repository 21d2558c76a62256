import { useState } from 'preact/hooks';
import { makeVisible } from '../src/base/visibleText.ts';
import type { Question, QuestionOption, Remember as Kept } from '../src/model/question.ts';
import { matchText, type RuleScope } from '../src/model/rule.ts';
import { useChat } from './chat.ts';
import { Icon } from './icons.tsx';
import type { Translate } from './l10n.ts';

const SCOPES: readonly RuleScope[] = ['session', 'folder', 'machine'];

/** Makes a rule of the answer: what it will say stands there to the letter before it is made. */
export const Remember = ({
  question,
  inert,
  onChoose,
}: {
  readonly question: Question;
  readonly inert: boolean;
  readonly onChoose: (option: string, kept: Kept) => void;
}) => {
  const { store, t } = useChat();
  // The same names are other files elsewhere.
  const scopes = store.session.value?.machine === undefined ? SCOPES : SCOPES.slice(0, 1);
  const [match, setMatch] = useState(0);
  const [scope, setScope] = useState<RuleScope>('session');
  const offer = question.remember;
  const chosen = offer?.matches[match];
  if (offer === undefined || chosen === undefined || question.stale === true) return null;
  const first = (kind: string): QuestionOption | undefined => question.options.find((option) => option.kind === kind);
  const allow = offer.allow ? first('allow_once') : undefined;
  const refuse = offer.refuse ? first('reject_once') : undefined;
  return (
    <details class="remember">
      <summary>{t('Remember…')}</summary>
      {offer.matches.length > 1 ? (
        <label>
          {t('For')}{' '}
          <select
            aria-label={t('For')}
            value={match}
            onChange={({ currentTarget }) => setMatch(Number(currentTarget.value))}
          >
            {offer.matches.map((each, index) => (
              <option key={index} value={index}>
                {makeVisible(matchText(each), 'one')}
              </option>
            ))}
          </select>
        </label>
      ) : null}
      <label>
        {t('Holds for')}{' '}
        <select
          aria-label={t('Holds for')}
          value={scope}
          onChange={({ currentTarget }) => setScope(SCOPES.find((each) => each === currentTarget.value) ?? 'session')}
        >
          {scopes.map((each) => (
            <option key={each} value={each}>
              {scopeText(each, t)}
            </option>
          ))}
        </select>
      </label>
      <div class="dim">{t('The rule: {0}', offer.tool)}</div>
      <pre class="exact scroll-y">{makeVisible(matchText(chosen), 'many')}</pre>
      <div class="answers">
        {allow === undefined ? null : (
          <button
            type="button"
            class="allow always"
            aria-disabled={inert}
            onClick={() => onChoose(allow.id, { scope, match })}
          >
            <Icon name="checks" />
            <span>{t('Allow and remember')}</span>
          </button>
        )}
        {refuse === undefined ? null : (
          <button
            type="button"
            class="secondary refuse"
            aria-disabled={inert}
            onClick={() => onChoose(refuse.id, { scope, match })}
          >
            <Icon name="crosses" />
            <span>{t('Reject and remember')}</span>
          </button>
        )}
      </div>
    </details>
  );
};

export const scopeText = (scope: RuleScope, t: Translate): string => {
  switch (scope) {
    case 'session':
      return t('this session');
    case 'folder':
      return t('this folder, on this machine');
    case 'machine':
      return t('this machine');
  }
};
