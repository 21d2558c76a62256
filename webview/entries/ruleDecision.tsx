import { useComputed } from '@preact/signals';
import { makeVisible } from '../../src/base/visibleText.ts';
import type { Decision } from '../../src/model/entry.ts';
import { type Rule, ruleText } from '../../src/model/rule.ts';
import { useChat } from '../chat.ts';
import { scopeText } from '../remember.tsx';

/** Which rule answered, and the way to take it back: it decides nothing from then on. */
export const RuleDecision = ({ decision, rule }: { readonly decision: Decision; readonly rule: Rule }) => {
  const { store, bridge, act, editor, t } = useChat();
  const { id, scope } = rule;
  const holds = useComputed(
    () =>
      store.session.value?.rules.some((each) => each.id === id) === true ||
      store.setup.value?.rules?.some((each) => each.id === id) === true,
  ).value;
  const { value: key } = store.shown;
  const words = makeVisible(ruleText(rule), 'one');
  return (
    <div class={`decision ${decision.outcome}`}>
      {decision.outcome === 'allowed'
        ? t('Allowed by your rule for {0}: {1}', scopeText(scope, t), words)
        : t('Rejected by your rule for {0}: {1}', scopeText(scope, t), words)}
      {key === undefined ? null : (
        <>
          {' '}
          {holds ? (
            <button
              type="button"
              class="quiet"
              onClick={() => {
                bridge
                  .command(key, { kind: 'rule/revoke', rule: id })
                  .catch((failure: unknown) => store.refuse(failure));
              }}
            >
              {t('Revoke')}
            </button>
          ) : (
            <span>{t('(revoked)')}</span>
          )}
          {editor ? (
            <button type="button" class="quiet" onClick={() => act({ kind: 'rules/show', key })}>
              {t('Rules…')}
            </button>
          ) : null}
        </>
      )}
    </div>
  );
};
