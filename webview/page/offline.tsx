import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { useChat } from '../chat.ts';
import { Icon } from '../icons.tsx';
import type { Translate } from '../l10n.ts';
import type { LinkState } from './link.ts';
import { usePage } from './page.ts';
import { timeOf } from './times.ts';

/** How the page stands to its host, whenever that is not live. The box is there before the words, or nobody would hear them. */
export const Offline = () => {
  const { t } = useChat();
  const { link } = usePage();
  const { value: state } = link.state;
  const { value: heardAt } = link.heardAt;
  return (
    <div class="offline">
      <div class="offline-words" role="status">
        {state.kind === 'live' ? null : (
          <>
            <Icon name={state.kind === 'connecting' ? 'info' : 'warning'} />
            <div>
              <strong>{headline(state, t)}</strong>
              {heardAt === undefined ? null : <div>{t('What is shown is as of {0}.', timeOf(heardAt))}</div>}
            </div>
          </>
        )}
      </div>
      {state.kind === 'away' ? <Again again={state.again} onTry={() => link.wake()} /> : null}
    </div>
  );
};

const headline = (state: Exclude<LinkState, { kind: 'live' }>, t: Translate): string => {
  switch (state.kind) {
    case 'connecting':
      return t('Connecting…');
    case 'unknown':
      return t('This device is not paired any more.');
    case 'away':
      if (state.why === 'stopped') return t('The host has stopped.');
      return state.why === 'busy' ? t('The host lets nobody in just now.') : t('Offline.');
  }
};

interface AgainProps {
  /** Wall time in ms; undefined: it is being tried. */
  readonly again: number | undefined;
  readonly onTry: () => void;
}

const Again = ({ again, onTry }: AgainProps) => {
  const { t } = useChat();
  const left = useSecondsUntil(again);
  return (
    <button type="button" class="secondary" aria-disabled={again === undefined} onClick={onTry}>
      {again === undefined ? t('Trying…') : left < 2 ? t('Try now') : t('Try now ({0} s)', left)}
    </button>
  );
};

const useSecondsUntil = (time: number | undefined): number => {
  const left = useSignal(0);
  useEffect(() => {
    if (time === undefined) return undefined;
    const count = (): void => {
      left.value = Math.max(0, Math.ceil((time - Date.now()) / 1_000));
    };
    count();
    const timer = setInterval(count, 1_000);
    return () => clearInterval(timer);
  }, [time, left]);
  return left.value;
};
