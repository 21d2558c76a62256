/** Who drives, where several devices may: one of them at a time. */
import { makeVisible } from '../src/base/visibleText.ts';
import type { Session } from '../src/model/session.ts';
import { useChat } from './chat.ts';
import { Icon } from './icons.tsx';
import { type WheelState, wheelState } from './words.ts';

export const WheelBar = ({ session }: { readonly session: Session }) => {
  const { store, bridge, may, t } = useChat();
  const state = wheelState(session, store.setup.value);
  if (state === 'off') return null;
  const { key, control } = session;
  const name = makeVisible(control.name ?? t('Another device'), 'one');
  const turn = (kind: 'control/take' | 'control/release'): void => {
    store.refusal.value = undefined;
    bridge.command(key, { kind }).catch((failure: unknown) => store.refuse(failure));
  };
  return (
    <div class={`wheel ${state}`}>
      <Icon name="wheel" />
      <span role="status">{words(state, name, t)}</span>
      {may !== 'drive' ? null : state === 'mine' ? (
        <button type="button" class="quiet" onClick={() => turn('control/release')}>
          {t('Release the wheel')}
        </button>
      ) : (
        <button type="button" class={state === 'free' ? 'quiet' : ''} onClick={() => turn('control/take')}>
          {t('Take the wheel')}
        </button>
      )}
    </div>
  );
};

const words = (state: Exclude<WheelState, 'off'>, name: string, t: ReturnType<typeof useChat>['t']): string => {
  switch (state) {
    case 'mine':
      return t('You have the wheel.');
    case 'free':
      return t('Nobody has the wheel.');
    case 'theirs':
      return t('{0} has the wheel.', name);
  }
};
