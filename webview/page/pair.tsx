/** Pairing: the code from the host, what to call this device and what it is to do, and then the person's yes over there. */
import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { May } from '../chat.ts';
import { Icon } from '../icons.tsx';
import type { Translate } from '../l10n.ts';
import type { PairedDevice } from './device.ts';
import type { PairingRequest, PairingResult } from './pairing.ts';

interface Props {
  /** From the address. */
  readonly code: string | undefined;
  readonly name: string;
  readonly t: Translate;
  readonly pair: (request: PairingRequest, signal: AbortSignal) => Promise<PairingResult>;
  readonly onPaired: (device: PairedDevice) => void;
  /** It is paired already. */
  readonly onKnown?: () => void;
}

/** As long as the host takes one. */
const NAME_LENGTH = 64;

export const Pairing = ({ code: given, name: guessed, t, pair, onPaired, onKnown }: Props) => {
  const code = useSignal(given ?? '');
  const name = useSignal(guessed);
  const want = useSignal<May>('drive');
  const waiting = useSignal(false);
  const problem = useSignal<string | undefined>(undefined);
  const going = useRef<AbortController>(undefined);
  useEffect(() => () => going.current?.abort(), []);

  const begin = (): void => {
    const request = { code: code.value.trim(), name: name.value.trim(), want: want.value };
    if (request.code === '' || request.name === '') {
      problem.value = request.code === '' ? t('Write the code that the host shows.') : t('Give this device a name.');
      return;
    }
    const asking = (going.current = new AbortController());
    waiting.value = true;
    problem.value = undefined;
    pair(request, asking.signal).then(
      (result) => {
        if (result.kind === 'paired') return onPaired(result.device);
        waiting.value = false;
        // It is dead, or was never one.
        if (result.kind === 'refused') code.value = '';
        problem.value = problemText(result.kind, t);
      },
      () => {
        waiting.value = false;
      },
    );
  };

  if (waiting.value) {
    return (
      <main class="app page">
        <div class="empty" role="status">
          <h1>{t('Now say yes on the host')}</h1>
          <p>
            {t(
              'It asks whether “{0}” may be let in. When you have said yes there, this page goes on by itself.',
              name.value.trim(),
            )}
          </p>
          <span class="waiting" aria-hidden="true" />
        </div>
        <div class="pair-actions">
          <button type="button" class="secondary" onClick={() => going.current?.abort()}>
            {t('Cancel')}
          </button>
        </div>
      </main>
    );
  }
  return (
    <main class="app page">
      <form
        class="pair"
        onSubmit={(event) => {
          event.preventDefault();
          begin();
        }}
      >
        <h1>{t('Pair this device')}</h1>
        <p>
          {t(
            'It then shows the sessions of the host that this page came from. Nothing goes over anybody else’s server.',
          )}
        </p>
        <div role="alert">
          {problem.value === undefined ? null : (
            <div class="refusal">
              <Icon name="warning" />
              <span>{problem.value}</span>
            </div>
          )}
        </div>
        <label class="field">
          <span class="label">{t('Code')}</span>
          <input
            type="text"
            value={code.value}
            autocomplete="one-time-code"
            autocapitalize="characters"
            spellcheck={false}
            maxLength={64}
            onInput={({ currentTarget }) => {
              code.value = currentTarget.value;
            }}
          />
        </label>
        <label class="field">
          <span class="label">{t('Name of this device')}</span>
          <input
            type="text"
            value={name.value}
            autocomplete="off"
            maxLength={NAME_LENGTH}
            onInput={({ currentTarget }) => {
              name.value = currentTarget.value;
            }}
          />
        </label>
        <fieldset>
          <legend>{t('What it may do')}</legend>
          {(['drive', 'answer', 'watch'] as const).map((one) => (
            <label key={one} class="check">
              <input
                type="radio"
                name="want"
                checked={want.value === one}
                onChange={() => {
                  want.value = one;
                }}
              />
              <span>{mayText(one, t)}</span>
            </label>
          ))}
        </fieldset>
        <button type="submit">{t('Pair')}</button>
        {onKnown === undefined ? null : (
          <button type="button" class="secondary" onClick={onKnown}>
            {t('It is paired already: show the sessions')}
          </button>
        )}
      </form>
    </main>
  );
};

const mayText = (may: May, t: Translate): string => {
  switch (may) {
    case 'watch':
      return t('Watch only');
    case 'answer':
      return t('Watch, and answer questions');
    case 'drive':
      return t('Everything: write, answer, stop, begin sessions');
  }
};

const problemText = (kind: Exclude<PairingResult['kind'], 'paired'>, t: Translate): string => {
  switch (kind) {
    case 'refused':
      return t('Not paired: the code is wrong, used or too old, or it was refused on the host. Get a new one there.');
    case 'many':
      return t('Too many wrong codes. Wait a minute, and get a new one on the host.');
    case 'unreachable':
      return t('The host cannot be reached. Look whether it runs and this device is in its network.');
    case 'odd':
      return t('What answered is no host that this page knows. Load the page again.');
  }
};
